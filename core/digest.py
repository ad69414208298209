"""The weekly digest as values: one page for the admins, one for each requester's channel; written and read as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

DAYS = 7
DAY_MS = 86_400_000


@dataclass(slots=True)
class Day:
    """What one day of a page saw; confidence is the mean of the labels aggregated then, None when there were none."""

    answers: int = 0
    controls: int = 0
    right: int = 0
    workers: int = 0
    spent: int = 0
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class AlertCount:
    """How many alerts of a kind came, and what became of them."""

    kind: str
    acted: int
    ignored: int
    open: int


@dataclass(slots=True)
class Page:
    """The week of one chat; `spent` in micro-units by asset, `asset` the one that the days are counted in."""

    name: str
    platform: str
    chat: str
    title: str
    captions: list[str]
    days: list[Day] = field(default_factory=lambda: [Day() for _ in range(DAYS)])
    workers: int = 0
    spent: dict[str, int] = field(default_factory=dict)
    asset: str = ""
    alerts: list[AlertCount] = field(default_factory=list)

    @property
    def answers(self) -> int:
        """Answers of the week, controls not counted."""
        return sum(day.answers for day in self.days)

    @property
    def controls(self) -> int:
        """Answers to control tasks."""
        return sum(day.controls for day in self.days)

    @property
    def right(self) -> int:
        """Those of them that were right."""
        return sum(day.right for day in self.days)

    @property
    def confidence(self) -> float | None:
        """The newest mean confidence of the week."""
        return next((day.confidence for day in reversed(self.days) if day.confidence is not None), None)

    @property
    def picture(self) -> str:
        """The file name of its plots."""
        return f"{self.name}.png"


@dataclass(slots=True)
class Tally:
    """Counts of one job as they are gathered: per day, and who worked on it."""

    days: list[Day] = field(default_factory=lambda: [Day() for _ in range(DAYS)])
    workers: list[set[int]] = field(default_factory=lambda: [set() for _ in range(DAYS)])

    def add(self, day: int, person: int, answers: int, controls: int, right: int) -> None:
        """Count what a person did on a day."""
        self.days[day].answers += answers
        self.days[day].controls += controls
        self.days[day].right += right
        self.workers[day].add(person)


def add_jobs(page: Page, parts: Sequence[tuple[Tally, int, str]]) -> None:
    """Sum jobs up in a page; each part is its counts, the price of an answer in micro-units, and the asset."""
    spent: Counter[str] = Counter()
    for tally, price, asset in parts:
        spent[asset] += price * sum(day.answers + day.controls for day in tally.days)
    page.spent = dict(spent)
    page.asset = max(spent, key=lambda asset: spent[asset], default="")
    for number, day in enumerate(page.days):
        for tally, price, asset in parts:
            found = tally.days[number]
            day.answers += found.answers
            day.controls += found.controls
            day.right += found.right
            day.spent += price * (found.answers + found.controls) * (asset == page.asset)
        day.workers = len(set().union(*(tally.workers[number] for tally, _, _ in parts)))
        known = [(t.days[number].confidence or 0.0) for t, _, _ in parts if t.days[number].confidence is not None]
        day.confidence = sum(known) / len(known) if known else None
    page.workers = len(set().union(*(people for tally, _, _ in parts for people in tally.workers)))


def dumps(pages: Sequence[Page]) -> str:
    """As JSON for a batch run."""
    return json.dumps([asdict(page) for page in pages], ensure_ascii=False, indent=1)


def loads(text: str) -> list[Page]:
    """Back from JSON; ValueError, KeyError or TypeError when it is something else."""
    return [
        Page(
            **{
                **page,
                "days": [Day(**day) for day in page["days"]],
                "alerts": [AlertCount(**count) for count in page["alerts"]],
            }
        )
        for page in json.loads(text)
    ]
