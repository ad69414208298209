"""What a rule that fired does, and how an undo of the answer that made it fire takes it back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.model import UNDER_WAY
from core.rules.evaluate import skill_value
from core.rules.registry import COLLECTORS
from core.rules.values import Event, Firing
from core.rules.words import alert_evidence
from core.service import alarms, bans, review, verdicts
from core.service.house import Desk
from core.service.rule_facts import Case
from core.store import alerts, firings, jobs, people, tasks
from core.store.firings import Fired

REOPENED_AT_ONCE = 200
"""Tasks of a worker whose overlap one firing changes at most, the newest first."""
MAX_EXTRA = 10
"""Answers that rules may add to a task's overlap in all, or take from it; one answer is always left."""
REVERSIBLE = frozenset({"set_skill", "change_overlap"})
"""Actions that an undo takes back wholly: their evidence is fresh again."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: the restriction imposed, and what there was before, for an undo."""

    restriction: int | None = None
    before: dict[str, Any] = field(default_factory=dict)


def perform(desk: Desk, firing: Firing, case: Case) -> Done | None:
    """Do what the rule says; None when there was nothing to do, so that nothing is logged."""
    match firing.rule.action.type:
        case "restrict":
            return _restrict(desk, firing, case)
        case "set_skill":
            return _set_skill(desk, firing, case)
        case "change_overlap":
            return _change_overlap(desk, firing, case)
        case "approve_all":
            return Done() if review.approve_all(desk, case.person, case.job) else None
        case "reject_all":
            reason = firing.rule.action.reason or _reason(desk, firing, case)
            return Done() if review.reject_all(desk, case.person, case.job, reason) else None
        case _:
            return _alert(desk, firing, case)


def _reason(desk: Desk, firing: Firing, case: Case) -> str:
    """What the worker reads: the rule's own words, else what its collector is about, in their language."""
    collector = COLLECTORS[firing.rule.collector]
    lang = desk.house.texts.best(case.person.lang)
    return firing.rule.action.reason or desk.say(lang, f"reason.{collector.reason}")


def _restrict(desk: Desk, firing: Firing, case: Case) -> Done:
    action, collector = firing.rule.action, COLLECTORS[firing.rule.collector]
    number = bans.impose(
        desk,
        case.person,
        scope=action.scope,
        job=case.job.id,
        until=desk.now + action.seconds * 1000 if action.seconds is not None else None,
        reason=_reason(desk, firing, case),
        actor=0,
        kind=collector.reason,
        set_aside=collector.bad_work,
    )
    return Done(number)


def skill_name(firing: Firing, case: Case) -> str:
    """A skill as stored: one that a job's own rule sets is its requester's and opens nobody else's jobs."""
    name = firing.rule.action.skill
    return f"{name}@{case.job.requester}" if firing.rule in case.job.spec.rules else name


def _set_skill(desk: Desk, firing: Firing, case: Case) -> Done | None:
    action, name, value = firing.rule.action, skill_name(firing, case), skill_value(firing)
    old = people.get_skill(desk.tx, case.person.id, name)
    in_force = old is not None and (old[1] is None or old[1] > desk.now)
    if value is None or (in_force and old is not None and old[0] == value):
        return None
    expires = desk.now + action.seconds * 1000 if action.seconds is not None else None
    people.set_skill(desk.tx, case.person.id, name, value, expires)
    alerts.insert_event(desk.tx, "skill", desk.now, person=case.person.id, name=name, value=value)
    return Done(before={"skill": name, "set": value, "was": old})


def _change_overlap(desk: Desk, firing: Firing, case: Case) -> Done | None:
    if case.job.state not in UNDER_WAY:
        return None
    concerned = [case.task] if case.task is not None else []
    if case.event == Event.REVOKED:
        concerned = list(firings.answered_tasks(desk.tx, case.person.id, case.job.id, REOPENED_AT_ONCE))
    changed = {task: _widen(desk, case.job.id, task, firing.rule.action.delta) for task in concerned if task}
    changed = {task: delta for task, delta in changed.items() if delta}
    return Done(before={"overlap": list(changed.items())}) if changed else None


def _widen(desk: Desk, number: int, task_id: int, delta: int) -> int:
    """Change a task's overlap within its bounds, and judge it again; by how much it was."""
    task = tasks.get_task(desk.tx, task_id)
    extra = max(-MAX_EXTRA, min(MAX_EXTRA, task.extra + delta))
    if task.gold is not None or extra == task.extra:
        return 0
    wider = task._replace(extra=extra)
    job = jobs.get_job(desk.tx, number)
    verdicts.reconsider(desk, job, wider, active=0, change=lambda: tasks.set_extra(desk.tx, task_id, extra))
    return extra - task.extra


def _alert(desk: Desk, firing: Firing, case: Case) -> Done:
    kind, shown = alert_evidence(firing.rule, firing.evidence)
    key = "" if kind != "rule" else f"rule:{firing.rule.name}:{case.job.id}:{case.person.id}"
    alarms.raise_alert(desk, kind, (case.job.id, case.person.id), shown, key=key)
    return Done()


def put_back(desk: Desk, fired: Fired) -> None:
    """Take back what a firing set, where it still stands: a skill, an overlap. Restrictions and alerts stay.

    A restricted worker cannot undo at all, and an alert was seen; what review settled stays settled.
    """
    before = fired.before
    if "skill" in before:
        name, was = before["skill"], before["was"]
        now = people.get_skill(desk.tx, fired.person, name)
        if now is not None and now[0] == before["set"]:
            people.drop_skill(desk.tx, fired.person, name)
            if was is not None:
                people.set_skill(desk.tx, fired.person, name, was[0], was[1])
    for task, delta in before.get("overlap", ()):
        _widen(desk, fired.job, task, -delta)
