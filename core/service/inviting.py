"""Calls workers by name to a job that waits: those whose answers are expected to tell most, and some to get to know.

Read in a short unit, computed outside of any transaction, sent in another; who is called chose to be, and says no at
no cost. A task may be held for the called worker for a while.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from core import quality
from core.beliefs import Snapshot
from core.beliefs.invite import Call, Caller, OpenTask, calls, worth
from core.errors import Refused
from core.invitations import InviteRules, room
from core.messages import Card, Priority, Reply
from core.model import JobState
from core.policies import accuracy_gain
from core.ports import Clock, Store
from core.routing import Vote, dice, posterior
from core.service import calling, courses, fitness, judging, work
from core.service.house import Desk, House
from core.store import alerts, beliefs, controls, invitations, jobs, people
from core.store import cards as card_rows
from core.store import fitness as records
from core.store.cards import CardRow
from core.store.invitations import Invitation
from core.store.jobs import Job
from core.store.people import Person
from core.store.tx import Tx
from core.texts import money, span

KIND = "invitation"
JOBS_AT_ONCE = 10
TASKS, PEOPLE = 100, 60
"""Open tasks and people that one look compares."""
AT_ONCE = 5
"""Invitations to one job in one look."""
DAY_MS = 86_400_000
LATELY_MS = 3_600_000
"""Who was called within the hour is left alone, and what they were called for counts as on its way."""
RELEASED_AT_ONCE = 200
KNOWN = 10
"""Answers of a worker, in all jobs, below which they are new."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one job's invitations are worked out from."""

    job: int
    now: int
    snapshot: Snapshot | None
    classes: int
    tasks: tuple[OpenTask, ...]
    callers: tuple[Caller, ...]


async def invite_due(store: Store, clock: Clock, house: House, say: Callable[[Reply], None]) -> int:
    """Send the invitations that jobs wait for; how many."""
    sent = 0
    for job in await store.run(waiting_jobs, clock.now(), house):
        look = await store.run(_read, job, clock.now(), house)
        if look is None:
            continue
        named = await asyncio.to_thread(name_workers, look, house.invitations, house.secret)
        reply = await store.run(_send, job, named, clock.now(), house)
        sent += reply.facts["sent"]
        say(reply)
    return sent


def waiting_jobs(tx: Tx, now: int, house: House) -> list[int]:
    """Open jobs with work left that ask for invitations, or got no answer for a stated time."""
    found = []
    for job in jobs.open_jobs(tx):
        since = job.answered_at or job.opened_at or now
        if job.done < job.tasks and (job.spec.invite or now - since >= house.invitations.wait_ms):
            found.append(job.id)
    return found[:JOBS_AT_ONCE]


def _read(tx: Tx, number: int, now: int, house: House) -> Look | None:
    """The job's open tasks and who may be called for them; None when there is nothing to do."""
    desk = Desk(tx, house, now)
    job = jobs.get_job(tx, number)
    found = invitations.open_tasks(tx, number, TASKS)
    if job.state != JobState.OPEN or len(found) <= invitations.unanswered(tx, number, now - LATELY_MS):
        return None
    had = invitations.had(tx, found)
    callers = _callers(desk, job, had)
    if not callers:
        return None
    said = beliefs.ballots(tx, found)
    priors = beliefs.priors_of(tx, found) if job.priors else {}
    tasks = tuple(OpenTask(task, tuple(said[task]), tuple(priors[task]) if task in priors else None) for task in found)
    return Look(number, now, judging.belief_of(desk, job), len(job.spec.options), tasks, tuple(callers))


def _callers(desk: Desk, job: Job, had: dict[int, set[int]]) -> list[Caller]:
    rules, since = desk.house.invitations, (desk.now - DAY_MS, desk.now - LATELY_MS)
    found = invitations.callers(desk.tx, job.id, desk.house.agreement_version, since, rules.per_day, PEOPLE)
    fit = [person for person in found if _may_be_called(desk, job, person)]
    crowd = max(controls.workers_of(desk.tx, job.id), len(fit))
    made = []
    for person in fit:
        standing, known = people.get_standing(desk.tx, person, job.id), records.anywhere(desk.tx, person)
        load = standing.answers if standing else 0
        left = room(load, job.answers, crowd, job.spec.session)
        if left:
            trust = quality.accuracy(standing or known)
            novice = known.answers < KNOWN
            made.append(Caller(person, left, novice, frozenset(had.get(person, ())), trust))
    return made


def _may_be_called(desk: Desk, job: Job, number: int) -> bool:
    """Awake, allowed, fit for the job, and with nothing to pass before it."""
    quiet = calling.quiet_hours(desk, number)
    if quiet is not None and quiet.covers(desk.now):
        return False
    person = people.get_person(desk.tx, number)
    try:
        work.check_allowed(desk, person, job)
    except Refused:
        return False
    if (job.spec.training or job.spec.exam) and courses.missing(desk, person, job) is not None:
        return False
    return fitness.unfit(desk, person, job) is None


def name_workers(look: Look, rules: InviteRules, secret: bytes) -> list[Call]:
    """Whom to call for what; pure, for a thread of its own."""
    rng: random.Random = dice(secret, 0, look.job, look.now)
    if look.snapshot is not None:
        told = worth(look.snapshot, look.tasks, look.callers)
        return calls(told, look.tasks, look.callers, AT_ONCE, rules.explore, rng)
    trust = {caller.person: caller.accuracy for caller in look.callers}
    rows = []
    for one in look.tasks:
        votes = [Vote(label, trust.get(person, judging.STRANGER)) for person, label in one.said]
        shares = posterior(votes, look.classes, one.prior)
        rows.append([accuracy_gain(shares, caller.accuracy) for caller in look.callers])
    return calls(rows, look.tasks, look.callers, AT_ONCE, rules.explore, rng)


# ---- the invitation -----------------------------------------------------------------------------------------------


def _send(tx: Tx, number: int, named: list[Call], now: int, house: House) -> Reply:
    """Invite those who may still be called: a moment has passed since they were chosen."""
    desk = Desk(tx, house, now)
    job, sent = jobs.get_job(tx, number), 0
    since = (now - DAY_MS, now - LATELY_MS)
    free = invitations.callers(tx, number, house.agreement_version, since, house.invitations.per_day, PEOPLE)
    for call in named if job.state == JobState.OPEN else ():
        if call.person in free:
            _invite(desk, job, call)
            sent += 1
    desk.reply.facts["sent"] = sent
    return desk.reply


def _invite(desk: Desk, job: Job, call: Call) -> None:
    count = len(call.tasks)
    number = invitations.insert_invitation(
        desk.tx, call.person, job.id, count, call.gain, novice=call.novice, now=desk.now
    )
    until = desk.now + job.spec.hold_seconds * 1000
    held = 0
    if job.spec.hold_seconds and not call.novice and not job.reserved & jobs.EXCLUDES:
        one = Invitation(number, call.person, job.id, count, "sent")
        held = sum(invitations.hold(desk.tx, task, one, until) for task in call.tasks)
    person = people.get_person(desk.tx, call.person)
    row = desk.new_card(KIND, number, person.id, person.home)
    desk.send(person.home, _card(desk, person, job, row, (count, held)), row, Priority.NOTICE)
    alerts.insert_event(
        desk.tx,
        KIND,
        desk.now,
        person=person.id,
        job=job.id,
        tasks=count,
        gain=round(call.gain, 4),
        novice=call.novice,
        held=held,
    )


def _card(desk: Desk, person: Person, job: Job, row: CardRow, counts: tuple[int, int]) -> Card:
    lang, (count, held) = desk.house.texts.best(person.lang), counts
    seconds = span(job.mean_ms) if job.bought else desk.say(lang, "job.seconds.unknown")
    text = desk.say(lang, "call.invitation", n=count, pay=money(job.pay, job.asset), seconds=seconds)
    if held:
        text += " " + desk.say(lang, "call.held", n=held, time=span(job.spec.hold_seconds * 1000))
    text += "\n\n" + desk.say(lang, "call.free")
    verbs = (("accept", "button.start"), ("decline", "button.not_now"), ("stop", "button.no_calls"))
    buttons = desk.buttons(row, *((choice, desk.say(lang, key)) for choice, key in verbs))
    return Card(title=job.title, text=text, question=job.spec.question, rows=(buttons,))


def press(desk: Desk, person: Person, row: CardRow, message: str, choice: str) -> None:
    """Start, not now, or no more calls; what is not taken is anybody's at once."""
    invitation = invitations.get_invitation(desk.tx, row.ref)
    if invitation.state != "sent":
        raise Refused("press.old")
    job, lang = jobs.get_job(desk.tx, invitation.job), desk.house.texts.best(person.lang)
    accepted = choice == "accept"
    card_rows.spend(desk.tx, row.id)
    invitations.decide(desk.tx, invitation.id, "accepted" if accepted else "declined", desk.now)
    alerts.insert_event(desk.tx, f"invitation.{choice}", desk.now, actor=person.id, person=person.id, job=job.id)
    desk.edit(row, Card(text=desk.say(lang, f"call.{choice}", job=job.title)), message)
    if accepted:
        people.set_waiting_job(desk.tx, person.id, job.id)
        work.next_task(desk, people.get_person(desk.tx, person.id), expected=False)
        return
    for task in invitations.held_by(desk.tx, invitation.id):
        invitations.release(desk.tx, task)
    if choice == "stop":
        calling.off(desk, person)


def tick(desk: Desk) -> None:
    """Tasks that were held long enough, or that their worker has taken, are anybody's again."""
    for task in invitations.over(desk.tx, desk.now, RELEASED_AT_ONCE):
        invitations.release(desk.tx, task)
