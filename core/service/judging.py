"""Judges a task by everything that is known: its votes, what is believed of their workers, and what a model says of it.

A verdict is a function of the votes in force, the job's belief and the task's prior, so that an undo restores it. Jobs
of fixed overlap, and those too young to be fitted, are judged by one-coin workers with the weights of their votes.
"""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Sequence

from core import enough, routing
from core.beliefs import Snapshot, loads, posterior
from core.beliefs.rows import gains_of
from core.model import CANT_TELL, Overlap
from core.policies import is_checked, judge_shares, value_of_next
from core.routing import Candidate, Verdict, Vote
from core.service.house import Desk
from core.store import beliefs, models
from core.store.jobs import Job
from core.store.tasks import Task

KEPT = 256
"""Beliefs kept in memory, by their content."""
STRANGER = 0.75
"""How often somebody is right of whom nothing is believed yet (core.quality's prior)."""
WORTH_WAITING = 0.5
"""A task already begun is preferred while it gains at least this share of what the best fresh one would."""
_kept: OrderedDict[int, Snapshot] = OrderedDict()


def belief_of(desk: Desk, job: Job) -> Snapshot | None:
    """What is believed of the job's crowd; None for a job that is too young, or has fixed overlap."""
    if not job.belief or job.spec.overlap.policy == "fixed":
        return None
    found = _kept.get(job.belief)
    if found is None:
        found = _kept[job.belief] = loads(beliefs.body_of(desk.tx, job.id))
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def judge(desk: Desk, job: Job, task: Task, overlap: Overlap, votes: Sequence[Vote], active: int) -> Verdict:
    """The verdict on a task with these votes and leases; without votes a model's own label stands, if it gave one."""
    if job.spec.learn and not votes and (alone := models.label_of(desk.tx, task.id)) is not None:
        return Verdict(*alone, done=True, want=0)
    belief = belief_of(desk, job)
    prior = beliefs.priors_of(desk.tx, [task.id]).get(task.id) if job.priors else None
    classes = len(job.spec.options)
    if belief is None and prior is None and overlap.policy in ("fixed", "dynamic"):
        return routing.judge(overlap, votes, active, classes)
    checked = is_checked(task.position, overlap.share)
    if belief is None:
        shares = routing.posterior(votes, classes, prior)
        gain = value_of_next(shares, STRANGER, overlap.worth, job.price.total)
        verdict = judge_shares(overlap, shares, len(votes), active, gain=gain, checked=checked)
    else:
        held = [(vote.worker, vote.label) for vote in votes]
        shares, price = posterior(belief, held, prior), job.price.total
        verdict = enough.decide(belief, overlap, held, shares, prior, active=active, checked=checked, price=price)
    said = prior is not None or any(vote.label != CANT_TELL for vote in votes)
    return verdict if said else Verdict(None, verdict.confidence, verdict.done, verdict.want)


def looks_wide(job: Job) -> bool:
    """Whether fresh tasks are compared with those begun: to spend a budget, or by what is believed of the crowd."""
    return job.spec.overlap.policy == "budget" or bool(job.belief)


def choose(desk: Desk, job: Job, person: int, found: Sequence[Candidate], rng: random.Random) -> int | None:
    """The task that this worker helps most: by expected fall of entropy where something is believed of the crowd.

    A budget is spent first on tasks without an answer.
    """
    if job.spec.overlap.policy == "budget":
        fresh = [one for one in found if not one.answers]
        found = fresh or found
    belief = belief_of(desk, job)
    if belief is None or len(found) < 2:
        return routing.choose(found, rng)
    said = beliefs.ballots(desk.tx, [one.task for one in found])
    priors = beliefs.priors_of(desk.tx, [one.task for one in found]) if job.priors else {}
    worth = gains_of(belief, [said[one.task] for one in found], [priors.get(one.task) for one in found], person)
    return _best(found, worth)


def _best(found: Sequence[Candidate], worth: Sequence[float]) -> int:
    """The best of those begun, unless a fresh one gains far more; ties go to the older task."""
    order = sorted(zip(worth, found, strict=True), key=lambda pair: (-pair[0], pair[1].task))
    begun = next(((gain, one) for gain, one in order if one.answers), None)
    best_gain, best = order[0]
    if begun is not None and begun[0] >= WORTH_WAITING * best_gain:
        return begun[1].task
    return best.task
