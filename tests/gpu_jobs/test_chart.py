"""The chart is a small PNG whatever the job looked like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gpu_jobs.chart import ChartData, draw, shorten

MAX_BYTES = 200_000  # quick to load in a chat


def data(classes: int, tasks: int, title: str) -> ChartData:
    rng = np.random.default_rng(0)
    labels = rng.integers(-1, classes, tasks)
    names = [f"class {number}" for number in range(classes)]
    return ChartData(title, f"{tasks} tasks", names, labels, rng.random(tasks), rng.integers(0, 9, tasks))


@pytest.mark.parametrize(
    ("classes", "tasks", "title"),
    [(2, 500, "Is it a cat?"), (40, 2000, "A " + "very " * 40 + "long title"), (1, 0, ""), (3, 5, "$5 and $x_")],
)
def test_any_job_gives_a_small_picture(tmp_path: Path, classes: int, tasks: int, title: str) -> None:
    draw(tmp_path / "chart.png", data(classes, tasks, title))

    picture = (tmp_path / "chart.png").read_bytes()
    assert picture.startswith(b"\x89PNG"), "chats show PNG files inline"
    assert 5_000 < len(picture) < MAX_BYTES, "it must show something and load quickly"


def test_the_same_data_gives_the_same_picture(tmp_path: Path) -> None:
    for name in ("one", "two"):
        draw(tmp_path / name, data(3, 100, "Is it?"))

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes(), "a rerun must give the same hash"


def test_a_long_name_is_cut_on_one_line() -> None:
    assert shorten("one\ntwo  three four", 10) == "one two t…", "long texts must not break the layout"
