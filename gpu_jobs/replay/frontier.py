"""Sets curves of cost and accuracy against each other: what is saved at equal accuracy, what is lost at equal cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.beliefs.evidence import Floats

Spot = tuple[float, float]
"""Answers per task and accuracy."""
Range = tuple[float, float]
RESAMPLES = 200
"""Draws of a bootstrap: enough for two digits of an interval."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A curve against a frontier, over the spots that can be compared; None where there is none."""

    saved: float | None  # mean share of answers saved at equal accuracy, over the spots of the frontier
    least_saved: float | None  # at the worst spot of either
    gap: float | None  # mean accuracy above it at equal cost, over the spots of the frontier
    least_gap: float | None  # at the worst spot of either


def frontier(spots: Iterable[Spot]) -> list[Spot]:
    """The spots that no cheaper one equals in accuracy, cheapest first."""
    kept: list[Spot] = []
    for cost, accuracy in sorted(spots, key=lambda spot: (spot[0], -spot[1])):
        if not kept or accuracy > kept[-1][1]:
            kept.append((cost, accuracy))
    return kept


def cost_at(spots: Sequence[Spot], accuracy: float) -> float | None:
    """Answers per task at which the curve first reaches an accuracy, between its spots by a straight line."""
    kept = frontier(spots)
    if not kept or not kept[0][1] <= accuracy <= kept[-1][1]:
        return None
    costs, accuracies = zip(*kept, strict=True)
    return float(np.interp(accuracy, accuracies, costs))


def accuracy_at(spots: Sequence[Spot], cost: float) -> float | None:
    """The accuracy that the curve reaches with so many answers per task, between its spots by a straight line."""
    kept = frontier(spots)
    if not kept or cost < kept[0][0]:
        return None
    costs, accuracies = zip(*kept, strict=True)
    return float(np.interp(cost, costs, accuracies))


def compare(ours: Iterable[Spot], theirs: Iterable[Spot]) -> Comparison:
    """Our frontier against theirs; of a spot that our cheapest beats in both, as much is saved as by that, at least."""
    mine, other = frontier(ours), frontier(theirs)
    saved = [1 - cost / price for price, accuracy in other if (cost := cost_at(mine, accuracy)) is not None]
    saved += [1 - mine[0][0] / price for price, accuracy in other if mine and _beaten((price, accuracy), mine[0])]
    gaps = [reached - accuracy for price, accuracy in other if (reached := accuracy_at(mine, price)) is not None]
    dearer = [1 - cost / price for cost, accuracy in mine if (price := cost_at(other, accuracy)) is not None]
    worse = [accuracy - reached for cost, accuracy in mine if (reached := accuracy_at(other, cost)) is not None]
    worst = min(saved + dearer, default=None), min(gaps + worse, default=None)
    return Comparison(_mean(saved), worst[0], _mean(gaps), worst[1])


def _beaten(spot: Spot, by: Spot) -> bool:
    return spot[0] >= by[0] and spot[1] < by[1]


def spread(ours: Floats, theirs: Floats, rng: np.random.Generator) -> tuple[Range | None, Range | None]:
    """95 % intervals of what is saved and of the gap: percentiles over RESAMPLES draws of seeds, with replacement.

    `ours` and `theirs` are [setting, seed, (cost, accuracy)]; a seed stands for the same control tasks in both, so that
    seeds are drawn for both together (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
    """
    seeds, saved, gaps = ours.shape[1], [], []
    for _ in range(RESAMPLES if seeds > 1 else 0):
        drawn = rng.integers(seeds, size=seeds)
        found = compare(mean_spots(ours[:, drawn]), mean_spots(theirs[:, drawn]))
        saved += [found.saved] if found.saved is not None else []
        gaps += [found.gap] if found.gap is not None else []
    return _range(saved), _range(gaps)


def mean_spots(settings: Floats) -> list[Spot]:
    """The mean spot of each setting, of [setting, seed, (cost, accuracy)]."""
    return [(float(cost), float(accuracy)) for cost, accuracy in settings.mean(axis=1)]


def _range(values: Sequence[float]) -> Range | None:
    """None where too few draws allow a comparison."""
    if len(values) < RESAMPLES / 2:
        return None
    low, high = np.percentile(values, (2.5, 97.5)).tolist()
    return low, high


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
