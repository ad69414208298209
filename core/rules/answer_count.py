"""How much a worker has done: answers accepted, by a reviewer or because the job has none."""

from __future__ import annotations

from core.rules.collector import WORKING, Collector
from core.rules.facts import Facts
from core.rules.values import Event, Rule, Value


def collect(facts: Facts, rule: Rule) -> dict[str, Value]:
    """Answers that are neither waiting for a reviewer nor rejected."""
    counts = facts.counts
    return {"assignments_accepted_count": max(0, counts.answers - counts.pending - counts.rejected)}


COLLECTOR = Collector("AnswerCount", ("assignments_accepted_count",), WORKING | {Event.REVIEW}, collect, reason="count")
