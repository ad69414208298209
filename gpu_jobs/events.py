"""A batch subprocess speaks to its parent in JSON lines on stdout; this is its voice and its heartbeat."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from typing import Literal, TextIO

VERSION = 1
MAX_BEAT_SECONDS = 10.0  # the batch contract: a sign of life at least this often
Event = Literal["start", "step", "eval", "beat", "warn", "done", "cancelled", "error"]


class EventLog:
    """Writes one JSON object a line; safe from several threads; silent when `stream` is None."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    @property
    def speaks(self) -> bool:
        """Whether this process is the one that writes."""
        return self._stream is not None

    def emit(self, event: Event, **fields: str | int | float) -> None:
        """Say that `event` happened now."""
        if self._stream is None:
            return
        line = json.dumps({"v": VERSION, "ev": event, "t": int(time.time() * 1000), **fields}, ensure_ascii=False)
        # a parent that died no longer listens; the result on disk still serves its successor
        with self._lock, contextlib.suppress(BrokenPipeError):
            print(line, file=self._stream, flush=True)

    @contextlib.contextmanager
    def heartbeat(self, limit_seconds: float) -> Iterator[None]:
        """Beat from a thread, at once, then three times within `limit_seconds` and at least every ten seconds."""
        ended = threading.Event()
        pause = min(MAX_BEAT_SECONDS, limit_seconds / 3)

        def beat() -> None:
            self.emit("beat")
            while not ended.wait(pause):
                self.emit("beat")

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
