"""/plan and the Plan button of a preview: what the job would cost, how right it would be and how long it would take.

The question is noted at once; a scheduled look reads what it needs, computes outside of any transaction, and posts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.errors import Refused
from core.messages import Card, Priority, Reply, Said
from core.model import TEXT, JobState, Place
from core.planning import USUAL_CROWD, Choice, Crowd, Estimate, Simulate, Work, advise, make_work, short_choices
from core.ports import Clock, Store
from core.service import requests
from core.service.house import Desk, House
from core.store import jobs, plans
from core.store.cards import CardRow
from core.store.jobs import Job
from core.store.people import Person
from core.store.plans import Ask
from core.store.tx import Tx
from core.texts import money, span

AT_ONCE = 1
"""Plans made in one look: a few seconds; the next look makes the next one."""
SEEDS = 8
"""Simulated crowds of a plan in a chat: about two seconds of one core."""
FEWEST, MOST = 3, 50
"""Workers of a simulated crowd."""


@dataclass(frozen=True, slots=True)
class Question:
    """What one plan starts from."""

    ask: Ask
    work: Work
    crowd: Crowd
    tried: tuple[Choice, ...]


def ask(desk: Desk, person: Person, command: Said) -> None:
    """/plan or /plan #3: the requester gets a plan of the job, in this channel."""
    job = requests.chosen(desk, command)
    requests.must_own(desk, person, job)
    _note(desk, job, command.place)


def press(desk: Desk, person: Person, row: CardRow) -> None:
    """The Plan button beside Publish."""
    job = jobs.get_job(desk.tx, row.ref)
    requests.must_own(desk, person, job)
    _note(desk, job, row.place)


def can_plan(job: Job) -> bool:
    """Whether a plan makes sense: typed answers have no classes to be right about."""
    return job.spec.kind != TEXT


def _note(desk: Desk, job: Job, place: Place) -> None:
    if not can_plan(job):
        raise Refused("plan.typed", job=job.id)
    if job.state in (JobState.CLOSING, JobState.CLOSED):
        raise Refused("job.wrong_state", job=job.id, state=desk.say("en", f"state.{job.state}"))
    plans.ask(desk.tx, job.id, place.platform, place.chat, desk.now)
    desk.send(place, Card(text=desk.say("en", "plan.soon", job=job.id)), priority=Priority.NOTICE)


# ---- the scheduled look -------------------------------------------------------------------------------------------


async def plan_due(store: Store, clock: Clock, house: House, simulate: Simulate, say: Callable[[Reply], None]) -> int:
    """Make the plans that wait; how many."""
    questions = await store.run(_take)
    for question in questions:
        estimates = await asyncio.to_thread(simulate, question.work, question.crowd, question.tried, SEEDS)
        say(await store.run(_post, question, estimates, clock.now(), house))
    return len(questions)


def _take(tx: Tx) -> list[Question]:
    """The next plans to make; taken off the list first, so that one that fails is not tried for ever."""
    taken = []
    for one in plans.waiting(tx, AT_ONCE):
        plans.drop(tx, one.id)
        taken.append(_question(tx, one))
    return taken


def _question(tx: Tx, one: Ask) -> Question:
    job = jobs.get_job(tx, one.job)
    work = make_work(job.spec, job.price, job.tasks, plans.gold_counts(tx, job.id, len(job.spec.options)))
    known, seconds = plans.house_record(tx)
    workers = min(MOST, max(FEWEST, plans.usual_workers(tx) or USUAL_CROWD.workers))
    crowd = Crowd(workers=workers, seconds=seconds or USUAL_CROWD.seconds, known=known)
    return Question(one, work, crowd, tuple(short_choices(work)))


def _post(tx: Tx, question: Question, estimates: Sequence[Estimate], now: int, house: House) -> Reply:
    desk = Desk(tx, house, now)
    job, crowd = jobs.get_job(tx, question.ask.job), question.crowd
    advice = advise(estimates, question.work.budget)
    rival = advice.rival.choice.name if advice.rival else ""
    lines = [_line(desk, job, one) for one in estimates]
    lines.append("")
    lines.append(
        desk.say(
            "en",
            advice.key,
            policy=advice.best.choice.name,
            rival=rival,
            saved=f"{advice.saved:.0%}",
            lost=f"{advice.lost:.1%}",
        )
    )
    basis = {"workers": crowd.workers, "known": len(crowd.known), "seconds": f"{crowd.seconds:.0f}"}
    lines.append(desk.say("en", "plan.basis", accuracy=f"{crowd.accuracy:.0%}", **basis))
    title = desk.say("en", "plan.title", job=job.id, title=job.title)
    place = Place(question.ask.platform, question.ask.chat)
    desk.send(place, Card(title=title, text="\n".join(lines)), priority=Priority.NOTICE)
    return desk.reply


def _line(desk: Desk, job: Job, one: Estimate) -> str:
    return desk.say(
        "en",
        "plan.mine" if one.choice.mine else "plan.line",
        policy=one.choice.name,
        cost=money(one.cost, job.asset),
        answers=f"{one.answers_per_task:.1f}",
        accuracy=f"{one.accuracy:.0%}",
        low=f"{one.low:.0%}",
        high=f"{one.high:.0%}",
        time=span(1000 * one.seconds),
    )
