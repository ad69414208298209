"""What requesters and admins ask for: a job and its preview, status, pause, cancel, budget, results, credit, skills."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, DecimalException

from core import ledger
from core.controls import advised
from core.errors import KeyReused, NotEnough, Refused
from core.messages import Card, PostJob, Priority, Said
from core.model import MICRO, TEXT, UNDER_WAY, CloseReason, Handle, Item, JobSpec, JobState, parse_handle
from core.rules.words import rules_line
from core.service import chain, classroom, closing, confiding, views, waiting
from core.service.house import Desk, House
from core.store import alerts, jobs, journal, people, tasks
from core.store.cards import CardRow
from core.store.jobs import Job
from core.store.people import Person, Session
from core.store.tx import Tx
from core.texts import money

DAY_MS = 86_400_000


# ---- a new job ----------------------------------------------------------------------------------------------------


def begin_import(tx: Tx, post: PostJob, now: int, house: House) -> int | None:
    """A job in state importing for this upload; None when the same message or form has made one already."""
    found = jobs.job_of_source(tx, post.source)
    if found is not None:
        if found.state != JobState.IMPORTING:
            return None
        jobs.delete_half_imported(tx)
    person = people.ensure_person(tx, post.who, now)
    spec = post.upload.spec
    price = ledger.Price(spec.price, ledger.fee_of(spec.price, house.fee_ppm), spec.asset)
    if spec.experts is not None:
        spec = replace(spec, experts=replace(spec.experts, fee=ledger.fee_of(spec.experts.price, house.fee_ppm)))
    budget = spec.budget if spec.budget is not None else cost_range(spec, price, post.upload.items)[1]
    return jobs.insert_job(tx, post.source, person.id, post.place, spec, (price.fee, budget), now)


def import_items(tx: Tx, job: int, first: int, items: Sequence[Item], want: int) -> None:
    """Store a slice of the items."""
    tasks.insert_tasks(tx, job, first, items, want)


def finish_import(tx: Tx, job: int, post: PostJob, now: int, house: House) -> Desk:
    """The items are in: show the requester the job as a worker will see it, and ask to publish it."""
    desk = Desk(tx, house, now)
    controls = sum(item.gold is not None for item in post.upload.items)
    reserved = jobs.RESERVES * any(item.reserved_for for item in post.upload.items)
    reserved |= jobs.EXCLUDES * any(item.unavailable_for for item in post.upload.items)
    jobs.set_item_counts(tx, job, len(post.upload.items) - controls, controls, reserved)
    desk.reply.facts["job"] = job
    _preview(desk, jobs.get_job(tx, job), post)
    return desk


def cost_range(spec: JobSpec, price: ledger.Price, items: Sequence[Item]) -> tuple[int, int]:
    """Least and most that a job can cost: overlap min..max on every task, and its share of controls on top."""
    plain = sum(item.gold is None for item in items)
    share = 1 + (spec.control_share if plain < len(items) else 0)
    return tuple(round(plain * n * share) * price.total for n in (spec.overlap.min, spec.overlap.max))  # type: ignore[return-value]


def _preview(desk: Desk, job: Job, post: PostJob) -> None:
    requester = people.get_person(desk.tx, job.requester)
    row = desk.new_card("job", job.id, None, job.place)
    shown = views.task_card(
        desk, row, "en", job, tasks.first_task(desk.tx, job.id), Session(0, job.id, 0, 0, job.spec.session, None, 0)
    )
    preview = tuple(tuple(desk.button(row, "preview", button.text) for button in buttons) for buttons in shown.rows)
    desk.send(job.place, Card(title=shown.title, quote=shown.quote, question=shown.question, rows=preview))
    low, high = cost_range(job.spec, job.price, post.upload.items)
    text = desk.say(
        "en",
        "job.preview",
        tasks=job.tasks,
        controls=job.controls,
        overlap=_overlap_text(job.spec),
        pay=money(job.pay, job.asset),
        fee=money(job.fee, job.asset),
        low=money(low, job.asset),
        high=money(high, job.asset),
        budget=money(job.budget, job.asset),
        purse=money(journal.balance(desk.tx, ledger.requester(requester.id), job.asset), job.asset),
    )
    least = advised(job.tasks + job.controls)
    if job.controls < least and job.spec.kind != TEXT:
        text += "\n\n" + desk.say("en", "job.few_controls", n=job.controls, least=least)
    if job.spec.rules:
        text += "\n\n" + desk.say("en", "job.rules", rules=rules_line(job.spec.rules))
    if courses := classroom.preview(desk, job.spec):
        text += "\n\n" + courses
    if checks := chain.preview(desk, job):
        text += "\n\n" + checks
    plan = (("plan", desk.say("en", "button.plan")),) if job.spec.kind != TEXT else ()
    verbs = (("publish", desk.say("en", "button.publish")), *plan, ("discard", desk.say("en", "button.discard")))
    title = desk.say("en", "job.preview.title", job=job.id, title=job.title)
    desk.send(job.place, Card(title=title, text=text, rows=(desk.buttons(row, *verbs),)), row)


def _overlap_text(spec: JobSpec) -> str:
    overlap = spec.overlap
    if overlap.policy == "fixed":
        return str(overlap.min)
    told = {
        "checkpoint": f"{overlap.confidence:.0%}; {overlap.share:.0%}",
        "value": money(overlap.worth, spec.asset),
        "budget": overlap.policy,
    }
    return f"{overlap.min}–{overlap.max} ({told.get(overlap.policy, f'{overlap.confidence:.0%}')})"


def decide_job(desk: Desk, person: Person, row: CardRow, message: str, choice: str) -> None:
    """Publish the previewed job, or discard it."""
    job = jobs.get_job(desk.tx, row.ref)
    must_own(desk, person, job)
    if job.state != JobState.DRAFT:
        raise Refused("job.decided", state=desk.say("en", f"state.{job.state}"))
    if choice == "discard":
        jobs.set_job_state(desk.tx, job.id, JobState.CLOSED, CloseReason.CANCELLED)
        desk.edit(row, Card(text=desk.say("en", "job.discarded", job=job.id)), message)
        return
    _fund(desk, job)
    deadline = desk.now + job.spec.deadline_seconds * 1000 if job.spec.deadline_seconds else None
    jobs.mark_opened(desk.tx, job.id, desk.now, deadline)
    chain.open_checks(desk, job, _fund)
    alerts.insert_event(desk.tx, "job.opened", desk.now, actor=person.id, job=job.id, budget=job.budget)
    job = jobs.get_job(desk.tx, job.id)
    desk.edit(row, Card(text=desk.say("en", "job.published", job=job.id, title=job.title)), message)
    desk.send(job.place, views.call_card(desk, job), priority=Priority.NOTICE)
    progress = desk.new_card("progress", job.id, None, job.place)
    jobs.set_progress(desk.tx, job.id, progress.id, 0)
    desk.send(job.place, views.progress_card(desk, job), progress, Priority.NOTICE)


def _fund(desk: Desk, job: Job) -> None:
    if not job.budget:
        return
    purse = journal.balance(desk.tx, ledger.requester(job.requester), job.asset)
    _give_points(desk, job, job.budget - purse, "fund")
    try:
        journal.post(desk.tx, ledger.fund(job.id, job.requester, job.budget, job.asset), desk.now)
    except NotEnough:
        raise _poor(desk, job, job.budget, purse) from None


def _poor(desk: Desk, job: Job, wanted: int, purse: int) -> Refused:
    owner = people.get_person(desk.tx, job.requester)
    missing, budget = money(wanted - purse, job.asset), money(wanted, job.asset)
    return Refused("job.poor", missing=missing, budget=budget, who=owner.handle, asset=job.asset)


def _give_points(desk: Desk, job: Job, missing: int, ref: str) -> None:
    """Where answers are worth points and no money, what a purse lacks comes from nowhere."""
    if missing > 0 and desk.house.rail == "points":
        gift = ledger.deposit(f"points:{job.id}:{ref}", "points", job.requester, missing, job.asset)
        journal.post(desk.tx, gift, desk.now)


# ---- commands in the channel --------------------------------------------------------------------------------------


def how_to_post(desk: Desk, person: Person, command: Said) -> None:
    """/newjob without files: how to send them."""
    desk.send(
        command.place, Card(title=desk.say("en", "newjob.title"), text=desk.say("en", f"newjob.{person.platform}"))
    )


NUMBER = re.compile(r"\s*#?([0-9]{1,12})(?!\S)")
HASHED = re.compile(r"\s*#([0-9]{1,12})(?!\S)")


def chosen(desk: Desk, command: Said, marked: re.Pattern[str] = NUMBER) -> Job:
    """The job that a command means: the number in its arguments, else the newest; of this channel.

    Where no worker reads along, a requester may name any job of their own, and an admin every job.
    """
    person = people.select_person(desk.tx, command.who)
    alone = person if person is not None and confiding.secluded(desk, command) else None
    if match := marked.match(command.args):
        job = jobs.find_job(desk.tx, int(match[1]))
        if job is None or job.state == JobState.IMPORTING:
            raise Refused("job.elsewhere", job=match[1])
        if job.place != command.place and not (alone and owns(desk, alone, job)):
            raise Refused("job.elsewhere", job=match[1])
        return job
    found = jobs.jobs_of_chat(desk.tx, command.place) or (jobs.jobs_of_requester(desk.tx, alone.id) if alone else [])
    if not found:
        raise Refused("job.none")
    live = [job for job in found if job.state != JobState.CLOSED]
    return (live or found)[0]


def owns(desk: Desk, person: Person, job: Job) -> bool:
    """Whether this is the job's requester or an admin."""
    return person.id == job.requester or Handle(person.platform, person.user) in desk.house.admins


def must_own(desk: Desk, person: Person, job: Job) -> None:
    """Refused for everybody but the job's requester and the admins."""
    if not owns(desk, person, job):
        raise Refused("job.not_yours", job=job.id)


def status(desk: Desk, person: Person, command: Said) -> None:
    """/status: progress, answers and money of the job; exact in private for its requester, where workers read along."""
    job = chosen(desk, command)
    owned = owns(desk, person, job)
    alone = owned and confiding.secluded(desk, command)
    desk.send(command.place, views.progress_card(desk, job, exact=alone), priority=Priority.NOTICE)
    if owned and not alone and views.in_steps(desk, job):
        desk.send(person.home, views.progress_card(desk, job, exact=True), priority=Priority.NOTICE)


def pause_job(desk: Desk, person: Person, command: Said) -> None:
    """/pausejob: hand out nothing more until /resumejob; tasks in hand may be finished."""
    _switch(desk, person, command, JobState.OPEN, JobState.PAUSED)


def resume_job(desk: Desk, person: Person, command: Said) -> None:
    """/resumejob: go on."""
    _switch(desk, person, command, JobState.PAUSED, JobState.OPEN)


def _switch(desk: Desk, person: Person, command: Said, old: JobState, new: JobState) -> None:
    job = chosen(desk, command)
    must_own(desk, person, job)
    if job.state != old:
        raise Refused("job.wrong_state", job=job.id, state=desk.say("en", f"state.{job.state}"))
    jobs.set_job_state(desk.tx, job.id, new)
    alerts.insert_event(desk.tx, f"job.{new}", desk.now, actor=person.id, job=job.id)
    desk.send(command.place, Card(text=desk.say("en", f"job.{new}", job=job.id)), priority=Priority.NOTICE)


def cancel_job(desk: Desk, person: Person, command: Said) -> None:
    """/canceljob: buy nothing more; finished work is paid, labels so far are aggregated, the rest is refunded."""
    job = chosen(desk, command)
    must_own(desk, person, job)
    if job.state == JobState.DRAFT:
        jobs.set_job_state(desk.tx, job.id, JobState.CLOSED, CloseReason.CANCELLED)
        desk.send(command.place, Card(text=desk.say("en", "job.discarded", job=job.id)))
        return
    if job.state not in UNDER_WAY:
        raise Refused("job.wrong_state", job=job.id, state=desk.say("en", f"state.{job.state}"))
    alerts.insert_event(desk.tx, "job.cancelled", desk.now, actor=person.id, job=job.id)
    closing.close_job(desk, job, CloseReason.CANCELLED)


def results(desk: Desk, person: Person, command: Said) -> None:
    """/results: the newest labels again, or a run to make them; /results human: labels without any model's part."""
    human = closing.HUMAN in command.args.split()
    job = chosen(desk, command)
    if job.state != JobState.CLOSED:
        must_own(desk, person, job)  # labels so far would tell workers what to say
    closing.send_results_again(desk, job, command, human=human)


def budget(desk: Desk, person: Person, command: Said) -> None:
    """/budget: what is spent and left; /budget 5 or /budget #3 5 adds from the requester's purse."""
    job = chosen(desk, command, HASHED)
    if amount := HASHED.sub("", command.args, count=1).strip():
        must_own(desk, person, job)
        _add_budget(desk, job, amount_of(amount), command.key)
        job = jobs.get_job(desk.tx, job.id)
    text = desk.say(
        "en",
        "job.budget",
        job=job.id,
        budget=money(job.budget, job.asset),
        spent=money(waiting.spent(desk, job), job.asset),
        left=money(journal.balance(desk.tx, ledger.escrow(job.id), job.asset), job.asset),
        purse=money(journal.balance(desk.tx, ledger.requester(job.requester), job.asset), job.asset),
    )
    desk.send(command.place, Card(text=text), priority=Priority.NOTICE)


def _add_budget(desk: Desk, job: Job, amount: int, key: str) -> None:
    if job.state not in UNDER_WAY:
        raise Refused("job.wrong_state", job=job.id, state=desk.say("en", f"state.{job.state}"))
    purse = journal.balance(desk.tx, ledger.requester(job.requester), job.asset)
    _give_points(desk, job, amount - purse, key)
    try:
        journal.post(desk.tx, ledger.top_up(job.id, job.requester, amount, job.asset, key), desk.now)
    except NotEnough:
        raise _poor(desk, job, amount, purse) from None
    jobs.add_budget(desk.tx, job.id, amount)


def amount_of(text: str) -> int:
    """An amount such as 12.50 in micro-units; Refused when it is none, negative, or finer than a micro-unit."""
    try:
        amount = Decimal(text) * MICRO
    except DecimalException:  # no number at all, or one beyond all bounds
        raise Refused("amount.bad", text=text[:40]) from None
    if not amount.is_finite() or amount <= 0 or amount != amount.to_integral_value() or amount >= MICRO * 1_000_000_000:
        raise Refused("amount.bad", text=text[:40])
    return int(amount)


# ---- admins -------------------------------------------------------------------------------------------------------

CREDIT = re.compile(r"(?P<who>\S+)\s+(?P<amount>\S+)\s+(?P<asset>[A-Z]{3,5})(?:\s+(?P<ref>\S{1,60}))?")
SKILL = re.compile(r"(?P<who>\S+)\s+(?P<name>[\w-]{1,40})\s+(?P<value>\d{1,3})(?:\s+(?P<days>\d{1,4})\s*d(?:ays)?)?")


def _must_be_admin(desk: Desk, person: Person) -> None:
    if Handle(person.platform, person.user) not in desk.house.admins:
        raise Refused("admin.only")


def _target(desk: Desk, text: str) -> Person:
    try:
        return people.ensure_person(desk.tx, parse_handle(text), desk.now)
    except ValueError:
        raise Refused("handle.bad", text=text[:40]) from None


def credit(desk: Desk, person: Person, command: Said) -> None:
    """/credit telegram:1001 50 USD [reference]: an admin books money that a requester has paid in."""
    _must_be_admin(desk, person)
    match = CREDIT.fullmatch(command.args.strip())
    if match is None:
        raise Refused("credit.usage")
    who, amount = _target(desk, match["who"]), amount_of(match["amount"])
    entry = ledger.deposit(match["ref"] or command.key, desk.house.rail, who.id, amount, match["asset"])
    try:
        done = journal.post(desk.tx, entry, desk.now)
    except KeyReused:
        raise Refused("credit.reused", ref=match["ref"]) from None
    alerts.insert_event(desk.tx, "credit", desk.now, actor=person.id, person=who.id, amount=amount, entry=entry.key)
    purse = money(journal.balance(desk.tx, ledger.requester(who.id), match["asset"]), match["asset"])
    key = "credit.done" if done else "credit.again"
    text = desk.say("en", key, who=who.handle, amount=money(amount, match["asset"]), purse=purse)
    desk.send(command.place, Card(text=text), priority=Priority.NOTICE)


def set_skill(desk: Desk, person: Person, command: Said) -> None:
    """/skill telegram:1001 german 80 90d: an admin sets a skill (0..100) with its time to live."""
    _must_be_admin(desk, person)
    match = SKILL.fullmatch(command.args.strip())
    if match is None or int(match["value"]) > 100:
        raise Refused("skill.usage")
    who = _target(desk, match["who"])
    until = desk.now + int(match["days"]) * DAY_MS if match["days"] else None
    people.set_skill(desk.tx, who.id, match["name"], int(match["value"]), until)
    alerts.insert_event(
        desk.tx, "skill", desk.now, actor=person.id, person=who.id, name=match["name"], value=int(match["value"])
    )
    text = desk.say("en", "skill.done", who=who.handle, name=match["name"], value=match["value"])
    desk.send(command.place, Card(text=text), priority=Priority.NOTICE)
