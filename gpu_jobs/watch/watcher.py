"""One watch: probabilities of text after text go in; class shares per window, surges and drift come out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gpu_jobs.watch.surge import Floats, Surge, SurgeDetector

UNSURE = "unsure"
UNSURE_SHARE = 0.2  # of the first texts: the least sure fifth sets what unsure means


@dataclass(frozen=True, slots=True)
class Window:
    """One window's figures: how many texts, each class's share, the share of unsure texts, and what showed in it."""

    number: int
    texts: int
    shares: dict[str, float]
    unsure: float | None
    surges: tuple[Surge, ...] = ()
    drift: Surge | None = None

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.surges and self.drift is None


@dataclass(slots=True)
class Watcher:
    """Cuts a stream of probabilities into windows of `size` texts and tests each.

    Drift is a surge of texts on which the model is unsure: it calls for new labels. What unsure means, the first
    `learn` windows set.
    """

    classes: tuple[str, ...]
    size: int = 200
    learn: int = 8
    quiet: float = 10_000.0
    factor: float = 2.0
    _rows: list[Floats] = field(default_factory=list)
    _held: int = 0
    _number: int = 0
    _first: list[Floats] = field(default_factory=list)
    _line: float | None = None
    _classes: SurgeDetector = field(init=False)
    _unsure: SurgeDetector = field(init=False)

    def __post_init__(self) -> None:
        self._classes = SurgeDetector(self.classes, self.quiet, self.factor, self.learn)
        self._unsure = SurgeDetector((UNSURE,), self.quiet, self.factor, self.learn)

    def feed(self, probabilities: Floats) -> list[Window]:
        """The windows that are complete with these texts, [text, class]."""
        self._rows.append(probabilities)
        self._held += len(probabilities)
        if self._held < self.size:
            return []
        rows = np.concatenate(self._rows)
        cut = len(rows) - len(rows) % self.size
        self._rows, self._held = [rows[cut:]], len(rows) - cut
        return [self._close(rows[at : at + self.size]) for at in range(0, cut, self.size)]

    def usual(self) -> dict[str, float]:
        """The usual share of each class."""
        return dict(zip(self.classes, self._classes.usual().tolist(), strict=True))

    def flush(self) -> list[Window]:
        """The last, shorter window, as at the end of an hour; none when nothing came."""
        rows = np.concatenate(self._rows) if self._rows else np.empty((0, len(self.classes)))
        self._rows, self._held = [], 0
        return [self._close(rows)] if len(rows) else []

    def _close(self, rows: Floats) -> Window:
        self._number += 1
        counts = np.bincount(rows.argmax(axis=1), minlength=len(self.classes))
        surges = self._classes.feed(counts, len(rows))
        unsure, drift = self._look_at_confidence(rows.max(axis=1))
        shares = {name: float(count) / len(rows) for name, count in zip(self.classes, counts, strict=True)}
        return Window(self._number, len(rows), shares, unsure, tuple(surges), drift)

    def _look_at_confidence(self, sure: Floats) -> tuple[float | None, Surge | None]:
        if self._line is None:
            self._first.append(sure)
            if len(self._first) == self.learn:
                self._line = float(np.quantile(np.concatenate(self._first), UNSURE_SHARE))
                for window in self._first:
                    self._unsure.feed(np.array([(window < self._line).sum()]), len(window))
            return None, None
        below = int((sure < self._line).sum())
        found = self._unsure.feed(np.array([below]), len(sure))
        return below / len(sure), found[0] if found else None
