"""/quality: how well a job's workers agree beyond chance, in all and class by class, and how they fare on controls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from core import quality
from core.messages import Card, Priority, Said
from core.model import JobState
from core.service import confiding, requests
from core.service.house import Desk
from core.standing.agreement import Agreement, by_class, cohen, krippendorff
from core.store import outcomes
from core.store.jobs import Job
from core.store.people import Person

NEWEST = 2_000
"""Answers that a report looks at, newest first: about 10 ms."""


def show(desk: Desk, person: Person, command: Said) -> None:
    """/quality: agreement, controls and speed of a job's newest answers."""
    job = requests.chosen(desk, command)
    requests.must_own(desk, person, job)  # a worker would see by the count of controls whether a task was one
    over = job.state == JobState.CLOSED
    place = command.place if over else confiding.place_for(desk, job, person, command, "quality.private")
    desk.send(place, report_card(desk, job), priority=Priority.NOTICE)


def report_card(desk: Desk, job: Job) -> Card:
    """The figures as a message."""
    said = outcomes.newest_labels(desk.tx, job.id, NEWEST)
    units: dict[int, list[int]] = defaultdict(list)
    for task, label, gold in said:
        if gold is None:
            units[task].append(label)
    known = [(label, gold) for _, label, gold in said if gold is not None]
    lines = [_agreement(desk, list(units.values())), _controls(desk, known)]
    lines += _classes(desk, job, list(units.values()), known)
    title = desk.say("en", "quality.title", job=job.id, title=job.title)
    return Card(title=title, text="\n".join(line for line in lines if line))


def _agreement(desk: Desk, units: Sequence[Sequence[int]]) -> str:
    found = krippendorff(units)
    if found is None:
        return desk.say("en", "quality.none")
    return desk.say("en", "quality.agreement", tasks=found.units, **_figures(found))


def _controls(desk: Desk, known: Sequence[tuple[int, int]]) -> str:
    found = cohen(known)
    if found is None:
        return ""
    low, high = quality.wilson(found.observed * found.units, found.units)
    return desk.say("en", "quality.controls", n=found.units, low=f"{low:.0%}", high=f"{high:.0%}", **_figures(found))


def _classes(desk: Desk, job: Job, units: list[list[int]], known: Sequence[tuple[int, int]]) -> list[str]:
    """A line for each class: agreement on it, and what controls of it were taken for."""
    size = len(job.spec.options)
    seen = [[0] * size for _ in range(size)]
    for label, gold in known:
        seen[gold][label] += 1
    rows = quality.confusion(seen).rows
    found = by_class(units)
    lines = []
    for number, option in enumerate(job.spec.options):
        if number in found:
            right = f"{rows[number][number]:.0%}" if sum(seen[number]) else "-"
            figures = _figures(found[number])
            lines.append(desk.say("en", "quality.class", option=option.text, right=right, **figures))
    return lines


def _figures(found: Agreement) -> dict[str, str]:
    return {"observed": f"{found.observed:.0%}", "beyond": f"{found.beyond:.2f}"}
