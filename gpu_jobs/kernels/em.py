"""The engine that the confusion-matrix methods share: sparse one-hot answers, one expectation and one maximisation.

An answer is a one in the matrix X [task, worker x label]; then the expected confusion counts are X' q and the log
evidence of a task is X times the log rows. Both products add in the order of sorted indices, so equal answers give
equal bits whatever the order of their rows.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy import sparse
from scipy.special import logsumexp

from gpu_jobs.kernels.estimator import Categorical
from gpu_jobs.kernels.values import Answers, Fit, Floats, Ints, credible_interval, labels_of

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Progress

TINY = 1e-10  # the least probability of a row or a class, as in crowd-kit
PSEUDO_ANSWERS = 2.0  # behind a worker's accuracy: one right, one wrong
MOST_KEYS = 2**63  # a sort key must fit in an int64
TIE = 0.001  # weight of the label shares in a first posterior: the commoner class wins a tie


class Crowd:
    """Answers prepared once for many products."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        size = (answers.n_tasks, answers.n_workers * answers.n_classes)
        column = answers.worker * answers.n_classes + answers.label
        ones = np.ones(len(column))
        self.forward = sparse.csr_array((ones, (answers.task, column)), shape=size)
        self.backward = self.forward.T.tocsr()
        self.known = np.flatnonzero(answers.gold >= 0)
        self.truth = np.eye(answers.n_classes)[answers.gold[self.known]]

    @cached_property
    def votes(self) -> Floats:
        """How many answers each task got per class, [task, class]."""
        return self.answers.votes()

    @cached_property
    def degree(self) -> Floats:
        """How many answers each task got."""
        total: Floats = self.votes.sum(axis=1)
        return total

    @cached_property
    def counted(self) -> Floats:
        """One where a task says something about the class shares: it has an answer or is known; [task, 1]."""
        return ((self.degree > 0) | (self.answers.gold >= 0)).astype(np.float64)[:, None]

    @cached_property
    def log_prior(self) -> Floats | None:
        """Each task's own log prior, where there is one."""
        prior = self.answers.prior
        return None if prior is None else np.log(np.maximum(prior, TINY))

    def counts(self, posterior: Floats) -> Floats:
        """Expected confusion counts [worker, true class, answered class]."""
        size = self.answers.n_classes
        table: Floats = (self.backward @ posterior).reshape(self.answers.n_workers, size, size)
        return table.transpose(0, 2, 1)

    def scores(self, log_rows: Floats) -> Floats:
        """Log evidence of each task from log rows [worker, true class, answered class]."""
        size = self.answers.n_classes
        table = np.ascontiguousarray(log_rows.transpose(0, 2, 1)).reshape(-1, size)
        evidence: Floats = self.forward @ table
        return evidence

    def clamp(self, posterior: Floats) -> Floats:
        """Set the rows of control tasks, in place."""
        posterior[self.known] = self.truth
        return posterior

    def class_shares(self, posterior: Floats, pseudo: float) -> Floats:
        """Class probabilities from the posterior and `pseudo` tasks per class."""
        total = (posterior * self.counted).sum(axis=0) + pseudo
        shares: Floats = total / total.sum()
        return shares

    def vote_shares(self, weight: float = TIE) -> Floats:
        """Shares of the votes with `weight` pseudo-votes at the overall shares: the usual first posterior."""
        overall = self.votes.sum(axis=0)
        overall = overall / overall.sum() if overall.sum() else np.full(len(overall), 1 / max(1, len(overall)))
        smoothed = self.votes + weight * overall
        if self.answers.prior is not None:
            smoothed = smoothed + self.answers.prior
        shares: Floats = smoothed / smoothed.sum(axis=1, keepdims=True)
        return self.clamp(shares)


@dataclass(frozen=True, slots=True)
class State:
    """Where an expectation-maximisation ended."""

    posterior: Floats
    counts: Floats  # [worker, true class, answered class], of the posterior before the last step
    log_rows: Floats
    log_classes: Floats  # [class], or [task, class] when tasks have priors of their own
    iterations: int
    log_likelihood: float


class Confusions(Categorical):
    """A method whose workers are rows of confusion probabilities, fitted by expectation-maximisation.

    A subclass says how expected counts become rows. What one worker needs to know of the crowd is computed first and
    on its own (`pool`), so that a row can also be asked for with an answer left out.
    """

    n_iter: int
    tol: float
    class_tasks: ClassVar[float] = 0.0  # pseudo-tasks per class behind the class shares

    @abstractmethod
    def pool(self, counts: Floats) -> Floats:
        """What rows borrow from the whole crowd, from counts [worker, true class, answered class]."""

    @abstractmethod
    def rows(self, counts: Floats, pool: Floats) -> Floats:
        """Log probabilities [worker, true class, answered class]; each worker from its own counts and the pool."""

    def start(self, crowd: Crowd) -> Floats:
        """The first posterior."""
        return crowd.vote_shares()

    def fit(self, answers: Answers, *, progress: Progress | None = None) -> Fit:
        """Run to convergence from the votes."""
        crowd = Crowd(answers)
        if answers.n_classes < 2 or not len(answers.task):
            return conclude(crowd, crowd.vote_shares(1.0), iterations=0)
        state = self.run(crowd, self.start(crowd), progress=progress)
        return conclude(
            crowd,
            state.posterior,
            rows=normalised_rows(state.log_rows),
            iterations=state.iterations,
            log_likelihood=state.log_likelihood,
        )

    def run(self, crowd: Crowd, start: Floats, *, progress: Progress | None = None) -> State:
        """Alternate until no probability moves by `tol`, `n_iter` times at most."""
        state = self.step(crowd, start, 1)
        while state.iterations < self.n_iter:
            before = state
            state = self.step(crowd, before.posterior, before.iterations + 1)
            change = float(np.abs(state.posterior - before.posterior).max())
            if progress:
                progress(state.iterations, change)
            if self.settled(crowd, before, state, change):
                break
        return state

    def settled(self, crowd: Crowd, before: State, after: State, change: float) -> bool:
        """Whether to stop: the largest change of a probability is below `tol`."""
        return change < self.tol

    def log_classes(self, crowd: Crowd, posterior: Floats) -> Floats:
        """Log class shares."""
        logs: Floats = np.log(np.maximum(crowd.class_shares(posterior, self.class_tasks), TINY))
        return logs

    def step(self, crowd: Crowd, posterior: Floats, number: int) -> State:
        """One maximisation and one expectation."""
        counts = crowd.counts(posterior)
        log_rows = self.rows(counts, self.pool(counts))
        log_classes = self.log_classes(crowd, posterior) if crowd.log_prior is None else crowd.log_prior
        joint = crowd.scores(log_rows) + log_classes
        after, log_likelihood = posterior_of(crowd, joint)
        return State(after, counts, log_rows, log_classes, number, log_likelihood)


def posterior_of(crowd: Crowd, joint: Floats) -> tuple[Floats, float]:
    """Posterior and log likelihood from log joint probabilities [task, class]."""
    # reducing column by column is several times faster than along short rows
    top = reduce(np.maximum, joint.T)[:, None]
    posterior = np.exp(joint - top)
    total = reduce(np.add, posterior.T)[:, None]
    evidence = (top + np.log(total))[:, 0]
    gold = crowd.answers.gold
    evidence[crowd.known] = joint[crowd.known, gold[crowd.known]]
    posterior /= total
    return crowd.clamp(posterior), float(evidence @ crowd.counted[:, 0])


def normalised_rows(log_rows: Floats) -> Floats:
    """Probabilities from log rows that need not sum to one."""
    rows: Floats = np.exp(log_rows - logsumexp(log_rows, axis=2, keepdims=True))
    return rows


def pooled_rows(counts: Floats) -> Floats:
    """The crowd's one confusion matrix with a pseudo-row of 0.7 K right and 0.3 wrong per class, [true, answered]."""
    size = counts.shape[1]
    pseudo = np.full((size, size), 0.3 / max(1, size - 1)) + np.eye(size) * (0.7 * size - 0.3 / max(1, size - 1))
    total = counts.sum(axis=0) + pseudo
    rows: Floats = total / total.sum(axis=1, keepdims=True)
    return rows


def right_of(counts: Floats) -> Floats:
    """How many of each worker's answers were right, expected."""
    diagonal: Floats = np.einsum("wkk->w", counts)
    return diagonal


def conclude(
    crowd: Crowd,
    posterior: Floats,
    *,
    rows: Floats | None = None,
    iterations: int = 1,
    log_likelihood: float | None = None,
) -> Fit:
    """The fit that a posterior amounts to: labels, and worker quality from the expected counts."""
    answers = crowd.answers
    counts = crowd.counts(posterior)
    total = counts.sum(axis=(1, 2))
    right = right_of(counts) + PSEUDO_ANSWERS / 2
    lower, upper = credible_interval(right, total + PSEUDO_ANSWERS - right)
    smoothed = counts + 1 / max(1, answers.n_classes)
    if log_likelihood is None:
        log_likelihood = float((crowd.votes * np.log(posterior + TINY)).sum())
    return Fit(
        labels=labels_of(answers, posterior),
        posterior=posterior,
        confusion=smoothed / smoothed.sum(axis=2, keepdims=True) if rows is None else rows,
        accuracy=right / (total + PSEUDO_ANSWERS),
        lower=lower,
        upper=upper,
        iterations=iterations,
        log_likelihood=log_likelihood,
    )


def sorted_answers(answers: Answers) -> tuple[Ints, Ints, Ints]:
    """Task, worker and label of the answers in an order that does not depend on the input's."""
    workers, classes = max(1, answers.n_workers), max(1, answers.n_classes)
    if answers.n_tasks * workers * classes >= MOST_KEYS:
        order = np.lexsort((answers.label, answers.worker, answers.task))
        return answers.task[order], answers.worker[order], answers.label[order]
    keys = np.sort((answers.task * workers + answers.worker) * classes + answers.label)
    pair, label = np.divmod(keys, classes)
    task, worker = np.divmod(pair, workers)
    return task, worker, label
