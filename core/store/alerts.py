"""Alerts to admins, and the append-only journal of decisions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from core.store.tx import Tx

ALERT = (
    "id, key, kind, job, person, evidence, state, action, restriction, actor, times, at, "
    "other, target, chart, last_at, shown_at, held"
)


@dataclass(frozen=True, slots=True)
class Alert:
    """Something an admin should see; `state` is open, acted or ignored; `other` is the second worker of a pair."""

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
    other: int | None = None
    target: int | None = None
    chart: str = ""
    last_at: int = 0
    shown_at: int = 0
    held: int = 0

    @property
    def evidence(self) -> dict[str, Any]:
        """The figures that made the rule fire."""
        evidence: dict[str, Any] = json.loads(self.evidence_text)
        return evidence


def raise_alert(
    tx: Tx, key: str, kind: str, about: tuple[int | None, int | None], evidence: dict[str, Any], now: int
) -> Alert | None:
    """Open an alert about (job, person) once per key; None when it was there already (it is counted)."""
    if repeat_alert(tx, key, now) is not None:
        return None
    row = tx.one(
        "INSERT INTO alert(key, kind, job, person, evidence, at, last_at, shown_at) VALUES(?, ?, ?, ?, ?, ?6, ?6, ?6) "
        f"RETURNING {ALERT}",
        (key, kind, *about, json.dumps(evidence), now),
    )
    assert row is not None
    return Alert(*row)


def repeat_alert(tx: Tx, key: str, now: int, times: int = 1) -> Alert | None:
    """Count that an alert was raised again; None when there is none with that key."""
    sql = f"UPDATE alert SET times = times + ?, last_at = ? WHERE key = ? RETURNING {ALERT}"
    row = tx.one(sql, (times, now, key))
    return Alert(*row) if row else None


def is_known(tx: Tx, key: str) -> bool:
    """Whether there is an alert with that key, open or decided."""
    return tx.one("SELECT 1 FROM alert WHERE key = ?", (key,)) is not None


def decided(tx: Tx, kind: str, job: int) -> list[Alert]:
    """The alerts of a kind about a job on which an admin decided."""
    rows = tx.all(f"SELECT {ALERT} FROM alert WHERE job = ? AND kind = ? AND state <> 'open'", (job, kind))
    return [Alert(*row) for row in rows]


def set_view(tx: Tx, alert: int, evidence: dict[str, Any], chart: str, now: int) -> None:
    """What its cards show from now on."""
    tx.run(
        "UPDATE alert SET evidence = ?, chart = ?, shown_at = ? WHERE id = ?", (json.dumps(evidence), chart, now, alert)
    )


def set_other(tx: Tx, alert: int, other: int) -> None:
    """The second worker that it is about."""
    tx.run("UPDATE alert SET other = ? WHERE id = ?", (other, alert))


def hold(tx: Tx, alert: int, held: bool) -> None:
    """Whether it waits for the end of the quiet hours."""
    tx.run("UPDATE alert SET held = ? WHERE id = ?", (int(held), alert))


def held_alerts(tx: Tx) -> list[Alert]:
    """Every alert that waits for the end of the quiet hours, oldest first."""
    return [Alert(*row) for row in tx.all(f"SELECT {ALERT} FROM alert WHERE held = 1 ORDER BY id")]


def get_alert(tx: Tx, alert: int) -> Alert:
    """The alert with that id; LookupError when there is none."""
    row = tx.one(f"SELECT {ALERT} FROM alert WHERE id = ?", (alert,))
    if row is None:
        raise LookupError(f"no alert {alert}")
    return Alert(*row)


def alert_of_key(tx: Tx, key: str) -> int:
    """The id of the alert with that key; LookupError when there is none."""
    return int(tx.value("SELECT id FROM alert WHERE key = ?", (key,)))


def close_alert(
    tx: Tx, alert: int, action: str, restriction: int | None, actor: int, now: int, target: int | None = None
) -> None:
    """An admin decided, about that person if about anybody."""
    state = "ignored" if action == "ignore" else "acted"
    tx.run(
        "UPDATE alert SET state = ?, action = ?, restriction = ?, actor = ?, acted_at = ?, target = ? WHERE id = ?",
        (state, action, restriction, actor, now, target, alert),
    )


def reopen_alert(tx: Tx, alert: int) -> None:
    """The decision was taken back."""
    tx.run(
        "UPDATE alert SET state = 'open', action = NULL, restriction = NULL, actor = NULL, acted_at = NULL, "
        "target = NULL WHERE id = ?",
        (alert,),
    )


@dataclass(frozen=True, slots=True)
class Act:
    """A line of an alert's log: when (ms), who, what, and about whom if about anybody."""

    at: int
    actor: int
    action: str
    target: int | None


def log_act(tx: Tx, alert: int, act: Act) -> None:
    """Append a line to an alert's log."""
    tx.run(
        "INSERT INTO alert_log(alert, at, actor, action, target) VALUES(?, ?, ?, ?, ?)",
        (alert, act.at, act.actor, act.action, act.target),
    )


def acts_of(tx: Tx, alert: int, newest: int) -> list[Act]:
    """The newest lines of an alert's log, oldest first."""
    sql = "SELECT at, actor, action, target FROM alert_log WHERE alert = ? ORDER BY id DESC LIMIT ?"
    return [Act(*row) for row in reversed(tx.all(sql, (alert, newest)))]


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
