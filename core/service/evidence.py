"""Charts for alerts about a worker, drawn from their newest answers when an alert is shown, never at a tap."""

from __future__ import annotations

from core import charts
from core.service.house import Desk
from core.store import jobs, sweeps

NEWEST = 30
"""Answers of a worker that a chart shows."""
OTHERS = 300
"""Answers of the job that they are compared with."""
EDGES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Seconds that part the bars of a chart of times."""


def chart_of(desk: Desk, kind: str, about: tuple[int | None, int | None]) -> str:
    """The chart that fits this kind of alert about (job, person), at least their newest answers; empty without any."""
    job, person = about
    if job is None or person is None:
        return ""
    draw = {"fast": _times, "skips": _sequence}.get(kind, _controls)
    return draw(desk, job, person) or _sequence(desk, job, person)


def _controls(desk: Desk, job: int, person: int) -> str:
    """Right and wrong answers to the last control tasks, and the share of right ones as it went."""
    right = sweeps.control_answers(desk.tx, person, job, NEWEST)
    if not right:
        return ""
    line = charts.sparkline(charts.running_share(right), 0, 1)
    return desk.say("en", "chart.controls", n=len(right), marks=charts.marks(right), line=line)


def _times(desk: Desk, job: int, person: int) -> str:
    """The worker's times beside those of the job."""
    own = [ms / 1000 for label, ms in sweeps.said_lately(desk.tx, person, job, NEWEST) if label is not None]
    everybody = [ms / 1000 for ms in sweeps.paces(desk.tx, job, OTHERS)]
    captions = [f"< {edge:g} s" for edge in EDGES] + [f"> {EDGES[-1]:g} s"]
    shares = zip(captions, charts.histogram(own, EDGES), charts.histogram(everybody, EDGES), strict=True)
    rows = [row for row in shares if row[1] or row[2]]
    return desk.say("en", "chart.times", bars=charts.compared(rows))


def _sequence(desk: Desk, job: int, person: int) -> str:
    """The worker's newest answers and skips as letters."""
    labels = [label for label, _ in sweeps.said_lately(desk.tx, person, job, NEWEST)]
    if not labels:
        return ""
    names = [option.text for option in jobs.get_job(desk.tx, job).spec.options]
    return desk.say("en", "chart.sequence", letters=charts.letters(labels), legend=charts.legend(labels, names))
