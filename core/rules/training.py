"""The result of a training or exam that a worker has just ended."""

from __future__ import annotations

from core.rules.collector import Collector, rate, rate_fields
from core.rules.facts import Facts
from core.rules.values import Event, Rule, Value

RATES = ("correct_answers_rate", "incorrect_answers_rate")
PLAIN = ("submitted_assignments_count", "total_answers_count", "next_assignment_available")


def collect(facts: Facts, rule: Rule) -> dict[str, Value]:
    """What the training brought: `correct_answers_count` of `total_answers_count`, and whether there is more of it."""
    found: dict[str, Value] = {name: facts.said[name] for name in PLAIN if name in facts.said}
    total, right = int(facts.said.get("total_answers_count", 0)), int(facts.said.get("correct_answers_count", 0))
    return found | rate(RATES[0], right, total) | rate(RATES[1], total - right, total)


COLLECTOR = Collector(
    "Training", (*PLAIN, *rate_fields(*RATES)), frozenset({Event.TRAINING}), collect, reason="training", spends=False
)
