"""What the store knows of a worker, gathered for one rule: nothing is read that the rule does not look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

from core.model import MICRO
from core.quality import Standing
from core.review import AcceptanceState
from core.rules import acceptance_rate, answer_count, golden_set, income, majority_vote, skipped, submit_time
from core.rules.facts import Counts, Deed, Facts
from core.rules.values import Event, Fields, Rule
from core.service.house import Desk
from core.store import firings
from core.store.firings import Fired
from core.store.jobs import Job
from core.store.people import Person

INCOME_EVERY = 10
"""Answers between two looks at a day's income: a cap on a day needs no more, and the sum is not free."""
ACCEPTED = frozenset({AcceptanceState.ACCEPTED, AcceptanceState.OVERTURNED})
REVIEWED = frozenset({acceptance_rate.COLLECTOR.name, answer_count.COLLECTOR.name})
LOOK_BACK = {
    golden_set.COLLECTOR.name: 1,
    submit_time.COLLECTOR.name: 2,
    skipped.COLLECTOR.name: 1,
    majority_vote.COLLECTOR.name: 4,
}
"""Finished tasks read for each that counts: some were skipped, some have no label yet."""


TOTALS: dict[str, Callable[[Counts], int]] = {
    golden_set.COLLECTOR.name: lambda counts: counts.controls,
    submit_time.COLLECTOR.name: lambda counts: counts.answers,
    skipped.COLLECTOR.name: lambda counts: counts.answers + counts.skips,
    majority_vote.COLLECTOR.name: lambda counts: counts.compared,
}
"""What there is in the whole job: the latest of it are never more."""


@dataclass(frozen=True, slots=True)
class Case:
    """A worker in a job, and the event that makes rules look at them; `counts` without what reviewers said."""

    person: Person
    job: Job
    event: Event
    counts: Counts
    answer: int | None = None
    task: int | None = None
    said: Fields = field(default_factory=dict)


def counts_of(standing: Standing) -> Counts:
    """The counts that a standing holds."""
    return Counts(
        answers=standing.answers,
        controls=standing.controls,
        control_ok=standing.control_ok,
        compared=standing.compared,
        agreed=standing.agreed,
        skips=standing.skips,
        skips_in_row=standing.skips_in_row,
        fast=standing.fast,
        duration_ms=standing.duration_ms,
    )


def too_few(rule: Rule, case: Case) -> bool:
    """Whether the whole job holds less than the rule wants of its latest events: then these need not be read."""
    if not rule.history_size or rule.collector not in TOTALS:
        return False
    total = TOTALS[rule.collector](case.counts)
    wanted = [one.value for one in rule.conditions if one.op == ">=" and one.field.startswith("total_")]
    return any(total < float(value) for value in wanted)


def gather(desk: Desk, rule: Rule, case: Case, since: Fired | None = None) -> Facts:
    """The facts that this rule reads; with `since`, only what came after that firing."""
    counts = whole_counts(desk, rule, case)
    facts = Facts(counts, said=case.said)
    if since is not None:
        facts = replace(facts, counts=counts.since(Counts(**since.counts)))
    if rule.collector == income.COLLECTOR.name:
        facts = replace(facts, said=_income(desk, case))
    if rule.history_size and rule.collector in LOOK_BACK:
        facts = replace(facts, deeds=_deeds(desk, rule, case, (since.answer or 0) if since else 0))
    elif rule.history_size:
        fresh = facts.counts.accepted + facts.counts.rejected
        states = firings.review_states(desk.tx, case.person.id, case.job.id, min(rule.history_size, fresh))
        facts = replace(facts, outcomes=tuple(int(state in ACCEPTED) for state in states))
    return facts


def whole_counts(desk: Desk, rule: Rule, case: Case) -> Counts:
    """All counts of the job, with what reviewers said when the rule asks for it."""
    if case.job.spec.review is None or rule.collector not in REVIEWED:
        return case.counts
    states = firings.review_counts(desk.tx, case.person.id, case.job.id)
    return replace(case.counts, **in_sum(states))


def in_sum(states: dict[str, int]) -> dict[str, int]:
    """States of review as accepted, rejected and pending; an appealed answer is rejected until it is decided."""
    accepted = sum(n for state, n in states.items() if state in ACCEPTED)
    pending = states.get(AcceptanceState.PENDING, 0)
    return {"accepted": accepted, "rejected": sum(states.values()) - accepted - pending, "pending": pending}


def dump_counts(counts: Counts) -> dict[str, int]:
    """Counts as plain values."""
    return asdict(counts)


def _deeds(desk: Desk, rule: Rule, case: Case, after: int) -> tuple[Deed, ...]:
    size = (rule.history_size or 0) * LOOK_BACK[rule.collector]
    controls = rule.collector == golden_set.COLLECTOR.name
    return firings.deeds(desk.tx, case.person.id, case.job.id, size, controls=controls, after=after)


def _income(desk: Desk, case: Case) -> Fields:
    if case.counts.answers % INCOME_EVERY:
        return {}
    since = desk.now - income.DAY_MS
    return {income.FIELD: firings.income_since(desk.tx, case.person.id, case.job.asset, since) / MICRO}
