"""Control tasks at work: when a worker gets which, and what an answer to one counts and teaches."""

from __future__ import annotations

import random

from core import controls as rules
from core import ledger
from core.controls import Belief, Control
from core.errors import Refused
from core.messages import Card
from core.model import JobSpec
from core.quality import Standing
from core.service import views
from core.service.house import Desk
from core.store import controls as rows
from core.store import journal, people
from core.store.assignments import Answer, Assignment
from core.store.cards import CardRow
from core.store.jobs import Job
from core.store.people import Person
from core.store.tasks import Task

CANDIDATES = 48
"""Controls that are compared for one choice."""
DAY_MS = 86_400_000
PPM = 1_000_000


def due(desk: Desk, person: Person, job: Job, rng: random.Random) -> int | None:
    """The control task that this worker gets now instead of another one; None when none is due.

    The worker's standing in the job must be stored already.
    """
    if not job.controls or not job.spec.control_share:
        return None
    rate = _rate(desk, person, job)
    if rng.random() >= rate:
        return None
    belief = rules.belief_of(people.get_standing(desk.tx, person.id, job.id))
    record = rows.record_of(desk.tx, person.id, job.id)
    chosen = rules.choose(_open_to(desk, person, job), belief, record, rng)
    return chosen.task if chosen else None


def _rate(desk: Desk, person: Person, job: Job) -> float:
    """The chance of a control in the worker's session: fixed when the session meets this job."""
    begun, over, size, of, ppm = rows.session_of(desk.tx, person.id, job.id)
    if begun is None or over:
        begun, size = desk.now, job.spec.session
    if of == begun:
        return float(ppm / PPM)
    standing = people.get_standing(desk.tx, person.id, job.id)
    answers = standing.answers if standing else 0
    left = len(_open_to(desk, person, job))
    horizon = min(size, max(1, job.tasks - answers))
    rate = rules.session_rate(job.spec.control_share, _belief(desk, person, standing), left, horizon)
    rate = min(rate, _affordable(desk, job))
    rows.set_rate(desk.tx, person.id, job.id, begun, round(rate * PPM))
    return rate


def _affordable(desk: Desk, job: Job) -> float:
    """The share of controls that leaves the budget which the tasks need; never below the share that was asked for."""
    if not job.price.total:
        return 1.0
    left = journal.balance(desk.tx, ledger.escrow(job.id), job.asset) // job.price.total
    need = max(0, job.tasks * job.spec.overlap.min - job.answers)
    asked = job.spec.control_share / (1 + job.spec.control_share)
    return max(asked, 1 - need / left) if left else asked


def _belief(desk: Desk, person: Person, standing: Standing | None) -> Belief:
    belief = rules.belief_of(standing)
    seen = rows.last_seen(desk.tx, person.id)
    if seen is None:
        return belief
    return rules.faded(belief, (desk.now - seen) / DAY_MS, rows.recent_controls(desk.tx, person.id, rules.RECENT))


def _open_to(desk: Desk, person: Person, job: Job) -> list[Control]:
    cap = rules.view_cap(desk.house.controls, rows.workers_of(desk.tx, job.id))
    found = rows.controls_for(desk.tx, job.id, cap, person.id, CANDIDATES)
    if job.reserved:
        found += rows.reserved_controls_for(desk.tx, job.id, cap, (person.id, person.handle), CANDIDATES)
    return found


# ---- answers ------------------------------------------------------------------------------------------------------


def count(desk: Desk, job: Job, task: Task, answer: Answer, sign: int) -> None:
    """An answer to a control came (1) or was taken back (-1)."""
    if answer.kind == "answer" and task.gold is not None:
        rows.count(desk.tx, (task.id, job.id, answer.person, task.gold), sign, answer.correct or 0)


def receipt(desk: Desk, row: CardRow, lang: str, job: Job, given: tuple[Task, Answer], said: str) -> Card:
    """What the pressed message becomes: the plain receipt, or for a teaching control the right answer and why."""
    task, answer = given
    plain = views.receipt_card(desk, row, lang, task, said)
    lesson = rows.lesson_of(desk.tx, task.id) if answer.control and answer.kind == "answer" else None
    if lesson is None or not lesson.teaching:
        return plain
    text = told(desk, lang, job.spec, (lesson.gold, lesson.why), right=bool(answer.correct))
    return Card(text=plain.text, question=text)


def told(desk: Desk, lang: str, spec: JobSpec, lesson: tuple[int, str], *, right: bool) -> str:
    """The right answer in words, with its reason."""
    gold, why = lesson
    key = ("lesson.right" if right else "lesson.wrong") + (".why" if why else "")
    return desk.say(lang, key, answer=spec.options[gold].text, why=why)


def check_undo(desk: Desk, lease: Assignment) -> None:
    """Refused for a teaching control that was answered: its worker has read the right answer."""
    lesson = rows.lesson_of(desk.tx, lease.task) if lease.control else None
    if lesson is not None and lesson.teaching and lease.label is not None:
        raise Refused("undo.taught")
