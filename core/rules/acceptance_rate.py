"""What reviewers said of a worker's answers, in shares."""

from __future__ import annotations

from core.rules.collector import Collector, rate, rate_fields
from core.rules.facts import Facts
from core.rules.values import Event, Rule, Value

RATES = ("accepted_assignments_rate", "rejected_assignments_rate")


def collect(facts: Facts, rule: Rule) -> dict[str, Value]:
    """Accepted and rejected among the last history_size reviewed answers, or all."""
    good, bad = facts.counts.accepted, facts.counts.rejected
    if rule.history_size:
        outcomes = facts.outcomes[: rule.history_size]
        good, bad = sum(outcomes), len(outcomes) - sum(outcomes)
    total = good + bad
    return {"total_assignments_count": total, **rate(RATES[0], good, total), **rate(RATES[1], bad, total)}


COLLECTOR = Collector(
    "AcceptanceRate",
    ("total_assignments_count", *rate_fields(*RATES)),
    frozenset({Event.REVIEW}),
    collect,
    parameters=("history_size",),
    reason="rejected",
    bad_work=True,
)
