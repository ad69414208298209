"""Tasks that were skipped or reported instead of answered, in a row and in all."""

from __future__ import annotations

from core.rules.collector import Collector, rate, rate_fields
from core.rules.facts import Facts
from core.rules.values import Event, Rule, Value


def collect(facts: Facts, rule: Rule) -> dict[str, Value]:
    """The current row of skips, and their share of the last history_size tasks or of all."""
    skips, seen = facts.counts.skips, facts.counts.answers + facts.counts.skips
    if rule.history_size:
        deeds = facts.deeds[: rule.history_size]
        skips, seen = sum(one.kind != "answer" for one in deeds), len(deeds)
    found: dict[str, Value] = {"skipped_in_row_count": facts.counts.skips_in_row, "skipped_count": skips}
    return {**found, "total_count": seen, **rate("skipped_rate", skips, seen)}


COLLECTOR = Collector(
    "SkippedInRow",
    ("skipped_in_row_count", "skipped_count", "total_count", *rate_fields("skipped_rate")),
    frozenset({Event.SKIP}),  # an answer only shortens the row
    collect,
    parameters=("history_size",),
    reason="skips",
)
