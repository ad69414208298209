"""Cards with buttons, and the outbox of everything still to be said."""

from __future__ import annotations

import json
from typing import NamedTuple

from core.messages import Card, Speech
from core.model import Place
from core.store.tx import Tx

SPEECH = "id, op, platform, chat, card, card_id, message, files, priority, attempts"
CARD = "id, nonce, kind, ref, person, platform, chat, message"


class CardRow(NamedTuple):
    """A card as stored: what it is about (`kind`, `ref`), whose buttons it has (None: anybody's), where it was sent."""

    id: int
    nonce: str
    kind: str
    ref: int
    person: int | None
    platform: str
    chat: str
    message: str | None

    @property
    def place(self) -> Place:
        """The chat it was sent to."""
        return Place(self.platform, self.chat)


def insert_card(tx: Tx, nonce: str, kind: str, ref: int, person: int | None, place: Place, now: int) -> CardRow:
    """A new card whose buttons will carry tokens made from the nonce."""
    card = tx.insert(
        "INSERT INTO card(nonce, kind, ref, person, platform, chat, at) VALUES(?, ?, ?, ?, ?, ?, ?)",
        (nonce, kind, ref, person, *place, now),
    )
    return CardRow(card, nonce, kind, ref, person, *place, None)


def card_by_nonce(tx: Tx, nonce: str) -> CardRow | None:
    """The card whose tokens start with this nonce."""
    row = tx.one(f"SELECT {CARD} FROM card WHERE nonce = ?", (nonce,))
    return CardRow(*row) if row else None


def get_card(tx: Tx, card: int) -> CardRow:
    """The card with that id; LookupError when there is none."""
    row = tx.one(f"SELECT {CARD} FROM card WHERE id = ?", (card,))
    if row is None:
        raise LookupError(f"no card {card}")
    return CardRow(*row)


def card_about(tx: Tx, kind: str, ref: int) -> CardRow | None:
    """The newest card of a kind about something."""
    row = tx.one(f"SELECT {CARD} FROM card WHERE ref = ? AND kind = ? ORDER BY id DESC LIMIT 1", (ref, kind))
    return CardRow(*row) if row else None


def cards_about(tx: Tx, kind: str, ref: int) -> list[CardRow]:
    """Every card of a kind about something, such as an alert in several admin chats."""
    sql = f"SELECT {CARD} FROM card WHERE ref = ? AND kind = ? ORDER BY id"
    return [CardRow(*row) for row in tx.all(sql, (ref, kind))]


def spend(tx: Tx, card: int) -> None:
    """This card was decided: a press on what is left of its buttons finds no such kind any more."""
    tx.run("UPDATE card SET kind = kind || ' spent' WHERE id = ?", (card,))


def insert_speech(tx: Tx, speech: Speech, now: int) -> Speech:
    """Write a speech to the outbox; the same with its id."""
    files = json.dumps(speech.files) if speech.files else ""
    number = tx.insert(
        "INSERT INTO outbox(op, platform, chat, card, card_id, message, files, priority, at) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (speech.op, *speech.place, speech.card.dumps(), speech.card_id, speech.message, files, speech.priority, now),
    )
    return Speech(
        number, speech.op, speech.place, speech.card, speech.card_id, speech.message, speech.files, speech.priority
    )


def waiting_speeches(tx: Tx) -> list[Speech]:
    """Everything not said yet, oldest first: what a restarted outbox has to do."""
    rows = tx.all(f"SELECT {SPEECH} FROM outbox WHERE state = 0 ORDER BY id")
    return [_speech(*row) for row in rows]


def _speech(
    number: int, op: str, platform: str, chat: str, card: str, card_id: int | None, message: str | None, *rest: object
) -> Speech:
    files, priority, attempts = rest
    paths = tuple((path, name) for path, name in json.loads(str(files))) if files else ()
    place = Place(platform, chat)
    return Speech(number, op, place, Card.loads(card), card_id, message, paths, int(str(priority)), int(str(attempts)))


def message_of_card(tx: Tx, card: int) -> str | None:
    """Where a card was sent, once it was."""
    row = tx.one("SELECT message FROM card WHERE id = ?", (card,))
    return row[0] if row else None


def mark_said(tx: Tx, said: list[tuple[int, int | None, str | None]]) -> None:
    """These speeches (id, card id, message reference of a new message) are out."""
    for number, card, message in said:
        tx.run("UPDATE outbox SET state = 1 WHERE id = ?", (number,))
        if card is not None and message is not None:
            tx.run("UPDATE card SET message = ? WHERE id = ?", (message, card))


def mark_given_up(tx: Tx, number: int, error: str) -> None:
    """This speech can never be delivered; why."""
    tx.run("UPDATE outbox SET state = 2, error = ? WHERE id = ?", (error, number))


def count_attempt(tx: Tx, number: int) -> None:
    """One more failed try, to be repeated later."""
    tx.run("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", (number,))


def prune(tx: Tx, before: int) -> int:
    """Forget said speeches and old inbox keys from before that time (ms); how many rows went."""
    gone = tx.run("DELETE FROM outbox WHERE state = 1 AND at < ?", (before,)).rowcount
    return gone + tx.run("DELETE FROM inbox WHERE at < ?", (before,)).rowcount


def mark_shown(tx: Tx, card: int, message: str) -> None:
    """A card was seen in this message: its press came before the note that it was sent."""
    tx.run("UPDATE card SET message = ? WHERE id = ?", (message, card))
