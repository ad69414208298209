"""What more answers cannot bring: a target above the ceiling, or another label.

Proves core.enough.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import enough
from core.beliefs import Snapshot, posterior
from core.beliefs.calibration import NO_CALIBRATION, Calibration
from core.beliefs.rows import believe
from core.model import Overlap


def crowd(classes: int = 3) -> Snapshot:
    """Four workers who are mostly right."""
    pairs = [(task, who) for task in range(60) for who in range(1, 5)]
    rows = [(task, who, (task + ((task + who) % 5 == 0)) % classes) for task, who in pairs]
    return believe(rows, {}, {}, classes)


CROWD = crowd()


@pytest.mark.parametrize(("ceiling", "need"), [(1.0, 0.97), (0.98, 0.97), (0.96, 0.965), (0.84, 0.905)])
def test_a_target_that_cannot_be_reached_is_lowered_below_the_ceiling(ceiling: float, need: float) -> None:
    top = enough.reach(Calibration(1.0, ceiling), 2)
    found = enough.aim(Overlap("dynamic", 3, 10, 0.97), top).confidence
    assert found == pytest.approx(need), "one within reach stays, another leaves half of the doubt that it allows"


@given(st.floats(0.5, 0.999), st.floats(0.5, 1.0))
def test_an_aim_is_never_above_the_target_nor_out_of_reach(target: float, ceiling: float) -> None:
    top = enough.reach(Calibration(1.0, ceiling), 2)
    aim = enough.aim(Overlap("dynamic", 1, 5, target), top).confidence
    assert aim <= target, "nobody asks for more than the requester did"
    assert aim < top, "and a task about which the votes leave no doubt is done"


def test_other_policies_have_no_aim() -> None:
    overlap = Overlap("value", 1, 5, worth=7)
    assert enough.aim(overlap, 0.5) is overlap, "they do not stop at a confidence"


def test_without_a_calibration_everything_is_reached() -> None:
    assert enough.reach(NO_CALIBRATION, 4) == pytest.approx(1.0), "votes without doubt are believed"
    assert enough.reducible(Calibration(0.7, 0.8)) == Calibration(0.7, 1.0), "the ceiling alone goes"


votes = st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 2)), max_size=8)


@given(votes, st.lists(st.integers(0, 2), min_size=1, max_size=4))
def test_a_settled_label_is_not_turned_by_the_answers_left(said: list[tuple[int, int]], more: list[int]) -> None:
    shares = posterior(CROWD, said)
    best = max(range(3), key=shares.__getitem__)
    if not enough.is_settled(CROWD, said, None, shares, len(more)):
        return
    after = posterior(CROWD, [*said, *((enough.NOBODY, more[0]) for _ in more)])
    assert max(range(3), key=after.__getitem__) == best, "all for one other class are the worst that may come"


def test_a_label_is_settled_when_too_few_answers_are_left() -> None:
    said = [(1, 0), (2, 0), (3, 0)]
    shares = posterior(CROWD, said)
    assert enough.is_settled(CROWD, said, None, shares, 2), "two cannot turn three who agree"
    assert not enough.is_settled(CROWD, said, None, shares, 3), "as many may"
    assert not enough.is_settled(CROWD, said, None, shares, 9), "and more all the more"


@given(votes, st.integers(1, 4), st.integers(0, 4), st.floats(0.5, 0.999))
def test_a_task_has_enough_by_its_target_its_maximum_or_as_a_settled_one(
    said: list[tuple[int, int]], least: int, more: int, target: float
) -> None:
    overlap = Overlap("dynamic", least, least + more, target)
    shares = posterior(CROWD, said)
    found = enough.decide(CROWD, overlap, said, shares, None)
    sure = bool(said) and max(shares) >= target
    settled = bool(said) and enough.is_settled(CROWD, said, None, shares, overlap.max - len(said))
    enough_of_it = len(said) >= least and (sure or settled or len(said) >= overlap.max)
    assert found.done == enough_of_it, f"{len(said)} of {least} to {overlap.max} answers, {max(shares):.3f} sure"
    assert not (found.done and found.want), "a task that has enough asks for nothing"


def test_a_model_beforehand_may_settle_a_label() -> None:
    said = [(1, 0), (2, 0)]
    against = [0.001, 0.998, 0.001]
    assert enough.decide(CROWD, Overlap("dynamic", 2, 4, 0.9999), said, posterior(CROWD, said), None).done is False, (
        "two more may turn two"
    )
    shares = posterior(CROWD, said, [0.98, 0.01, 0.01])
    assert enough.decide(CROWD, Overlap("dynamic", 2, 3, 0.9999), said, shares, [0.98, 0.01, 0.01]).done, "one cannot"
    assert posterior(CROWD, said, against)[1] > 0.5, "while a model against them outweighs both"
