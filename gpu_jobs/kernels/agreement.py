"""How far workers agree with each other: numbers that a requester can compare across jobs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpu_jobs.kernels.em import Crowd
from gpu_jobs.kernels.values import Answers, Floats, Ints

MOST_WORKERS = 5000  # pairs are counted for at most so many: the densest case is 25 million


@dataclass(frozen=True, slots=True)
class Cohen:
    """Cohen's kappa of each pair of workers with a common task; nan where chance cannot disagree."""

    first: Ints
    second: Ints
    common: Ints  # tasks that both answered
    kappa: Floats


@dataclass(frozen=True, slots=True)
class Agreement:
    """Every agreement statistic of one crowd; nan where it is not defined."""

    observed: float
    alpha: float  # Krippendorff, nominal
    kappa: float  # Fleiss, for any number of answers per task
    cohen: Cohen  # empty above MOST_WORKERS workers
    mean_cohen: float  # weighted by common tasks


def agreement(answers: Answers) -> Agreement:
    """All statistics in one call."""
    votes = answers.votes()
    cohen = pairwise_cohen(answers)
    valid = np.isfinite(cohen.kappa)
    weight = cohen.common[valid].astype(np.float64)
    mean = float(cohen.kappa[valid] @ weight / weight.sum()) if weight.sum() else float("nan")
    return Agreement(observed_agreement(votes), krippendorff_alpha(votes), fleiss_kappa(votes), cohen, mean)


def fleiss_kappa(votes: Floats) -> float:
    """Fleiss' kappa from votes [task, class] over tasks with two answers or more; nan where chance explains all."""
    paired = votes[votes.sum(axis=1) >= 2]
    if not len(paired):
        return float("nan")
    shares = paired.sum(axis=0) / paired.sum()
    chance = float((shares**2).sum())
    return (observed_agreement(votes) - chance) / (1 - chance) if chance < 1 else float("nan")


def pairwise_cohen(answers: Answers) -> Cohen:
    """Cohen's kappa of every pair of workers, each pair once, over the tasks that both answered."""
    if answers.n_workers > MOST_WORKERS or not len(answers.task):
        empty = np.empty(0, np.int64)
        return Cohen(empty, empty, empty, np.empty(0))
    crowd, size = Crowd(answers), answers.n_classes
    one_hot = crowd.forward.tocsc().sign()
    said = [one_hot[:, np.arange(answers.n_workers) * size + label] for label in range(size)]
    present = sum(said[1:], said[0]).sign()
    first, second = (present.T @ present).toarray().nonzero()
    first, second = first[first < second], second[first < second]
    common = (present.T @ present).toarray()[first, second]
    equal = sum((table.T @ table).toarray()[first, second] for table in said)
    chance = np.zeros(len(first))
    for table in said:
        own = (table.T @ present).toarray()  # how often the one said this where the other answered too
        chance += own[first, second] * own[second, first]
    observed, chance = equal / common, chance / common**2
    kappa = np.full(len(first), np.nan)
    np.divide(observed - chance, 1 - chance, out=kappa, where=chance < 1)
    return Cohen(first.astype(np.int64), second.astype(np.int64), common.astype(np.int64), kappa)


def observed_agreement(votes: Floats) -> float:
    """Share of pairs of answers to one task that are equal, averaged over tasks (Fleiss); nan without a pair."""
    paired = votes[votes.sum(axis=1) >= 2]
    if not len(paired):
        return float("nan")
    size = paired.sum(axis=1)
    return float(((paired * (paired - 1)).sum(axis=1) / (size * (size - 1))).mean())


def krippendorff_alpha(votes: Floats) -> float:
    """Krippendorff's alpha for nominal data from votes [task, class]; nan where chance cannot disagree."""
    paired = votes[votes.sum(axis=1) >= 2]
    values = paired.sum(axis=0)
    total = values.sum()
    by_chance = total**2 - (values**2).sum()
    if by_chance == 0:
        return float("nan")
    size = paired.sum(axis=1)
    disagreeing = ((size**2 - (paired**2).sum(axis=1)) / (size - 1)).sum()
    return float(1 - (total - 1) * disagreeing / by_chance)
