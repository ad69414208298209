"""Control tasks: how many a worker answered, and how many rightly."""

from __future__ import annotations

from core.rules.collector import Collector, rate, rate_fields
from core.rules.facts import Facts, latest
from core.rules.values import Event, Rule, Value

RATES = ("correct_answers_rate", "incorrect_answers_rate")
GOLDEN = tuple(f"golden_set_{name}" for name in RATES)


def collect(facts: Facts, rule: Rule) -> dict[str, Value]:
    """Counts and rates of the last history_size control tasks, or of all of the job."""
    right, seen = facts.counts.control_ok, facts.counts.controls
    if rule.history_size:
        deeds = latest(facts.deeds, rule.history_size, control=True)
        right, seen = sum(one.correct or 0 for one in deeds), len(deeds)
    found: dict[str, Value] = {"total_answers_count": seen, "golden_set_answers_count": seen}
    for good, bad in (RATES, GOLDEN):
        found |= rate(good, right, seen) | rate(bad, seen - right, seen)
    return found


COLLECTOR = Collector(
    "GoldenSet",
    ("total_answers_count", "golden_set_answers_count", *rate_fields(*RATES, *GOLDEN)),
    frozenset({Event.CONTROL}),
    collect,
    parameters=("history_size",),
    reason="control",
    bad_work=True,
)
