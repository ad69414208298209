"""How often honest crowds are accused by each detector, and how often planted misbehaviour is found.

    python -m bench.detection [--seeds 20]

Honest crowds are those of bench.synthetic_crowds, careless, biased and lured ones among them, looked at four times as
they grow. Planted: a worker who answers always alike, in a cycle, or as another one does; accounts that come at once;
and one person who takes turns on two platforms.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable

import numpy as np

from bench.synthetic_crowds import KINDS, draw
from core.detection import Arrival, Levels, Polls, Tap, detect
from core.detection.bursts import bursts
from core.detection.copying import copiers
from core.detection.sequences import odd_sequences
from core.detection.twins import twins

START = 1_800_000_000_000
HOUR = 3_600_000
DAY = 24 * HOUR
LEVELS = Levels()
LOOKS = (0.25, 0.5, 0.75, 1.0)
ORDERS = ("random", "sorted", "alternating")


def crowd(kind: str, seed: int, order: str = "random") -> list[Tap]:
    """A crowd's answers in time: tasks in random order, sorted by class, or the classes in turn."""
    answers, truth = draw(kind, seed)
    rng = np.random.default_rng([7, seed])
    keys = {
        "random": rng.random(answers.n_tasks),
        "sorted": truth + rng.random(answers.n_tasks) / 2,
        "alternating": _rank_in_class(truth) + truth / 100,
    }[order]
    where = np.argsort(keys[answers.task] + 1e-6 * rng.random(len(answers.task)), kind="stable")
    return [
        Tap(int(answers.task[i]), int(answers.worker[i]), int(answers.label[i]), None, START + 60_000 * n, 8000)
        for n, i in enumerate(where)
    ]


def _rank_in_class(truth: np.ndarray) -> np.ndarray:
    rank, seen = np.zeros(len(truth)), Counter[int]()
    for n, label in enumerate(truth):
        rank[n] = seen[int(label)]
        seen[int(label)] += 1
    return rank


def honest_days(seed: int, people: int = 60) -> tuple[list[Tap], list[Arrival], dict[int, str]]:
    """A job of four days with a rush at its call and a tide of day and night; half of the accounts are new."""
    rng = random.Random(seed)
    taps, arrivals = [], []
    for person in range(people):
        at = int(rng.expovariate(1 / HOUR)) if rng.random() < 0.4 else int(4 * DAY * rng.random())
        at += int(6 * HOUR * rng.betavariate(2, 2)) if (at % DAY) > 14 * HOUR else 0
        arrivals.append(Arrival(person, START + at, START + at - (1000 if rng.random() < 0.5 else 9 * DAY)))
        taps += work(rng, person, START + at, rng.randrange(3, 16))
    return taps, arrivals, {person: ("telegram", "slack")[person % 2] for person in range(people)}


def work(rng: random.Random, person: int, at: int, sessions: int) -> list[Tap]:
    """Sessions of some minutes, mostly by day, at the person's own hours."""
    favourite, taps = rng.random() * 10 * HOUR, []
    for day in range(sessions):
        begin = at + (day * DAY if day < 4 else 0) // 2 + int(favourite + rng.gauss(0, HOUR)) % (12 * HOUR)
        for n in range(rng.randrange(5, 40)):
            taps.append(Tap(rng.randrange(5000), person, rng.randrange(3), None, begin + n * 15_000, 9000))
    return taps


def evenings(seed: int, person: int) -> list[Tap]:
    """Somebody who works once or twice a day for ten days."""
    rng = random.Random(seed)
    begins = [START + day * DAY + int(rng.gauss(12, 2) * HOUR) for day in range(10)]
    begins += [START + day * DAY + int(rng.gauss(18, 1) * HOUR) for day in range(10) if rng.random() < 0.6]
    return [
        Tap(rng.randrange(5000), person, rng.randrange(3), None, begin + n * 15_000, 9000)
        for begin in begins
        for n in range(rng.randrange(5, 40))
    ]


def plant_sequence(
    taps: list[Tap], cycle: tuple[int, ...], answers: int, noise: float, seed: int
) -> tuple[list[Tap], int]:
    """A busy worker answers in a cycle from the first answer on; who."""
    rng = random.Random(seed)
    busy = [person for person, n in Counter(tap.person for tap in taps).items() if n >= answers]
    culprit, seen, changed = rng.choice(busy), 0, []
    for tap in taps:
        if tap.person == culprit:
            seen += 1
            if seen > answers:
                continue
            if rng.random() >= noise:
                tap = tap._replace(label=cycle[seen % len(cycle)])
        changed.append(tap)
    return changed, culprit


def plant_partner(taps: list[Tap], share: float, tasks: int, seed: int) -> tuple[list[Tap], tuple[int, int]]:
    """Somebody joins who answers one worker's tasks and copies that share of them, else takes the majority's answer."""
    rng = random.Random(seed)
    polls = Polls(taps)
    busy = [person for person, mine in polls.by_person.items() if len(mine) >= tasks]
    leader, partner = rng.choice(busy), 10_000
    labels = [label for label in polls.labels if label >= 0]
    more = []
    for tap in polls.by_person[leader][:tasks]:
        own = polls.others(tap.task, leader).most_common(1)[0][0] if rng.random() < 0.8 else rng.choice(labels)
        said = tap.label if rng.random() < share else own
        more.append(tap._replace(person=partner, label=said, at=tap.at + 20_000))
    return sorted(taps + more, key=lambda tap: tap.at), (leader, partner)


def plant_twin(taps: list[Tap], person: int, sessions: int, seed: int) -> list[Tap]:
    """The person goes on as 10001 on the other platform within minutes after some sessions."""
    rng = random.Random(seed)
    mine = sorted(tap.at for tap in taps if tap.person == person)
    ends = [a for a, b in zip(mine, [*mine[1:], mine[-1] + DAY], strict=True) if b - a > HOUR]
    return taps + [
        Tap(rng.randrange(5000), 10_001, rng.randrange(3), None, end + 90_000 + n * 15_000, 9000)
        for end in rng.sample(ends, min(sessions, len(ends)))
        for n in range(rng.randrange(8, 25))
    ]


def false_alarms(seeds: int) -> None:
    """Honest crowds: accused workers and pairs."""
    print(f"{'honest crowd':<28}{'workers':>9}{'sequences':>11}{'pairs':>7}")
    for kind in KINDS:
        if kind == "copying":
            continue  # its workers do copy
        for order in ORDERS if kind == "mixed" else ORDERS[:1]:
            workers, named, pairs = 0, set(), set()
            for seed in range(seeds):
                taps = crowd(kind, seed, order)
                workers += len({tap.person for tap in taps})
                for look in LOOKS:
                    polls = Polls(taps[: int(look * len(taps))])
                    named |= {(seed, *found.people, found.kind) for found in odd_sequences(polls, LEVELS.worker)}
                    pairs |= {(seed, *found.people) for found in copiers(polls, LEVELS.pairs)}
            print(f"{kind + ', ' + order:<28}{workers:>9}{len(named):>11}{len(pairs):>7}")
    jobs = [honest_days(seed) for seed in range(10 * seeds)]
    scans = sum(bool(bursts(arrivals, START, LEVELS.job)) for _, arrivals, _ in jobs)
    hints = [twins(Polls(taps), platform, LEVELS.pairs) for taps, _, platform in jobs[: 2 * seeds]]
    print(f"bursts: {scans} of {len(jobs)} jobs; twins: {sum(map(len, hints))} in {len(hints)} jobs of 900 pairs each")


def power(seeds: int) -> None:
    """Planted misbehaviour: the share found, by how many answers there are."""
    print(f"\n{'planted':<44}{'20':>7}{'40':>7}{'80':>7}   (answers, or tasks in common)")

    def share(name: str, found: Callable[[int, int], bool]) -> None:
        cells = [f"{sum(found(seed, n) for seed in range(seeds)) / seeds:>7.0%}" for n in (20, 40, 80)]
        print(f"{name:<44}{''.join(cells)}")

    def sequence(cycle: tuple[int, ...], noise: float) -> Callable[[int, int], bool]:
        def found(seed: int, answers: int) -> bool:
            taps, culprit = plant_sequence(_wide("mixed", seed), cycle, answers, noise, seed)
            return any(one.people == (culprit,) for one in odd_sequences(Polls(taps), LEVELS.worker))

        return found

    def copy(kind: str, part: float) -> Callable[[int, int], bool]:
        def found(seed: int, tasks: int) -> bool:
            taps, pair = plant_partner(_wide(kind, seed), part, tasks, seed)
            return any(one.people == pair for one in copiers(Polls(taps), LEVELS.pairs))

        return found

    share("always the same answer", sequence((0,), 0.0))
    share("the same answer, every tenth at random", sequence((0,), 0.1))
    share("A B A B …", sequence((0, 1), 0.0))
    share("A A B A A B …", sequence((0, 0, 1), 0.0))
    share("copies all of an average worker", copy("mixed", 1.0))
    share("copies 70 % of an average worker", copy("mixed", 0.7))
    share("copies all of a careless worker", copy("spammers", 1.0))
    share("no copy at all, same tasks (false alarm)", copy("mixed", 0.0))
    _power_in_time(seeds)


def _wide(kind: str, seed: int) -> list[Tap]:
    """The first crowd from this seed on that has three answers a task and three busy workers."""
    while True:
        taps = crowd(kind, seed)
        busy = [n for n in Counter(tap.person for tap in taps).values() if n >= 80]
        if len(busy) >= 3 and len(taps) >= 3 * len({tap.task for tap in taps}):
            return taps
        seed += 1000


def _power_in_time(seeds: int) -> None:
    for size in (6, 8, 12):
        hits = 0
        for seed in range(seeds):
            _, arrivals, _ = honest_days(seed)
            come = START + 30 * HOUR
            gang = [Arrival(20_000 + n, come + n * 40_000, come + n * 40_000 - 1000) for n in range(size)]
            hits += bool(bursts([*arrivals, *gang], START, LEVELS.job))
        print(f"{size} new accounts within {size * 40 // 60} minutes: {hits / seeds:.0%}")
    for sessions in (5, 8, 12):
        hits = 0
        for seed in range(seeds):
            taps, _, platform = honest_days(seed)
            taps = plant_twin(taps + evenings(seed, 500), 500, sessions, seed)
            found = twins(Polls(taps), {**platform, 500: "telegram", 10_001: "slack"}, LEVELS.pairs)
            hits += any(10_001 in one.people for one in found)
        print(f"one person on two platforms, up to {sessions} changes of account: {hits / seeds:.0%}")


def cost(seeds: int) -> None:
    """What one look at a full job costs."""
    many = (tap._replace(task=tap.task + 10_000 * seed) for seed in range(40) for tap in crowd("mixed", seed))
    taps = list(many)[:20_000]
    begun = time.perf_counter()
    detect(Polls(taps), [], {tap.person: "telegram" for tap in taps}, START, LEVELS)
    print(f"\none look at {len(taps)} answers: {time.perf_counter() - begun:.2f} s")


def main() -> None:
    """Print the tables of docs/quality-alerts.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    seeds = parser.parse_args().seeds
    false_alarms(seeds)
    power(seeds)
    cost(seeds)


if __name__ == "__main__":
    main()
