"""The database file seen from outside, for the doctor: is it sound, how old is its schema, and who has it open."""

from __future__ import annotations

import contextlib
import fcntl
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from core.store.migrate import migrations
from core.store.sqlite import connect_readonly

SQLITE_VERSION = sqlite3.sqlite_version_info
"""Of the library that this Python carries."""
WAL_RESET_FIXED = (3, 51, 3)
"""Earlier versions may corrupt a WAL database that two connections write at once (sqlite.org, release 3.51.3)."""


@dataclass(frozen=True, slots=True)
class Health:
    """What was seen: the schema's version (0 for a file without one), faults found, and the process that holds it."""

    version: int
    newest: int
    faults: tuple[str, ...]
    holder: str
    """The process id of who has the database open, "?" when unknown, "" when nobody has."""


def examine(path: Path) -> Health:
    """Look at a database that exists; reads only, also while a bot is at work on it."""
    newest = migrations()[-1][0]
    try:
        with contextlib.closing(connect_readonly(path)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            lines = [line for (line,) in connection.execute("PRAGMA quick_check")]
    except sqlite3.Error as error:
        return Health(0, newest, (str(error),), holder(path))
    return Health(version, newest, tuple(line for line in lines if line != "ok"), holder(path))


def holder(path: Path) -> str:
    """The process id of who has the database open; "" when nobody has."""
    try:
        lock = path.with_name(path.name + ".lock").open(encoding="utf-8")
    except OSError:
        return ""
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return lock.read(20).strip() or "?"
        return ""
