"""A transaction as the statements see it: run, one row, all rows, one value, insert; placeholders are ?."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

T = TypeVar("T")
Row = tuple[Any, ...]


class Tx:
    """An open transaction on the writer connection; valid only inside the unit of work that it was given to."""

    __slots__ = ("_connection", "run")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.run: Callable[..., sqlite3.Cursor] = connection.execute
        """Execute one statement: run(sql, parameters)."""

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""
        row: Row | None = self.run(sql, parameters).fetchone()
        return row

    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Every row."""
        return self.run(sql, parameters).fetchall()

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row; LookupError when there is none."""
        row = self.run(sql, parameters).fetchone()
        if row is None:
            raise LookupError(f"no row for: {sql}")
        return row[0]

    def insert(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Execute an INSERT of one row and give its id; two fifths cheaper than RETURNING."""
        number = self.run(sql, parameters).lastrowid
        assert number is not None, "an INSERT gives the id of its row"
        return number

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute one statement for each row of parameters."""
        self._connection.executemany(sql, rows)

    @property
    def open(self) -> bool:
        """Whether the transaction still stands; SQLite ends it by itself when the disk is full."""
        return self._connection.in_transaction

    def nested(self) -> AbstractContextManager[None]:
        """A savepoint: what is done inside is taken back when the block raises."""
        return _Savepoint(self._connection)


class _Savepoint:
    """A class, since a generator costs more than the savepoint itself."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("SAVEPOINT nested")

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            if not self._connection.in_transaction:
                return
            self._connection.execute("ROLLBACK TO nested")
        self._connection.execute("RELEASE nested")
