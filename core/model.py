"""The values that the whole house shares: who, where, what is asked and what it costs; frozen, nearly no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

MICRO = 1_000_000
"""Money is counted in integer micro-units of an asset: 1 USD = 1_000_000."""


class Handle(NamedTuple):
    """A person as a platform knows them, such as ("telegram", "1001"); written telegram:1001."""

    platform: str
    user: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.user}"


class Place(NamedTuple):
    """A chat to speak in; on Slack "@U123" stands for the direct chat with that user, opened when first needed."""

    platform: str
    chat: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.chat}"


def parse_handle(text: str) -> Handle:
    """Read telegram:1001 or slack:U123; ValueError when it is neither."""
    platform, _, user = text.strip().partition(":")
    if platform not in PLATFORMS or not user:
        raise ValueError(f"{text!r} is not a handle such as telegram:1001 or slack:U123")
    return Handle(platform, user)


PLATFORMS = ("telegram", "slack")


class AssignmentState(StrEnum):
    """Life of one task in one worker's hands (Toloka's words)."""

    ACTIVE = "ACTIVE"
    SUBMITTED = "SUBMITTED"
    SKIPPED = "SKIPPED"
    EXPIRED = "EXPIRED"


class JobState(StrEnum):
    """Life of a job; CLOSING buys nothing more and waits for its final labels."""

    IMPORTING = "importing"
    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"
    CLOSING = "closing"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """Why a job buys no more answers."""

    COMPLETED = "completed"
    DEADLINE = "deadline"
    BUDGET = "budget"
    CANCELLED = "cancelled"


METHODS = (
    "auto", "majority-vote", "wawa", "zero-based-skill", "dawid-skene", "one-coin", "hierarchical", "ibcc", "ebcc",
    "bwa", "glad", "mace", "kos", "m-msr", "gold-majority-vote",
)  # fmt: skip
"""The aggregation methods that a job may name; gpu_jobs.kernels holds one class for each."""

CANT_TELL = -1
"""The label of an answer "Can't tell": it is paid and counted, and says nothing about the classes."""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: a stable id that enters the data, and the text on its button."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """A solved item shown with the instructions; bad examples show a common mistake."""

    text: str
    label: str
    why: str = ""
    good: bool = True


@dataclass(frozen=True, slots=True)
class Overlap:
    """Answers per task: exactly `min` (fixed), or min..max until the posterior reaches `confidence` (dynamic)."""

    policy: str = "dynamic"
    min: int = 2
    max: int = 5
    confidence: float = 0.9


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What a requester asks for; money in micro-units, times in seconds, texts as they typed them."""

    title: str
    question: str
    options: tuple[Option, ...]
    kind: str = "single_choice"
    instructions: str = ""
    examples: tuple[Example, ...] = ()
    price: int = 0
    asset: str = "USD"
    overlap: Overlap = Overlap()
    control_share: float = 0.1
    budget: int | None = None
    deadline_seconds: int | None = None
    languages: tuple[str, ...] = ()
    skills: tuple[tuple[str, int], ...] = ()
    priority: int = 5
    session: int = 15
    lease_seconds: int = 600
    fast_seconds: float | None = None
    template: str = ""
    version: int = 1
    method: str = "auto"


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a requester's upload: its id, its columns, the known answer (option index) and who alone may do it."""

    ref: str
    columns: Mapping[str, str]
    gold: int | None = None
    reserved_for: tuple[Handle, ...] = ()


@dataclass(frozen=True, slots=True)
class JobUpload:
    """A whole validated upload: the spec and its items, ready to be stored."""

    spec: JobSpec
    items: tuple[Item, ...]
