"""The members of the blend."""

from __future__ import annotations

import pytest
from crowds import accuracy, drawn

from bench.synthetic_crowds import draw
from gpu_jobs.kernels.auto.library import ORDERED, QUICK, TIMID, VOTE, Library, library_for
from gpu_jobs.kernels.em import Crowd


def test_every_member_is_a_sound_fit() -> None:
    answers, truth = drawn(2)

    found = Library().members(Crowd(answers))

    assert next(iter(found)) == VOTE and len(found) == 11, "the vote first"
    poor = [name for name, posterior in found.items() if accuracy(posterior.argmax(axis=1), truth) < 0.85]
    assert not poor, "five answers of decent workers suffice for all"


@pytest.mark.parametrize(("kind", "expected"), [("ordinal", True), ("mixed", False), ("biased", False)])
def test_ordered_rows_join_where_errors_fall_near_the_truth(kind: str, expected: bool) -> None:
    found = [library_for(Crowd(draw(kind, seed)[0])).ordered for seed in range(3)]

    assert found == [expected] * 3, "seen from the votes alone"


def test_ordered_members_lead_on_an_ordered_scale() -> None:
    answers, truth = draw("ordinal", 1)

    found = library_for(Crowd(answers)).members(Crowd(answers))

    scores = {name: accuracy(posterior.argmax(axis=1), truth) for name, posterior in found.items()}
    assert scores[ORDERED] > max(score for name, score in scores.items() if name not in (ORDERED, TIMID)), (
        "they know that errors are small"
    )


def test_subtypes_need_busy_workers() -> None:
    answers, _ = draw("fleeting", 1)

    assert not library_for(Crowd(answers)).subtypes, "one or two answers per worker"


def test_quick_members_are_finished_on_all_answers() -> None:
    answers, truth = drawn(2)
    crowd = Crowd(answers)
    library = Library()

    found = library.finished(crowd, library.quick_members(crowd))

    assert set(found) == {VOTE, *QUICK} - {ORDERED}, "the same members, a few steps on"
    assert accuracy(found["IBCC"].argmax(axis=1), truth) > 0.85, "and as good"
