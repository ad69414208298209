"""Quality rules at work: looked at when their collector can have changed, fired once for the same evidence, logged.

A tap looks only at the rules that an answer, a control or a skip can change, and reads nothing that they do not ask
for. Slow events (reviews, restrictions, skills, trainings) are found in the journal at the next tick. A rule that fired
for a worker in a job has used its evidence up: it fires again on new evidence alone, and never while its restriction
is in force. A firing is a fact and stays logged when the answer behind it is undone, as an alert does: admins have seen
it. What it set (a skill, an overlap) is taken back with the answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from core.exams import chance, since_pass
from core.model import UNDER_WAY
from core.quality import Standing
from core.rules import assessment, users_assessment
from core.rules.evaluate import due, evaluate
from core.rules.registry import COLLECTORS
from core.rules.values import Event, Fields, Firing, Rule
from core.service import bans, courses, rule_actions
from core.service.house import Desk
from core.service.rule_actions import Done
from core.service.rule_facts import Case, counts_of, dump_counts, gather, in_sum, too_few, whole_counts
from core.store import alerts, exams, firings, jobs, people, reviews
from core.store import bans as ban_rows
from core.store.assignments import Answer
from core.store.firings import Fired
from core.store.jobs import Job
from core.store.people import Person

HOUSE = 0
"""Who acts when no person does."""
READ_AT_ONCE = 500
"""Lines of the journal that one tick reads."""
Line = tuple[int | None, int | None, dict[str, Any]]
"""Job, person and body of a line of the journal."""


def after_answer(desk: Desk, person: Person, job: Job, answer: Answer, standing: Standing) -> None:
    """Look at a worker who has just answered, skipped or reported."""
    event = Event.SKIP if answer.kind != "answer" else Event.CONTROL if answer.control else Event.ANSWER
    _look_at(desk, Case(person, job, event, counts_of(standing), answer.id, answer.task))


def _look(
    desk: Desk, person: Person, job: Job, event: Event, *, said: Fields, about: tuple[int, int] | None = None
) -> None:
    """Look at a worker to whom something slow has happened, perhaps about an answer to a task."""
    standing = people.get_standing(desk.tx, person.id, job.id)
    if standing is not None or event is Event.TRAINING:
        standing = standing or Standing(person.id, job.id)
        answer, task = about or (None, None)
        _look_at(desk, Case(person, job, event, counts_of(standing), answer, task, said))


def _look_at(desk: Desk, case: Case) -> None:
    for rule in due(desk.house.rules, case.job.spec.rules, case.event):
        _consider(desk, rule, case)


def _consider(desk: Desk, rule: Rule, case: Case) -> None:
    firing = None if too_few(rule, case) else evaluate(rule, gather(desk, rule, case))
    if firing is None:
        return
    collector, action = COLLECTORS[rule.collector], rule.action.type
    last = _last(desk, rule, case) if action != "set_skill" else None
    if last is not None:
        if _still(desk, last) or (action != "restrict" and desk.now - last.at < collector.rest_ms):
            return
        if collector.spends:
            firing = evaluate(rule, gather(desk, rule, case, since=last))
    if firing is None:
        return
    done = rule_actions.perform(desk, firing, case)
    if done is not None:
        _log(desk, firing, case, done)


def _last(desk: Desk, rule: Rule, case: Case) -> Fired | None:
    """The firing that used up evidence; what an undo takes back wholly leaves its evidence fresh."""
    undone = rule.action.type not in rule_actions.REVERSIBLE
    return firings.last_firing(desk.tx, rule.name, case.person.id, case.job.id, undone=undone)


def _still(desk: Desk, last: Fired) -> bool:
    """Whether the restriction of that firing is in force."""
    return last.restriction is not None and ban_rows.get_ban(desk.tx, last.restriction).holds(desk.now)


def _log(desk: Desk, firing: Firing, case: Case, done: Done) -> None:
    rule, person, job = firing.rule, case.person.id, case.job.id
    fired = Fired(
        id=0,
        rule=rule.name,
        person=person,
        job=job,
        answer=case.answer,
        evidence_text=json.dumps(firing.evidence),
        counts_text=json.dumps(dump_counts(whole_counts(desk, rule, case))),
        action=rule.action.type,
        restriction=done.restriction,
        before_text=json.dumps(done.before),
        at=desk.now,
    )
    number = firings.insert_firing(desk.tx, fired)
    alerts.insert_event(
        desk.tx, "rule", desk.now, job=job, person=person, rule=rule.name, action=rule.action.type, firing=number
    )


def taken_back(desk: Desk, answer: int) -> None:
    """An answer was undone: what its rules set is put back as it was; their firings stay in the log."""
    for fired in firings.firings_of(desk.tx, answer):
        rule_actions.put_back(desk, fired)


# ---- slow events, read from the journal ----------------------------------------------------------------------------


def tick(desk: Desk) -> None:
    """Look at what the journal says since the last tick."""
    lines = firings.events_to_read(desk.tx, READ_AT_ONCE)
    for _, kind, job, person, body in lines:
        if (read := READERS.get(kind)) is not None:
            read(desk, (job, person, {"kind": kind.rpartition(".")[2], **body}))
    if lines:
        firings.mark_read(desk.tx, lines[-1][0])


def _reviewed(desk: Desk, line: Line) -> None:
    """A reviewer, or time, has decided about an answer."""
    _, _, body = line
    held = reviews.get_review(desk.tx, int(body["review"]))
    if held is None:
        return
    counts = in_sum(firings.review_counts_of_task(desk.tx, held.task))
    said = {name: counts[name.partition("_")[0]] for name in assessment.COUNTS}
    accepted = held.state in ("accepted", "overturned")
    event = {assessment.EVENT: "ACCEPT" if accepted else "REJECT"}
    person, job = people.get_person(desk.tx, held.person), jobs.get_job(desk.tx, held.job)
    _look(desk, person, job, Event.REVIEW, about=(held.answer, held.task), said={**said, **event})


def _overturned(desk: Desk, line: Line) -> None:
    """An appeal was right: what rules did because of the rejection is taken back before they look again."""
    _, _, body = line
    held = reviews.get_review(desk.tx, int(body["review"]))
    for fired in firings.firings_of(desk.tx, held.answer) if held else ():
        if fired.evidence.get(assessment.EVENT) != "REJECT":
            continue
        rule_actions.put_back(desk, fired)
        if fired.restriction is not None and _still(desk, fired):
            bans.lift(desk, fired.restriction, HOUSE)
    _reviewed(desk, line)


def _trained(desk: Desk, line: Line) -> None:
    """A training or exam has ended: all answers that the worker gave in this one so far."""
    number, worker, body = line
    if number is None or worker is None:
        return
    kind = str(body["kind"])
    tries, total, right = exams.answer_counts(desk.tx, worker, number, kind)
    said = {"submitted_assignments_count": tries, "total_answers_count": total, "correct_answers_count": right}
    person, job = people.get_person(desk.tx, worker), jobs.get_job(desk.tx, number)
    course = courses.course_of(job, kind)
    attempts = since_pass(exams.attempts_of(desk.tx, worker, number, kind))
    again = course is not None and not body["passed"] and chance(course, attempts, desk.now).left > 0
    _look(desk, person, job, Event.TRAINING, said={**said, "next_assignment_available": int(again)})


def _banned(desk: Desk, line: Line) -> None:
    """A worker was restricted, by whomever: every open job of theirs that it covers."""
    _, _, body = line
    ban = ban_rows.get_ban(desk.tx, int(body["ban"]))
    if ban.lifted_at is None:
        said = {users_assessment.REASON: "RESTRICTION"}
        _revoked(desk, ban.person, said, lambda job: ban.covers(job.id, job.requester))


def _skill_set(desk: Desk, line: Line) -> None:
    """A skill has a new value: every open job of theirs that asks for more of it."""
    _, person, body = line
    name, value = str(body["name"]), int(body["value"])

    def shut(job: Job) -> bool:
        return any(name in (asked, f"{asked}@{job.requester}") and value < least for asked, least in job.spec.skills)

    if person is not None:
        _revoked(desk, person, {users_assessment.REASON: "SKILL_CHANGE", users_assessment.SKILL: name}, shut)


def _revoked(desk: Desk, number: int, said: Fields, lost: Callable[[Job], bool]) -> None:
    person = people.get_person(desk.tx, number)
    for standing in people.standings_of(desk.tx, number):
        job = jobs.get_job(desk.tx, standing.job)
        if job.state in UNDER_WAY and lost(job):
            _look(desk, person, job, Event.REVOKED, said=said)


READERS: dict[str, Callable[[Desk, Line], None]] = {
    "review.accepted": _reviewed,
    "review.rejected": _reviewed,
    "review.lapsed": _reviewed,
    "review.overturned": _overturned,
    "course.training": _trained,
    "course.exam": _trained,
    "ban": _banned,
    "skill": _skill_set,
}
"""Which lines of the journal concern rules; another slow event is a line here. A rejection that an appeal upheld is
none: the rules have looked at it."""
