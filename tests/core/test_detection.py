"""Detection accuses honest workers no oftener than it says, and finds planted misbehaviour.

Proves core.detection with core.detection.polls and core.detection.values.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.detection import Arrival, Found, Levels, Polls, Tap, detect
from core.detection.betting import fortune, p_value
from core.detection.bursts import bursts
from core.detection.chances import binomial_tail, discoveries
from core.detection.copying import copiers, possible_pairs
from core.detection.pictures import arrivals_line, hours_line, newest_labels, odd_answers
from core.detection.rings import members, rings
from core.detection.sequences import longest_cycle, odd_sequences
from core.detection.twins import stretches, taking_turns, twins

HOUR = 3_600_000
LEVEL = 1e-3
Truths = Sequence[int]


def crowd(
    seed: int, tasks: int = 120, workers: int = 9, per_task: int = 4, skill: float = 0.8, truths: Truths | None = None
) -> list[Tap]:
    """Honest answers with even errors, in the order of the tasks."""
    rng = random.Random(seed)
    taps: list[Tap] = []
    for task in range(tasks):
        truth = truths[task] if truths is not None else rng.randrange(3)
        for person in rng.sample(range(workers), per_task):
            label = truth if rng.random() < skill else rng.randrange(3)
            taps.append(Tap(task, person, label, None, 1000 * len(taps), 5000))
    return taps


def people_in(found: Sequence[object]) -> set[tuple[int, ...]]:
    return {one.people for one in found}  # type: ignore[attr-defined]


# ---- bets and tails -----------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), chance=st.floats(0.05, 0.85), level=st.sampled_from([0.2, 0.05]))
def test_a_fair_bet_seldom_makes_rich(seed: int, chance: float, level: float) -> None:
    rng = random.Random(seed)
    games = [fortune((rng.random() < chance, chance) for _ in range(60)) for _ in range(200)]
    rich = sum(p_value([game]) <= level for game in games)
    spread = 3.5 * (200 * level * (1 - level)) ** 0.5
    assert rich <= 200 * level + spread, "the p-value is conservative at every level, also when one looks all the time"


def test_what_chance_forbids_makes_rich_soon() -> None:
    assert p_value([fortune((True, 0.3) for _ in range(12))]) < 1e-3, "twelve surprises in a row"
    assert p_value([fortune((True, 0.95) for _ in range(500))]) == 1.0, "what happens anyway is no evidence"
    assert p_value([]) == 1.0, "no bet, no evidence"


def test_somebody_who_turns_bad_is_found_as_well() -> None:
    good = [(index % 2 == 0, 0.5) for index in range(100)]
    assert p_value([fortune([*good, *((True, 0.5) for _ in range(30))])]) < 1e-3, "a good start buys no impunity"


@given(n=st.integers(1, 60), p=st.floats(0.01, 0.99))
def test_the_binomial_tail_is_a_tail(n: int, p: float) -> None:
    tails = [binomial_tail(k, n, p) for k in range(n + 2)]
    assert tails[0] == 1.0 and tails[-1] == 0.0, "all or nothing at the ends"
    assert all(a >= b - 1e-12 for a, b in itertools.pairwise(tails)), "and it only falls"
    assert tails[n] == pytest.approx(p**n), "n of n is exact"


def test_the_rate_of_false_ones_is_controlled_over_all_tests() -> None:
    assert discoveries([0.001, 0.03, 0.9], 3, 0.05) == [0, 1], "two of three pass the steps of Benjamini and Hochberg"
    assert discoveries([0.001, 0.03, 0.9], 1000, 0.05) == [], "but not when a thousand were tested"


# ---- constant and patterned answers -------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100_000), skill=st.floats(0.3, 1.0))
def test_honest_workers_are_not_accused(seed: int, skill: float) -> None:
    polls = Polls(crowd(seed, skill=skill))
    assert odd_sequences(polls, LEVEL) == [] == copiers(polls, 0.01), "careless or careful, nobody is named"


@pytest.mark.parametrize("truths", [[n // 40 for n in range(120)], [n % 2 for n in range(120)], [0] * 120])
def test_sorted_alternating_or_equal_items_accuse_nobody(truths: Truths) -> None:
    found = [odd_sequences(Polls(crowd(seed, truths=truths, skill=0.9)), LEVEL) for seed in range(8)]
    assert not any(found), "workers who follow the items are no spammers"


@pytest.mark.parametrize(
    ("cycle", "kind", "length"), [((1,), "constant", 1), ((0, 1), "pattern", 2), ((0, 1, 2), "pattern", 3)]
)
def test_a_cycle_is_found_with_its_length(cycle: tuple[int, ...], kind: str, length: int) -> None:
    turn = iter(range(10_000))
    taps = [
        tap._replace(label=cycle[next(turn) % len(cycle)]) if tap.person == 3 else tap for tap in crowd(1, tasks=160)
    ]
    (found,) = odd_sequences(Polls(taps), LEVEL)
    assert (found.people, found.kind, found.evidence["cycle"]) == ((3,), kind, length), "who, what, and how long it is"
    assert found.evidence["run"] == found.evidence["n"], "the whole sequence is one run"


def test_cant_tell_all_the_time_is_a_constant_answer() -> None:
    taps = [tap._replace(label=-1) if tap.person == 3 else tap for tap in crowd(2, tasks=160)]
    assert people_in(odd_sequences(Polls(taps), LEVEL)) == {(3,)}, "pay without work"


def test_a_known_answer_speaks_against_a_constant_one() -> None:
    """Nobody else has answered: only the known answers tell."""
    taps = [Tap(n, 1, 0, n % 2, 1000 * n, 5000) for n in range(60)]
    assert people_in(odd_sequences(Polls(taps), LEVEL)) == {(1,)}, "half of them said otherwise"


def test_runs_are_counted_in_answers() -> None:
    assert longest_cycle([0, 0, 0, 1], 1) == 3, "three in a row"
    assert longest_cycle([0, 1, 0, 1, 1], 2) == 4, "two rounds of two"
    assert longest_cycle([], 1) == 0, "none at all"


# ---- copying ------------------------------------------------------------------------------------------------------


def with_copier(taps: list[Tap], share: float, seed: int = 5) -> list[Tap]:
    """Worker 99 does the tasks of worker 3, copying that share of the answers."""
    rng = random.Random(seed)
    mine = [tap for tap in taps if tap.person == 3]
    return taps + [
        tap._replace(person=99, label=tap.label if rng.random() < share else rng.randrange(3)) for tap in mine
    ]


def test_a_copier_is_named_with_the_copied() -> None:
    polls = Polls(with_copier(crowd(3, tasks=400, skill=0.7), 1.0))
    (found,) = copiers(polls, 0.01)
    assert set(found.people) == {3, 99}, "both are named: who copied whom is for a person to find out"
    assert found.evidence["same"] == found.evidence["common"], "all their answers are equal"
    assert possible_pairs(polls) <= 45, "no more pairs than people can form"


def test_two_careless_workers_are_no_copiers() -> None:
    polls = Polls(with_copier(crowd(3, tasks=400, skill=0.0), 0.0))
    assert copiers(polls, 0.01) == [], "random answers agree by chance only"


def test_two_of_the_same_bent_are_no_copiers() -> None:
    """Both call everything unclear a 2, on their own."""
    rng = random.Random(1)
    taps = [
        tap._replace(label=2) if tap.person in (3, 4) and rng.random() < 0.5 else tap for tap in crowd(4, tasks=500)
    ]
    assert (3, 4) not in people_in(copiers(Polls(taps), 0.01)), "a shared habit is not a copy"


def test_pairs_that_hang_together_are_one_ring() -> None:
    pairs = [Found("copying", pair, p) for pair, p in (((1, 2), 0.1), ((3, 4), 0.2), ((2, 5), 0.01), ((6, 7), 0.3))]
    found = rings([*pairs, Found("copying", (5, 3), 0.5)])
    assert [members(ring) for ring in found] == [[6, 7], [1, 2, 3, 4, 5]], "through others as well"
    assert found[1][0].people == (2, 5), "the strongest pair stands for the ring"


# ---- bursts and twins ---------------------------------------------------------------------------------------------


def steady(seed: int, hours: int = 48, people: int = 60) -> list[Arrival]:
    rng = random.Random(seed)
    return [Arrival(n, at, at - 1000) for n, at in enumerate(rng.randrange(hours * HOUR) for _ in range(people))]


def test_steady_arrivals_are_no_burst_and_a_crowd_at_once_is() -> None:
    assert not any(bursts(steady(seed), 0, LEVEL) for seed in range(40)), "chance makes no alarm"
    gang = [Arrival(100 + n, 30 * HOUR + n * 30_000, 30 * HOUR) for n in range(8)]
    (found,) = bursts([*steady(1), *gang], 0, LEVEL)
    assert set(found.people) >= {arrival.person for arrival in gang}, "all who came at once are named"


def test_a_call_and_old_hands_make_no_burst() -> None:
    rush = [Arrival(100 + n, n * 10_000, 0) for n in range(40)]
    back = [Arrival(200 + n, 30 * HOUR + n * 10_000, -40 * 24 * HOUR) for n in range(40)]
    assert bursts([*steady(2), *rush, *back], 0, LEVEL) == [], "everybody comes at the call; old accounts are known"


def session(person: int, begin: int, answers: int = 20) -> list[Tap]:
    return [
        Tap(random.Random(begin + n).randrange(900), person, n % 3, None, begin + n * 15_000, 5000)
        for n in range(answers)
    ]


def turn_takers(gap: int) -> list[Tap]:
    """Each of ten stretches of worker 1 is followed by one of worker 2 after that gap."""
    begins = [n * 7 * HOUR + random.Random(n).randrange(3 * HOUR) for n in range(10)]
    return [tap for at in begins for tap in (*session(1, at), *session(2, at + 300_000 + gap))]


def test_taking_turns_is_a_hint() -> None:
    platform = {1: "telegram", 2: "slack"}
    (found,) = twins(Polls(turn_takers(60_000)), platform, 0.01)
    assert set(found.people) == {1, 2} and found.evidence["turns"] == 10, "every time within minutes"
    assert twins(Polls(turn_takers(40 * 60_000)), platform, 0.01) == [], "forty minutes later is nothing"
    assert twins(Polls(turn_takers(60_000)), {1: "slack", 2: "slack"}, 0.01) == [], "two platforms are what it is about"


def test_working_at_the_same_time_speaks_against_one_person() -> None:
    taps = turn_takers(60_000)
    taps += session(2, taps[0].at + 30_000)
    assert twins(Polls(taps), {1: "telegram", 2: "slack"}, 0.01) == [], "nobody taps in two chats at once"


def test_turns_and_clashes_are_counted() -> None:
    assert stretches([0, 60_000, 3 * HOUR]) == [(0, 60_000), (3 * HOUR, 3 * HOUR)], "a long pause parts them"
    assert taking_turns([(0, 10)], [(20, 30)], 0) == (1, 0), "one after the other"
    assert taking_turns([(0, 10)], [(5, 30)], 0) == (0, 1), "at once"


# ---- as a whole ---------------------------------------------------------------------------------------------------


def test_everything_is_looked_at_together() -> None:
    taps = [tap._replace(label=1) if tap.person == 3 else tap for tap in crowd(1, tasks=160)]
    gang = [Arrival(100 + n, 30 * HOUR + n * 30_000, 30 * HOUR) for n in range(8)]
    found = detect(Polls(taps), [*steady(1), *gang], dict.fromkeys(range(9), "slack"), 0, Levels())
    assert {one.kind for one in found} == {"constant", "burst"}, "each detector has its say"


def test_the_pictures_show_what_was_found() -> None:
    polls = Polls(with_copier(crowd(3, tasks=100, skill=0.7), 1.0))
    odd = odd_answers(polls, (3, 99))
    assert odd.first == odd.second and odd.first != odd.others, "equal to each other, unlike all others"
    assert newest_labels(polls, 3) == [tap.label for tap in polls.by_person[3]][-40:], "the newest ones"
    assert arrivals_line([0, 1, HOUR], 0, 2 * HOUR) == "█▁▁▁▅▁▁▁", "a bar a quarter of an hour"
    assert len(hours_line(polls, 3, 48 * HOUR)) == 48, "a bar an hour"
