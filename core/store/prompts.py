"""Questions whose answer is typed: what a person's next text in the private chat belongs to."""

from __future__ import annotations

from core.store.tx import Tx


def ask(tx: Tx, person: int, kind: str, card: int, until: int) -> None:
    """From now until then the person's next text answers this card; an older question is forgotten."""
    sql = "INSERT OR REPLACE INTO prompt(person, kind, card, until) VALUES(?, ?, ?, ?)"
    tx.run(sql, (person, kind, card, until))


def take(tx: Tx, person: int, now: int) -> tuple[str, int] | None:
    """(kind, card) of the open question, which is thereby answered."""
    row = tx.one("DELETE FROM prompt WHERE person = ? RETURNING kind, card, until", (person,))
    return (row[0], row[1]) if row and row[2] > now else None


def forget(tx: Tx, person: int) -> None:
    """The person answered by a button instead."""
    tx.run("DELETE FROM prompt WHERE person = ?", (person,))
