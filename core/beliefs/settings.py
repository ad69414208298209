"""The one configuration of the crowd model: priors as pseudo-answers, the same for every job and crowd."""

from __future__ import annotations

from dataclasses import dataclass

from core.beliefs.calibration import OVERSURE, RIGHT_SO_FAR, Usual


@dataclass(frozen=True, slots=True)
class Settings:
    """Strengths of the priors, in answers or tasks, and how long a fit runs."""

    shared_accuracy: float = 0.75  # of a crowd of which nothing is known
    shared_answers: float = 1000.0  # how slowly the shared confusion leaves it
    coin_answers: float = 8.0  # how slowly a worker's accuracy leaves the crowd's
    row_answers: float = 2.0  # x classes: how slowly a worker's rows leave their start, before the answers tell ...
    row_strengths: tuple[float, ...] = (1, 2, 4, 8, 16, 32, 64)  # ... which of these foretells them best
    class_tasks: float = 50.0  # per class: how slowly the class shares leave those of the control tasks ...
    even_chance: float = 0.98  # ... which are believed only where even shares, this likely at first, are not
    hardness: tuple[float, ...] = (0.0, 0.5)  # share of an answer to an easy, a hard task that is noise
    hard_shares: tuple[float, ...] = (0.85, 0.15)  # how many tasks are so
    gold_trust: float = 0.9  # chance that a control task's known class is the true one
    start_votes: float = 0.5  # pseudo-votes per class in the first posterior
    rounds: int = 5  # of expectation and maximisation; more would make the fit too sure of itself, none leaves the vote
    vote_answers: float = 4.0  # how slowly a voter's skill leaves the crowd's
    vote_crowd: float = 100.0  # how slowly the crowd's agreement leaves `shared_accuracy`
    stack_answers: float = 50.0  # pseudo-answers that hold the two models' weights to `stack_vote` ...
    stack_share: float = 0.5  # ... and so many more per answer
    stack_vote: float = 0.3  # the vote's weight before any evidence
    choose: bool = False  # take the model of greater weight alone instead of blending
    usual: Usual = OVERSURE  # what the calibration is pulled to


LABELS = Settings()
"""For the labels that a requester gets: both models, blended."""
ROUTING = Settings(rounds=3, class_tasks=200.0, choose=True, usual=RIGHT_SO_FAR)
"""For verdicts between aggregate runs: the better model alone (a blend asks again wherever the two disagree)."""
