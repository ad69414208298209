"""Finds the moment when a class comes up far more often than it used to, with a stated rate of false alarms.

Window by window, each class is tested by an e-value: the beta-binomial likelihood of its count with the odds of its
usual share multiplied by `factor`, over that with the usual share. Under the usual share its mean is at most one, so
the running product, restarted at one whenever it falls below (the CUSUM e-detector), reaches A on average not before A
windows. Shin, Ramdas and Rinaldo, "E-detectors: a nonparametric framework for sequential change detection", NEJSDS
(2024), section 3. Windows that differ more than chance allows (time of day, topics) widen the beta-binomial.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.special import betaln

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

PRIOR_SHARE = 0.5  # Jeffreys' pseudo-counts of a class and of all others
STRIKING = 0.5  # share of an alarm's log evidence in one window, from which on it says nothing of what is usual
PRIOR_WINDOWS, PRIOR_SPREAD = 5.0, 2.0  # as if five windows had twice the variance of chance


@dataclass(frozen=True, slots=True)
class Surge:
    """A class that surges: its share in the window and before, and since how many windows."""

    name: str
    share: float
    usual: float
    windows: int

    @property
    def times(self) -> float:
        """How many times its usual share."""
        return self.share / max(self.usual, 1e-12)


@dataclass(slots=True)
class SurgeDetector:
    """Feed it the counts of one window after the other; it tells which classes surge.

    `quiet` is the least mean number of windows between false alarms of the whole watch. A class that has surged is
    told once, until it is back below its usual share times the root of `factor`. Windows in a surge teach nothing, nor
    does one that is half an alarm by itself: a surge must not become usual while it is found. What it taught before
    is forgotten.
    """

    names: tuple[str, ...]
    quiet: float = 10_000.0
    factor: float = 2.0
    learn: int = 8  # windows before the first test
    memory: int = 200  # windows that say what is usual
    _past: deque[Counts] = field(init=False)
    _evidence: Floats = field(init=False)
    _rising: Counts = field(init=False)
    _told: npt.NDArray[np.bool_] = field(init=False)
    _striking: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        size = len(self.names)
        self._past = deque(maxlen=self.memory)
        self._evidence, self._rising = np.zeros(size), np.zeros(size, np.int64)
        self._told = np.zeros(size, np.bool_)

    def usual(self) -> Floats:
        """The usual share of each class, from quiet windows; one half while nothing is known."""
        past = np.sum(self._past, axis=0) if self._past else np.zeros(len(self.names) + 1)
        shares: Floats = (past[:-1] + PRIOR_SHARE) / (past[-1] + 2 * PRIOR_SHARE)
        return shares

    def feed(self, counts: Counts, total: int) -> list[Surge]:
        """The classes whose surge shows with this window of `total` texts; classes may overlap."""
        if total <= 0:
            return []
        window = np.append(np.asarray(counts, np.int64), total)
        found: list[Surge] = []
        if len(self._past) >= self.learn:
            found = self._test(window[:-1], total)
            self._forget(max((surge.windows - 1 for surge in found), default=0))
        if not self._told.any() and not found and not self._striking:
            self._past.append(window)
        return found

    def _forget(self, windows: int) -> None:
        """Take back what a surge taught before it was found."""
        for _ in range(min(windows, len(self._past) - self.learn)):
            self._past.pop()

    def _test(self, counts: Counts, total: int) -> list[Surge]:
        usual = self.usual()
        log_e = self._log_evidence(counts, total, usual)
        fresh = self._evidence <= 0
        self._rising = np.where(fresh, 1, self._rising + 1)
        self._evidence = np.maximum(self._evidence, 0.0) + log_e
        share = counts / total
        over = self._told & (share <= usual * self.factor**0.5)
        self._told &= ~over
        self._evidence[over] = 0.0
        alarm = np.log(self.quiet * len(self.names))
        self._striking = bool((log_e >= STRIKING * alarm).any())
        loud = (self._evidence >= alarm) & ~self._told
        self._told |= loud
        self._evidence[loud] = 0.0
        rising = self._rising.tolist()
        return [Surge(self.names[at], float(share[at]), float(usual[at]), rising[at]) for at in np.flatnonzero(loud)]

    def _log_evidence(self, counts: Counts, total: int, usual: Floats) -> Floats:
        """Log likelihood of the counts with raised odds over that with the usual share."""
        weight = self._weight(usual)
        odds = self.factor * usual / (1 - usual)
        raised = odds / (1 + odds)
        found = np.zeros(len(usual))
        for share, sign in ((raised, 1.0), (usual, -1.0)):
            yes, no = weight * share, weight * (1 - share)
            found += sign * (betaln(counts + yes, total - counts + no) - betaln(yes, no))
        return found

    def _weight(self, usual: Floats) -> Floats:
        """Pseudo-texts behind a window's share: few when windows vary more than chance, and while little is known."""
        past = np.array(self._past)
        sizes = past[:, -1:]
        expected = sizes * usual
        apart = (past[:, :-1] - expected) ** 2 / np.maximum(expected * (1 - usual), 1e-9)
        spread = (apart.sum(axis=0) + PRIOR_WINDOWS * PRIOR_SPREAD) / (len(past) - 1 + PRIOR_WINDOWS)
        between = np.maximum(spread - 1.0, 1e-3) / np.maximum(sizes.mean() - 1.0, 1.0)
        known = 1.0 / (sizes.sum() + 2 * PRIOR_SHARE)
        weight: Floats = 1.0 / (between + known)
        return weight
