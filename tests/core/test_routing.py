"""Routing decides alike whatever the order, never asks for too much, and cannot be predicted by counting."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model import CANT_TELL, Overlap
from core.routing import (
    Candidate,
    OpenJob,
    Vote,
    choose,
    dice,
    job_order,
    judge,
    most,
    posterior,
    wanted,
)

CLASSES = 4
accuracies = st.floats(0.05, 0.99)
votes = st.lists(st.builds(Vote, st.integers(CANT_TELL, CLASSES - 1), accuracies), max_size=8)


@st.composite
def overlaps(draw: st.DrawFn) -> Overlap:
    least = draw(st.integers(1, 5))
    policy = draw(st.sampled_from(["fixed", "dynamic"]))
    top = least if policy == "fixed" else least + draw(st.integers(0, 4))
    return Overlap(policy, least, top, draw(st.floats(0.5, 0.999)))


@given(votes)
def test_a_posterior_is_a_distribution(cast: list[Vote]) -> None:
    shares = posterior(cast, CLASSES)
    assert math.isclose(sum(shares), 1.0) and min(shares) >= 0, "class probabilities sum to one"


@given(votes, st.randoms())
def test_the_order_of_votes_does_not_matter(cast: list[Vote], rng: random.Random) -> None:
    mixed = rng.sample(cast, len(cast))
    assert posterior(cast, CLASSES) == posterior(mixed, CLASSES), "the same votes give bit-equal posteriors"


@given(overlaps(), votes, st.randoms())
def test_whether_a_task_is_done_does_not_depend_on_the_order(
    overlap: Overlap, cast: list[Vote], rng: random.Random
) -> None:
    mixed = rng.sample(cast, len(cast))
    assert judge(overlap, cast, 0, CLASSES) == judge(overlap, mixed, 0, CLASSES), "a verdict is a function of a set"


@given(votes)
def test_cant_tell_says_nothing_about_the_classes(cast: list[Vote]) -> None:
    telling = [vote for vote in cast if vote.label != CANT_TELL]
    assert posterior(cast, CLASSES) == posterior(telling, CLASSES), "can't tell leaves the posterior alone"


@given(overlaps(), votes, st.integers(0, 6))
def test_a_task_never_wants_more_than_its_overlap(overlap: Overlap, cast: list[Vote], active: int) -> None:
    verdict = judge(overlap, cast, active, CLASSES)
    assert verdict.want >= 0, "nothing is wanted less than not at all"
    if verdict.want:
        assert len(cast) + active + verdict.want <= most(overlap), "leases on their way count as answers"
    assert not (verdict.done and verdict.want), "a task that is done wants nothing"


@given(overlaps(), votes, st.integers(0, 6))
def test_taking_and_giving_back_a_lease_changes_nothing(overlap: Overlap, cast: list[Vote], active: int) -> None:
    before = judge(overlap, cast, active, CLASSES)
    if before.want:
        assert wanted(overlap, len(cast), active + 1, before.done) == before.want - 1, "a lease fills one place"
    assert wanted(overlap, len(cast), active, before.done) == before.want, "and gives it back when it goes"


@given(st.lists(st.sampled_from([0, 1, CANT_TELL]), min_size=1, max_size=9))
def test_fixed_overlap_stops_at_its_number_exactly(labels: list[int]) -> None:
    cast = [Vote(label, 0.9) for label in labels]
    verdict = judge(Overlap("fixed", 3, 3), cast, 0, 2)
    assert verdict.done == (len(cast) >= 3), "fixed overlap counts answers and nothing else"


@pytest.mark.parametrize(("labels", "done"), [([0], False), ([0, 0], True), ([0, 1], False), ([0, 1, 0, 1, 0], True)])
def test_dynamic_overlap_stops_at_confidence_or_maximum(labels: list[int], done: bool) -> None:
    cast = [Vote(label, 0.75) for label in labels]
    assert judge(Overlap("dynamic", 1, 5, 0.9), cast, 0, 2).done is done, "two strangers who agree are 0.9 sure"


def test_a_task_without_a_telling_vote_has_no_label() -> None:
    verdict = judge(Overlap("dynamic", 2, 2), [Vote(CANT_TELL, 0.9)] * 2, 0, 3)
    assert verdict.done and verdict.label is None, "nobody could tell, so there is no label"


def controls(secret: bytes, person: int, turns: int, share: float) -> list[bool]:
    return [dice(secret, person, 1, turn).random() < share for turn in range(turns)]


def test_another_secret_or_person_gives_another_pattern() -> None:
    patterns = {tuple(controls(s, p, 60, 0.2)) for s in (b"a", b"b", b"c") for p in range(10)}
    assert len(patterns) == 30, "no two workers, and no two houses, see controls at the same places"


def test_the_same_decision_falls_the_same_way_again() -> None:
    assert [dice(b"s", 1, 2, 3).random() for _ in range(3)] == [dice(b"s", 1, 2, 3).random()] * 3, "undo needs this"


def test_counting_does_not_predict_controls() -> None:
    """The best predictor that knows the gap since the last control, learned on half of the people, tried on others."""
    share, runs = 0.2, [controls(b"secret", person, 400, 0.2) for person in range(100)]

    def gaps(run: list[bool]) -> list[tuple[int, bool]]:
        found, gap = [], 0
        for hit in run:
            found.append((min(gap, 15), hit))
            gap = 0 if hit else gap + 1
        return found

    seen: Counter[int] = Counter()
    hits: Counter[int] = Counter()
    for gap, hit in (pair for run in runs[:50] for pair in gaps(run)):
        seen[gap] += 1
        hits[gap] += hit
    rates = {gap: hits[gap] / seen[gap] for gap in seen}
    moments = [pair for run in runs[50:] for pair in gaps(run)]
    guessed = sorted(moments, key=lambda pair: rates[pair[0]], reverse=True)[:4000]
    rate = sum(hit for _, hit in guessed) / len(guessed)
    spread = math.sqrt(share * (1 - share) / len(guessed))
    assert abs(rate - share) < 4 * spread, f"where counting expects a control most, there are {rate:.3f}, not {share}"


def test_the_position_of_a_control_is_spread_evenly() -> None:
    runs = [controls(b"secret", person, 20, 0.25) for person in range(2_000)]
    counts = [sum(run[turn] for run in runs) for turn in range(20)]
    expected = 2_000 * 0.25
    chi = sum((count - expected) ** 2 / (expected * 0.75) for count in counts)
    assert chi < 45, f"no turn has more controls than another (chi square {chi:.1f} with 20 degrees, p > 0.001)"


candidates = st.lists(
    st.builds(Candidate, st.integers(1, 99), st.integers(0, 3), st.floats(0, 1)),
    max_size=12,
    unique_by=lambda c: c.task,
)


@given(candidates, st.integers())
def test_the_most_doubtful_of_the_tasks_begun_comes_first(found: list[Candidate], seed: int) -> None:
    chosen = choose(found, random.Random(seed))
    assert (chosen is None) == (not found), "one of the candidates is chosen when there are any"
    begun = [c for c in found if c.answers]
    if begun:
        top = max(c.answers for c in begun)
        doubt = min(c.confidence for c in begun if c.answers == top)
        pick = next(c for c in found if c.task == chosen)
        assert (pick.answers, pick.confidence) == (top, doubt), "tasks are finished one after the other"


def test_fresh_tasks_are_drawn_by_lot() -> None:
    fresh = [Candidate(task, 0, 0.0) for task in range(5)]
    drawn = Counter(choose(fresh, random.Random(seed)) for seed in range(500))
    assert min(drawn[task] for task in range(5)) > 50, "every fresh task has its chance"


@given(st.lists(st.tuples(st.integers(1, 10), st.floats(0, 2)), min_size=1, max_size=8), st.integers())
def test_every_open_job_is_in_the_order_once(jobs: list[tuple[int, float]], seed: int) -> None:
    opened = [OpenJob(number, priority, progress) for number, (priority, progress) in enumerate(jobs)]
    order = job_order(opened, random.Random(seed))
    assert sorted(order) == list(range(len(jobs))), "the order leaves no job out and has none twice"


def test_priority_wins_more_often_but_never_starves_a_job() -> None:
    opened = [OpenJob(1, 10, 0.0), OpenJob(2, 1, 0.0), OpenJob(3, 1, 0.99)]
    first = Counter(job_order(opened, random.Random(seed))[0] for seed in range(4_000))
    assert first[1] > first[2] > first[3], "priority and what is left decide who is first most often"
    assert first[3] > 4, "even the least job with the most progress is first now and then"
