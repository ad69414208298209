"""The ledger's rows: accounts, postings, entries; a refusal of the schema becomes a sentence."""

from __future__ import annotations

import hashlib
import json
import sqlite3

from core.errors import KeyReused, LedgerError, NotEnough
from core.ledger import Entry
from core.store.tx import Tx


def post(tx: Tx, entry: Entry, now: int) -> bool:
    """Write an entry once; False when it is there already.

    KeyReused and NotEnough are told before anything is written. A LedgerError is a bug that the schema caught: it
    leaves legs without their entry, so the transaction cannot be committed any more.
    """
    digest = hashlib.sha256(json.dumps([entry.kind, entry.asset, entry.legs]).encode()).hexdigest()
    seen = tx.one("SELECT digest FROM entry WHERE id = ?", (entry.key,))
    if seen is not None:
        if seen[0] != digest:
            raise KeyReused(f"the entry {entry.key} exists and says something else")
        return False
    accounts = [(_account(tx, code, entry.asset), amount) for code, amount in entry.legs]
    if any(floor is not None and held + amount < floor for (_, floor, held), amount in accounts):
        raise NotEnough(f"{entry.kind} {entry.key}: an account does not hold enough")
    try:
        for (account, _, _), amount in accounts:
            tx.run("INSERT INTO posting(entry, account, amount) VALUES(?, ?, ?)", (entry.key, account, amount))
        tx.run(
            "INSERT INTO entry(id, digest, kind, at, reverses) VALUES(?, ?, ?, ?, ?)",
            (entry.key, digest, entry.kind, now, entry.reverses),
        )
    except sqlite3.IntegrityError as error:
        raise LedgerError(f"{entry.kind} {entry.key}: {error}") from None
    return True


def _account(tx: Tx, code: str, asset: str) -> tuple[int, int | None, int]:
    """(id, floor, balance) of the account, opened when it is new."""
    full = f"{code}:{asset}"
    row = tx.one("SELECT id, floor, balance FROM account WHERE code = ?", (full,))
    if row is None:
        floor = None if code.startswith("world:") else 0
        sql = "INSERT INTO account(code, asset, floor) VALUES(?, ?, ?) RETURNING id, floor, balance"
        row = tx.one(sql, (full, asset, floor))
    assert row is not None
    return row[0], row[1], row[2]


def balance(tx: Tx, code: str, asset: str) -> int:
    """What an account holds; 0 when it was never used."""
    row = tx.one("SELECT balance FROM account WHERE code = ?", (f"{code}:{asset}",))
    return int(row[0]) if row else 0


def balances(tx: Tx, prefix: str) -> list[tuple[str, str, int]]:
    """(code, asset, balance) of the accounts whose code starts so."""
    rows = tx.all("SELECT code, asset, balance FROM account WHERE code GLOB ? ORDER BY code", (prefix + "*",))
    return [(code.removesuffix(f":{asset}"), asset, amount) for code, asset, amount in rows]


def credited(tx: Tx, entry: str, account: str, asset: str) -> int:
    """What one entry brought to an account; 0 when there is no such entry."""
    sql = "SELECT p.amount FROM posting p JOIN account a ON a.id = p.account WHERE p.entry = ? AND a.code = ?"
    row = tx.one(sql, (entry, f"{account}:{asset}"))
    return int(row[0]) if row else 0


def turnover(tx: Tx, kind: str, account: str, asset: str) -> int:
    """Sum of the postings to an account by entries of one kind."""
    sql = (
        "SELECT coalesce(sum(p.amount), 0) FROM posting p JOIN entry e ON e.id = p.entry "
        "JOIN account a ON a.id = p.account WHERE e.kind = ? AND a.code = ?"
    )
    return int(tx.value(sql, (kind, f"{account}:{asset}")))
