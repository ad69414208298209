"""Each collector counts what it says, over the whole job or over its history, and says nothing of what it has not seen.

Proves core.rules.collector, core.rules.facts, core.rules.registry and the collectors core.rules.golden_set,
core.rules.majority_vote, core.rules.submit_time, core.rules.skipped, core.rules.acceptance_rate,
core.rules.answer_count, core.rules.assessment, core.rules.users_assessment, core.rules.income, core.rules.training.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.quality import wilson
from core.rules.facts import Counts, Deed, Facts, latest
from core.rules.registry import COLLECTORS
from core.rules.values import Action, Event, Rule, Value

NAMES = {
    "GoldenSet", "MajorityVote", "AssignmentSubmitTime", "SkippedInRow", "AcceptanceRate", "AnswerCount",
    "AssignmentsAssessment", "UsersAssessment", "Income", "Training",
}  # fmt: skip


def seen(collector: str, facts: Facts, **parameters: Any) -> dict[str, Value]:
    rule = Rule("r", collector, (), Action("alert"), **parameters)
    return COLLECTORS[collector].collect(facts, rule)


def controls(*right: int) -> tuple[Deed, ...]:
    """Control answers, newest first, with an ordinary one between any two."""
    pairs = [(Deed(2 * n, "answer", 1, correct), Deed(2 * n + 1, "answer")) for n, correct in enumerate(right)]
    return tuple(deed for pair in pairs for deed in pair)


def test_every_collector_of_the_field_is_there() -> None:
    assert set(COLLECTORS) == NAMES, "they are named as in Toloka"
    assert all(name == collector.name for name, collector in COLLECTORS.items()), "each under its own name"


def test_golden_set_counts_the_whole_job() -> None:
    found = seen("GoldenSet", Facts(Counts(controls=8, control_ok=6)))
    assert (found["total_answers_count"], found["golden_set_answers_count"]) == (8, 8), "all control tasks"
    assert (found["correct_answers_rate"], found["incorrect_answers_rate"]) == (0.75, 0.25), "and the shares"
    assert found["correct_answers_rate_upper"] == wilson(6, 8)[1], "with the bounds of their interval"


def test_golden_set_looks_at_the_last_controls_only() -> None:
    found = seen("GoldenSet", Facts(Counts(controls=20, control_ok=18), controls(0, 0, 1, 1, 1)), history_size=3)
    assert (found["total_answers_count"], found["correct_answers_rate"]) == (3, pytest.approx(1 / 3)), "newest three"


def test_majority_vote_compares_with_labels() -> None:
    found = seen("MajorityVote", Facts(Counts(compared=10, agreed=4)))
    assert (found["total_answers_count"], found["incorrect_answers_rate"]) == (10, 0.6), "agreement over the job"


def test_majority_vote_leaves_out_tasks_without_a_label_or_with_few_answers() -> None:
    deeds = (
        Deed(4, "answer", agreed=None, answers=1),
        Deed(3, "answer", agreed=0, answers=2),
        Deed(2, "answer", agreed=0, answers=3),
        Deed(1, "answer", agreed=1, answers=5),
    )
    found = seen("MajorityVote", Facts(deeds=deeds), history_size=10, answer_threshold=3)
    assert (found["total_answers_count"], found["correct_answers_rate"]) == (2, 0.5), "two tasks have three answers"


def test_submit_time_counts_fast_answers() -> None:
    found = seen("AssignmentSubmitTime", Facts(Counts(answers=10, fast=4, duration_ms=25_000)))
    assert (found["total_submitted_count"], found["fast_submitted_count"]) == (10, 4), "fast by the job's own measure"
    assert (found["fast_submitted_rate"], found["mean_seconds"]) == (0.4, 2.5), "as a share, and how long they took"


def test_submit_time_has_a_limit_of_its_own_over_its_history() -> None:
    deeds = (Deed(9, "skip"), *(Deed(n, "answer", fast=1, duration_ms=1000 * n) for n in (1, 2, 3, 4)))
    rest = {"history_size": 3, "fast_submit_threshold_seconds": 2.5}
    found = seen("AssignmentSubmitTime", Facts(deeds=deeds), **rest)
    assert (found["total_submitted_count"], found["fast_submitted_count"]) == (3, 2), "1 and 2 s of 1, 2 and 3 s"


def test_skips_are_counted_in_a_row_and_in_all() -> None:
    found = seen("SkippedInRow", Facts(Counts(answers=15, skips=5, skips_in_row=3)))
    assert (found["skipped_in_row_count"], found["skipped_count"]) == (3, 5), "the row, and all"
    assert (found["total_count"], found["skipped_rate"]) == (20, 0.25), "of everything shown"


def test_skips_over_the_last_tasks() -> None:
    deeds = (Deed(4, "skip"), Deed(3, "report"), Deed(2, "answer"), Deed(1, "answer"))
    found = seen("SkippedInRow", Facts(Counts(answers=90, skips=2), deeds), history_size=3)
    assert found["skipped_rate"] == pytest.approx(2 / 3), "a report is no answer either"


def test_acceptance_rate_is_what_reviewers_said() -> None:
    found = seen("AcceptanceRate", Facts(Counts(accepted=6, rejected=2, pending=9)))
    assert (found["total_assignments_count"], found["rejected_assignments_rate"]) == (8, 0.25), "without what waits"
    last = seen("AcceptanceRate", Facts(Counts(accepted=6, rejected=2), outcomes=(0, 0, 1, 1)), history_size=2)
    assert last["accepted_assignments_rate"] == 0.0, "the newest two were rejected"


def test_answer_count_leaves_out_what_is_not_accepted() -> None:
    facts = Facts(Counts(answers=10, pending=3, rejected=1))
    assert seen("AnswerCount", facts) == {"assignments_accepted_count": 6}, "neither waiting nor rejected"


@pytest.mark.parametrize("name", ["AssignmentsAssessment", "UsersAssessment", "Income"])
def test_collectors_of_events_repeat_what_the_event_brought(name: str) -> None:
    collector = COLLECTORS[name]
    said = dict.fromkeys((*collector.fields, *collector.words), 1.0)
    assert seen(name, Facts(said={**said, "other": 2.0})) == said, "their own fields and nothing else"
    assert seen(name, Facts()) == {}, "and nothing when there was no such event"


def test_training_makes_rates_of_its_counts() -> None:
    said = {"submitted_assignments_count": 2, "total_answers_count": 5, "correct_answers_count": 4}
    found = seen("Training", Facts(said=said))
    assert (found["correct_answers_rate"], found["submitted_assignments_count"]) == (0.8, 2), "four of five, second try"


@pytest.mark.parametrize("name", sorted(NAMES))
def test_without_evidence_there_are_no_rates(name: str) -> None:
    collector, found = COLLECTORS[name], seen(name, Facts())
    assert not [field for field in found if "_rate" in field], "a share of nothing is not zero: no condition may hold"
    assert found.keys() <= {*collector.fields, *collector.words}, "and no field but its own"


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_what_came_since_is_never_negative(ok: int, wrong: int, skips: int, row: int) -> None:
    now, before = Counts(controls=ok, skips=skips, skips_in_row=row), Counts(controls=wrong, skips=7, skips_in_row=7)
    since = now.since(before)
    assert since.controls == max(0, ok - wrong), "an undo may have taken back what was counted"
    assert since.skips_in_row <= max(0, skips - 7), "a row that began before the firing counts from the firing on"


def test_the_latest_are_the_newest_of_the_asked_kind() -> None:
    assert [deed.id for deed in latest(controls(1, 0, 1), 2, control=True)] == [0, 2], "controls alone, newest first"


@pytest.mark.parametrize(
    ("event", "names"),
    [
        (Event.SKIP, {"SkippedInRow"}),
        (Event.ANSWER, {"MajorityVote", "AssignmentSubmitTime", "AnswerCount", "Income"}),
        (Event.CONTROL, {"GoldenSet", "MajorityVote", "AssignmentSubmitTime", "AnswerCount", "Income"}),
        (Event.REVIEW, {"AcceptanceRate", "AnswerCount", "AssignmentsAssessment"}),
        (Event.REVOKED, {"UsersAssessment"}),
        (Event.TRAINING, {"Training"}),
    ],
)
def test_an_event_moves_only_its_collectors(event: Event, names: set[str]) -> None:
    assert {name for name, one in COLLECTORS.items() if event in one.events} == names, "the others need no look"
