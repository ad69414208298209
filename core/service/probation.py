"""Bars a worker from a job when a test with a stated error says that the answers are no better than chance.

The test reads the worker's newest answers in this job and others: who guesses in one does not begin to read in the
next. An undone answer takes its evidence back, as nothing is stored. It runs on some answers only: after a wrong
control, else after every few of those who are not well known to be good.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby

from core import quality
from core.model import UNDER_WAY
from core.quality import Evidence, Outcome, Standing
from core.service import alarms, bans
from core.service.house import Desk
from core.store import alerts, jobs, outcomes
from core.store.alerts import Act
from core.store.assignments import Answer
from core.store.jobs import Job
from core.store.outcomes import Climate, Seen
from core.store.people import Person

EVERY = 3
"""Answers from one look to the next while nothing is wrong."""
KNOWN_GOOD, KNOWN_CONTROLS = 0.82, 4
"""Who is believed to be so good after so many controls is looked at after a wrong control only."""
GOLD_TRUST = 0.98
"""Even a requester's known answer is wrong now and then."""
FRESH = 0.1
"""What is usual in a job is found anew when so much more of it was answered …"""
NEWEST = 1_000
"""… from so many rows of its record."""
LEAST_CONTROLS, LEAST_WORKERS = 4, 5
"""Controls that a worker must have had, and such workers, before a crowd's accuracy is spoken of."""
HOUSE = 0
"""Who acted, when a rule of the house did and no person."""


def look(desk: Desk, person: Person, job: Job, answer: Answer, standing: Standing) -> None:
    """After an answer: bar its worker from the job if the test says so; an admin who undid it once is not overruled."""
    test = desk.house.chance
    if not test.on or answer.kind != "answer" or not _due(standing, answer, test.least):
        return
    evidence = evidence_of(desk, person.id, job)
    kind = evidence.verdict(test)
    if kind is not None:
        _bar(desk, person, job, kind, evidence)


def _due(standing: Standing, answer: Answer, least: int) -> bool:
    if answer.correct == 0:
        return True
    if standing.answers < least:
        return False
    good = standing.controls >= KNOWN_CONTROLS and quality.accuracy(standing) >= KNOWN_GOOD
    return standing.answers % EVERY == 0 and not good


def evidence_of(desk: Desk, person: int, job: Job) -> Evidence:
    """What the worker's newest answers, in this job and before it in others, say for and against chance."""
    test = desk.house.chance
    seen = outcomes.newest_outcomes(desk.tx, person, test.window)
    climates = {number: outcomes.climate_of(desk.tx, number) for number in {row.job for row in seen} | {job.id}}
    sizes = {number: len(jobs.get_job(desk.tx, number).spec.options) for number in climates}
    given = list(_outcomes(seen, climates, sizes))
    return quality.weigh(given, test, climates[job.id].crowd)


def _outcomes(seen: Sequence[Seen], climates: Mapping[int, Climate], sizes: Mapping[int, int]) -> Iterator[Outcome]:
    """Each answer with what is believed of its task without it, from the others' answers and their accuracies.

    How common a class is, is believed from what the others and, up to then, the worker said: where nobody else has
    answered yet, saying always the same is no oddity.
    """
    said = {number: [1] * size for number, size in sizes.items()}
    for row in seen:
        if row.other is not None:
            said[row.job][row.other] += 1
    for _, group in groupby(seen, key=lambda row: row.assignment):
        rows = list(group)
        first = rows[0]
        size, pace = sizes[first.job], climates[first.job].pace
        if first.gold is not None:
            rest = (1 - GOLD_TRUST) / (size - 1)
            belief = [GOLD_TRUST if c == first.gold else rest for c in range(size)]
        else:
            belief = _belief(rows, said[first.job])
        z = None if pace is None else pace.z(first.duration_ms)
        yield Outcome(first.label, tuple(belief), first.gold is not None, z, first.job)
        said[first.job][first.label] += 1


def _belief(rows: Sequence[Seen], said: Sequence[int]) -> list[float]:
    scores = [math.log(n) for n in said]
    for row in rows:
        if row.other is not None:
            scores[row.other] += _weight(row.known, len(said))
    top = max(scores)
    weights = [math.exp(score - top) for score in scores]
    total = sum(weights)
    return [weight / total for weight in weights]


@lru_cache(maxsize=4096)
def _weight(known: tuple[int, ...], classes: int) -> float:
    """Log odds that an answer of somebody with these counts adds to its class."""
    prior_ok, prior_n, controls, control_ok, compared, agreed = known
    right = quality.accuracy(Standing(0, 0, prior_ok, prior_n, 0, 0, controls, control_ok, compared, agreed))
    return math.log(right * (classes - 1) / (1 - right))


def _bar(desk: Desk, person: Person, job: Job, kind: str, evidence: Evidence) -> None:
    """Restrict from this job, tell the worker, and show admins what was done, with its Undo."""
    figures = {
        "n": evidence.outcomes,
        "known": evidence.known,
        "right": evidence.right,
        "times": round(math.exp(min(20.0, max(evidence.chance, evidence.drift)))),
        "z": round(evidence.z, 1),
    }
    key = f"chance:{job.id}:{person.id}"  # one for the whole test: an admin's word about either kind holds for both
    known = alerts.is_known(desk.tx, key)
    if not alarms.raise_alert(desk, kind, (job.id, person.id), figures, key=key) or known:
        return
    reason = desk.say(desk.house.texts.best(person.lang), f"reason.{kind}")
    ban = bans.impose(desk, person, scope="pool", job=job.id, reason=reason, actor=HOUSE, kind=kind)
    alert = alerts.alert_of_key(desk.tx, key)
    alerts.close_alert(desk.tx, alert, "auto", ban, HOUSE, desk.now, person.id)
    alerts.log_act(desk.tx, alert, Act(desk.now, HOUSE, "auto", person.id))
    alarms.redraw(desk, alert)


# ---- what is usual in a job ---------------------------------------------------------------------------------------


def tick(desk: Desk) -> None:
    """Find anew what is usual in the jobs that have grown by a tenth."""
    for job in jobs.jobs_in(desk.tx, *UNDER_WAY):
        before = outcomes.climate_of(desk.tx, job.id)
        if job.bought > before.bought * (1 + FRESH):
            outcomes.set_climate(desk.tx, job.id, _climate(desk, job))


def _climate(desk: Desk, job: Job) -> Climate:
    rows = outcomes.newest_answers(desk.tx, job.id, NEWEST)
    by_worker: dict[int, list[int]] = {}
    for person, _, correct in rows:
        if correct is not None:
            by_worker.setdefault(person, []).append(correct)
    rates = [sum(given) / len(given) for given in by_worker.values() if len(given) >= LEAST_CONTROLS]
    crowd = statistics.median(rates) if len(rates) >= LEAST_WORKERS else None
    return Climate(job.bought, quality.pace_of([ms for _, ms, _ in rows]), crowd)
