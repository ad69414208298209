"""One replay of a recording with one policy, one target and one seed, and what came out of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from core.beliefs import LABELS, Evidence, all_hypotheses, calibrated, class_shares, untold
from core.beliefs.evidence import Floats
from gpu_jobs.kernels.dawid_skene import DawidSkene
from gpu_jobs.kernels.values import Answers
from gpu_jobs.replay.arrivals import Turn, anybody, named, sessions
from gpu_jobs.replay.desk import CONTROLS, Controls, Desk
from gpu_jobs.replay.policy import DYNAMIC, VOTING, Policy, judge_of
from gpu_jobs.replay.recording import Recording

Bools = npt.NDArray[np.bool_]


class Arrivals(StrEnum):
    """How workers and tasks meet."""

    SESSIONS = "sessions"
    NAMED = "named"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is replayed, beside the target; `span` is the least and the most answers per task."""

    policy: Policy = Policy.ROUTER
    arrivals: Arrivals = Arrivals.SESSIONS
    load_cap: float = 2.0
    span: tuple[int, int] | None = None
    controls: Controls = CONTROLS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one replay bought and got."""

    answers_per_task: float
    accuracy: float
    stated: Floats  # confidence of each closed task, after calibration on control tasks
    raw: Floats  # and before
    right: Bools  # whether its label is right
    load: float  # greatest load of a worker by the mean load
    other_accuracy: float  # of Dawid and Skene's labels from the same answers; for plain overlap the better one counts
    text_weight: float = 0.0  # of the items' text in the labels, 0 to 1


def replay(recording: Recording, plan: Plan, target: float, seed: int) -> Outcome:
    """Replay; the same arguments, the same outcome."""
    voting = plan.policy in VOTING
    least, most = plan.span or (DYNAMIC if voting else (1, recording.deepest))
    budget = round(target * recording.n_tasks) if plan.policy == Policy.BUDGET else None
    judge = judge_of(plan.policy, target, (least, most))
    desk = Desk(recording, judge, seed, voting=voting, budget=budget, controls=plan.controls)
    for worker, places in _turns(desk, plan):
        for place in places.tolist():
            if not desk.spent and desk.open[desk.recording.shelves[worker][place]]:
                desk.answer(worker, place)
        if desk.spent:
            break
        desk.settle()
    return _outcome(desk)


def _turns(desk: Desk, plan: Plan) -> Iterator[Turn]:
    if plan.arrivals == Arrivals.NAMED:
        return named(desk, load_cap=plan.load_cap)
    return anybody(desk) if plan.arrivals == Arrivals.ANY else sessions(desk)


def _outcome(desk: Desk) -> Outcome:
    """Labels by a last refit, which was told the control tasks; the calibration by one that was not."""
    desk.reader.read(desk.evidence(), final=True)
    evidence, gold, scored = desk.evidence(), desk.recording.gold, ~desk.control
    last = desk.believe(evidence, LABELS)
    shares = class_shares(last, all_hypotheses(last, evidence))
    right = shares.argmax(axis=1) == gold
    blind = untold(evidence)
    unknowing = desk.believe(blind, LABELS) if desk.control.any() else last
    calibration = calibrated(unknowing, blind, desk.known).calibration
    closed = scored & ~desk.open if (scored & ~desk.open).any() else scored
    accuracy = float(right[scored].mean())
    return Outcome(
        answers_per_task=len(desk.task) / len(gold),
        accuracy=accuracy,
        stated=calibration.apply(shares).max(axis=1)[closed],
        raw=shares.max(axis=1)[closed],
        right=right[closed],
        load=float(desk.loads.max() / max(1e-9, desk.loads.mean())),
        other_accuracy=_dawid_skene(evidence, desk) if desk.voting else accuracy,
        text_weight=desk.reader.weight,
    )


def _dawid_skene(evidence: Evidence, desk: Desk) -> float:
    sizes = evidence.n_tasks, evidence.n_workers, evidence.n_classes
    labels = DawidSkene().fit(Answers(evidence.task, evidence.worker, evidence.label, *sizes, desk.known)).labels
    return float((labels == desk.recording.gold)[~desk.control].mean())
