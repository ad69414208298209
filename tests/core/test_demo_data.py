"""The demo's data must be good enough to show something: balanced, unique, and its control tasks must be right."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import replace
from importlib import resources

import pytest

from core.intake.upload import read_upload
from core.model import Item, JobUpload

DATA = resources.files("bots.demo") / "data"


def _upload(job: str) -> JobUpload:
    files = [(name, (DATA / name).read_bytes()) for name in (job, "items.csv")]
    return read_upload(files, "", now_ms=0)


def _truth() -> dict[str, tuple[str, float]]:
    rows = csv.DictReader(io.StringIO((DATA / "truth.csv").read_text(encoding="utf-8")))
    return {row["task"]: (row["label"], float(row["difficulty"])) for row in rows}


@pytest.fixture(scope="module")
def items() -> tuple[Item, ...]:
    return _upload("job_telegram.yaml").items


def test_enough_messages(items: tuple[Item, ...]) -> None:
    texts = [item.columns["text"] for item in items]

    assert len(items) >= 240, "each platform needs about 120 tasks"
    assert len({text.casefold() for text in texts}) == len(texts), "no message may come twice"
    lengths = [len(text.split()) for text in texts]
    assert min(lengths) >= 8 and max(lengths) <= 30, "messages must be short and not trivial"


def test_truth_covers_every_message(items: tuple[Item, ...]) -> None:
    truth = _truth()

    assert list(truth) == [item.ref for item in items], "truth.csv must list the tasks of items.csv in their order"
    assert all(0 < difficulty < 0.5 for _, difficulty in truth.values()), (
        "a careful person is right more often than not"
    )
    counts = Counter(label for label, _ in truth.values())
    assert min(counts.values()) > 0.2 * len(items), f"the topics must be balanced: {counts}"


def test_control_tasks_are_right_and_spread(items: tuple[Item, ...]) -> None:
    spec, truth = _upload("job_telegram.yaml").spec, _truth()

    gold = {item.ref: spec.options[item.gold].id for item in items if item.gold is not None}

    assert all(truth[ref][0] == label for ref, label in gold.items()), "a control task must carry its true label"
    assert len(gold) == pytest.approx(0.12 * len(items), abs=1), "about 12 % of the rows are control tasks"
    for half in (items[: len(items) // 2], items[len(items) // 2 :], items[::2], items[1::2]):
        shares = Counter(gold[item.ref] for item in half if item.ref in gold)
        assert len(shares) == 4, f"each half needs control tasks of every topic, has {shares}"


def test_both_platforms_get_the_same_job() -> None:
    telegram, slack = (_upload(f"job_{platform}.yaml").spec for platform in ("telegram", "slack"))

    assert replace(telegram, title="") == replace(slack, title=""), "only the title may tell the platforms apart"


def test_budget_pays_for_every_answer(items: tuple[Item, ...]) -> None:
    spec = _upload("job_slack.yaml").spec
    tasks = len(items) // 2

    most = tasks * spec.overlap.max * spec.price / (1 - spec.control_share) * 1.2

    assert spec.budget is not None and most <= spec.budget < 1.2 * most, "the budget must be enough, not lavish"


def test_examples_are_no_tasks(items: tuple[Item, ...]) -> None:
    shown = {example.text for example in _upload("job_telegram.yaml").spec.examples}

    assert shown.isdisjoint(item.columns["text"] for item in items), "an example would give its own answer away"
