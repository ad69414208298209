"""The house rules as one value (admins, agreement, fees, thresholds), and the desk at which a command is handled."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.controls import ControlRules
from core.detection import Levels
from core.fitness import WorkRules
from core.hours import Quiet, Weekly
from core.invitations import InviteRules
from core.messages import Button, Card, Priority, Reply, Speech
from core.model import Handle, Place
from core.models import LearningRules
from core.quality import ChanceTest
from core.rules.values import Rule
from core.store import cards as card_rows
from core.store.cards import CardRow
from core.store.people import Person
from core.store.tx import Tx
from core.texts import Texts
from core.tokens import NONCE_BYTES, mint


@dataclass(frozen=True, slots=True)
class House:
    """Everything that an operator decides and the core needs; made from the settings at start."""

    secret: bytes
    texts: Texts
    admins: frozenset[Handle] = frozenset()
    admin_places: tuple[Place, ...] = ()
    agreement_version: int = 1
    fee_ppm: int = 200_000
    rail: str = "manual"
    """How requesters pay in: "manual" needs an admin's /credit, "points" credits a job's budget by itself."""
    rules: tuple[Rule, ...] = ()
    """The quality rules of every job; a job's own rule takes the place of one with the same name."""
    fast_factor: float = 0.2
    """An answer below this part of the job's mean time came too fast to be read, where the job sets no limit."""
    undo_ms: int = 60_000
    undo_answers: int = 3
    stalled_ms: int = 1_800_000
    budget_low: float = 0.1
    quiet: Quiet | None = None
    """The hours in which alerts wait, all but those of `urgent` kinds."""
    urgent: frozenset[str] = frozenset({"batch", "poison", "schedule"})
    detection: Levels = field(default_factory=Levels)
    digest: Weekly | None = None
    """When the weekly digest is posted; None for never."""
    chance: ChanceTest = field(default_factory=ChanceTest)
    """When answers are called no better than chance; an error of 0 switches the test off."""
    controls: ControlRules = field(default_factory=ControlRules)
    work: WorkRules = field(default_factory=WorkRules)
    invitations: InviteRules = field(default_factory=InviteRules)
    learning: LearningRules = field(default_factory=LearningRules)
    contact: str = ""
    """Whom a worker can write to: shown with every restriction and in /privacy."""

    def agreement(self, lang: str) -> tuple[str, str]:
        """The agreement text in that language, and its SHA-256."""
        text = self.texts.say(lang, "agreement", version=self.agreement_version, contact=self.contact or "-")
        return text, hashlib.sha256(text.encode()).hexdigest()


@dataclass(slots=True)
class Desk:
    """One command being handled: the transaction, the rules, the time, and the reply as it grows."""

    tx: Tx
    house: House
    now: int
    reply: Reply = field(default_factory=Reply)

    def say(self, lang: str, key: str, **values: object) -> str:
        """A text in that language."""
        return self.house.texts.say(lang, key, **values)

    def toast(self, text: str, alert: bool = False) -> None:
        """What the person who pressed sees at once."""
        self.reply.toast, self.reply.alert = text, alert

    def new_card(self, kind: str, ref: int, person: int | None, place: Place) -> CardRow:
        """A card row with a fresh nonce."""
        return card_rows.insert_card(self.tx, secrets.token_hex(NONCE_BYTES), kind, ref, person, place, self.now)

    def button(self, row: CardRow, choice: str, text: str) -> Button:
        """A button of that card."""
        return Button(text, mint(self.house.secret, row.nonce, row.person, choice))

    def buttons(self, row: CardRow, *pairs: tuple[str, str]) -> tuple[Button, ...]:
        """A row of buttons from (choice, text) pairs."""
        return tuple(self.button(row, choice, text) for choice, text in pairs)

    def send(self, place: Place, card: Card, row: CardRow | None = None, priority: int = Priority.TASK) -> None:
        """Speak: a new message; with `row`, its reference is kept for later edits."""
        self._put(Speech(0, "send", place, card, row.id if row else None, None, (), priority))

    def edit(self, row: CardRow, card: Card, message: str | None = None) -> None:
        """Replace a card that was sent; by message reference when known, else by its row."""
        self._put(Speech(0, "edit", row.place, card, row.id, message or row.message, (), Priority.EDIT))

    def send_files(self, place: Place, card: Card, files: Sequence[tuple[str, str]]) -> None:
        """Send files (path, shown name) with a caption."""
        self._put(Speech(0, "files", place, card, None, None, tuple(files), Priority.NOTICE))

    def notify(self, person: Person, card: Card) -> None:
        """Tell a person something in their private chat."""
        if person.state != "gone":
            self.send(person.home, card, priority=Priority.NOTICE)

    def _put(self, speech: Speech) -> None:
        self.reply.speeches.append(card_rows.insert_speech(self.tx, speech, self.now))
