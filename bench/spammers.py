"""A simulated crowd of 500 with 20 % spammers of five kinds, through the real core: who is barred, and when.

    python -m bench.spammers [--seeds 30] [--workers 500] [--answers 50] [--options 2] [--unhurried] [--controls same]

Every answer is a press handled by core.service in a database in memory, the clock ticks, and nothing is told to the
core but presses. Two jobs are open, one of 2 options and one of 4, and people work in either. Bars: at least 90 % of
the spammers barred from a job within 30 answers (of those who turn bad: after they did), at most 1 % of the honest
ones ever. `--options 2` opens the hardest job alone. See docs/quality.md.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import random
import sqlite3
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from bench.town import buttons, cards
from config.texts import load_texts
from core.messages import Card, PostJob, Press, Reply, Said
from core.model import Handle, Item, JobSpec, JobUpload, Option, Overlap
from core.quality import ChanceTest
from core.service import House, handle
from core.service.clockwork import tick
from core.service.requests import begin_import, finish_import, import_items
from core.store.migrate import migrate
from core.store.tx import Tx

T = TypeVar("T")
KINDS = ("random", "constant", "fast", "copying", "turning")
SPAM = 0.2
WITHIN = 30
TURN = 40
"""Good answers of somebody who turns bad afterwards."""
EASE, EASE_SD = 1.2, 1.3
"""Easiness of items, in logits: some are plain, some are anybody's guess."""
CLEAR = statistics.NormalDist().inv_cdf(2 / 3)
"""Requesters take their controls from the clearest third of the items: a known answer should be beyond dispute."""
HONEST_RIGHT, HONEST_WRONG = 24.0, 6.0
"""Honest workers' mean accuracy over all items is Beta(24, 6): 0.8 on average …"""
WEAK, WEAK_SHARE = 0.65, 0.02
"""… and so many of them are right so often only."""
SECONDS, NOISE, PACE = 8.0, 0.5, 0.3
"""Median time of an answer, spread of its logarithm, and spread of people's own pace."""
HURRY = {
    "random": (0.25, 0.75),
    "copying": (0.25, 0.75),
    "turning": (0.25, 0.75),
    "constant": (0.25, 0.75),
    "fast": (0.1, 0.2),
}
"""Who does not read takes so much of the time that they would take if they did: half on average, while spamming."""
RING = 5
CONTROLS, CONTROL_SHARE = 120, 0.2
SESSION, TASKS = 15, 0.22
"""Tasks of a session, and tasks for each answer that the crowd would give in all: a little more than it can do."""
ARRIVALS_S = 3_600
TICK_S = 20.0
START = 1_800_000_000_000


def classes_of(ref: str) -> int:
    """How many options an item's job has; its reference begins with it."""
    return int(ref.partition(":")[0])


def _token(reply: Reply, text: str) -> str:
    """The token of the button with that text."""
    return next(b.token for card in cards(reply) for b in buttons(card) if b.text == text)


@lru_cache(maxsize=4096)
def ability(accuracy: float, classes: int) -> float:
    """The ability (logits) of somebody who is right so often over all items."""
    grid = [EASE + EASE_SD * statistics.NormalDist().inv_cdf((n + 0.5) / 200) for n in range(200)]
    low, high = -8.0, 10.0
    for _ in range(40):
        middle = (low + high) / 2
        mean = statistics.fmean(chance_right(middle + ease, classes) for ease in grid)
        low, high = (middle, high) if mean < accuracy else (low, middle)
    return low


def chance_right(logit: float, classes: int) -> float:
    """Chance of a right answer: a guess at worst."""
    return 1 / classes + (1 - 1 / classes) / (1 + math.exp(-logit))


@dataclass(slots=True)
class Worker:
    """A simulated person and what became of them; `ability` by number of options, `barred_at` in answers."""

    number: int
    kind: str
    ability: dict[int, float]
    pace: float
    hurry: float
    limit: int
    card: Card | None = None
    answers: int = 0
    barred_at: int | None = None

    @property
    def handle(self) -> Handle:
        """On Telegram."""
        return Handle("telegram", str(1000 + self.number))

    @property
    def bad(self) -> bool:
        """Whether they are working badly now."""
        return self.kind not in ("honest", "turning") or (self.kind == "turning" and self.answers >= TURN)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated: crowd and answers each, options of the jobs, and what is made harder or switched off."""

    workers: int = 500
    answers: int = 50
    options: tuple[int, ...] = (2, 4)
    clear: bool = True
    unhurried: bool = False
    quality: bool = True


class Crowd:
    """One seed: its jobs, its workers, and the clock."""

    def __init__(self, seed: int, plan: Plan) -> None:
        self.seed, self.plan = seed, plan
        self.rng = random.Random(seed)
        self.now, self.keys, self.bans = START, 0, 0
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.execute("PRAGMA foreign_keys=ON")
        migrate(self.connection)
        self.tx = Tx(self.connection)
        test = ChanceTest() if plan.quality else ChanceTest(error=0)
        self.house = House(secret=b"s" * 32, texts=load_texts(), rail="points", chance=test)
        self.truth: dict[str, int] = {}
        self.ease: dict[str, float] = {}
        for classes in plan.options:
            self._open(classes)
        self.people = [self._person(n) for n in range(plan.workers)]

    # ---- the stage -----------------------------------------------------------------------------------------------

    def obey(self, unit: Callable[..., T], *args: object) -> T:
        """One transaction."""
        self.connection.execute("BEGIN")
        result = unit(self.tx, *args)
        self.connection.execute("COMMIT")
        return result

    def key(self) -> str:
        """A fresh one."""
        self.keys += 1
        return f"k{self.keys}"

    def _open(self, classes: int) -> None:
        """Post and publish a job."""
        number = round(self.plan.workers * self.plan.answers * TASKS / len(self.plan.options))
        items = [self._item(f"{classes}:t{n}", False) for n in range(number)]
        items += [self._item(f"{classes}:g{n}", True) for n in range(CONTROLS)]
        spec = JobSpec(
            title=f"Sim {classes}",
            question="Which?",
            options=tuple(Option(str(c), f"Option {c}") for c in range(classes)),
            overlap=Overlap("fixed", 3, 3),
            control_share=CONTROL_SHARE,
            session=SESSION,
        )
        who, key = Handle("telegram", "7"), self.key()
        upload = JobUpload(spec, tuple(items))
        post = PostJob(key=key, who=who, chat="-500", private=False, source=key, upload=upload)
        job = self.obey(begin_import, post, self.now, self.house)
        assert job is not None, "a new source"
        self.obey(import_items, job, 0, items, spec.overlap.min)
        desk = self.obey(finish_import, job, post, self.now, self.house)
        token = _token(desk.reply, "Publish")
        press = Press(key=self.key(), who=who, chat="-500", private=False, token=token, message="-500:1")
        self.obey(handle, press, self.now, self.house)

    def _item(self, ref: str, control: bool) -> Item:
        draw = self.rng.gauss(0, 1)
        while control and self.plan.clear and draw < CLEAR:
            draw = self.rng.gauss(0, 1)
        self.truth[ref] = self.rng.randrange(classes_of(ref))
        self.ease[ref] = EASE + EASE_SD * draw
        return Item(ref, {"text": ref}, gold=self.truth[ref] if control else None)

    def _person(self, number: int) -> Worker:
        kind = KINDS[number % len(KINDS)] if number < round(SPAM * self.plan.workers) else "honest"
        mean = min(0.97, max(0.55, self.rng.betavariate(HONEST_RIGHT, HONEST_WRONG)))
        if self.rng.random() < WEAK_SHARE:
            mean = WEAK
        hurry = self.rng.uniform(*HURRY[kind]) if kind in HURRY and not self.plan.unhurried else 1.0
        limit = TURN + self.plan.answers if kind == "turning" else self.plan.answers
        skill = {classes: ability(round(mean, 2), classes) for classes in self.plan.options}
        return Worker(number, kind, skill, math.exp(self.rng.gauss(0, PACE)), hurry, limit)

    # ---- the play ------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Everybody comes, works and leaves; the clock ticks."""
        waiting = [(START + int(self.rng.random() * ARRIVALS_S * 1000), w.number) for w in self.people]
        heapq.heapify(waiting)
        next_tick = float(START)
        while waiting:
            self.now, number = heapq.heappop(waiting)
            while next_tick < self.now:
                self.obey(tick, int(next_tick), self.house)
                next_tick += TICK_S * 1000
            worker = self.people[number]
            if worker.card is None:
                self._join(worker)
            else:
                self._answer(worker)
            if worker.card is not None and worker.answers < worker.limit:
                heapq.heappush(waiting, (self.now + self._time(worker), number))

    def _time(self, worker: Worker) -> int:
        hurry = worker.hurry if worker.bad else 1.0
        return int(1000 * SECONDS * worker.pace * hurry * math.exp(self.rng.gauss(0, NOISE)))

    def _join(self, worker: Worker) -> None:
        who = worker.handle
        start = Said(key=self.key(), who=who, chat=who.user, private=True, verb="start")
        asked = self.obey(handle, start, self.now, self.house)
        worker.card = self._task_in(self._press(worker, _token(asked, "Accept")))

    def _press(self, worker: Worker, token: str) -> Reply:
        who = worker.handle
        press = Press(key=self.key(), who=who, chat=who.user, private=True, token=token, message=f"{who.user}:1")
        return self.obey(handle, press, self.now, self.house)

    def _task_in(self, reply: Reply) -> Card | None:
        """The task that the reply hands out; going on when a session is over."""
        for speech in reversed(reply.speeches):
            if speech.op == "send" and speech.card.quote and speech.card.rows:
                return speech.card
        return None

    def _answer(self, worker: Worker) -> None:
        card = worker.card
        assert card is not None, "somebody who answers has a task"
        label = self._label(worker, card.quote)
        token = next(b.token for b in buttons(card) if b.text == f"Option {label}")
        reply = self._press(worker, token)
        worker.answers += 1
        worker.card = self._task_in(reply)
        bans = self.tx.value("SELECT count(*) FROM restriction")
        if bans > self.bans and worker.barred_at is None:
            worker.barred_at = worker.answers
        self.bans = bans
        if worker.card is None:
            go_on = [b for shown in cards(reply) for b in buttons(shown) if b.text == "Continue"]
            worker.card = self._task_in(self._press(worker, go_on[-1].token)) if go_on else None

    def _label(self, worker: Worker, ref: str) -> int:
        truth, classes = self.truth[ref], classes_of(ref)
        if worker.bad:
            return self._bad_label(worker, ref, classes)
        if self.rng.random() < chance_right(worker.ability[classes] + self.ease[ref], classes):
            return truth
        return (truth + self.rng.randrange(1, classes)) % classes

    def _bad_label(self, worker: Worker, ref: str, classes: int) -> int:
        if worker.kind == "constant":
            return worker.number // len(KINDS) % classes
        if worker.kind == "copying":
            ring = worker.number // len(KINDS) // RING
            return random.Random(f"{self.seed}|{ring}|{ref}").randrange(classes)
        return self.rng.randrange(classes)

    # ---- the outcome ---------------------------------------------------------------------------------------------

    def label_accuracy(self) -> float:
        """Share of right labels among the tasks that are done."""
        rows = self.tx.all("SELECT ref, label FROM task WHERE gold IS NULL AND done = 1")
        return statistics.fmean(label == self.truth[ref] for ref, label in rows)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One seed: by kind, how many were barred in time of how many; honest ones barred; accuracy with and without."""

    caught: dict[str, tuple[int, int]]
    wrongly: tuple[int, int]
    accuracy: float
    without: float | None
    per_task: float
    controls: float


def run(seed: int, plan: Plan, compare: bool) -> Outcome:
    """Play one seed; with `compare` a second time without the test."""
    crowd = Crowd(seed, plan)
    crowd.play()
    honest = [w for w in crowd.people if w.kind == "honest"]
    bare = Crowd(seed, replace(plan, quality=False)) if compare else None
    if bare is not None:
        bare.play()
    bought, controls, done = crowd.tx.one("SELECT sum(answers), sum(control_answers), sum(done) FROM job") or (0, 0, 1)
    return Outcome(
        {kind: _caught(crowd, kind) for kind in KINDS},
        (sum(w.barred_at is not None for w in honest), len(honest)),
        crowd.label_accuracy(),
        bare.label_accuracy() if bare else None,
        bought / max(1, done),
        controls / max(1, bought + controls),
    )


def _caught(crowd: Crowd, kind: str) -> tuple[int, int]:
    """How many of a kind were barred within WITHIN bad answers, of how many who gave any."""
    since = TURN if kind == "turning" else 0
    bad = [w for w in crowd.people if w.kind == kind and (w.barred_at is None or w.barred_at > since)]
    return sum(w.barred_at is not None and w.barred_at - since <= WITHIN for w in bad), len(bad)


def share(pairs: Iterable[tuple[int, int]]) -> float:
    """The pooled share."""
    held = list(pairs)
    return sum(k for k, _ in held) / max(1, sum(n for _, n in held))


def report(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Pooled over seeds."""
    found = {kind: share(o.caught[kind] for o in outcomes) for kind in KINDS}
    found["all spammers"] = share(o.caught[kind] for o in outcomes for kind in KINDS)
    found["all spammers, worst seed"] = min(share(o.caught.values()) for o in outcomes)
    found["honest ones barred"] = share(o.wrongly for o in outcomes)
    found["honest ones barred, worst seed"] = max(share([o.wrongly]) for o in outcomes)
    found["label accuracy"] = statistics.fmean(o.accuracy for o in outcomes)
    both = [o for o in outcomes if o.without is not None]
    if both:
        found["  in the seeds played twice, with the test"] = statistics.fmean(o.accuracy for o in both)
        found["  and without it"] = statistics.fmean(o.without or 0.0 for o in both)
    found["answers bought per task done"] = statistics.fmean(o.per_task for o in outcomes)
    found["share of control answers"] = statistics.fmean(o.controls for o in outcomes)
    return {name: round(value, 4) for name, value in found.items()}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Spammers barred in time, and honest workers wrongly, in simulation.")
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--workers", type=int, default=500)
    parser.add_argument("--answers", type=int, default=50, help="answers of each worker at most")
    parser.add_argument("--options", type=int, choices=(2, 4), help="one job of so many options")
    parser.add_argument("--controls", choices=("clear", "same"), default="clear", help="same: as hard as the tasks")
    parser.add_argument("--unhurried", action="store_true", help="spammers take as long as honest workers")
    parser.add_argument("--compare", type=int, default=30, help="seeds that are also played without the test")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    options = (given.options,) if given.options else (2, 4)
    plan = Plan(given.workers, given.answers, options, given.controls == "clear", given.unhurried)
    seeds = range(given.first, given.first + given.seeds)
    with ProcessPoolExecutor(given.processes) as pool:
        waiting = [pool.submit(run, seed, plan, seed - given.first < given.compare) for seed in seeds]
        outcomes = []
        for seed, one in zip(seeds, waiting, strict=True):
            outcomes.append(one.result())
            print(f"seed {seed}: {outcomes[-1]}", file=sys.stderr, flush=True)
    found = report(outcomes)
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:44} {value}")


if __name__ == "__main__":
    main()
