"""SIGTERM during training: finish the step, write a checkpoint, then stop as any other run does."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType


class Stop:
    """While it is entered, SIGTERM only sets `asked`; `obey` then hands the signal to the handler before."""

    def __init__(self) -> None:
        self.asked = False
        self._before: signal._HANDLER = signal.SIG_DFL

    def __enter__(self) -> Stop:
        self._before = signal.signal(signal.SIGTERM, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        signal.signal(signal.SIGTERM, self._before)

    def obey(self) -> None:
        """Stop now, as SIGTERM would have without this class."""
        signal.signal(signal.SIGTERM, self._before)
        signal.raise_signal(signal.SIGTERM)

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True
