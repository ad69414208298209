"""SIGTERM while a step is under way: noted, and obeyed when the checkpoint is written."""

from __future__ import annotations

import signal

from gpu_jobs.learn.stopping import Stop


def test_sigterm_waits_until_it_is_obeyed() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: heard.append(number))
    try:
        with Stop() as stop:
            signal.raise_signal(signal.SIGTERM)
            assert stop.asked and not heard, "the step goes on"
            stop.obey()
            assert heard == [signal.SIGTERM], "then the handler before gets its signal"
        signal.raise_signal(signal.SIGTERM)
        assert len(heard) == 2, "and it is in place again afterwards"
    finally:
        signal.signal(signal.SIGTERM, before)
