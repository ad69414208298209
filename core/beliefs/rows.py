"""From rows as the store keeps them, by task and person ids, to the arrays of a fit, and back to gains by task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.beliefs.balance import untold
from core.beliefs.evidence import UNKNOWN, Evidence
from core.beliefs.gains import gains
from core.beliefs.posterior import hypotheses
from core.beliefs.refit import calibrated, refit
from core.beliefs.settings import ROUTING
from core.beliefs.snapshot import Snapshot

Said = Sequence[tuple[int, int]]
Row = tuple[int, int, int]


def evidence_of(
    rows: Sequence[Row], gold: Mapping[int, int], priors: Mapping[int, Sequence[float]], classes: int
) -> tuple[Evidence, list[int]]:
    """The evidence in (task, person, label) rows, and the person behind each worker index; tasks in order of their ids.

    `gold` and `priors` are by task: the class of control tasks, and what a model says of tasks.
    """
    tasks = sorted({task for task, _, _ in rows})
    people = sorted({person for _, person, _ in rows})
    place = {task: index for index, task in enumerate(tasks)}
    rank = {person: index for index, person in enumerate(people)}
    unsaid = [0.0] * classes
    evidence = Evidence(
        task=np.array([place[task] for task, _, _ in rows], np.int64),
        worker=np.array([rank[person] for _, person, _ in rows], np.int64),
        label=np.array([label for _, _, label in rows], np.int64),
        n_tasks=len(tasks),
        n_workers=len(people),
        n_classes=classes,
        gold=np.array([gold.get(task, UNKNOWN) for task in tasks], np.int64),
        prior=np.array([priors.get(task, unsaid) for task in tasks]) if priors else None,
    )
    return evidence, people


def believe(
    rows: Sequence[Row], gold: Mapping[int, int], priors: Mapping[int, Sequence[float]], classes: int
) -> Snapshot:
    """The router's belief after these answers; its calibration comes from a fit that was not told the control tasks."""
    evidence, people = evidence_of(rows, gold, priors, classes)
    snapshot = refit(evidence, people, ROUTING)
    known = evidence.gold
    if known is None or (known == UNKNOWN).all():
        return snapshot
    blind = untold(evidence, ROUTING)
    return replace(snapshot, calibration=calibrated(refit(blind, people, ROUTING), blind, known, ROUTING).calibration)


def gains_of(
    snapshot: Snapshot, said: Sequence[Said], priors: Sequence[Sequence[float] | None], person: int
) -> list[float]:
    """What this person's answer to each of some tasks is expected to tell, in nats; `said` holds (person, label)."""
    weights = np.stack([hypotheses(snapshot, votes, prior) for votes, prior in zip(said, priors, strict=True)])
    found: list[float] = gains(snapshot, weights, person).tolist()
    return found
