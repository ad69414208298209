"""A watch cuts windows, tells shares, surges and drift."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_jobs.watch.surge import Floats
from gpu_jobs.watch.watcher import Watcher

CLASSES = ("fine", "bad")


def texts(rng: np.random.Generator, count: int, *, bad: float = 0.1, doubt: float = 0.1) -> Floats:
    """Probabilities: that share of bad texts; that share of each about which the model is in doubt."""
    sure = np.where(rng.random(count) < doubt, rng.uniform(0.5, 0.6, count), rng.uniform(0.9, 1.0, count))
    is_bad = rng.random(count) < bad
    return np.column_stack([np.where(is_bad, 1 - sure, sure), np.where(is_bad, sure, 1 - sure)])


def test_windows_are_cut_and_shares_add_up() -> None:
    watcher = Watcher(CLASSES, size=100)
    rows = texts(np.random.default_rng(0), 250)
    windows = [*watcher.feed(rows[:30]), *watcher.feed(rows[30:])]
    assert [window.texts for window in windows] == [100, 100], "two windows are complete"
    assert [window.texts for window in watcher.flush()] == [50], "the rest waits until it is asked for"
    assert all(sum(window.shares.values()) == pytest.approx(1) for window in windows), "every text has one class"
    assert watcher.flush() == [], "and is told once"


def test_a_planted_surge_is_told() -> None:
    rng = np.random.default_rng(1)
    watcher = Watcher(CLASSES, size=200)
    before = watcher.feed(texts(rng, 200 * 40))
    after = watcher.feed(texts(rng, 200 * 5, bad=0.3))
    assert all(window.quiet for window in before), "nothing happens before"
    assert [surge.name for window in after for surge in window.surges] == ["bad"], "the class that surges, once"


def test_drift_is_a_surge_of_doubt() -> None:
    rng = np.random.default_rng(2)
    watcher = Watcher(CLASSES, size=200)
    before = watcher.feed(texts(rng, 200 * 40, doubt=0.2))
    after = watcher.feed(texts(rng, 200 * 5, doubt=0.6))
    assert before[0].unsure is None, "what unsure means is learnt from the first windows"
    assert not any(window.drift for window in before) and any(window.drift for window in after), "then it shows"
    assert not any(window.surges for window in after), "though the classes are as before"
