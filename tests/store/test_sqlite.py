"""The database keeps what it acknowledged, takes back what failed, and belongs to one process."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.errors import StoreError, StoreFull, StoreLocked
from core.store import Database, connect_readonly
from core.store.inbox import insert_key, toast_of
from core.store.sqlite import BATCH_SECONDS, Outcome, Waiting
from core.store.tx import Tx

WRITER = """
import asyncio, sys
from pathlib import Path
from core.store import Database
from core.store.inbox import insert_key

async def main():
    database = await Database.open(Path(sys.argv[1]))
    print("open", flush=True)
    async def write(number):
        await database.run(insert_key, f"k{number}", "", False, 0)
        print(number, flush=True)
    number = 0
    while True:
        await asyncio.gather(*(write(number + n) for n in range(20)))
        number += 20

asyncio.run(main())
"""


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "one.db")
    yield database
    await database.close()


def count(tx: Tx) -> int:
    return int(tx.value("SELECT count(*) FROM inbox"))


def failing(tx: Tx, key: str, error: Exception) -> None:
    insert_key(tx, key, "", False, 0)
    raise error


def start_writer(path: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert child.stdout is not None and child.stdout.readline() == "open\n", "the other process has the store"
    return child


def kill(child: subprocess.Popen[str], after: int) -> list[int]:
    """SIGKILL after that many acknowledged units; all that were acknowledged."""
    assert child.stdout is not None
    seen = [int(child.stdout.readline()) for _ in range(after)]
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read().splitlines(keepends=True)
    child.stdout.close()
    child.wait()
    return seen + [int(line) for line in rest if line.endswith("\n")]


async def test_units_that_arrive_together_share_a_commit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    commit = database._commit

    def counted(batch: list[Waiting]) -> list[Outcome]:
        outcomes = commit(batch)
        sizes.append(len(outcomes))
        return outcomes

    monkeypatch.setattr(database, "_commit", counted)
    await asyncio.gather(*(database.run(insert_key, f"k{n}", "", False, 0) for n in range(200)))
    assert sum(sizes) == 200, "every unit was in a commit"
    assert len(sizes) <= 20, f"units that wait together are written together, not in {len(sizes)} commits"


async def test_units_behind_slow_ones_share_no_commit_with_them(database: Database) -> None:
    begun: list[int] = []

    def slow(tx: Tx, number: int) -> int:
        begun.append(number)
        time.sleep(2 * BATCH_SECONDS)
        return number

    first, *others = (asyncio.create_task(database.run(slow, number)) for number in range(20))
    await first
    assert len(begun) < 10, f"the first is answered once it is written, not after {len(begun)} slow units"
    await asyncio.gather(*others)
    assert begun == list(range(20)), "all are run, in the order in which they came"


async def test_a_failing_unit_fails_alone(database: Database) -> None:
    units = [database.run(insert_key, f"k{n}", "", False, 0) for n in range(20)]
    units.insert(7, database.run(failing, "bad", ValueError("no")))
    units.insert(15, database.run(insert_key, "k3", "", False, 0))
    outcomes = await asyncio.gather(*units, return_exceptions=True)
    errors = [type(outcome) for outcome in outcomes if outcome is not None]
    assert errors == [ValueError, sqlite3.IntegrityError], "each caller gets the error of their own unit"
    assert await database.run(count) == 20, "the others are saved"
    assert await database.run(toast_of, "bad") is None, "nothing of the failed unit is"


async def test_an_insert_gives_the_id_of_its_own_row_and_not_of_one_that_a_trigger_wrote(database: Database) -> None:
    def work(tx: Tx) -> tuple[list[int], list[int]]:
        tx.run("CREATE TABLE entry_(id INTEGER PRIMARY KEY, name TEXT)")
        tx.run("CREATE TABLE copy_(id INTEGER PRIMARY KEY, name TEXT)")
        tx.run("INSERT INTO copy_ VALUES(70, 'before')")
        tx.run("CREATE TRIGGER copy AFTER INSERT ON entry_ BEGIN INSERT INTO copy_(name) VALUES(NEW.name); END")
        given = [tx.insert("INSERT INTO entry_(name) VALUES(?)", (name,)) for name in "abc"]
        return given, [number for (number,) in tx.all("SELECT id FROM entry_ ORDER BY id")]

    given, stored = await database.run(work)
    assert given == stored == [1, 2, 3], "the ids of the entries, in the order they were written"


@pytest.mark.parametrize("error", [StopIteration("end"), RecursionError("deep"), KeyError("x")])
async def test_any_error_of_a_unit_reaches_its_caller(database: Database, error: Exception) -> None:
    with pytest.raises((RuntimeError, KeyError)):
        await asyncio.wait_for(database.run(failing, "bad", error), 5)
    assert await database.run(count) == 0, "and the unit is undone"


async def test_a_caller_who_went_away_does_not_stop_the_others(database: Database) -> None:
    gone = asyncio.ensure_future(database.run(insert_key, "gone", "", False, 0))
    stays = asyncio.ensure_future(database.run(insert_key, "stays", "", False, 0))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert await database.run(count) == 2, "a unit that was handed in is done whether anybody waits or not"


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "closed.db")
    await database.close()
    with pytest.raises(StoreError, match="closed"):
        await database.run(count)


async def test_a_second_process_is_refused_until_the_first_is_dead(tmp_path: Path) -> None:
    path = tmp_path / "two.db"
    child = start_writer(path)
    with pytest.raises(StoreLocked, match="Another tapcrowd process"):
        await Database.open(path)
    kill(child, after=1)
    database = await Database.open(path)
    assert await database.run(count) > 0, "kill -9 frees the lock, and what was saved is there"
    await database.close()


@pytest.mark.parametrize("after", [1, 137, 600])
async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, after: int) -> None:
    acknowledged = kill(start_writer(tmp_path / "kill.db"), after)
    database = await Database.open(tmp_path / "kill.db")
    keys = await database.run(lambda tx: {key for (key,) in tx.all("SELECT key FROM inbox")})
    await database.close()
    missing = [number for number in acknowledged if f"k{number}" not in keys]
    assert missing == [], f"of {len(acknowledged)} acknowledged units {len(missing)} are lost"


def limit(tx: Tx, pages: int) -> None:
    tx.run(f"PRAGMA max_page_count = {pages:d}")


def write(tx: Tx, number: int) -> int:
    insert_key(tx, f"k{number}", "x" * 500, False, 0)
    return number


async def test_a_full_disk_is_told_and_work_goes_on_after_it(database: Database) -> None:
    pages = await database.run(lambda tx: tx.value("PRAGMA page_count"))
    await database.run(limit, pages + 20)
    outcomes = await asyncio.gather(*(database.run(write, n) for n in range(1_000)), return_exceptions=True)
    saved = {outcome for outcome in outcomes if isinstance(outcome, int)}
    errors = {type(outcome) for outcome in outcomes if not isinstance(outcome, int)}
    assert saved and errors == {StoreFull}, "some fitted, the others were told that the disk is full"
    keys = await database.run(lambda tx: {int(key[1:]) for (key,) in tx.all("SELECT key FROM inbox")})
    assert keys == saved, "what was acknowledged is there, and nothing else"
    await database.run(limit, pages + 2_000)
    assert await database.run(write, 5_000) == 5_000, "with space again, work goes on without a restart"
    assert await database.run(lambda tx: tx.value("PRAGMA integrity_check")) == "ok", "and the file is whole"


async def test_an_outside_writer_makes_units_fail_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = await Database.open(tmp_path / "busy.db")
    await database.run(lambda tx: tx.value("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(tmp_path / "busy.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused = await asyncio.gather(*(database.run(write, number) for number in (1, 2, 3)), return_exceptions=True)
    for error in refused:
        assert isinstance(error, StoreError) and "locked" in str(error), f"each is told, not {error!r}"
    other.execute("ROLLBACK")
    other.close()
    assert await database.run(write, 4) == 4, "when the other is gone, work goes on"
    assert await database.run(count) == 1, "the refused units left nothing"
    await database.close()


async def test_readers_see_committed_work_and_cannot_write(database: Database) -> None:
    await database.run(write, 1)
    reader = connect_readonly(database.path)
    assert reader.execute("SELECT count(*) FROM inbox").fetchone() == (1,), "a report sees what is committed"
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM inbox")
    reader.close()


async def test_the_file_is_for_its_owner_only(database: Database) -> None:
    assert database.path.stat().st_mode & 0o777 == 0o600, "answers and pay are nobody else's business"
    modes = await database.run(lambda tx: [tx.value(f"PRAGMA {p}") for p in ("journal_mode", "synchronous")])
    assert modes == ["wal", 2], "WAL with synchronous FULL: an acknowledged answer survives a power cut"


def nest(tx: Tx) -> None:
    write(tx, 1)
    try:
        with tx.nested():
            write(tx, 2)
            with tx.nested():
                write(tx, 3)
            raise LookupError
    except LookupError:
        write(tx, 4)


async def test_a_nested_block_is_taken_back_alone(database: Database) -> None:
    await database.run(nest)
    keys = await database.run(lambda tx: [key for (key,) in tx.all("SELECT key FROM inbox ORDER BY key")])
    assert keys == ["k1", "k4"], "what the failed block did is gone, with what was nested in it"
