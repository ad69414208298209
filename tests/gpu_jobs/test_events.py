"""The subprocess's voice: one JSON object a line, and a heartbeat beside the work."""

from __future__ import annotations

import io
import json
import time

from gpu_jobs.events import EventLog


def test_an_event_is_one_json_line_with_version_and_time() -> None:
    stream = io.StringIO()

    EventLog(stream).emit("step", step=3, note="línea\nnueva")

    (line,) = stream.getvalue().splitlines()
    event = json.loads(line)
    assert (event["v"], event["ev"], event["step"]) == (1, "step", 3), "the parent reads version, kind and fields"
    assert event["t"] > 1_600_000_000_000, "time is in unix milliseconds"


def test_the_heart_beats_within_its_limit_and_stops_with_the_work() -> None:
    stream = io.StringIO()
    log = EventLog(stream)

    with log.heartbeat(0.06):
        time.sleep(0.2)
    beats = stream.getvalue().count('"beat"')
    time.sleep(0.05)

    assert beats >= 4, "one beat at once and three within each limit"
    assert stream.getvalue().count('"beat"') == beats, "a finished run must not beat on"


def test_a_rank_without_a_stream_is_silent() -> None:
    log = EventLog(None)

    log.emit("start")

    assert not log.speaks, "only the first rank speaks"


def test_a_dead_parent_does_not_stop_the_work() -> None:
    pipe = DeadPipe()

    EventLog(pipe).emit("done")

    assert pipe.tries > 0, "the event was tried, and the broken pipe ignored: the result on disk still counts"


class DeadPipe(io.StringIO):
    """A pipe that nobody reads any more."""

    tries = 0

    def write(self, text: str) -> int:
        self.tries += 1
        raise BrokenPipeError
