"""Every collector by its name; a new one is a file of its own and a line here."""

from __future__ import annotations

from core.rules import (
    acceptance_rate,
    answer_count,
    assessment,
    golden_set,
    income,
    majority_vote,
    skipped,
    submit_time,
    training,
    users_assessment,
)
from core.rules.collector import Collector

COLLECTORS: dict[str, Collector] = {
    part.COLLECTOR.name: part.COLLECTOR
    for part in (
        golden_set,
        majority_vote,
        submit_time,
        skipped,
        acceptance_rate,
        answer_count,
        assessment,
        users_assessment,
        income,
        training,
    )
}
