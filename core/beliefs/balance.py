"""Class shares before any answer: even ones, unless the known classes of control tasks speak against that."""

from __future__ import annotations

from dataclasses import replace
from math import exp, lgamma, log

import numpy as np

from core.beliefs.chosen import counting
from core.beliefs.evidence import UNKNOWN, Evidence, Floats, Ints
from core.beliefs.settings import LABELS, Settings

MAX_ODDS = 500.0
"""Bound on log odds, which a float's exponential bears."""


def usual_shares(known: Ints, even_chance: float) -> Floats:
    """[class]: expected shares, given how many control tasks have each class and how likely even shares are at first.

    The posterior mean under two hypotheses: even shares, and shares of which nothing is known (Good, 1967, A Bayesian
    significance test for multinomial distributions). Control tasks that leave a class out were chosen rather than
    drawn, and say nothing of shares.
    """
    size, total = len(known), int(known.sum())
    if not known.all():
        return np.full(size, 1 / size)
    uneven = lgamma(size) - lgamma(total + size) + sum(lgamma(count + 1) for count in known.tolist())
    odds = uneven + total * log(size) + log((1 - even_chance) / even_chance)
    even = 1 / (1 + exp(min(MAX_ODDS, odds)))
    counted: Floats = (known + 1.0) / (total + size)
    return even / size + (1 - even) * counted


def expected_shares(evidence: Evidence, settings: Settings) -> Floats:
    """[class]: expected shares, by control tasks that were drawn like the others or by ones that were chosen."""
    if evidence.balance is not None:
        return evidence.balance
    size = evidence.n_classes
    gold = np.full(evidence.n_tasks, UNKNOWN) if evidence.gold is None else evidence.gold
    counts, weights = np.bincount(gold[evidence.known], minlength=size), counting(evidence, gold)
    if weights is None:
        return usual_shares(counts, settings.even_chance)
    shares: Floats = (weights * counts + 1) / (weights @ counts + size)
    return shares


def untold(evidence: Evidence, settings: Settings = LABELS) -> Evidence:
    """The same for a fit that knows how common each class is expected to be, and of no task which it has."""
    return replace(evidence, gold=None, balance=expected_shares(evidence, settings))
