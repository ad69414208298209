"""The fits that `auto` blends: votes, one-number workers, confusion matrices with a second start, ordered classes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gpu_jobs.kernels.auto.ordered import Ordered
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

VOTE, ORDERED, TIMID = "majority vote", "ordered", "ordered, timid"
BUSY = 5.0  # answers per worker from which EBCC joins
ROUNDS, STRENGTH, LEAST = 10, 4.0, 0.001  # of the weighted vote: rounds, pseudo-answers, least weight
MODELS: dict[str, Confusions] = {
    "MACE": MACE(),
    "one-coin": OneCoin(),
    "Dawid-Skene": DawidSkene(smoothing=0.01),
    "IBCC": IBCC(),
    # a weak prior of the crowd's rows: the library's other members know less of common errors
    "hierarchical": Hierarchical(n_iter=60, tol=1e-4, shared_answers=100.0, crowd_answers=100.0),
    ORDERED: Ordered(),
    TIMID: Ordered(scale_sd=0.3),
}
AGAIN = ("Dawid-Skene", "IBCC")  # those whose start matters: once more from MACE's posterior
SUBTYPES = EBCC(starts=1, num_groups=5, n_iter=60)
QUICK = ("MACE", "IBCC", "hierarchical", ORDERED)  # for many answers
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


@dataclass(frozen=True, slots=True)
class Library:
    """Which fits are worth their time on a crowd; decided once, so that all folds have the same."""

    subtypes: bool = True  # EBCC
    ordered: bool = False

    def members(self, crowd: Crowd) -> dict[str, Floats]:
        """Every fit's posterior by name; the vote first."""
        start = crowd.vote_shares()
        found = {VOTE: crowd.vote_shares(1.0), "weighted vote": weighted_vote(crowd)}
        found |= {name: model.run(crowd, start).posterior for name, model in self._models().items()}
        found["BWA"] = BWA().fit(crowd.answers).posterior
        found |= {f"{name} from MACE": MODELS[name].run(crowd, found["MACE"]).posterior for name in AGAIN}
        if self.subtypes:
            found["EBCC"] = SUBTYPES.fit(crowd.answers).posterior
        return found

    def quick_members(self, crowd: Crowd) -> dict[str, Floats]:
        """A few fits of few steps, for many answers."""
        found = {VOTE: crowd.vote_shares(1.0)}
        start = crowd.vote_shares()
        return found | {name: _steps(crowd, name, start, QUICK_STEPS) for name in self._models(QUICK)}

    def finished(self, crowd: Crowd, found: dict[str, Floats]) -> dict[str, Floats]:
        """Quick fits of a part, taken to the whole crowd by a few steps more."""
        whole = {VOTE: crowd.vote_shares(1.0)}
        return whole | {name: _steps(crowd, name, found[name], LAST_STEPS) for name in self._models(QUICK)}

    def _models(self, names: tuple[str, ...] = tuple(MODELS)) -> dict[str, Confusions]:
        return {name: MODELS[name] for name in names if self.ordered or name not in (ORDERED, TIMID)}


def library_for(crowd: Crowd) -> Library:
    """Subtypes need workers who are known well; ordered rows need errors that fall near the truth."""
    answers = crowd.answers
    counts = crowd.counts(crowd.vote_shares(1.0))
    near, even = ((model.rows(counts, model.pool(counts)) * counts).sum() for model in (MODELS[ORDERED], OneCoin()))
    return Library(len(answers.task) >= BUSY * answers.n_workers, answers.n_classes > 2 and bool(near > even))


def _steps(crowd: Crowd, name: str, start: Floats, number: int) -> Floats:
    model = MODELS[name]
    return replace(model, n_iter=number).run(crowd, start).posterior  # type: ignore[type-var]
