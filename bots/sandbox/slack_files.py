"""Files as Slack keeps them: the three steps of an upload, sharing into a channel, and downloads."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from bots.sandbox import slack_limits as limits
from bots.sandbox.slack_state import BOT_USER, Json, Message, SlackError, Workspace


@dataclass(slots=True)
class StoredFile:
    """One file: its bytes (None until they arrived), and the object that the API shows."""

    info: Json
    length: int
    data: bytes | None = None
    shared: bool = False


class Files:
    """Every file by id; the oldest are forgotten first. `root` is the server's address, known once it listens."""

    def __init__(self, workspace: Workspace, max_bytes: int) -> None:
        self._workspace, self._max_bytes = workspace, max_bytes
        self.root = ""
        self.stored: dict[str, StoredFile] = {}

    # -- methods -----------------------------------------------------------------------------------------------------
    def get_upload_url(self, args: Json) -> Json:
        """files.getUploadURLExternal: room for a file of a stated size."""
        length = int(args.get("length") or 0)
        if not args.get("filename") or length <= 0:
            raise SlackError("missing_argument")
        if length > self._max_bytes:
            raise SlackError("file_upload_size_restricted")
        file = self._new(BOT_USER, str(args["filename"]), length)
        return {"file_id": file.info["id"], "upload_url": f"{self.root}/upload/{file.info['id']}"}

    def receive(self, file_id: str, data: bytes) -> bool:
        """The bytes of a file; False when none are expected or their number is not the stated one."""
        file = self.stored.get(file_id)
        if file is None or file.data is not None or len(data) != file.length:
            return False
        file.data = data
        return True

    def complete_upload(self, args: Json) -> Json:
        """files.completeUploadExternal: share uploaded files into a channel, as one message."""
        parts = args.get("files")
        if not isinstance(parts, list) or not parts:
            raise SlackError("invalid_arguments", ["missing required field: files"])
        files = [self._uploaded(part) for part in parts]
        channels = [name for name in (args.get("channel_id"), *str(args.get("channels") or "").split(",")) if name]
        for channel in [self._workspace.writable(name) for name in channels]:
            message = self._workspace.message(BOT_USER, str(args.get("initial_comment") or ""), [], upload=True)
            if args.get("thread_ts"):
                message["thread_ts"] = args["thread_ts"]
            self._workspace.post(channel, self.attach(message, files))
        for file, part in zip(files, parts, strict=True):
            file.shared = True
            file.info["title"] = part.get("title") or file.info["name"]
        return {"files": [file.info for file in files]}

    def info(self, args: Json) -> Json:
        """files.info: file_not_found unless the file is there."""
        file = self.stored.get(str(args.get("file")))
        if file is None or file.data is None:
            raise SlackError("file_not_found")
        return {"file": file.info, "comments": []}

    # -- for people --------------------------------------------------------------------------------------------------
    def add(self, user_id: str, name: str, data: bytes) -> StoredFile:
        """A person's own upload."""
        file = self._new(user_id, name, len(data))
        file.data, file.shared = data, True
        return file

    @staticmethod
    def attach(message: Message, files: list[StoredFile]) -> Message:
        """The message with these files in it."""
        return {**message, "files": [file.info for file in files]}

    # -- underneath --------------------------------------------------------------------------------------------------
    def _uploaded(self, part: Json) -> StoredFile:
        file = self.stored.get(str(part.get("id")))
        if file is None or file.data is None or file.shared:
            raise SlackError("file_not_found")
        return file

    def _new(self, user_id: str, name: str, length: int) -> StoredFile:
        file_id = self._workspace.new_id("F")
        address = f"{self.root}/files/{file_id}"
        info: Json = {
            "id": file_id, "created": self._workspace.clock.now() // 1000, "name": name, "title": name,
            "mimetype": mimetypes.guess_type(name)[0] or "application/octet-stream",
            "filetype": PurePath(name).suffix.removeprefix(".") or "binary",
            "user": user_id, "size": length, "mode": "hosted", "is_external": False, "file_access": "visible",
            "url_private": f"{address}/{name}", "url_private_download": f"{address}/download/{name}",
        }  # fmt: skip
        if len(self.stored) >= limits.KEPT_FILES:
            del self.stored[next(iter(self.stored))]
        self.stored[file_id] = StoredFile(info, length)
        return self.stored[file_id]

    def methods(self) -> dict[str, Callable[[Json], Json]]:
        """The files.* methods by name."""
        return {
            "files.getUploadURLExternal": self.get_upload_url,
            "files.completeUploadExternal": self.complete_upload,
            "files.info": self.info,
        }
