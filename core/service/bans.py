"""Bans: what they stop, what becomes of the banned worker's answers, and who is told what it costs.

A ban for bad work sets the worker's answers aside in every job it covers that is not closed: they keep their pay and
count no more, tasks that leant on them are judged anew and reopen. A slice is done at once, the rest tick by tick; each
answer moves with its task's verdict, so the counts are right at every commit. Lifting the ban is the same walk back.
"""

from __future__ import annotations

from dataclasses import replace

from core import ledger
from core.errors import Refused
from core.messages import Card, Priority
from core.model import AssignmentState, JobState
from core.service import voids, work
from core.service.house import Desk
from core.store import alerts, assignments, bans, jobs, journal, people
from core.store.bans import Ban, Done, Pass, Tally
from core.store.jobs import Job
from core.store.people import Person
from core.texts import moment, money

SLICE = 200
"""Answers that one transaction moves at most: about 20 ms of the writer's time."""
BAD_WORK = frozenset({"control", "fast", "chance", "drift", "constant", "pattern", "copy", "copying", "ring"})
"""Reasons that speak against the answers themselves; skipping, or many accounts, does not."""


def impose(
    desk: Desk,
    person: Person,
    *,
    scope: str = "all",
    job: int | None = None,
    until: int | None = None,
    reason: str,
    actor: int,
    kind: str,
    set_aside: bool | None = None,
) -> int:
    """Ban a worker from a job ("pool"), from all jobs of the job's requester, or from all; the ban's id.

    `reason` is what they read, in their language; `actor` the admin who decided (0: a rule); `kind` the finding that it
    rests on. Their answers are set aside when it is one of BAD_WORK, or as `set_aside` says.
    """
    about = jobs.get_job(desk.tx, job) if job is not None else None
    if scope not in ("all", "pool", "requester") or (scope != "all" and about is None):
        raise ValueError(f"a ban of scope {scope!r} needs a job")
    ban = Ban(
        id=0,
        person=person.id,
        job=about.id if about and scope == "pool" else None,
        requester=about.requester if about and scope == "requester" else None,
        until=until,
        reason=reason,
        kind=kind,
        sets_aside=int(kind in BAD_WORK if set_aside is None else set_aside),
        at=desk.now,
        lifted_at=None,
    )
    number = bans.insert_ban(desk.tx, ban, actor)
    _take_task(desk, person, ban)
    _tell(desk, person, bans.get_ban(desk.tx, number), about)
    alerts.insert_event(desk.tx, "ban", desk.now, actor=actor or None, job=job, person=person.id, ban=number, why=kind)
    if ban.sets_aside:
        advance(desk, bans.start_pass(desk.tx, number, 1))
    return number


def lift(desk: Desk, restriction: int, actor: int) -> None:
    """End a ban and let what it set aside count again; Refused for one that was lifted already."""
    ban = standing_ban(desk, restriction)
    people.lift_restriction(desk.tx, restriction, desk.now)
    person = people.get_person(desk.tx, ban.person)
    desk.notify(person, Card(text=desk.say(desk.house.texts.best(person.lang), "restricted.lifted")))
    alerts.insert_event(
        desk.tx, "ban.lifted", desk.now, actor=actor or None, job=ban.job, person=ban.person, ban=ban.id
    )
    if ban.sets_aside:
        advance(desk, bans.start_pass(desk.tx, restriction, -1))


def standing_ban(desk: Desk, restriction: int) -> Ban:
    """A ban about which something can be decided; Refused when it was lifted already, here or elsewhere."""
    ban = bans.get_ban(desk.tx, restriction)
    if ban.lifted_at is not None:
        raise Refused("alert.lifted")
    return ban


def restore(desk: Desk, restriction: int, actor: int) -> None:
    """Take a lifting back: the same ban stands again and sets aside what it did, not what was answered since."""
    people.restore_restriction(desk.tx, restriction)
    ban = bans.get_ban(desk.tx, restriction)
    person = people.get_person(desk.tx, ban.person)
    if ban.holds(desk.now):
        _take_task(desk, person, ban)
        values = {"at": moment(ban.at), "reason": ban.reason, "contact": desk.house.contact or "-"}
        text = desk.say(desk.house.texts.best(person.lang), "restricted.again", **values)
        desk.notify(person, Card(text=text))
    alerts.insert_event(
        desk.tx, "ban.restored", desk.now, actor=actor or None, job=ban.job, person=ban.person, ban=ban.id
    )
    if ban.sets_aside:
        advance(desk, bans.start_pass(desk.tx, restriction, 1))


def _tell(desk: Desk, person: Person, ban: Ban, job: Job | None) -> None:
    """The notice, with a button to object."""
    if person.state == "gone":
        return
    row = desk.new_card("objection", ban.id, person.id, person.home)
    button = desk.buttons(row, ("appeal", desk.say(desk.house.texts.best(person.lang), "button.object")))
    desk.send(person.home, replace(notice(desk, person, ban, job), rows=(button,)), row, Priority.NOTICE)


def notice(desk: Desk, person: Person, ban: Ban, job: Job | None) -> Card:
    """What the worker is told: from what, until when, why, and whom to write to."""
    lang = desk.house.texts.best(person.lang)
    key = "restricted" if ban.until is not None else "restricted.good"
    if ban.scope != "all":
        key = f"restricted.{ban.scope}" + (".until" if ban.until is not None else "")
    until = moment(ban.until) if ban.until is not None else "-"
    title = job.title if job else "-"
    contact = desk.house.contact or "-"
    return Card(text=desk.say(lang, key, reason=ban.reason, until=until, job=title, contact=contact))


def _take_task(desk: Desk, person: Person, ban: Ban) -> None:
    """The task in hand goes back when the ban covers it."""
    live = assignments.live_assignment(desk.tx, person.id)
    if live is not None and ban.covers(live.job, jobs.get_job(desk.tx, live.job).requester):
        work.put_back(desk, person)


# ---- setting aside and counting again, slice by slice --------------------------------------------------------------


def tick(desk: Desk) -> None:
    """One more slice of the oldest pass under way."""
    for walk in bans.open_passes(desk.tx, 1):
        advance(desk, walk)


def advance(desk: Desk, walk: Pass) -> None:
    """Move up to a slice of the banned worker's answers; at the end tell the channels."""
    ban = bans.get_ban(desk.tx, walk.restriction)
    others = [] if walk.sign > 0 else [o for o in bans.standing_bans(desk.tx, ban.person) if o.sets_aside]
    rows = bans.next_assignments(desk.tx, ban.person, walk)
    known: dict[int, Job] = {}
    moved, end = 0, len(rows) < bans.LOOKED_AT
    after = (walk.after_at, walk.after_id)
    for row in rows:
        if moved >= SLICE:
            end = False
            break
        after = (row.at, row.id)
        job = known.get(row.job) or known.setdefault(row.job, jobs.get_job(desk.tx, row.job))
        if _concerns(ban, walk, row, job, others):
            _move(desk, walk, row, job)
            moved += 1
    bans.advance_pass(desk.tx, walk.id, after)
    if end:
        bans.end_pass(desk.tx, walk.id)
        _tell_channels(desk, walk)


def _concerns(ban: Ban, walk: Pass, row: Done, job: Job, others: list[Ban]) -> bool:
    """Whether this pass moves that answer: what a closed job delivered stays, and so does what another ban covers."""
    if row.state != AssignmentState.SUBMITTED or row.at > ban.at or job.state == JobState.CLOSED:
        return False
    if not ban.covers(job.id, job.requester) or bool(row.void & voids.BANNED) == (walk.sign > 0):
        return False
    return not any(other.covers(job.id, job.requester) and row.at <= other.at for other in others)


def _move(desk: Desk, walk: Pass, row: Done, job: Job) -> None:
    change = voids.set_aside if walk.sign > 0 else voids.count_again
    moved = change(desk, job, row.id, voids.BANNED)
    if moved.moved and not row.control:
        bans.add_tally(desk.tx, walk.id, Tally(job.id, 1, int(moved.done == -walk.sign), moved.wanted))


def _tell_channels(desk: Desk, walk: Pass) -> None:
    """One message per job: how many answers and tasks, and what it is likely to cost."""
    for tally in bans.tallies(desk.tx, walk.id):
        job = jobs.get_job(desk.tx, tally.job)
        left = journal.balance(desk.tx, ledger.escrow(job.id), job.asset)
        cost = max(0, tally.wanted) * job.price.total
        key = "job.lifted" if walk.sign < 0 else "job.set_aside.short" if cost > left else "job.set_aside"
        values = {"answers": tally.answers, "tasks": tally.tasks, "wanted": max(0, tally.wanted)}
        text = desk.say("en", key, job=job.id, cost=money(cost, job.asset), left=money(left, job.asset), **values)
        desk.send(job.place, Card(text=text), priority=Priority.NOTICE)
