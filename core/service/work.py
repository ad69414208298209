"""Handing out tasks: who may work, on which job, which task; and taking a task back."""

from __future__ import annotations

from collections.abc import Iterator

from core import ledger, routing
from core.errors import Refused
from core.messages import Card, Priority
from core.model import AssignmentState, JobState
from core.quality import carried
from core.service import controls, courses, experts, fitness, judging, verdicts, views
from core.service.house import Desk
from core.store import assignments, exclusions, jobs, journal, people, tasks
from core.store import cards as card_rows
from core.store.assignments import Assignment
from core.store.jobs import Job
from core.store.people import Person, Session
from core.texts import moment

DAY_MS = 86_400_000
CANDIDATES = 24
"""Tasks that routing compares for one choice; more cost time and change little."""


def next_task(desk: Desk, person: Person, *, expected: bool = True, offers: bool = True) -> None:
    """Give the worker their live task again, or a new one. Refused with the reason when there is none.

    `expected` says that the person asked for it: then "nothing to do" is a refusal, else a plain notice. `offers`
    allows to propose the training or exam of another job.
    """
    check_allowed(desk, person)
    live = assignments.live_assignment(desk.tx, person.id)
    if live:
        show_again(desk, person, live)
        return
    if person.state != "active":
        people.set_state(desk.tx, person.id, "active")
    reasons: list[Refused] = []
    if any(_serve(desk, person, job, reasons) for job in _jobs_for(desk, person)):
        return
    if offers and _offer_course(desk, person):
        return
    reason = reasons[0] if reasons else Refused("nothing.none")
    if expected:
        raise reason
    text = desk.say(_lang(desk, person), reason.key, **reason.values)
    desk.send(person.home, Card(text=text), priority=Priority.NOTICE)


def _offer_course(desk: Desk, person: Person) -> bool:
    """Where nothing else is left, offer the training or exam of a job that asks for one."""
    for job in jobs.open_jobs(desk.tx):
        if courses.may_offer(desk, person, job) and fitness.unfit(desk, person, job) is None:
            courses.offer(desk, person, job)
            return True
    return False


def _lang(desk: Desk, person: Person) -> str:
    return desk.house.texts.best(person.lang)


def check_allowed(desk: Desk, person: Person, job: Job | None = None) -> None:
    """Refused when this person may hold no task now (of this job): the agreement is not accepted, or a ban holds."""
    if person.agreed != desk.house.agreement_version:
        raise Refused("consent.needed")
    for ban in people.restrictions_of(desk.tx, person.id, desk.now):
        if ban.job is not None or ban.requester is not None:
            if job is not None and (ban.job == job.id or ban.requester == job.requester):
                raise Refused("nothing.restricted")
            continue
        until = moment(ban.until) if ban.until else "-"
        key = "restricted" if ban.until else "restricted.good"
        raise Refused(key, reason=ban.reason, until=until, contact=desk.house.contact or "-")


def _jobs_for(desk: Desk, person: Person) -> Iterator[Job]:
    """Jobs in the order to try: the one they came for, the one they are in, then by lot."""
    first: list[int] = []
    if person.waiting_job is not None:
        first.append(person.waiting_job)
    session = people.get_session(desk.tx, person.id)
    if session and not session.over:
        first.append(session.job)
    for number in dict.fromkeys(first):
        job = jobs.find_job(desk.tx, number)
        if job is not None and job.state == JobState.OPEN:
            yield job
    others = {job.id: job for job in jobs.open_jobs(desk.tx) if job.id not in first}
    rng = routing.dice(desk.house.secret, person.id, 0, session.done if session else 0)
    rest = [routing.OpenJob(job.id, job.priority, job.done / max(1, job.tasks)) for job in others.values()]
    for number in routing.job_order(rest, rng):
        yield others[number]


def _serve(desk: Desk, person: Person, job: Job, reasons: list[Refused]) -> bool:
    """Hand out a task of this job if the person may work on it and it has one for them; else note why not."""
    reason = fitness.unfit(desk, person, job)
    banned = reason is not None and reason.key == "nothing.restricted"
    if job.spec.experts and not banned and _serve_expert(desk, person, job):
        return True
    if reason is None and (job.spec.training or job.spec.exam):
        reason = courses.gate(desk, person, job)
        if reason is not None and reason.key == courses.OFFERED:
            return True
    if reason is not None:
        reasons.append(reason)
        return False
    standing = people.get_standing(desk.tx, person.id, job.id)
    turn = standing.answers + standing.skips if standing else 0
    rng = routing.dice(desk.house.secret, person.id, job.id, turn)
    queue = _queue(desk, person, job, pivot=rng.randrange(max(1, job.tasks + job.controls)))
    choice = judging.choose(desk, job, person.id, queue, rng)
    if choice is None:
        reasons.append(Refused("nothing.done"))
        return False
    control = 0
    if standing is None:
        known = courses.prior(desk, person, job, _carried(desk, person))
        people.insert_standing(desk.tx, person.id, job.id, known)
    due = controls.due(desk, person, job, rng)
    if due is not None:
        choice, control = due, 1
    _hand_out(desk, person, job, choice, control, first=standing is None)
    return True


def _serve_expert(desk: Desk, person: Person, job: Job) -> bool:
    """Hand out a contested task if this person is one of the job's experts and one waits for them."""
    contested = experts.next_task(desk, person, job)
    if contested is None:
        return False
    first = people.get_standing(desk.tx, person.id, job.id) is None
    if first:
        people.insert_standing(desk.tx, person.id, job.id, _carried(desk, person))
    _hand_out(desk, person, job, contested, 0, first=first, expert=1)
    return True


def _carried(desk: Desk, person: Person) -> tuple[int, int]:
    """What earlier jobs say of a worker who begins a new one; old ones say less."""
    known = people.standings_of(desk.tx, person.id)
    last = [jobs.get_job(desk.tx, standing.job).answered_at or desk.now for standing in known]
    return carried(known, [(desk.now - at) / DAY_MS for at in last])


def _queue(desk: Desk, person: Person, job: Job, *, pivot: int) -> list[routing.Candidate]:
    levels = routing.most(job.spec.overlap)
    if job.reserved & jobs.EXCLUDES and exclusions.excluded(desk.tx, job.id, person.handle):
        return exclusions.queue_without(desk.tx, job.id, (person.id, person.handle), CANDIDATES)
    found = tasks.queue_for(desk.tx, job.id, person.id, CANDIDATES, levels=levels, pivot=pivot)
    if judging.looks_wide(job):
        found = list({one.task: one for one in (*found, *_fresh(desk, person, job, pivot))}.values())
    if job.reserved:
        found += tasks.reserved_queue_for(desk.tx, job.id, person.id, person.handle, CANDIDATES)
    return found


def _fresh(desk: Desk, person: Person, job: Job, pivot: int) -> list[routing.Candidate]:
    return tasks.fresh_for(desk.tx, job.id, person.id, CANDIDATES, pivot=pivot)


def _hand_out(desk: Desk, person: Person, job: Job, task: int, control: int, *, first: bool, expert: int = 0) -> None:
    session = _session(desk, person, job)
    span = (desk.now, desk.now + job.spec.lease_seconds * 1000)
    lease = assignments.insert_assignment(desk.tx, task, job.id, person.id, control, span, expert=expert)
    price = job.price_of(expert)
    if price.total:
        journal.post(desk.tx, ledger.reserve(lease, 0, job.id, price), desk.now)
    tasks.take_lease(desk.tx, task)
    jobs.count(desk.tx, job.id, active=1)
    if person.waiting_job is not None:
        people.set_waiting_job(desk.tx, person.id, None)
    lang = _lang(desk, person)
    if first and (job.spec.instructions or job.spec.examples or job.spec.review):
        desk.send(person.home, views.guide_card(desk, lang, job.spec))
    row = desk.new_card("task", lease, person.id, person.home)
    desk.send(person.home, views.task_card(desk, row, lang, job, tasks.get_task(desk.tx, task), session), row)
    people.set_live_card(desk.tx, person.id, row.id)


def _session(desk: Desk, person: Person, job: Job) -> Session:
    session = people.get_session(desk.tx, person.id)
    if session is None or session.over:
        size = fitness.session_size(desk, person, job.spec.session)
        people.start_session(desk.tx, person.id, job.id, size, desk.now)
        session = people.get_session(desk.tx, person.id)
    elif session.job != job.id:
        people.set_session_job(desk.tx, person.id, job.id)
    assert session is not None
    return session


def show_again(desk: Desk, person: Person, live: Assignment) -> None:
    """Send the live task once more; its buttons are the same."""
    row = card_rows.card_about(desk.tx, "task", live.id)
    session = people.get_session(desk.tx, person.id)
    assert row is not None, "a live assignment has a card"
    assert session is not None, "a worker with a task has a session"
    job = jobs.get_job(desk.tx, live.job)
    task = tasks.get_task(desk.tx, live.task)
    desk.send(person.home, views.task_card(desk, row, _lang(desk, person), job, task, session), row)


def put_back(desk: Desk, person: Person, *, tell: bool = True, key: str = "task.back") -> None:
    """The worker's live task returns to the pool as if it had never been handed out; without one, nothing happens."""
    live = assignments.live_assignment(desk.tx, person.id)
    if live is None:
        return
    give_up(desk, live)
    assignments.delete_assignment(desk.tx, live.id)
    people.drop_unused_standing(desk.tx, person.id, live.job)
    row = card_rows.card_about(desk.tx, "task", live.id)
    if tell and row is not None:
        desk.edit(row, Card(text=desk.say(_lang(desk, person), key)))


def expire(desk: Desk, lease: Assignment) -> None:
    """A lease has run out: the task goes back, and its worker is told."""
    give_up(desk, lease)
    assignments.close_assignment(desk.tx, lease.id, AssignmentState.EXPIRED, None, desk.now)
    person = people.get_person(desk.tx, lease.person)
    row = card_rows.card_about(desk.tx, "task", lease.id)
    if row is not None and person.state != "gone":
        desk.edit(row, Card(text=desk.say(_lang(desk, person), "task.expired")))


def give_up(desk: Desk, lease: Assignment) -> None:
    """Money and counts of a lease that ends without an answer."""
    job = jobs.get_job(desk.tx, lease.job)
    price = job.price_of(lease.expert)
    if price.total:
        journal.post(desk.tx, ledger.release(lease.id, lease.nth, job.id, price), desk.now)
    jobs.count(desk.tx, job.id, active=-1)
    if lease.control:
        tasks.count_control(desk.tx, lease.task, -1, 0)
    else:
        verdicts.count_lease(desk, job, tasks.get_task(desk.tx, lease.task), -1)
