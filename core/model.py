"""The values that the whole house shares: who, where, what is asked and what it costs; frozen, nearly no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from core.rules.values import Rule

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


UNDER_WAY = (JobState.OPEN, JobState.PAUSED)
"""A published job that may still buy answers."""


class CloseReason(StrEnum):
    """Why a job buys no more answers."""

    COMPLETED = "completed"
    DEADLINE = "deadline"
    BUDGET = "budget"
    EXHAUSTED = "exhausted"
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
    """Answers per task: exactly `min` (fixed), or min..max as the policy decides.

    dynamic: until the posterior reaches `confidence`; checkpoint: so on a `share` of the tasks, `min` on the others;
    value: while an answer gains more than its price, a correct label being worth `worth` micro-units; budget: where
    answers gain most, until the job's budget is spent.
    """

    policy: str = "dynamic"
    min: int = 2
    max: int = 5
    confidence: float = 0.9
    share: float = 1.0
    worth: int = 0


@dataclass(frozen=True, slots=True)
class Review:
    """How answers are reviewed before they are paid; shares of the answers, times in seconds.

    `second` is the share that two reviewers judge blind; a label below `threshold` is looked at once more; `fix_pays`
    says that an answer which a reviewer put right is paid all the same.
    """

    share: float = 1.0
    blind: bool = True
    threshold: float = 0.7
    second: float = 0.0
    appeal_seconds: int = 3 * 86_400
    accept_after_seconds: int = 2 * 86_400
    fix_pays: bool = False
    reviewers: tuple[Handle, ...] = ()


TEXT = "text"
"""The kind of a job whose answers are typed."""
TEXT_OPTIONS = (Option("text", "Text"), Option("none", "No text"))
"""What a typed answer is as a label: labels are whole numbers everywhere, the text stands beside the answer."""


@dataclass(frozen=True, slots=True)
class Check:
    """How typed answers are checked: what others are asked, for how much, how many, and in how many rounds."""

    question: str = "Is this answer right?"
    price: int = 0
    min: int = 2
    max: int = 3
    confidence: float = 0.9
    rounds: int = 3


STATED_WEIGHT = 0.98
"""How sure a label is taken to be that an expert or a reviewer decided, unless the job states another weight."""


@dataclass(frozen=True, slots=True)
class Experts:
    """Who decides contested tasks: people with one of the skills, or named; at what price, fee and stated weight."""

    skills: tuple[tuple[str, int], ...] = ()
    people: tuple[Handle, ...] = ()
    price: int = 0
    fee: int = 0
    weight: float = STATED_WEIGHT
    wait_seconds: int = 3 * 86_400


@dataclass(frozen=True, slots=True)
class Training:
    """Teaching tasks before a job: how many, per cent of right answers to pass, tries, wait between them, pay."""

    tasks: int = 5
    pass_score: int = 60
    attempts: int = 3
    cooldown_seconds: int = 3600
    feedback: bool = True
    paid: bool = False


@dataclass(frozen=True, slots=True)
class Exam:
    """An exam before a job; who passes holds `skill` (the score, 0..100) for `valid_seconds`."""

    questions: int = 8
    pass_score: int = 70
    attempts: int = 2
    cooldown_seconds: int = 86_400
    valid_seconds: int = 90 * 86_400
    skill: str = ""
    feedback: bool = True
    """Whether the result says which answers would have been right, and why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Who may do how much of a job, and when; times of day in minutes, a share is of the job's tasks.

    `quality` holds the job's tasks for that share of the best workers during the first `hold_seconds`.
    """

    max_answers: int | None = None
    max_share: float | None = None
    hours: tuple[int, int] | None = None
    timezone: str = "UTC"
    unavailable_for: tuple[Handle, ...] = ()
    quality: float = 0.0
    hold_seconds: int = 3600


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
    review: Review | None = None
    experts: Experts | None = None
    check: Check | None = None
    rules: tuple[Rule, ...] = ()
    training: Training | None = None
    exam: Exam | None = None
    limits: Limits | None = None
    learn: bool = False
    """Whether the learning loop works along: audits, models, priors for the router."""
    invite: bool = False
    """Whether workers who want to be called are called from the start, not only when the job waits."""
    hold_seconds: int = 0
    """How long a task is held for a worker who was called to it."""
    auto_accept: float | None = None
    """The precision at which a model's labels stand without people; None for the house's rule."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a requester's upload: its id, its columns, the known answer (option index) and who alone may do it."""

    ref: str
    columns: Mapping[str, str]
    gold: int | None = None
    reserved_for: tuple[Handle, ...] = ()
    why: str = ""
    """Why the known answer is right: told after training tasks, exams and teaching controls."""
    teaching: bool = False
    """A control whose answer and reason are told at once."""
    unavailable_for: tuple[Handle, ...] = ()


@dataclass(frozen=True, slots=True)
class JobUpload:
    """A whole validated upload: the spec and its items, ready to be stored."""

    spec: JobSpec
    items: tuple[Item, ...]
