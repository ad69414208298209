"""The ledger's rows: accounts, postings, entries; a refusal of the schema becomes a sentence."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import NamedTuple

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
    legs = [(account, amount) for account, (_, amount) in zip(_accounts(tx, entry), entry.legs, strict=True)]
    if any(one.floor is not None and one.held + amount < one.floor for one, amount in legs):
        raise NotEnough(f"{entry.kind} {entry.key}: an account does not hold enough")
    try:
        tx.many(
            "INSERT INTO posting(entry, account, amount) VALUES(?, ?, ?)",
            [(entry.key, one.id, amount) for one, amount in legs],
        )
        tx.run(
            "INSERT INTO entry(id, digest, kind, at, reverses) VALUES(?, ?, ?, ?, ?)",
            (entry.key, digest, entry.kind, now, entry.reverses),
        )
    except sqlite3.IntegrityError as error:
        raise LedgerError(f"{entry.kind} {entry.key}: {error}") from None
    return True


class _Account(NamedTuple):
    id: int
    floor: int | None
    held: int


def _accounts(tx: Tx, entry: Entry) -> list[_Account]:
    """The account of each leg, opened when it is new."""
    codes = [f"{code}:{entry.asset}" for code, _ in entry.legs]
    sql = f"SELECT code, id, floor, balance FROM account WHERE code IN ({', '.join('?' * len(codes))})"
    known = {code: _Account(*row) for code, *row in tx.all(sql, codes)}
    for code in codes:
        if code not in known:
            known[code] = _open(tx, code, entry.asset)
    return [known[code] for code in codes]


def _open(tx: Tx, code: str, asset: str) -> _Account:
    floor = None if code.startswith("world:") else 0
    number = tx.insert("INSERT INTO account(code, asset, floor) VALUES(?, ?, ?)", (code, asset, floor))
    return _Account(number, floor, 0)


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
