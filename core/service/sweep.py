"""The scheduled look for bad work that no control task shows; it reads bounded slices and never works at a tap.

What it reads is read in short units, what it computes is computed outside of any transaction, and what it finds is an
alert for an admin to decide on; nobody is restricted by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core import charts
from core.detection import Arrival, Found, Polls, Tap, detect
from core.detection.bursts import AROUND_MS, WINDOW_MS
from core.detection.pictures import arrivals_line, hours_line, newest_labels, odd_answers, row_of
from core.detection.rings import members, rings
from core.messages import Reply
from core.ports import Clock, Store
from core.service import alarms
from core.service.house import Desk, House
from core.store import alerts, jobs, people, sweeps
from core.store.jobs import Job
from core.store.tx import Tx
from core.texts import moment

JOBS_AT_ONCE = 20
"""Jobs that one sweep looks at, those first that waited longest."""
ANSWERS = 10_000
"""Answers of a job that one look reads, newest first: about half a second of computing."""
SLICE = 1_000
"""Rows of the record that one transaction reads: a few milliseconds."""
DAY_MS = 86_400_000
LATELY_MS = DAY_MS
"""A job is still looked at in its first day of being closed: a short one may have lived between two looks."""
MOST_ODDS = 1_000_000
PAIRS = ("copying", "twins")
"""Kinds of findings that are about two workers."""
RING_NAMES = 8
"""Further members of a ring that an alert names."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one look knows of a job; `platform` of each worker, `since` the time from which on all answers are there."""

    job: int
    taps: list[Tap]
    arrivals: list[Arrival]
    platform: Mapping[int, str]
    since: int


async def sweep(store: Store, clock: Clock, house: House, say: Callable[[Reply], None]) -> int:
    """Look at every live or lately closed job that got answers since the last look; how many alerts were new."""
    raised = 0
    for due in await store.run(sweeps.jobs_to_sweep, clock.now() - LATELY_MS, JOBS_AT_ONCE):
        record = await read(store, due.job, due.newest)
        looked = await asyncio.to_thread(look, record, house)
        reply = await store.run(report, looked, due, clock.now(), house)
        raised += reply.facts["raised"]
        say(reply)
    return raised


async def read(store: Store, job: int, newest: int) -> Record:
    """The newest answers of a job, slice by slice."""
    taps: list[Tap] = []
    before = newest + 1
    while len(taps) < ANSWERS:
        given, oldest = await store.run(sweeps.answers_before, job, before, SLICE)
        taps += [Tap(*row) for row in given]
        if not oldest:
            break
        before = oldest
    return await store.run(_record, job, taps, not oldest)


def _record(tx: Tx, number: int, taps: list[Tap], whole: bool) -> Record:
    job = jobs.get_job(tx, number)
    firsts: dict[int, int] = {}
    for tap in taps:
        firsts[tap.person] = min(tap.at, firsts.get(tap.person, tap.at))
    ages = sweeps.account_ages(tx, sorted(firsts))
    arrivals = [Arrival(person, at, ages[person][1]) for person, at in firsts.items()]
    # where older answers were not read, the first ones seen are not the first ones given
    since = (job.opened_at or 0) if whole else min(firsts.values(), default=0)
    return Record(number, taps, arrivals, {person: platform for person, (platform, _) in ages.items()}, since)


@dataclass(frozen=True, slots=True)
class Looked:
    """A job's record, counted by task, and what was found in it."""

    record: Record
    polls: Polls
    found: list[Found]


def look(record: Record, house: House) -> Looked:
    """Every finding about a job; pure, for a thread of its own."""
    polls = Polls(record.taps)
    return Looked(record, polls, detect(polls, record.arrivals, record.platform, record.since, house.detection))


def report(tx: Tx, looked: Looked, due: sweeps.Due, now: int, house: House) -> Reply:
    """Raise what is new as alerts, but nothing about people who are restricted already; note how far it read."""
    desk = Desk(tx, house, now)
    job = jobs.get_job(tx, due.job)
    sweeps.note_sweep(tx, job.id, due.newest, now)
    news = [one for one in looked.found if _newest(looked, one) > due.looked_at and not _restricted(desk, one, job)]
    settled = [
        {alert.person, alert.other, *alert.evidence.get("people", ())}
        for alert in alerts.decided(desk.tx, "copying", job.id)
    ]
    pairs = [
        one for one in news if one.kind == "copying" and not any(known.issuperset(one.people) for known in settled)
    ]
    matters = [[one] for one in news if one.kind != "copying"] + rings(pairs)
    desk.reply.facts["raised"] = sum(_raise(desk, job, looked, matter) for matter in matters)
    return desk.reply


def _newest(looked: Looked, finding: Found) -> int:
    """When what the finding rests on last grew: a worker who stopped is no news at every look."""
    if finding.kind == "burst":
        return int(finding.evidence["at"]) + WINDOW_MS
    return max(looked.polls.by_person[person][-1].at for person in finding.people)


def _restricted(desk: Desk, finding: Found, job: Job) -> bool:
    """Whether a decision about one of them stands already; a burst is about the job."""
    return finding.kind != "burst" and any(
        ban.job in (None, job.id) and ban.requester in (None, job.requester)
        for person in finding.people
        for ban in people.restrictions_of(desk.tx, person, desk.now)
    )


def _raise(desk: Desk, job: Job, looked: Looked, matter: list[Found]) -> bool:
    """One alert about a finding, or about a ring of pairs: that pair's which has one already, else the strongest's."""
    keys = {_key(job, one): one for one in reversed(matter)}
    known = next((key for key in keys if alerts.is_known(desk.tx, key)), _key(job, matter[0]))
    finding = keys[known]
    evidence: dict[str, Any] = {**finding.evidence, "odds": odds(finding.p)}
    if finding.kind == "copying":
        evidence["people"] = members(matter)
        evidence["ring"] = _ring(desk, finding, matter)
    about = (job.id, finding.people[0] if finding.kind != "burst" else None)
    other = finding.people[1] if finding.kind in PAIRS else None
    chart = _chart(desk, job, looked, finding)
    return alarms.raise_alert(desk, finding.kind, about, evidence, key=known, chart=chart, other=other)


def _key(job: Job, finding: Found) -> str:
    """What makes two findings the same matter: its kind, the job, and the people, or the day of a burst."""
    burst = finding.kind == "burst"
    about = [int(finding.evidence["at"]) // DAY_MS] if burst else sorted(finding.people)
    return ":".join(str(part) for part in (finding.kind, job.id, *about))


def _ring(desk: Desk, finding: Found, matter: list[Found]) -> str:
    """Who else belongs to it, in words; nothing for a pair alone."""
    others = [person for person in members(matter) if person not in finding.people]
    names = ", ".join(str(people.get_person(desk.tx, person).handle) for person in others[:RING_NAMES])
    return desk.say("en", "alert.ring", n=len(others), names=names) if others else ""


def odds(p: float) -> str:
    """A p-value as people read it: one case in so many."""
    cases = min(MOST_ODDS, round(1 / p) if p > 0 else MOST_ODDS)
    return f"one case of {cases:,}" if cases < MOST_ODDS else "less than one case of a million"


def _chart(desk: Desk, job: Job, looked: Looked, finding: Found) -> str:
    polls = looked.polls
    names = [option.text for option in job.spec.options]
    match finding.kind:
        case "burst":
            return _burst_chart(desk, looked.record, int(finding.evidence["at"]))
        case "copying":
            odd = odd_answers(polls, finding.people)
            rows = {"first": row_of(odd.first), "second": row_of(odd.second), "others": row_of(odd.others)}
            return desk.say("en", "chart.copying", **rows, legend=charts.legend([*odd.first, *odd.others], names))
        case "twins":
            until = max(polls.by_person[person][-1].at for person in finding.people) + 1
            lines = [hours_line(polls, person, until) for person in finding.people]
            who, other = (people.get_person(desk.tx, person).handle for person in finding.people)
            return desk.say("en", "chart.twins", first=lines[0], second=lines[1], who=who, other=other)
        case _:
            labels = newest_labels(polls, finding.people[0])
            return desk.say("en", "chart.sequence", letters=charts.letters(labels), legend=charts.legend(labels, names))


def _burst_chart(desk: Desk, record: Record, at: int) -> str:
    start, end = at - AROUND_MS // 2, at + AROUND_MS // 2
    line = arrivals_line([arrival.at for arrival in record.arrivals], start, end)
    return desk.say("en", "chart.burst", start=moment(start), end=moment(end), line=line)
