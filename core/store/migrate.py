"""Brings a database to the newest schema: forward-only numbered files, each in one transaction with its version."""

from __future__ import annotations

import re
import sqlite3
from importlib import resources

from core.errors import StoreTooNew


def migrations() -> list[tuple[int, str]]:
    """Every migration as (number, SQL), in order."""
    found = []
    for file in resources.files("core.store.migrations").iterdir():
        if match := re.fullmatch(r"(\d{4})_\w+\.sql", file.name):
            found.append((int(match[1]), file.read_text(encoding="utf-8")))
    return sorted(found)


def migrate(connection: sqlite3.Connection) -> int:
    """Apply what is missing; the version reached. StoreTooNew when the file is ahead of this program."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    steps = migrations()
    if version > steps[-1][0]:
        raise StoreTooNew
    for number, sql in steps:
        if number > version:
            _apply(connection, f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number:d};\nCOMMIT;")
    return steps[-1][0]


def _apply(connection: sqlite3.Connection, script: str) -> None:
    try:
        connection.executescript(script)
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
