"""Agreement beyond chance, for a live job: Krippendorff's alpha over all workers, Cohen's kappa against a reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """`observed` is the share of pairs of answers that agree, `beyond` that corrected for chance (1 all, 0 none)."""

    observed: float
    beyond: float
    units: int
    """Tasks with two answers or more."""


def krippendorff(units: Iterable[Sequence[int]]) -> Agreement | None:
    """Nominal alpha (Krippendorff 2004) of the labels given to each task; None when no task has two answers."""
    weight: dict[tuple[int, int], float] = {}
    used = 0
    for labels in units:
        if len(labels) < 2:
            continue
        used += 1
        found = Counter(labels)
        for one, n in found.items():
            for other, m in found.items():
                share = n * (m - (one == other)) / (len(labels) - 1)
                weight[one, other] = weight.get((one, other), 0.0) + share
    if not used:
        return None
    return _beyond(weight, used)


def _beyond(weight: Mapping[tuple[int, int], float], used: int) -> Agreement:
    margins: dict[int, float] = {}
    for (one, _), share in weight.items():
        margins[one] = margins.get(one, 0.0) + share
    total = sum(margins.values())
    same = sum(share for (one, other), share in weight.items() if one == other)
    chance = sum(n * (n - 1) for n in margins.values()) / (total * (total - 1))
    observed = same / total
    beyond = 1.0 if chance >= 1 else 1 - (1 - observed) / (1 - chance)
    return Agreement(observed, beyond, used)


def by_class(units: Sequence[Sequence[int]]) -> dict[int, Agreement]:
    """The same for each class against all others: which of them workers cannot tell apart."""
    classes = sorted({label for labels in units for label in labels})
    found = {c: krippendorff([[int(label == c) for label in labels] for labels in units]) for c in classes}
    return {c: agreement for c, agreement in found.items() if agreement is not None}


def cohen(pairs: Iterable[tuple[int, int]]) -> Agreement | None:
    """Kappa (Cohen 1960) of (said, reference) pairs, such as a worker's answers and the known ones; None for none."""
    table = Counter(pairs)
    total = sum(table.values())
    if not total:
        return None
    said, meant = Counter[int](), Counter[int]()
    for (one, other), n in table.items():
        said[one] += n
        meant[other] += n
    observed = sum(n for (one, other), n in table.items() if one == other) / total
    chance = sum(said[c] * meant[c] for c in said) / total**2
    beyond = 1.0 if chance >= 1 else (observed - chance) / (1 - chance)
    return Agreement(observed, beyond, total)
