"""Training and exam before a job: who is admitted, what is offered, the questions one by one, and the result."""

from __future__ import annotations

from core import exams, ledger
from core.errors import NotEnough, Refused
from core.exams import Attempt, Course
from core.messages import Card
from core.model import Exam, Training
from core.service import classroom
from core.service.house import Desk
from core.store import alerts, controls, jobs, journal, people, tasks
from core.store import cards as card_rows
from core.store import exams as rows
from core.store.cards import CardRow
from core.store.exams import Question
from core.store.jobs import Job
from core.store.people import Person

KINDS = ("training", "exam")
"""The order in which they come."""
OFFERED = "offered"
"""Not a refusal that is said: the course has been offered instead of a task."""
PRIOR_WEIGHT = 50
"""An exam's answer says half as much of a worker as a control's, which nobody announced; in hundredths."""


def course_of(job: Job, kind: str) -> Course | None:
    """The job's training or exam."""
    return job.spec.training if kind == "training" else job.spec.exam


def skill_of(job: Job, exam: Exam) -> str:
    """The skill that passing the exam gives."""
    return exam.skill or f"exam-{job.id}"


def missing(desk: Desk, person: Person, job: Job) -> str | Refused | None:
    """The course that this person has still to take ("training", "exam"), why they may not, or None when admitted."""
    if job.spec.training is None and job.spec.exam is None:
        return None
    for kind in KINDS:
        course = course_of(job, kind)
        if course is None or _passed(desk, person, job, kind, course):
            continue
        tries = exams.since_pass(rows.attempts_of(desk.tx, person.id, job.id, kind))
        if any(one.state == "open" for one in tries):
            return kind
        return classroom.refusal(exams.chance(course, tries, desk.now), kind) or kind
    return None


def _passed(desk: Desk, person: Person, job: Job, kind: str, course: Course) -> bool:
    if isinstance(course, Exam) and not _has_skill(desk, person, skill_of(job, course), course.pass_score):
        return False
    tries = rows.attempts_of(desk.tx, person.id, job.id, kind)
    passes = [one.done_at or 0 for one in tries if one.state == "passed"]
    if not passes:
        return isinstance(course, Exam)  # the skill came from an admin, or from another job's exam
    active = max(passes[-1], controls.last_seen(desk.tx, person.id) or 0)
    return not exams.stale(active, desk.now, desk.house.work.retest_days)


def _has_skill(desk: Desk, person: Person, name: str, least: int) -> bool:
    return people.skills_of(desk.tx, person.id, desk.now).get(name, -1) >= least


def gate(desk: Desk, person: Person, job: Job) -> Refused | None:
    """None for who may work on the job. Who came for it is offered the missing course at once: OFFERED."""
    found = missing(desk, person, job)
    if not isinstance(found, str):
        return found
    if person.waiting_job != job.id:
        return Refused("nothing.course")
    offer(desk, person, job)
    return Refused(OFFERED)


def may_offer(desk: Desk, person: Person, job: Job) -> bool:
    """Whether the job has a course that this person may take now and has not put off."""
    if job.spec.training is None and job.spec.exam is None:
        return False
    return isinstance(missing(desk, person, job), str) and not rows.has_declined(desk.tx, person.id, job.id)


def prior(desk: Desk, person: Person, job: Job, carried: tuple[int, int]) -> tuple[int, int]:
    """What is known of a worker who enters the job (right, all; in hundredths), their exam included."""
    result = rows.latest_result(desk.tx, person.id, job.id, "exam") if job.spec.exam else None
    if result is None:
        return carried
    return carried[0] + PRIOR_WEIGHT * result.ok, carried[1] + PRIOR_WEIGHT * result.asked


# ---- offering -----------------------------------------------------------------------------------------------------


def offer(desk: Desk, person: Person, job: Job) -> None:
    """Tell what comes before the first task and ask; a course that was begun goes on at its open question."""
    kind = missing(desk, person, job)
    begun = rows.open_attempt(desk.tx, person.id, job.id)
    if begun is not None:
        _ask(desk, person, job, begun, None, None)
        return
    course = course_of(job, kind) if isinstance(kind, str) else None
    if course is None or not isinstance(kind, str):
        raise ValueError(f"job {job.id} has no course to offer to person {person.id}")
    row = desk.new_card("course", job.id, person.id, person.home)
    tries = exams.since_pass(rows.attempts_of(desk.tx, person.id, job.id, kind))
    left = exams.chance(course, tries, desk.now).left
    desk.send(person.home, classroom.intro_card(desk, row, person, job, (course, left)), row)


def decide(desk: Desk, person: Person, row: CardRow, message: str, choice: str) -> None:
    """Start, or not now."""
    job = jobs.get_job(desk.tx, row.ref)
    card_rows.spend(desk.tx, row.id)
    if choice == "stop":
        rows.decline(desk.tx, person.id, job.id, desk.now)
        people.set_waiting_job(desk.tx, person.id, None)
        desk.edit(row, Card(text=desk.say(classroom.lang_of(desk, person), "course.later", job=job.title)), message)
        return
    kind = missing(desk, person, job)
    if isinstance(kind, Refused):
        raise kind
    if kind is None or job.state != "open":
        raise Refused("press.old")
    rows.want_again(desk.tx, person.id, job.id)
    course = course_of(job, kind)
    assert course is not None, "only a course that the job has is missing"
    attempt = rows.open_attempt(desk.tx, person.id, job.id) or _begin(desk, person, job, kind, course)
    _ask(desk, person, job, attempt, row, message)


def _begin(desk: Desk, person: Person, job: Job, kind: str, course: Course) -> Attempt:
    questions = rows.draw(desk.tx, person.id, job.id, kind, exams.length_of(course))
    if not questions:
        raise Refused("course.empty")
    return rows.insert_attempt(desk.tx, person.id, job.id, kind, questions, desk.now)


# ---- questions ----------------------------------------------------------------------------------------------------


def tap(desk: Desk, person: Person, row: CardRow, message: str | None, choice: str) -> int | None:
    """An answer, or "next" after a lesson; the job to go on with when a course was passed."""
    attempt = rows.get_attempt(desk.tx, row.ref)
    newest = card_rows.card_about(desk.tx, row.kind, attempt.id)
    if attempt.state != "open" or newest is None or newest.id != row.id:
        raise Refused("press.old")
    job = jobs.get_job(desk.tx, attempt.job)
    questions = rows.questions_of(desk.tx, attempt.id)
    current = next((one for one in questions if one.label is None), None)
    if row.kind == "lesson" and choice == "continue":
        card_rows.spend(desk.tx, row.id)
        return _ask(desk, person, job, attempt, row, message)
    if row.kind == "lesson" or current is None or not choice.isdigit() or int(choice) >= len(job.spec.options):
        raise Refused("press.old")
    right = _answer(desk, person, job, (attempt, current), int(choice))
    card_rows.spend(desk.tx, row.id)
    course = course_of(job, attempt.kind)
    if isinstance(course, Training) and course.feedback:
        lesson = desk.new_card("lesson", attempt.id, person.id, person.home)
        card = classroom.lesson_card(desk, lesson, person, job, (current.task, int(choice), right))
        classroom.show(desk, person, (row, message), lesson, card)
        return None
    return _ask(desk, person, job, attempt, row, message)


def typed(desk: Desk, person: Person) -> CardRow | None:
    """The question card that a typed digit answers; None when no question is open."""
    attempt = rows.open_attempt(desk.tx, person.id)
    return card_rows.card_about(desk.tx, "question", attempt.id) if attempt is not None else None


def answer_typed(desk: Desk, person: Person, number: int) -> None:
    """A digit instead of a tap: 1 is the first option of the open question."""
    row = typed(desk, person)
    if row is None:
        raise Refused("typed.nothing")
    most = len(jobs.get_job(desk.tx, rows.get_attempt(desk.tx, row.ref).job).spec.options)
    if not 1 <= number <= most:
        raise Refused("typed.range", most=most)
    tap(desk, person, row, row.message, str(number - 1))


def _answer(desk: Desk, person: Person, job: Job, at: tuple[Attempt, Question], label: int) -> bool:
    attempt, question = at
    right = label == tasks.get_task(desk.tx, question.task).gold
    paid = attempt.kind == "training" and job.spec.training is not None and job.spec.training.paid
    if paid and job.price.total:
        try:
            entry = ledger.teach(attempt.id, question.position, job.id, person.id, job.price)
            journal.post(desk.tx, entry, desk.now)
        except NotEnough:
            raise Refused("nothing.budget") from None
    rows.answer(desk.tx, question, label, (int(right), int(paid)), desk.now)
    return right


def _ask(
    desk: Desk, person: Person, job: Job, attempt: Attempt, row: CardRow | None, message: str | None
) -> int | None:
    """Show the next question in place of the card that was pressed, or the result after the last one."""
    questions = rows.questions_of(desk.tx, attempt.id)
    current = next((one for one in questions if one.label is None), None)
    if current is None:
        return _finish(desk, person, job, attempt, (row, message))
    fresh = desk.new_card("question", attempt.id, person.id, person.home)
    task = tasks.get_task(desk.tx, current.task)
    card = classroom.question_card(desk, fresh, person, job, (attempt, current.position, task))
    classroom.show(desk, person, (row, message), fresh, card)
    return None


def _finish(
    desk: Desk, person: Person, job: Job, attempt: Attempt, shown: tuple[CardRow | None, str | None]
) -> int | None:
    questions = rows.questions_of(desk.tx, attempt.id)
    course = course_of(job, attempt.kind)
    assert course is not None, "an attempt belongs to a course"
    ok = sum(one.correct or 0 for one in questions)
    score = exams.score_of(ok, len(questions))
    passed = score >= course.pass_score
    rows.finish(desk.tx, attempt.id, "passed" if passed else "failed", ok, score, desk.now)
    alerts.insert_event(
        desk.tx, f"course.{attempt.kind}", desk.now, job=job.id, person=person.id, score=score, passed=passed
    )
    if passed and isinstance(course, Exam):
        until = desk.now + course.valid_seconds * 1000
        people.set_skill(desk.tx, person.id, skill_of(job, course), score, until)
    result = rows.get_attempt(desk.tx, attempt.id)
    tries = exams.since_pass(rows.attempts_of(desk.tx, person.id, job.id, attempt.kind))
    card = classroom.result_card(desk, person, job, (result, course), questions, exams.chance(course, tries, desk.now))
    row = desk.new_card("result", job.id, person.id, person.home)
    classroom.show(desk, person, shown, row, card)
    if not passed:
        people.set_waiting_job(desk.tx, person.id, None)
        return None
    return job.id
