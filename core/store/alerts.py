"""Alerts to admins, and the append-only journal of decisions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from core.store.tx import Tx

ALERT = "id, key, kind, job, person, evidence, state, action, restriction, actor, times, at"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something an admin should see; `state` is open, acted or ignored."""

    id: int
    key: str
    kind: str
    job: int | None
    person: int | None
    evidence_text: str
    state: str
    action: str | None
    restriction: int | None
    actor: int | None
    times: int
    at: int

    @property
    def evidence(self) -> dict[str, Any]:
        """The figures that made the rule fire."""
        evidence: dict[str, Any] = json.loads(self.evidence_text)
        return evidence


def raise_alert(
    tx: Tx, key: str, kind: str, about: tuple[int | None, int | None], evidence: dict[str, Any], now: int
) -> Alert | None:
    """Open an alert about (job, person) once per key; None when it was there already (it is counted)."""
    if tx.run("UPDATE alert SET times = times + 1 WHERE key = ?", (key,)).rowcount:
        return None
    row = tx.one(
        f"INSERT INTO alert(key, kind, job, person, evidence, at) VALUES(?, ?, ?, ?, ?, ?) RETURNING {ALERT}",
        (key, kind, *about, json.dumps(evidence), now),
    )
    assert row is not None
    return Alert(*row)


def get_alert(tx: Tx, alert: int) -> Alert:
    """The alert with that id; LookupError when there is none."""
    row = tx.one(f"SELECT {ALERT} FROM alert WHERE id = ?", (alert,))
    if row is None:
        raise LookupError(f"no alert {alert}")
    return Alert(*row)


def close_alert(tx: Tx, alert: int, action: str, restriction: int | None, actor: int, now: int) -> None:
    """An admin decided."""
    state = "ignored" if action == "ignore" else "acted"
    tx.run(
        "UPDATE alert SET state = ?, action = ?, restriction = ?, actor = ?, acted_at = ? WHERE id = ?",
        (state, action, restriction, actor, now, alert),
    )


def reopen_alert(tx: Tx, alert: int) -> None:
    """The decision was taken back."""
    tx.run(
        "UPDATE alert SET state = 'open', action = NULL, restriction = NULL, actor = NULL, acted_at = NULL "
        "WHERE id = ?",
        (alert,),
    )


def insert_event(
    tx: Tx,
    kind: str,
    now: int,
    *,
    actor: int | None = None,
    job: int | None = None,
    person: int | None = None,
    **body: Any,
) -> None:
    """Append a line to the journal of decisions."""
    tx.run(
        "INSERT INTO event(at, kind, actor, job, person, body) VALUES(?, ?, ?, ?, ?, ?)",
        (now, kind, actor, job, person, json.dumps(body, ensure_ascii=False)),
    )
