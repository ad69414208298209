"""Commands already obeyed, and those put aside because they fail every time."""

from __future__ import annotations

from core.store.tx import Tx


def toast_of(tx: Tx, key: str) -> tuple[str, bool] | None:
    """The toast that a command with this key got, or None when it is new."""
    row = tx.one("SELECT toast, alert FROM inbox WHERE key = ?", (key,))
    return (row[0], bool(row[1])) if row else None


def insert_key(tx: Tx, key: str, toast: str, alert: bool, now: int) -> None:
    """Remember that this command was obeyed and what was said to it."""
    tx.run("INSERT INTO inbox(key, at, toast, alert) VALUES(?, ?, ?, ?)", (key, now, toast, int(alert)))


def insert_poison(tx: Tx, key: str, what: str, error: str, now: int) -> int:
    """Note that handling this command failed; how often by now."""
    return int(
        tx.value(
            "INSERT INTO poison(key, at, tries, what, error) VALUES(?, ?, 1, ?, ?) "
            "ON CONFLICT(key) DO UPDATE SET tries = tries + 1, error = excluded.error RETURNING tries",
            (key, now, what, error),
        )
    )
