"""Agreement with the label that a task got in the end; of done tasks only."""

from __future__ import annotations

from core.rules.collector import WORKING, Collector, rate, rate_fields
from core.rules.facts import Facts
from core.rules.values import Rule, Value

RATES = ("correct_answers_rate", "incorrect_answers_rate")


def collect(facts: Facts, rule: Rule) -> dict[str, Value]:
    """Over the last history_size compared answers, or all; on tasks with at least answer_threshold answers."""
    agreed, compared = facts.counts.agreed, facts.counts.compared
    if rule.history_size:
        least = rule.answer_threshold or 0
        known = [one.agreed for one in facts.deeds if one.agreed is not None and one.answers >= least]
        known = known[: rule.history_size]
        agreed, compared = sum(known), len(known)
    good, bad = RATES
    return {"total_answers_count": compared, **rate(good, agreed, compared), **rate(bad, compared - agreed, compared)}


COLLECTOR = Collector(
    "MajorityVote",
    ("total_answers_count", *rate_fields(*RATES)),
    WORKING,
    collect,
    parameters=("history_size", "answer_threshold"),
    reason="majority",
    bad_work=True,
)
