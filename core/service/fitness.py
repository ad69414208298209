"""Whether a worker may have a job's tasks now: skills, language, share caps, hours, lists, best workers first, days."""

from __future__ import annotations

from core import fitness, ledger, quality
from core.errors import Refused
from core.model import Limits
from core.service.house import Desk
from core.store import fitness as rows
from core.store import journal, people
from core.store.jobs import Job
from core.store.people import Person
from core.texts import moment, span

PPM = 1_000_000
BAR_MS = 600_000
"""How old the bar of a job that wants the best workers first may grow."""


def unfit(desk: Desk, person: Person, job: Job) -> Refused | None:
    """Why this person may not work on this job now, or None when they may."""
    spec = job.spec
    for ban in people.restrictions_of(desk.tx, person.id, desk.now):
        if ban.job == job.id or ban.requester == job.requester:
            return Refused("nothing.restricted")
    if spec.languages and desk.house.texts.best(person.lang) not in spec.languages:
        return Refused("nothing.language")
    if spec.skills:
        have = people.skills_of(desk.tx, person.id, desk.now)
        own = {name: have.get(f"{name}@{job.requester}", 0) for name, _ in spec.skills}  # set by the requester's rules
        if any(max(have.get(name, 0), own[name]) < least for name, least in spec.skills):
            return Refused("nothing.skill")
    if job.deadline is not None and desk.now >= job.deadline:
        return Refused("nothing.deadline")
    if journal.balance(desk.tx, ledger.escrow(job.id), job.asset) < job.price.total:
        return Refused("nothing.budget")
    return _beyond(desk, person, job, spec.limits) if spec.limits else None


def _beyond(desk: Desk, person: Person, job: Job, limits: Limits) -> Refused | None:
    if person.handle in limits.unavailable_for:
        return Refused("nothing.unavailable")
    opens = fitness.opens_at(limits, desk.now)
    if opens is not None:
        return Refused("nothing.hours", opens=opens)
    cap = fitness.share_cap(limits, job.tasks)
    standing = people.get_standing(desk.tx, person.id, job.id)
    if cap is not None and standing is not None and standing.answers >= cap:
        return Refused("nothing.share", cap=cap)
    return _held(desk, person, job, standing) if limits.quality else None


def _held(desk: Desk, person: Person, job: Job, standing: quality.Standing | None) -> Refused | None:
    """Best workers first: for a while the job's tasks wait for those above its bar."""
    limits = job.spec.limits
    assert limits is not None, "only a job with limits holds its tasks"
    until = (job.opened_at or desk.now) + limits.hold_seconds * 1000
    bar = _bar(desk, job, limits) if desk.now < until else 0.0
    if not bar:
        return None
    mine = standing or rows.anywhere(desk.tx, person.id)
    if quality.accuracy(mine) >= bar:
        return None
    return Refused("nothing.held", until=moment(until))


def _bar(desk: Desk, job: Job, limits: Limits) -> float:
    known = rows.bar_of(desk.tx, job.id)
    if known is not None and desk.now - known[1] < BAR_MS:
        return float(known[0] / PPM)
    found = [quality.accuracy(standing) for standing in rows.known_workers(desk.tx)]
    least, above = fitness.bar(found, limits.quality)
    rows.set_bar(desk.tx, job.id, int(least * PPM), above, desk.now)
    return least


# ---- days ---------------------------------------------------------------------------------------------------------


def session_size(desk: Desk, person: Person, size: int) -> int:
    """The length of a session that begins now: no longer than what is left of the day's tasks. Refused at none."""
    done = rows.done_since(desk.tx, person.id, fitness.day_began(desk.now))
    left = fitness.tasks_left(desk.house.work, done)
    if left is None:
        return size
    if left <= 0:
        raise Refused("day.full", done=done)
    return min(size, left)


def pause_advice(desk: Desk, person: Person, lang: str) -> str:
    """A kind word at the end of a session after long work today; empty when there is no need."""
    advised = desk.house.work.pause_minutes
    if not advised:
        return ""
    worked = rows.worked_since(desk.tx, person.id, fitness.day_began(desk.now))
    return desk.say(lang, "day.pause", time=span(worked)) if worked >= advised * 60_000 else ""
