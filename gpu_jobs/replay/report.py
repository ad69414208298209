"""What `tapcrowd replay` prints: the policy's curve beside fixed and dynamic overlap and a measured peer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from core.beliefs.evidence import Floats
from core.errors import BadUpload
from gpu_jobs.replay.curve import Point, points, replays_of, rivals, run_all
from gpu_jobs.replay.curve import Replay as Job
from gpu_jobs.replay.desk import Controls
from gpu_jobs.replay.frontier import Range, Spot, compare, cost_at, frontier, mean_spots, spread
from gpu_jobs.replay.peers import peer_of
from gpu_jobs.replay.policy import MEANING, TARGETS, Policy
from gpu_jobs.replay.recording import Recording, read_recording
from gpu_jobs.replay.run import Arrivals, Outcome, Plan

Told = Callable[[int, int], None]
"""Takes how many replays have ended, of how many."""


@dataclass(frozen=True)
class Request:
    """A checked request."""

    recording: Recording
    plan: Plan
    targets: tuple[float, ...]
    seeds: int


@dataclass(frozen=True)
class Report:
    """Results, ready to be shown."""

    dataset: str
    policy: str
    arrivals: str
    tasks: int
    workers: int
    classes: int
    seeds: int
    points: list[Point]
    note: str = ""
    rivals: dict[str, list[Spot]] = field(default_factory=dict)
    """Frontiers of other policies, under the same arrivals, labelled by the better of two rules after the fact."""
    spreads: dict[str, tuple[Range | None, Range | None]] = field(default_factory=dict)
    """95 % intervals over seeds of what is saved against each, and of the gap in accuracy."""

    @property
    def spots(self) -> list[Spot]:
        """The curve."""
        return [(point.answers_per_task, point.accuracy) for point in self.points]

    def saved(self, point: Point, rival: str) -> float | None:
        """Share of answers that the point saves against a rival of equal accuracy."""
        cost = cost_at(self.rivals[rival], point.accuracy)
        return None if cost is None else 1 - point.answers_per_task / cost

    def remarks(self) -> list[str]:
        """Sentences below the table."""
        lines = [
            f"target: {MEANING[Policy(self.policy)]}; fixed, dynamic: answers saved at equal accuracy",
            "control tasks: known to the fits of all policies, bought like others, not scored; ECE: of closed tasks, "
            "all replays together, calibrated on them; raw: before; one run: mean of each replay's own; load: greatest "
            "by the mean",
        ]
        if self.note:
            weights = ", ".join(f"{point.text_weight:.2f}" for point in self.points)
            lines.append(f"{self.note}; its weight in the labels by target: {weights}; fixed and dynamic know no text")
        for name, spots in self.rivals.items():
            found, (saved, gap) = compare(self.spots, spots), self.spreads[name]
            curve = "; ".join(f"{cost:.2f} -> {accuracy:.4f}" for cost, accuracy in frontier(spots))
            lines.append(f"{name} overlap, best of all its settings: {curve}")
            if found.saved is not None and found.least_saved is not None:
                told = _told(found.saved, saved, found.least_saved, "{:+.0%}")
                lines.append(f"  answers saved at equal accuracy: {told}")
            if found.gap is not None and found.least_gap is not None:
                told = _told(100 * found.gap, gap and (100 * gap[0], 100 * gap[1]), 100 * found.least_gap, "{:+.2f}")
                lines.append(f"  accuracy at equal cost, points: {told}")
        if peer := peer_of(self.dataset, self.arrivals):
            lines.append(peer)
        return lines


def make_request(
    folder: Path,
    policy: str,
    arrivals: str,
    targets: Sequence[float],
    *,
    load_cap: float,
    seeds: int,
    controls: Controls,
    items: bool,
) -> Request:
    """The request; BadUpload says which word is unknown, or what is wrong with the files."""
    known, ways = [one.value for one in Policy], [one.value for one in Arrivals]
    if policy not in known:
        raise BadUpload([f"there is no policy {policy!r}; there are {', '.join(known)}"])
    if arrivals not in ways:
        raise BadUpload([f"there are no arrivals {arrivals!r}; there are {', '.join(ways)}"])
    chosen = Policy(policy)
    wanted = tuple(dict.fromkeys(targets)) or TARGETS[chosen]
    sure = MEANING[chosen] == "confidence"
    if any(not 0 < target <= 1 if sure else target < 1 for target in wanted):
        span = "above 0, at most 1" if sure else "at least 1"
        raise BadUpload([f"a target of {policy} is {MEANING[chosen]}: {span}"])
    recording = read_recording(folder, items=items)
    return Request(recording, Plan(chosen, Arrivals(arrivals), load_cap, controls=controls), wanted, seeds)


def make_report(request: Request, told: Told, *, rivals: bool) -> Report:
    """Replay the policy, and with `rivals` fixed and dynamic overlap too."""
    recording, plan, seeds = request.recording, request.plan, request.seeds
    jobs = replays_of(plan, request.targets, seeds)
    others = _others(request) if rivals else {}
    everything = jobs + [job for settings in others.values() for setting in settings for job in setting]
    outcomes = iter(run_all(recording, everything, lambda done: told(done, len(everything))))
    mine = [next(outcomes) for _ in jobs]
    theirs = {name: [[next(outcomes) for _ in one] for one in settings] for name, settings in others.items()}
    ours = _table([mine[place : place + seeds] for place in range(0, len(mine), seeds)])[:, :, :2]
    return Report(
        dataset=recording.name,
        policy=plan.policy.value,
        arrivals=plan.arrivals.value,
        tasks=recording.n_tasks,
        workers=recording.n_workers,
        classes=recording.n_classes,
        seeds=seeds,
        points=points(mine, request.targets),
        note=recording.note,
        rivals={name: frontier(mean_spots(either_rule(settings))) for name, settings in theirs.items()},
        spreads={
            name: spread(ours, either_rule(settings), np.random.default_rng(0)) for name, settings in theirs.items()
        },
    )


def _others(request: Request) -> dict[str, list[list[Job]]]:
    """The replays of each setting of each rival; where the router names workers, they come as they like."""
    plan = request.plan if request.plan.arrivals == Arrivals.SESSIONS else replace(request.plan, arrivals=Arrivals.ANY)
    return {
        policy.value: [replays_of(one, (target,), request.seeds) for one, target in settings]
        for policy, settings in rivals(request.recording, plan).items()
    }


def _table(settings: Sequence[Sequence[Outcome]]) -> Floats:
    """[setting, seed, (cost, accuracy, accuracy by the other label rule)]."""
    rows = [[(one.answers_per_task, one.accuracy, one.other_accuracy) for one in setting] for setting in settings]
    return np.array(rows)


def either_rule(settings: Sequence[Sequence[Outcome]]) -> Floats:
    """[setting with a label rule, seed, (cost, accuracy)], of the outcomes of each setting."""
    table = _table(settings)
    return np.concatenate([table[:, :, [0, 1]], table[:, :, [0, 2]]])


def _told(mean: float, between: Range | None, least: float, form: str) -> str:
    """A mean over the frontier, its interval over seeds, and the worst point."""
    low, high = (form.format(end) for end in between) if between else ("", "")
    interval = f" (95 % interval {low} to {high})" if between else ""
    return f"{form.format(mean)}{interval}, worst point {form.format(least)}"
