"""The fits that `auto` blends: votes, one-number workers, confusion matrices, and a second start for the latter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gpu_jobs.kernels.bwa import BWA
from gpu_jobs.kernels.dawid_skene import DawidSkene
from gpu_jobs.kernels.ebcc import EBCC
from gpu_jobs.kernels.em import Confusions, Crowd
from gpu_jobs.kernels.hierarchical import Hierarchical
from gpu_jobs.kernels.ibcc import IBCC
from gpu_jobs.kernels.mace import MACE
from gpu_jobs.kernels.one_coin import OneCoin
from gpu_jobs.kernels.values import Floats
from gpu_jobs.kernels.wawa import agreement_with, weighted_shares

VOTE = "majority vote"
ROUNDS, STRENGTH, LEAST = 10, 4.0, 0.001  # of the weighted vote: rounds, pseudo-answers, least weight
MODELS: dict[str, Confusions] = {
    "MACE": MACE(),
    "one-coin": OneCoin(),
    "Dawid-Skene": DawidSkene(smoothing=0.01),
    "IBCC": IBCC(),
    "hierarchical": Hierarchical(n_iter=100, tol=1e-5),
}
AGAIN = ("Dawid-Skene", "IBCC")  # those whose start matters: once more from MACE's posterior
SUBTYPES = EBCC(starts=1, num_groups=5, n_iter=60)
QUICK = ("MACE", "IBCC", "hierarchical")  # for many answers
QUICK_STEPS = 8
LAST_STEPS = 2


def weighted_vote(crowd: Crowd) -> Floats:
    """Votes weighted by shrunk agreement with the weighted vote, above chance."""
    size = crowd.answers.n_classes
    given = np.maximum(np.bincount(crowd.answers.worker, minlength=crowd.answers.n_workers), 1)
    shares = crowd.vote_shares()
    for _ in range(ROUNDS):
        agreed = agreement_with(crowd, shares) * given
        accuracy = (agreed + STRENGTH * agreed.sum() / given.sum()) / (given + STRENGTH)
        shares = weighted_shares(crowd, np.maximum(size * accuracy - 1, LEAST) / (size - 1))
    return shares


def members(crowd: Crowd, *, subtypes: bool = True) -> dict[str, Floats]:
    """Every fit's posterior by name, EBCC's only with `subtypes`; the vote first."""
    start = crowd.vote_shares()
    found = {VOTE: crowd.vote_shares(1.0), "weighted vote": weighted_vote(crowd)}
    found |= {name: model.run(crowd, start).posterior for name, model in MODELS.items()}
    found["BWA"] = BWA().fit(crowd.answers).posterior
    found |= {f"{name} from MACE": MODELS[name].run(crowd, found["MACE"]).posterior for name in AGAIN}
    if subtypes:
        found["EBCC"] = SUBTYPES.fit(crowd.answers).posterior
    return found


def quick_members(crowd: Crowd) -> dict[str, Floats]:
    """A few fits of few steps, for many answers."""
    found = {VOTE: crowd.vote_shares(1.0)}
    start = crowd.vote_shares()
    return found | {name: _steps(crowd, name, start, QUICK_STEPS) for name in QUICK}


def finished(crowd: Crowd, found: dict[str, Floats]) -> dict[str, Floats]:
    """Quick fits of a part, taken to the whole crowd by a few steps more."""
    whole = {VOTE: crowd.vote_shares(1.0)}
    return whole | {name: _steps(crowd, name, found[name], LAST_STEPS) for name in QUICK}


def _steps(crowd: Crowd, name: str, start: Floats, number: int) -> Floats:
    model = MODELS[name]
    return replace(model, n_iter=number).run(crowd, start).posterior  # type: ignore[type-var]
