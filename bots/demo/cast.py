"""Who plays in the demo and what is asked: the two jobs, the crowd, and the truth that only the demo knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bots.sandbox.crowd import Person

CONTROL_SHARE = 0.11
"""Share of the tasks that carry their known answer into the upload."""
BAD_TELEGRAM_USER = 1999
BAD_WORKER = f"telegram:{BAD_TELEGRAM_USER}"
BAD_NAME = "simulated careless worker"


class Player(NamedTuple):
    """A person and the handle that they have on their platform, such as telegram:1001."""

    person: Person
    handle: str


@dataclass(frozen=True, slots=True)
class Half:
    """One platform's job as its requester has it at hand: an items file and a job file."""

    items: bytes
    job: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Everything that differs between the demo's own data and a replay."""

    data: str
    simulated: bool
    telegram: Half
    slack: Half
    truth: Mapping[str, str]
    """Option id by task, for the tasks whose label is asked for; control tasks are left out."""
    players: tuple[Player, ...]
    classes: int

    @property
    def crowd(self) -> str:
        """The crowd in two words, wherever it is shown."""
        return "simulated crowd" if self.simulated else "recorded crowd"
