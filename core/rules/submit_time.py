"""The time that answers take: how many came too fast to have been read."""

from __future__ import annotations

from core.rules.collector import WORKING, Collector, rate, rate_fields
from core.rules.facts import Facts, latest
from core.rules.values import Rule, Value


def collect(facts: Facts, rule: Rule) -> dict[str, Value]:
    """Fast answers among the last history_size, or all; fast as the rule says, else as the job does."""
    total, fast, spent_ms = facts.counts.answers, facts.counts.fast, facts.counts.duration_ms
    if rule.history_size:
        deeds = latest(facts.deeds, rule.history_size)
        limit = rule.fast_submit_threshold_seconds
        total, spent_ms = len(deeds), sum(one.duration_ms for one in deeds)
        fast = sum(one.fast if limit is None else one.duration_ms < limit * 1000 for one in deeds)
    found: dict[str, Value] = {"total_submitted_count": total, "fast_submitted_count": fast}
    if total:
        found["mean_seconds"] = spent_ms / total / 1000
    return found | rate("fast_submitted_rate", fast, total)


COLLECTOR = Collector(
    "AssignmentSubmitTime",
    ("total_submitted_count", "fast_submitted_count", "mean_seconds", *rate_fields("fast_submitted_rate")),
    WORKING,
    collect,
    parameters=("history_size", "fast_submit_threshold_seconds"),
    reason="fast",
    bad_work=True,
)
