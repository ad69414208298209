"""Keeps labels and workers up to date as answers arrive, at a cost that depends on what arrived, not on what is there.

An update adds the new answers, lets the touched tasks be judged again by the workers as they are, and moves the
worker counts by the difference, `sweeps` times. Other tasks keep their posterior until the answers have grown by
`growth` since the last full fit, which the update then does again. Between full fits the labels differ from those of
a full fit on under 4 % of tasks and the posterior by under 0.04 on average (tests/gpu_jobs/kernels/test_streaming.py
holds this on drawn crowds); right after one they are equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from gpu_jobs.kernels.em import Confusions, Crowd, conclude, normalised_rows, posterior_of
from gpu_jobs.kernels.hierarchical import Hierarchical
from gpu_jobs.kernels.values import Answers, Fit, Floats, Ints


@dataclass(frozen=True, slots=True)
class Stream:
    """Answers so far, and what they say."""

    answers: Answers
    posterior: Floats  # [task, class]
    counts: Floats  # [worker, true class, answered class], expected
    fitted: int  # answers at the last full fit
    fits: int = 1  # full fits so far

    @property
    def labels(self) -> Ints:
        """The likeliest class of each task, -1 without an answer."""
        seen = (np.bincount(self.answers.task, minlength=self.answers.n_tasks) > 0) | (self.answers.gold >= 0)
        return np.where(seen, self.posterior.argmax(axis=1), -1)


@dataclass(frozen=True, slots=True)
class Streaming:
    """Updates for one confusion-matrix method."""

    method: Confusions = field(default_factory=Hierarchical)
    sweeps: int = 2
    growth: float = 0.2

    def start(self, answers: Answers) -> Stream:
        """A full fit of what is there."""
        return self._fit(answers, 1)

    def _fit(self, answers: Answers, fits: int) -> Stream:
        fit: Fit = self.method.fit(answers)
        crowd = Crowd(answers)
        return Stream(answers, fit.posterior, crowd.counts(fit.posterior), len(answers.task), fits)

    def update(self, state: Stream, new: Answers) -> Stream:
        """`state` with the answers of `new`, whose sizes cover both, and whose gold replaces what was known.

        New tasks and workers get indices after the old ones; the number of classes stays.
        """
        both = _joined(state.answers, new)
        if len(both.task) > state.fitted * (1 + self.growth):
            return self._fit(both, state.fits + 1)
        touched = np.union1d(new.task, np.flatnonzero(new.gold != _padded(state.answers.gold, new.n_tasks)))
        local = Crowd(_only(both, touched))
        posterior, counts = _grown(state, new)
        counts -= Crowd(_only(_sized(state.answers, new), touched)).counts(posterior[touched])
        posterior[touched] = self._judge(local, posterior, counts)
        counts += local.counts(posterior[touched])
        for _ in range(self.sweeps - 1):
            after = self._judge(local, posterior, counts)
            counts += local.counts(after - posterior[touched])
            posterior[touched] = after
        return Stream(both, posterior, counts, state.fitted, state.fits)

    def _judge(self, local: Crowd, posterior: Floats, counts: Floats) -> Floats:
        """The touched tasks' posteriors under the workers of all tasks."""
        log_rows = self.method.rows(counts, self.method.pool(counts))
        total = posterior.sum(axis=0) + max(1.0, self.method.class_tasks)
        classes = np.log(total / total.sum()) if local.log_prior is None else local.log_prior
        return posterior_of(local, local.scores(log_rows) + classes)[0]

    def fit_of(self, state: Stream) -> Fit:
        """The state as every method reports it."""
        rows = normalised_rows(self.method.rows(state.counts, self.method.pool(state.counts)))
        return conclude(Crowd(state.answers), state.posterior, rows=rows, iterations=state.fits)


def _joined(old: Answers, new: Answers) -> Answers:
    if new.n_classes != old.n_classes or new.n_tasks < old.n_tasks or new.n_workers < old.n_workers:
        raise ValueError("new answers must cover the tasks, workers and classes that are there")
    parts = ((getattr(old, name), getattr(new, name)) for name in ("task", "worker", "label"))
    task, worker, label = (np.concatenate(pair) for pair in parts)
    return replace(new, task=task, worker=worker, label=label)


def _sized(old: Answers, new: Answers) -> Answers:
    """The old answers with room for the new tasks and workers."""
    return replace(new, task=old.task, worker=old.worker, label=old.label)


def _padded(gold: Ints, size: int) -> Ints:
    return np.concatenate([gold, np.full(size - len(gold), -1)])


def _only(answers: Answers, tasks: Ints) -> Answers:
    """The answers to some tasks, which get new indices in their order."""
    place = np.full(answers.n_tasks, -1)
    place[tasks] = np.arange(len(tasks))
    inside = place[answers.task] >= 0
    return replace(
        answers,
        task=place[answers.task[inside]],
        worker=answers.worker[inside],
        label=answers.label[inside],
        n_tasks=len(tasks),
        gold=answers.gold[tasks],
        prior=None if answers.prior is None else answers.prior[tasks],
    )


def _grown(state: Stream, new: Answers) -> tuple[Floats, Floats]:
    """Copies of posterior and counts with rows for new tasks and workers."""
    size = new.n_classes
    tasks, workers = new.n_tasks - len(state.posterior), new.n_workers - len(state.counts)
    posterior = np.vstack([state.posterior, np.full((tasks, size), 1 / size)])
    return posterior, np.concatenate([state.counts, np.zeros((workers, size, size))])
