"""The picture of a watch: what is drawn for many classes and for alerts."""

from __future__ import annotations

from pathlib import Path

from gpu_jobs.watch.plot import MOST_CLASSES, draw
from gpu_jobs.watch.surge import Surge
from gpu_jobs.watch.watcher import Window


def test_many_classes_an_alert_and_odd_names_are_drawn(tmp_path: Path) -> None:
    names = [f"class $ {number}" for number in range(MOST_CLASSES + 4)]
    shares = {name: 1 / len(names) for name in names}
    surge = Surge(names[-1], 0.4, 0.1, 2)
    windows = [Window(1, 200, shares, None), Window(2, 200, shares, 0.3, (surge,), Surge("unsure", 0.5, 0.2, 1))]
    draw(tmp_path / "a.png", "posts $ of $ a day", windows, shares)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG"), "names with signs are letters, not formulas"
