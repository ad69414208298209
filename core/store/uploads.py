"""Half of a job (its items or its job file) that waits for the other half."""

from __future__ import annotations

from core.model import Place
from core.store.tx import Tx


def keep_half(tx: Tx, person: int, place: Place, half: tuple[str, bytes], now: int) -> None:
    """Keep this (name, content) for the person in that chat; a newer one takes its place."""
    tx.run(
        "INSERT INTO pending_upload(person, platform, chat, name, body, at) VALUES(?, ?, ?, ?, ?, ?) "
        "ON CONFLICT(person, platform, chat) DO UPDATE "
        "SET name = excluded.name, body = excluded.body, at = excluded.at",
        (person, *place, *half, now),
    )


def take_half(tx: Tx, person: int, place: Place, oldest: int) -> tuple[str, bytes] | None:
    """Take out what waits, unless it is older than that."""
    row = tx.one(
        "DELETE FROM pending_upload WHERE person = ? AND platform = ? AND chat = ? RETURNING name, body, at",
        (person, *place),
    )
    return (row[0], row[1]) if row and row[2] >= oldest else None
