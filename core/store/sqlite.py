"""SQLite behind one writer thread: units of work that arrive together share one commit, each in its own savepoint.

A unit is a plain function (tx, *args) that runs whole on the database's own thread, so nothing can interleave with it;
`run` returns when the commit that holds it is on disk (WAL, synchronous=FULL). A unit that raises is taken back alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sqlite3
from collections import deque
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import IO, Any, TypeVar

import aiosqlite

from core.errors import StoreError, StoreFull, StoreLocked, StoreTooNew, StoreUnreadable
from core.store.migrate import migrate, migrations
from core.store.tx import Tx

T = TypeVar("T")
BATCH_SECONDS = 0.01
"""A commit is due after so much work: more would make the first unit wait noticeably longer than all of them gain."""
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",  # else INSERT OR REPLACE slips past the append-only triggers
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cache_size=-65536",
    "PRAGMA temp_store=MEMORY",
)
Waiting = tuple[Callable[..., Any], tuple[Any, ...], "asyncio.Future[Any]"]
Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


class Database(aiosqlite.Connection):
    """A core.ports.Store on one SQLite file. Open with `await Database.open(path)`, end with `await close()`."""

    def __init__(self, path: Path, lock: IO[str]) -> None:
        super().__init__(lambda: _connect(path), iter_chunk_size=64)
        self.path = path
        self._lock = lock
        self._waiting: deque[Waiting] = deque()
        self._writer: Tx | None = None

    @classmethod
    async def open(cls, path: Path) -> Database:
        """Lock the file, open it and bring it to the newest schema; StoreLocked when another process has it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        database = cls(path, _take_lock(path))
        try:
            await database
        except BaseException:
            await asyncio.to_thread(database._thread.join)  # aiosqlite has told it to stop, and does not wait
            database._lock.close()
            raise
        return database

    async def run(self, unit: Callable[..., T], *args: object) -> T:
        """Run unit(tx, *args) in a transaction; its result once it is durable, or its error once it is undone."""
        if not self._running:
            raise StoreError("the store is closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((unit, args, future))
        self._tx.put_nowait((None, self._commit_waiting))
        return await future

    async def close(self) -> None:
        """Finish what was handed in, close the file and free its lock."""
        await super().close()
        self._lock.close()

    def _commit_waiting(self) -> None:
        """On the writer thread: run what has gathered under one commit, then wake those who wait."""
        if self._waiting:
            outcomes = self._commit([self._waiting.popleft()])
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
                outcomes[0][0].get_loop().call_soon_threadsafe(_settle, outcomes)

    def _commit(self, batch: list[Waiting]) -> list[Outcome]:
        """Run the batch, which grows by whatever waits until the commit is due."""
        connection = self._conn
        if self._writer is None:
            self._writer = Tx(connection)
        due = perf_counter() + BATCH_SECONDS
        try:
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._run_one(self._writer, *batch[0])]
            while self._waiting and perf_counter() < due:
                batch.append(self._waiting.popleft())
                outcomes.append(self._run_one(self._writer, *batch[-1]))
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:  # SQLite has rolled back by itself when the disk was full
                connection.execute("ROLLBACK")
            return [(future, None, _translate(error)) for _, _, future in batch]
        return outcomes

    @staticmethod
    def _run_one(tx: Tx, unit: Callable[..., Any], args: tuple[Any, ...], future: asyncio.Future[Any]) -> Outcome:
        try:
            with tx.nested():
                return future, unit(tx, *args), None
        except sqlite3.OperationalError as error:
            if not tx.open:
                raise
            return future, None, _translate(error)
        except StopIteration as error:  # a future cannot carry it
            return future, None, RuntimeError(f"the unit raised {error!r}")
        except Exception as error:  # noqa: BLE001 - handed to the caller who waits for this unit
            return future, None, error


def _settle(outcomes: list[Outcome]) -> None:
    for future, result, error in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def _translate(error: sqlite3.Error) -> Exception:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return StoreFull()
    return StoreError(f"the database refused: {error}")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
    try:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        migrate(connection)
        path.chmod(0o600)
    except BaseException:
        connection.close()
        raise
    return connection


def _take_lock(path: Path) -> IO[str]:
    lock = path.with_name(path.name + ".lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise StoreLocked from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def connect_readonly(path: Path) -> sqlite3.Connection:
    """A plain connection for reports and checks: it never writes and never blocks the writer."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    connection.execute("PRAGMA query_only=ON")
    return connection


def connect_store(path: Path) -> sqlite3.Connection:
    """The same, for a store as this program knows it; StoreUnreadable or StoreTooNew for any other file."""
    connection, newest = connect_readonly(path), migrations()[-1][0]
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        connection.close()
        raise StoreUnreadable(f"{path} is no store of tapcrowd, or a damaged one ({error})") from None
    if version == newest:
        return connection
    connection.close()
    if version > newest:
        raise StoreTooNew
    raise StoreUnreadable(f"{path} is no store of tapcrowd, or an older one, which `tapcrowd run` brings up to date")
