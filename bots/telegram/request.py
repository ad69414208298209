"""Carries Bot API calls over one aiohttp session, because the library's httpx costs five to ten times the CPU.

Errors are raised outside of the `except` blocks: no exception of aiohttp, whose text may hold the URL and with it
the bot token, hangs on them as cause or context.
"""

from __future__ import annotations

from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, FormData, StreamReader, TCPConnector
from telegram.error import BadRequest, NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECTIONS = 256  # default pool of python-telegram-bot's own request
POOL_SECONDS = 30.0
CONNECT_SECONDS = 5.0
WRITE_SECONDS = 10.0
READ_SECONDS = 15.0  # longer than the library's 5: a send that is given up too early is sent twice
FILE_SECONDS = 120.0  # 50 MB, the Bot API's largest upload, at 4 Mbit/s, rounded up
CHUNK = 64 * 1024  # bytes read at once
AGENT = {"User-Agent": BaseRequest.USER_AGENT}
JSON = {**AGENT, "Content-Type": "application/json"}

Timeout = Any  # seconds, None or BaseRequest.DEFAULT_NONE; the library's own name for this type is private


class AioHttpRequest(BaseRequest):
    """The library's transport over aiohttp; one may serve a Bot as `request` and as `get_updates_request`."""

    __slots__ = ("_connections", "_read", "_session", "_usual")

    def __init__(self, *, connections: int = CONNECTIONS, read_timeout: float = READ_SECONDS) -> None:
        self._connections = connections
        self._read = read_timeout
        self._session: ClientSession | None = None
        # no limit of the whole: it costs a timer a call, and what is small is written at once
        self._usual = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=read_timeout)

    @property
    def read_timeout(self) -> float | None:
        """Seconds to wait for an answer when a call names none."""
        return self._read

    async def initialize(self) -> None:
        """Open the session; a second call changes nothing."""
        if self._session is None:
            self._session = ClientSession(connector=TCPConnector(limit=self._connections))

    async def shutdown(self) -> None:
        """Close the session; a second call changes nothing."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Timeout = BaseRequest.DEFAULT_NONE,
        write_timeout: Timeout = BaseRequest.DEFAULT_NONE,
        connect_timeout: Timeout = BaseRequest.DEFAULT_NONE,
        pool_timeout: Timeout = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body of one call; TimedOut or NetworkError when there is no answer."""
        session, body = self._open(), _encode(request_data)
        file = isinstance(body, FormData)
        timeout = self._limits(pool_timeout, connect_timeout, write_timeout, read_timeout, file=file)
        headers = AGENT if file else JSON
        try:
            async with session.request(
                method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                return response.status, await response.read()
        except (ClientError, OSError, ValueError) as error:
            failure = _failure(error)
        raise failure

    async def fetch(self, url: str, limit: int) -> bytes | None:
        """Read a file; None as soon as it has more than `limit` bytes, whatever it claims to have."""
        session, timeout = self._open(), _timeout(POOL_SECONDS, CONNECT_SECONDS, FILE_SECONDS, self._read)
        try:
            async with session.get(url, headers=AGENT, timeout=timeout, allow_redirects=False) as response:
                if response.status == 200:
                    return await _read_up_to(response.content, limit)
                failure = _refusal(response.status)
        except (ClientError, OSError, ValueError) as error:
            failure = _failure(error)
        raise failure

    def _open(self) -> ClientSession:
        if self._session is None:
            raise RuntimeError("the Telegram transport was used before initialize() or after shutdown()")
        return self._session

    def _limits(self, *given: Timeout, file: bool) -> ClientTimeout:
        if not file and all(value is self.DEFAULT_NONE for value in given):
            return self._usual
        usual = (POOL_SECONDS, CONNECT_SECONDS, FILE_SECONDS if file else WRITE_SECONDS, self._read)
        return _timeout(*(u if g is self.DEFAULT_NONE else g for g, u in zip(given, usual, strict=True)))


def _timeout(pool: float | None, connect: float | None, write: float | None, read: float | None) -> ClientTimeout:
    """The library's four limits as aiohttp's; it has none for writing, so the sum limits the whole call."""
    parts = [part for part in (pool, connect, write, read) if part is not None]
    waiting = None if pool is None or connect is None else pool + connect
    return ClientTimeout(sum(parts) if len(parts) == 4 else None, waiting, sock_connect=connect, sock_read=read)


def _encode(data: RequestData | None) -> bytes | FormData | None:
    """JSON, which Telegram reads as well as forms at a sixth of the CPU; multipart when there are files to upload."""
    if data is None:
        return None
    if not data.contains_files:
        return data.json_payload
    form = FormData(quote_fields=False)  # names go as plain UTF-8, as browsers send them
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in (data.multipart_data or {}).items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form


async def _read_up_to(content: StreamReader, limit: int) -> bytes | None:
    body = bytearray()
    async for chunk in content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _failure(error: Exception) -> TelegramError:
    """What the library calls it; only the kind of error is told, since its text may hold the URL."""
    if isinstance(error, TimeoutError):
        return TimedOut()
    return NetworkError(f"no answer from Telegram ({type(error).__name__})")


def _refusal(status: int) -> TelegramError:
    kind = NetworkError if status == 429 or status >= 500 else BadRequest
    return kind(f"Telegram answered {status} for a file")
