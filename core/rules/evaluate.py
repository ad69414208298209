"""Facts in, firings with their evidence out."""

from __future__ import annotations

from typing import TypeAlias

from core.rules.facts import Facts
from core.rules.registry import COLLECTORS
from core.rules.values import Event, Firing, Rule

SKILL_MAX = 100
KEPT = 4096
"""Pairs of rule sets and events that are remembered."""
Rules: TypeAlias = "tuple[Rule, ...]"
_DUE: dict[tuple[int, int, Event], tuple[Rules, Rules, Rules]] = {}


def evaluate(rule: Rule, facts: Facts) -> Firing | None:
    """The firing of a rule whose conditions all hold, else None."""
    seen = COLLECTORS[rule.collector].collect(facts, rule)
    if all(condition.holds(seen) for condition in rule.conditions):
        return Firing(rule, seen)
    return None


def in_force(house: Rules, job: Rules) -> Rules:
    """The rules of a job: the house's, less those that the job replaces by one of the same name, and its own."""
    own = {rule.name for rule in job}
    return (*(rule for rule in house if rule.name not in own), *job)


def due(house: Rules, job: Rules, event: Event) -> Rules:
    """Those of the rules in force that this event can make fire.

    Kept by the identity of both tuples, which live as long as the house and a parsed spec: hashing them costs more than
    all else that a tap does for its rules.
    """
    key = (id(house), id(job), event)
    known = _DUE.get(key)
    if known is not None and known[0] is house and known[1] is job:
        return known[2]
    if len(_DUE) >= KEPT:
        _DUE.clear()
    found = tuple(rule for rule in in_force(house, job) if event in COLLECTORS[rule.collector].events)
    _DUE[key] = (house, job, found)
    return found


def skill_value(firing: Firing) -> int | None:
    """The skill (0..100) that a set_skill action gives; None when its field says nothing."""
    action = firing.rule.action
    if action.value is not None:
        return action.value
    seen = firing.evidence.get(action.from_field)
    if seen is None or isinstance(seen, str):
        return None
    return max(0, min(SKILL_MAX, round(SKILL_MAX * seen if "_rate" in action.from_field else seen)))
