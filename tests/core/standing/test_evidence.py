"""The test against chance keeps its stated error for honest workers and finds those who guess, in any guise."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from core.standing.evidence import ChanceTest, Outcome, weigh

TEST = ChanceTest()
Mind = Callable[[random.Random, int, int], int]


def outcome(rng: random.Random, classes: int, mind: Mind, share: float = 0.4) -> Outcome:
    """A control, or a task of which two others of 0.85 have said something."""
    truth = rng.randrange(classes)
    if rng.random() < share:
        belief = [0.02 / (classes - 1)] * classes
        belief[truth] = 0.98
        return Outcome(mind(rng, truth, classes), tuple(belief), True)
    scores = [1.0] * classes
    for _ in range(2):
        said = truth if rng.random() < 0.85 else rng.randrange(classes)
        scores[said] *= 0.85 * (classes - 1) / 0.15
    total = sum(scores)
    return Outcome(mind(rng, truth, classes), tuple(s / total for s in scores))


def good(accuracy: float) -> Mind:
    return lambda rng, truth, k: truth if rng.random() < accuracy else (truth + rng.randrange(1, k)) % k


def guessing(rng: random.Random, _: int, classes: int) -> int:
    return rng.randrange(classes)


def barred(rng: random.Random, classes: int, mind: Mind, n: int) -> int | None:
    """After how many answers somebody is barred, looked at after each."""
    seen = []
    for number in range(1, n + 1):
        seen.append(outcome(rng, classes, mind))
        if weigh(seen[-TEST.window :], TEST).verdict(TEST):
            return number
    return None


@pytest.mark.parametrize("classes", [2, 4])
def test_honest_people_are_barred_as_rarely_as_stated(classes: int) -> None:
    rng = random.Random(classes)
    minds = [good(rng.betavariate(TEST.honest_right, TEST.honest_wrong)) for _ in range(250)]
    wrongly = sum(barred(rng, classes, mind, 40) is not None for mind in minds)
    assert wrongly <= 4, f"{wrongly} of 250 honest people barred; {TEST.error:.1%} at the start were stated"


@pytest.mark.parametrize(("classes", "least"), [(2, 0.6), (4, 0.95)])
def test_people_who_guess_are_found_within_thirty(classes: int, least: float) -> None:
    rng = random.Random(10 + classes)
    found = sum(barred(rng, classes, guessing, 30) is not None for _ in range(60)) / 60
    assert found >= least, f"{found:.0%} of those who guess among {classes} options"


def test_constant_answers_are_found_though_half_are_right() -> None:
    rng = random.Random(5)
    assert barred(rng, 2, lambda *_: 0, 30) is not None, "the same answer to everything says nothing of the tasks"


def test_an_honest_worker_in_a_job_of_one_class_is_left_alone() -> None:
    rng = random.Random(6)
    seen = [Outcome(0, (0.97, 0.03), rng.random() < 0.2) for _ in range(45)]
    assert weigh(seen, TEST).verdict(TEST) is None, "who says what everybody says, where it is right, is no spammer"


def test_who_turns_bad_is_found_though_good_at_first() -> None:
    rng = random.Random(7)
    seen = [outcome(rng, 4, good(0.92)) for _ in range(40)] + [outcome(rng, 4, guessing) for _ in range(30)]
    found = weigh(seen[-TEST.window :], TEST)
    assert found.verdict(TEST) == "drift", f"the newest answers are no better than chance: {found}"


def test_split_tasks_prove_nothing() -> None:
    seen = [Outcome(n % 2, (0.5, 0.5)) for n in range(40)]
    assert weigh(seen, TEST).chance <= 1e-9, "where the others are undecided every answer is as good"


def test_speed_adds_to_the_evidence_and_is_none_alone() -> None:
    rng = random.Random(8)
    right = [outcome(rng, 2, good(0.95)) for _ in range(30)]
    fast = [o._replace(z=-4.0) for o in right]
    assert weigh(fast, TEST).verdict(TEST) is None, "a fast worker who is right is a gift"
    more = weigh(fast, TEST).chance - weigh(right, TEST).chance
    assert more == pytest.approx(math.log(10)), "ten times at most"


def test_a_hard_job_bars_nobody_for_being_like_the_others() -> None:
    rng = random.Random(9)
    seen = [outcome(rng, 2, good(0.6), share=0.9) for _ in range(44)]
    assert weigh(seen, TEST, crowd=0.6).chance < weigh(seen, TEST).chance, "the crowd does no better"
    assert weigh(seen, TEST, crowd=0.6).verdict(TEST) is None, "so this is what honest people do here"


def test_few_answers_and_an_error_of_none_accuse_nobody() -> None:
    seen = [Outcome(1, (0.98, 0.02), True)] * 7
    assert weigh(seen, TEST).verdict(TEST) is None, "eight are asked for"
    assert weigh([], TEST).verdict(TEST) is None and not ChanceTest(error=0).on, "and none prove nothing"
