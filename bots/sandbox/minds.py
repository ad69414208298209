"""How a person of the crowd decides: simulated skill, bias and carelessness, or the answer that somebody once gave.

A mind reads what stands on the card and nothing else; all chance comes from the person's own generator.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

KEY_LENGTH = 1500
"""Letters of an item that tell it from others; both platforms show more than that before they cut."""


class Thought(NamedTuple):
    """The button that a person settles on (None: skip it) and, where it is recorded, how many seconds that took."""

    answer: str | None
    seconds: float | None = None


class Mind(Protocol):
    """Decides about one item."""

    def think(self, item: str, options: Sequence[str], rng: random.Random) -> Thought:
        """The answer to an item as shown, among the texts of the buttons."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The right button of an item, and how hard it is: the share of errors that even a careful person makes."""

    answer: str
    difficulty: float = 0.0


def key_of(text: str) -> str:
    """What all renderings of one item share: its letters and digits, whatever was folded, escaped or cut."""
    return "".join(filter(str.isalnum, text))[:KEY_LENGTH].casefold()


@dataclass(frozen=True, slots=True)
class Skilled:
    """Right with a chance between lot (skill 0) and the item's own ceiling (skill 1); `bias` weighs the errors."""

    truths: Mapping[str, Truth]
    skill: float
    bias: Mapping[str, float] = field(default_factory=dict)

    def think(self, item: str, options: Sequence[str], rng: random.Random) -> Thought:
        """The true answer or, by lot, a wrong one."""
        truth = self.truths[key_of(item)]
        lot = 1 / len(options)
        if rng.random() < lot + self.skill * (1 - truth.difficulty - lot):
            return Thought(truth.answer)
        wrong = [option for option in options if option != truth.answer]
        return Thought(rng.choices(wrong, [self.bias.get(option, 1.0) for option in wrong])[0])


@dataclass(frozen=True, slots=True)
class Confused:
    """Answers by a confusion matrix: for each true button, how often each button is pressed."""

    truths: Mapping[str, Truth]
    rows: Mapping[str, Mapping[str, float]]

    def think(self, item: str, options: Sequence[str], rng: random.Random) -> Thought:
        """A draw from the row of the true answer."""
        row = self.rows[self.truths[key_of(item)].answer]
        return Thought(rng.choices(list(options), [row.get(option, 0.0) for option in options])[0])


@dataclass(frozen=True, slots=True)
class Spammer:
    """Does not read: presses any button, or always the first."""

    style: Literal["random", "constant"] = "random"

    def think(self, item: str, options: Sequence[str], rng: random.Random) -> Thought:
        """A button that has nothing to do with the item."""
        return Thought(rng.choice(options) if self.style == "random" else options[0])


@dataclass(frozen=True, slots=True)
class Recorded:
    """Gives the answer that a real worker gave to the same item; skips what they never saw."""

    answers: Mapping[str, Thought]

    def think(self, item: str, options: Sequence[str], rng: random.Random) -> Thought:
        """The recorded answer."""
        return self.answers.get(key_of(item), Thought(None))


@dataclass(frozen=True, slots=True)
class Habits:
    """How a person behaves; chances are per task, times are seconds of the sandbox's clock."""

    seconds: float = 6.0
    """Median thinking time of a task, lognormal with `spread`."""
    spread: float = 0.4
    double_taps: float = 0.0
    """Presses the same button twice at once."""
    old_presses: float = 0.0
    """Presses a button of a task that is answered already."""
    undoes: float = 0.0
    """Takes the answer back and answers again."""
    skips: float = 0.0
    sleeps_over: int = 0
    """Falls asleep over the n-th task (0: never) ..."""
    sleeps_for: float = 700.0
    """... for so long, then presses its button all the same."""
    returns: int = 5
    """Comes back so often in a row to find nothing to do before leaving for good."""

    def pause(self, rng: random.Random, median: float | None = None) -> float:
        """A time to think, in seconds."""
        return rng.lognormvariate(0.0, self.spread) * (self.seconds if median is None else median)
