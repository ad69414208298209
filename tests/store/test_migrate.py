"""A database reaches the newest schema from wherever it is, and one from the future is refused."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from core.errors import StoreTooNew
from core.store import Database
from core.store import migrate as module
from core.store.migrate import migrate, migrations

TABLES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'trigger', 'index') ORDER BY name"
CRASH = """
import os, signal, sqlite3, sys
from core.store.migrate import migrations
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
sql = migrations()[0][1]
connection.executescript("PRAGMA journal_mode=WAL; BEGIN IMMEDIATE;" + sql[:sql.index("CREATE TABLE " + sys.argv[2])])
os.kill(os.getpid(), signal.SIGKILL)
"""


def plain(path: Path | str = ":memory:") -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def names(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute(TABLES)]


def test_a_fresh_file_gets_the_whole_schema_and_again_changes_nothing() -> None:
    connection = plain()
    newest = migrations()[-1][0]
    assert migrate(connection) == newest, "the version reached is the newest"
    before = names(connection)
    assert migrate(connection) == newest and names(connection) == before, "a second start finds nothing to do"
    assert {"posting", "answer", "entry_seal"} <= set(before), "tables and triggers are there"


def test_numbers_are_unique_and_rise_by_one() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1)), "no gap, no number twice"


async def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    connection = plain(tmp_path / "new.db")
    connection.execute(f"PRAGMA user_version = {migrations()[-1][0] + 1}")
    connection.close()
    with pytest.raises(StoreTooNew, match="newer tapcrowd"):
        await Database.open(tmp_path / "new.db")
    assert names(plain(tmp_path / "new.db")) == [], "nothing was created in it"


def test_a_broken_step_leaves_the_version_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = plain()
    migrate(connection)
    steps = migrations()
    broken = [*steps, (len(steps) + 1, "CREATE TABLE extra(id INTEGER); CREATE TABLE extra(id INTEGER);")]
    monkeypatch.setattr(module, "migrations", lambda: broken)
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        migrate(connection)
    assert not connection.in_transaction, "the failed step is rolled back, not left open"
    assert "extra" not in names(connection), "nothing of it stays"
    mended = [*steps, (len(steps) + 1, "CREATE TABLE extra(id INTEGER);")]
    monkeypatch.setattr(module, "migrations", lambda: mended)
    assert migrate(connection) == len(mended) and "extra" in names(connection), "mended, it goes on from there"


@pytest.mark.parametrize("table", ["person", "standing", "posting"])
async def test_a_crash_in_the_middle_of_a_migration_is_resumed(tmp_path: Path, table: str) -> None:
    path = tmp_path / "crash.db"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", CRASH, str(path), table)
    await child.wait()
    assert child.returncode == -signal.SIGKILL, "the first start died half way"
    database = await Database.open(path)
    whole = await database.run(lambda tx: [name for (name,) in tx.all(TABLES)])
    await database.close()
    fresh = plain()
    migrate(fresh)
    assert whole == names(fresh), "the next start leaves the schema as if nothing had happened"
