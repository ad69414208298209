"""How far workers agree with each other: numbers that a requester can compare across jobs."""

from __future__ import annotations

from gpu_jobs.kernels.values import Floats


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
