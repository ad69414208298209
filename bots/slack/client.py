"""Speaks on Slack: the Chat port over one HTTP session, which slack_sdk's client shares.

Retries are the outbox's business, so the client's own are off; every failure leaves here as a leaf of ChatError that
names Slack's error code and nothing else (a request holds the token).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from bots.slack.render import to_blocks, to_text
from core.errors import BadUpload, ChatError, Gone, Rejected, RetryAfter, Unavailable, Unreachable
from core.messages import Attachment, Card

SLACK_API = "https://slack.com/api/"
FILE_HOST = "files.slack.com"
CALL_SECONDS = 30.0  # slack_sdk's default; it does not apply it to a session of ours
CONNECTIONS = 32  # our choice: the outbox speaks faster than Slack lets it with far fewer
DIRECT_CHATS = 50_000  # our choice: remembered ids, about 10 MB
CHUNK_BYTES = 65_536
JSON = "application/json; charset=utf-8"
DEFAULT_RETRY_SECONDS = 1.0  # Slack always sends Retry-After; a proxy may not
LOOPBACK = ("127.0.0.1", "localhost", "::1")

# Error codes: chat.postMessage, chat.update, conversations.open and common errors in Slack's method references.
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
UNREACHABLE = frozenset({
    "account_inactive", "cannot_dm_bot", "channel_not_found", "is_archived", "not_in_channel", "user_disabled",
    "user_not_found", "user_not_visible", "users_not_found",
})  # fmt: skip
LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
BROKEN = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})

log = logging.getLogger(__name__)


class SlackChat:
    """Slack as a Chat; usable between start() and stop(). A message's reference is "CHANNEL:TS"."""

    platform = "slack"

    def __init__(self, token: str, *, base_url: str = SLACK_API) -> None:
        self.base_url = base_url.rstrip("/") + "/"
        self._token = token
        self._base = URL(self.base_url)
        self._session: aiohttp.ClientSession | None = None
        self._direct: OrderedDict[str, str] = OrderedDict()
        self._client = self.web_client(token)
        self._headers = {**self._client.headers, "Authorization": f"Bearer {token.strip()}", "Content-Type": JSON}

    async def start(self) -> None:
        """Open the session that every call shares."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CALL_SECONDS, sock_read=CALL_SECONDS),
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            trust_env=not self._loopback,
        )
        self._client.session = self._session

    async def stop(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
        self._session = self._client.session = None

    def web_client(self, token: str | None) -> AsyncWebClient:
        """A client of slack_sdk on our session, for that token: the app-level one for Socket Mode, none for Bolt."""
        client = AsyncWebClient(token, base_url=self.base_url, session=self._session, retry_handlers=[])
        if self._loopback:
            client.proxy = None  # taken from the environment, where it is meant for the internet
        return client

    async def send(self, chat: str, card: Card) -> str:
        """Send a card; "CHANNEL:TS" of the new message."""
        channel = await self.channel(chat)
        body = {"channel": channel, **_content(card), "unfurl_links": False, "unfurl_media": False}
        answer = await self.call("chat.postMessage", body)
        return f"{answer['channel']}:{answer['ts']}"

    async def edit(self, message: str, card: Card) -> None:
        """Replace a message by this card."""
        channel, _, ts = message.partition(":")
        await self.call("chat.update", {"channel": channel, "ts": ts, **_content(card)})

    async def send_files(self, chat: str, card: Card, files: list[tuple[Path, str]]) -> str:
        """Share files with the card's text as comment; the reference is that of the message if Slack tells it."""
        channel = await self.channel(chat)
        shared = [await self._upload(path, name) for path, name in files]
        body = {"files": shared, "channel_id": channel, "initial_comment": to_text(card)}
        answer = await self.call("files.completeUploadExternal", body)
        return _shared(answer["files"][0], channel)

    async def download(self, attachment: Attachment, limit: int) -> bytes:
        """A person's file; BadUpload when larger than `limit` bytes, Rejected when Slack will not hand it out."""
        url = await self._address(attachment.ref)
        too_large = BadUpload([f"{attachment.name} is larger than {limit} bytes"])
        data = bytearray()
        headers = {"Authorization": f"Bearer {self._token}"}
        with chat_errors():
            async with self._http.get(url, headers=headers, allow_redirects=False) as answer:
                _raise_for_file(answer)
                if (answer.content_length or 0) > limit:
                    raise too_large
                async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                    data += chunk
                    if len(data) > limit:
                        raise too_large
        return bytes(data)

    async def whisper(self, chat: str, user: str, text: str) -> None:
        """Show a text to this person only; lost, and logged, when Slack refuses it."""
        try:
            body = {"channel": await self.channel(chat), "user": user, **_content(Card(text=text))}
            await self.call("chat.postEphemeral", body)
        except ChatError as error:
            log.info("whisper to %s in %s was lost: %s: %s", user, chat, type(error).__name__, error)

    async def channel(self, chat: str) -> str:
        """The id to post to; "@U123" is opened once and remembered."""
        if not chat.startswith("@"):
            return chat
        user = chat[1:]
        if user not in self._direct:
            answer = await self.call("conversations.open", {"users": user})
            self.remember(user, answer["channel"]["id"])
        self._direct.move_to_end(user)
        return self._direct[user]

    def remember(self, user: str, channel: str) -> None:
        """Note the direct chat with a user, as a delivery showed it, so that it need not be opened."""
        if self._direct.get(user) != channel:
            self._direct[user] = channel
            if len(self._direct) > DIRECT_CHATS:
                self._direct.popitem(last=False)

    async def call(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        """One Web API call with a JSON body; its answer, or a ChatError.

        Straight on the session: slack_sdk's api_call costs half as much CPU again (260 µs instead of 170).
        """
        url, content = self.base_url + method, json.dumps(body).encode()
        with chat_errors():
            async with self._http.post(url, data=content, headers=self._headers, allow_redirects=False) as answer:
                data = _parsed(await answer.read())
        if answer.status != 200 or not data.get("ok"):
            raise _failure(answer.status, str(data.get("error") or ""), answer.headers)
        return data

    @property
    def _loopback(self) -> bool:
        return self._base.scheme == "http" and self._base.host in LOOPBACK

    @property
    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise Unavailable("the Slack client is not started")
        return self._session

    async def _upload(self, path: Path, name: str) -> dict[str, str]:
        """Bring one file to Slack, not shared yet.

        These are the steps of slack_sdk's files_upload_v2, which puts the comment into a URL, too long for it in most
        scripts, and reads the file on the event loop.
        """
        data = await asyncio.to_thread(path.read_bytes)
        with chat_errors():
            room = await self._client.files_getUploadURLExternal(filename=name, length=len(data))
            async with self._http.post(str(room["upload_url"]), data=data) as answer:
                if answer.status != 200:
                    raise _failure(answer.status, f"upload_status_{answer.status}", answer.headers)
        return {"id": str(room["file_id"]), "title": name}

    async def _address(self, ref: str) -> URL:
        """Where a file lies; the token goes to Slack's own hosts only, and never in the clear."""
        if ref.startswith("id:"):
            with chat_errors():
                file = (await self._client.files_info(file=ref[3:]))["file"]
            ref = str(file.get("url_private_download") or file.get("url_private") or "")
        try:
            url = URL(ref)
        except ValueError:
            raise Rejected("file_address") from None
        ours = url.origin() == self._base.origin() if url.is_absolute() and url.host else False
        secure = url.scheme == "https" or (ours and self._loopback)
        if not secure or not (ours or (url.host == FILE_HOST and url.port == 443)):
            raise Rejected("file_address")
        return url


def _content(card: Card) -> dict[str, Any]:
    """The text of a message and its blocks; parse=none keeps chat.update from linking names in the text."""
    return {"text": to_text(card), "blocks": to_blocks(card), "parse": "none"}


def _parsed(content: bytes) -> dict[str, Any]:
    """The answer to a call; empty when it is not the JSON object that Slack sends."""
    try:
        data = json.loads(content)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _shared(file: dict[str, Any], channel: str) -> str:
    """The message that shows a file; its ts is known only when Slack shared it at once, else the file id stands in."""
    for shares in (file.get("shares") or {}).values():
        for share in shares.get(channel, ()):
            return f"{channel}:{share['ts']}"
    return f"{channel}:{file['id']}"


def _raise_for_file(answer: aiohttp.ClientResponse) -> None:
    if answer.status != 200:
        raise _failure(answer.status, f"file_status_{answer.status}", answer.headers)
    if answer.content_type == "text/html":  # Slack's sign-in page: the token may not read this file
        raise Rejected("file_sign_in")


@contextmanager
def chat_errors() -> Iterator[None]:
    """Whatever goes wrong inside leaves as a ChatError, without the request that caused it."""
    try:
        yield
    except SlackApiError as error:
        raise _from_api(error.response) from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unavailable(type(error).__name__) from None


def _from_api(response: Any) -> ChatError:
    """What a refused call means to us; `response` is slack_sdk's, or aiohttp's if the body was not JSON."""
    data = getattr(response, "data", None)
    status = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    return _failure(int(status), str(data.get("error") or "") if isinstance(data, dict) else "", response.headers)


def _failure(status: int, code: str, headers: Mapping[str, str]) -> ChatError:
    if status == 429 or code in LIMITED:
        return RetryAfter(_retry_seconds(headers))
    if status >= 500 or code in BROKEN or (status == 200 and not code):
        return Unavailable(code or f"status_{status}")
    if code in GONE:
        return Gone(code)
    return Unreachable(code) if code in UNREACHABLE else Rejected(code or f"status_{status}")


def _retry_seconds(headers: Mapping[str, str]) -> float:
    try:
        return max(0.0, float(headers.get("Retry-After", DEFAULT_RETRY_SECONDS)))
    except ValueError:
        return DEFAULT_RETRY_SECONDS
