"""The members of the blend."""

from __future__ import annotations

from crowds import accuracy, drawn

from gpu_jobs.kernels.auto.library import QUICK, VOTE, finished, members, quick_members
from gpu_jobs.kernels.em import Crowd


def test_every_member_is_a_sound_fit() -> None:
    answers, truth = drawn(2)

    found = members(Crowd(answers))

    assert next(iter(found)) == VOTE and len(found) == 11, "the vote first"
    poor = [name for name, posterior in found.items() if accuracy(posterior.argmax(axis=1), truth) < 0.85]
    assert not poor, "five answers of decent workers suffice for all"


def test_quick_members_are_finished_on_all_answers() -> None:
    answers, truth = drawn(2)
    crowd = Crowd(answers)

    found = finished(crowd, quick_members(crowd))

    assert set(found) == {VOTE, *QUICK}, "the same members, a few steps on"
    assert accuracy(found["IBCC"].argmax(axis=1), truth) > 0.85, "and as good"
