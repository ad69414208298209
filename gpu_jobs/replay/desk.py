"""The state of one replayed job: what has been answered, what is believed, what is still open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from core.beliefs import (
    ROUTING,
    UNKNOWN,
    Evidence,
    Settings,
    Snapshot,
    all_hypotheses,
    class_shares,
    hypotheses,
    refit,
    untold,
)
from core.beliefs.evidence import Floats, Ints
from core.controls import advised
from gpu_jobs.replay.reader import Reader
from gpu_jobs.replay.recording import Recording

Judge = Callable[["Desk", int, Floats], bool]
"""The policy: whether a task of the desk has enough answers, from its class shares."""
CONFIRM = 5
"""A verdict is provisional until it has stood so many refits: what is learnt of the workers may reopen the task. Then
the task is closed and stays closed."""
EVERY = 0.1
"""A refit after so many answers per task, as a scheduled aggregate run would do."""


@dataclass(frozen=True, slots=True)
class Controls:
    """Which part of the tasks has a known class; accuracy and ECE are those of the others."""

    share: float
    even: bool = False  # as many of each class, instead of tasks drawn by lot


CONTROLS = Controls(0.1)
"""As in a job with control tasks."""
NO_CONTROLS = Controls(0.0)


class Desk:
    """Takes answers, judges tasks with the real posterior, refits on schedule."""

    def __init__(
        self, recording: Recording, judge: Judge, seed: int, *, voting: bool, budget: int | None, controls: Controls
    ) -> None:
        self.recording, self.judge, self.voting, self.budget = recording, judge, voting, budget
        self.confirm = 0 if voting else CONFIRM
        self.rng = np.random.default_rng(seed)
        self.control = np.zeros(recording.n_tasks, bool)
        lot = np.random.default_rng([seed, 1]).permutation(recording.n_tasks)  # arrivals do not hang on it
        lot = _in_turn(lot, recording.gold) if controls.even else lot
        self.control[lot[: _count(controls.share, recording.n_tasks)]] = True
        self.votes: list[list[tuple[int, int]]] = [[] for _ in range(recording.n_tasks)]
        self.task: list[int] = []
        self.worker: list[int] = []
        self.label: list[int] = []
        self.answered = np.zeros(recording.n_tasks, np.int64)
        self.open = np.ones(recording.n_tasks, bool)
        self.unused = [np.ones(len(shelf), bool) for shelf in recording.shelves]
        self.loads = np.zeros(recording.n_workers, np.int64)
        self.stood = np.zeros(recording.n_tasks, np.int64)  # refits since the verdict
        self.reader = Reader(None if voting else recording.text)
        self.due = 0.0
        self.refits = 0
        self.last = -1
        self.settle()

    @property
    def routed(self) -> bool:
        """Whether tasks are chosen by what an answer is expected to tell, not by lot."""
        return not self.voting

    @property
    def spent(self) -> bool:
        """Whether a fixed budget is used up."""
        return self.budget is not None and len(self.task) >= self.budget

    @property
    def known(self) -> Ints:
        """[task]: the class of control tasks, which are drawn by lot; UNKNOWN for the others."""
        return np.where(self.control, self.recording.gold, UNKNOWN)

    def evidence(self) -> Evidence:
        """All answers so far, with the known classes of control tasks."""
        task, worker, label = (np.array(values, np.int64) for values in (self.task, self.worker, self.label))
        sizes = self.recording.n_tasks, self.recording.n_workers, self.recording.n_classes
        gold = self.known if self.control.any() else None
        return Evidence(task, worker, label, *sizes, gold=gold, prior=self.reader.prior)

    def belief_about(self, task: int) -> Snapshot:
        """What a task is judged by: a control task by a fit that was told no class.

        Its own class is in what the told fit thinks of those who answered it: judged by that, it would close when it
        is right and get more answers when it is wrong.
        """
        return self.untold if self.control[task] else self.snapshot

    def believe(self, evidence: Evidence, settings: Settings = ROUTING) -> Snapshot:
        """A new snapshot; plain overlap knows the skill-weighted vote alone, so that nothing else is fitted."""
        return refit(evidence, settings=replace(settings, rounds=0) if self.voting else settings)

    def answer(self, worker: int, place: int) -> None:
        """The worker gives the recorded answer that lies at this place of their shelf."""
        task, label = int(self.recording.shelves[worker][place]), int(self.recording.said[worker][place])
        self.task.append(task)
        self.worker.append(worker)
        self.label.append(label)
        self.votes[task].append((worker, label))
        self.unused[worker][place] = False
        self.answered[task] += 1
        self.loads[worker] += 1
        snapshot = self.belief_about(task)
        self.weights[task] = hypotheses(snapshot, self.votes[task], self.reader.said_of(task))
        self._consider(task, class_shares(snapshot, self.weights[task]))

    def settle(self) -> None:
        """Refit if it is time, and judge all tasks anew that are not closed."""
        if len(self.task) < self.due:
            return
        self.due = len(self.task) + EVERY * self.recording.n_tasks
        self.refits += 1
        self.reader.read(self.evidence())
        evidence = self.evidence()
        self.snapshot = self.believe(evidence)
        self.untold = self.snapshot
        self.weights = all_hypotheses(self.snapshot, evidence)
        if self.control.any():
            self.untold = self.believe(untold(evidence))
            self.weights[self.control] = all_hypotheses(self.untold, evidence)[self.control]
        shares = class_shares(self.snapshot, self.weights)
        for task in np.flatnonzero((self.open | (self.stood < self.confirm)) & (self.answered > 0)).tolist():
            done = self.judge(self, task, shares[task])
            self.stood[task] = self.stood[task] + 1 if done and not self.open[task] else 0
            self.open[task] = not done

    def last_call(self) -> bool:
        """Once nothing is open: refit as long as that opens tasks again without new answers; whether any is open."""
        while not self.open.any() and (self.stood < self.confirm).any() and len(self.task) > self.last:
            self.last, self.due = len(self.task), 0.0
            self.settle()
        return bool(self.open.any())

    def shelf(self, worker: int) -> Ints:
        """Places of the worker's shelf whose tasks are open."""
        return np.flatnonzero(self.unused[worker] & self.open[self.recording.shelves[worker]])

    def _consider(self, task: int, shares: Floats) -> None:
        if self.judge(self, task, shares):
            self.open[task] = False


def _count(share: float, tasks: int) -> int:
    """How many control tasks a job has of which this share was asked for."""
    return max(round(share * tasks), advised(tasks)) if share else 0


def _in_turn(tasks: Ints, classes: Ints) -> Ints:
    """The same tasks in an order in which the classes take turns as long as they can."""
    turn = np.zeros(len(tasks), np.int64)
    for one in np.unique(classes):
        mine = classes[tasks] == one
        turn[mine] = np.arange(mine.sum())
    return tasks[np.argsort(turn, kind="stable")]
