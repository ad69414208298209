"""From files in a chat to a job in the store: fetch, validate, import in slices; half an upload waits for the other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from core.errors import BadUpload, ChatError
from core.intake.items import Limits
from core.intake.upload import Parts, read_upload, sort_parts
from core.messages import Card, PostJob, Priority, Reply, Upload
from core.model import JobUpload
from core.ports import Chat, Clock, Store
from core.service import Desk, House, requests
from core.store import inbox, jobs, people, uploads
from core.store.tx import Tx

SLICE = 500
"""Items per transaction, so that taps never wait long behind an import."""
HALF_LIVES_MS = 3_600_000
SHOWN_PROBLEMS = 21
Files = list[tuple[str, bytes]]


class Intake:
    """Handles Upload commands; everything it says goes through the outbox table like all other speech."""

    def __init__(self, store: Store, chats: Mapping[str, Chat], clock: Clock, house: House, limits: Limits) -> None:
        self._store = store
        self._chats = chats
        self._clock = clock
        self._house = house
        self._limits = limits
        self._one_at_a_time = asyncio.Lock()

    async def post(self, upload: Upload) -> Reply:
        """Obey an upload once. A fault is said with its row and field, and nothing of it is kept."""
        async with self._one_at_a_time:  # each may take hundreds of megabytes while it is read
            seen = await self._store.run(inbox.toast_of, upload.key)
            return await self._answered(upload) if seen is None else Reply(*seen)

    async def _answered(self, upload: Upload) -> Reply:
        try:
            return await self._read_and_store(upload)
        except BadUpload as error:
            shown = [f"• {problem}" for problem in error.problems[:SHOWN_PROBLEMS]]
            return await self._answer(upload, "upload.bad", error.field, problems="\n".join(shown))
        except ChatError as error:
            return await self._answer(upload, "upload.bad", problems=f"• the file could not be fetched: {error}")

    async def _read_and_store(self, upload: Upload) -> Reply:
        files = await self._fetch(upload)
        text = upload.text
        parts = await asyncio.to_thread(sort_parts, files, text)
        if parts.missing:
            kept = await self._store.run(_take_half, upload, self._clock.now() - HALF_LIVES_MS)
            files, text = _join(parts, kept)
            parts = await asyncio.to_thread(sort_parts, files, text)
        if parts.missing:
            return await self._keep_half(upload, parts)
        job = await asyncio.to_thread(read_upload, files, text, self._clock.now(), self._limits)
        return await self._import(upload, job)

    async def _fetch(self, upload: Upload) -> Files:
        chat = self._chats[upload.who.platform]
        return [(a.name, await chat.download(a, self._limits.max_bytes)) for a in upload.attachments]

    async def _keep_half(self, upload: Upload, parts: Parts) -> Reply:
        if parts.items is None and parts.jobfile is None:
            raise BadUpload(list(parts.missing))
        name, body = parts.items or ("job.yaml", (parts.jobfile or "").encode(errors="replace"))
        await self._store.run(_keep_half, upload, name, body, self._clock.now())
        return await self._answer(upload, "upload.half.items" if parts.items else "upload.half.jobfile")

    async def _import(self, upload: Upload, job: JobUpload) -> Reply:
        post = PostJob(
            key=upload.key,
            who=upload.who,
            chat=upload.chat,
            private=upload.private,
            lang=upload.lang,
            source=upload.source,
            upload=job,
        )
        number = await self._store.run(requests.begin_import, post, self._clock.now(), self._house)
        if number is None:
            return Reply()
        want = job.spec.overlap.min
        for first in range(0, len(job.items), SLICE):
            part = job.items[first : first + SLICE]
            await self._store.run(requests.import_items, number, first, part, want)
        return await self._store.run(_finish, number, post, self._clock.now(), self._house)

    async def _answer(self, upload: Upload, key: str, field: str = "", **values: str) -> Reply:
        reply = await self._store.run(_say, upload, key, values, self._clock.now(), self._house)
        reply.facts["field"] = field
        return reply


def _join(parts: Parts, kept: tuple[str, bytes] | None) -> tuple[Files, str]:
    files: Files = [parts.items] if parts.items else []
    if kept is not None:
        files.append(kept)
    return files, parts.jobfile or ""


def _take_half(tx: Tx, upload: Upload, oldest: int) -> tuple[str, bytes] | None:
    person = people.select_person(tx, upload.who)
    return uploads.take_half(tx, person.id, upload.place, oldest) if person else None


def _keep_half(tx: Tx, upload: Upload, name: str, body: bytes, now: int) -> None:
    person = people.ensure_person(tx, upload.who, now)
    uploads.keep_half(tx, person.id, upload.place, (name, body), now)


def _finish(tx: Tx, job: int, post: PostJob, now: int, house: House) -> Reply:
    reply = requests.finish_import(tx, job, post, now, house).reply
    inbox.insert_key(tx, post.key, "", False, now)
    return reply


def _say(tx: Tx, upload: Upload, key: str, values: dict[str, str], now: int, house: House) -> Reply:
    """In a form the answer stands in the form; anywhere else it is a message."""
    desk = Desk(tx, house, now)
    text = desk.say("en", key, **values)
    if upload.form and key == "upload.bad":
        desk.toast(text, alert=True)
    else:
        desk.send(upload.place, Card(text=text), priority=Priority.NOTICE)
    if not upload.form:
        inbox.insert_key(tx, upload.key, "", False, now)
    return desk.reply


async def drop_half_imported(store: Store) -> int:
    """At start: jobs whose import a crash interrupted are dropped; their upload comes again or is sent again."""
    return await store.run(jobs.delete_half_imported)
