"""The file's health: sound, damaged, no database at all, open in another process."""

from __future__ import annotations

import os
from pathlib import Path

from builders import Town, make_items

from core.store.health import examine


async def test_an_open_database_is_sound_and_its_holder_is_named(town: Town) -> None:
    await town.publish(make_items(3))
    health = examine(town.database.path)
    assert (health.version, health.faults) == (health.newest, ()), "a fresh database has the newest schema"
    assert health.holder == str(os.getpid()), "the process that has it open is named"


async def test_nobody_holds_a_closed_database(town: Town) -> None:
    await town.database.close()
    assert examine(town.database.path).holder == "", "the lock is free after close"


async def test_looking_does_not_take_the_lock(town: Town) -> None:
    await town.database.close()
    examine(town.database.path)
    again = await type(town.database).open(town.database.path)
    assert again.path == town.database.path, "a look must not keep the bot from starting"
    await again.close()


def test_a_file_that_is_no_database_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "town.db"
    path.write_text("not a database, but a text that is long enough to be looked at " * 20)
    assert "not a database" in examine(path).faults[0], "SQLite's own words are passed on"


async def test_a_torn_file_is_a_fault(town: Town) -> None:
    await town.publish(make_items(300))
    await town.database.close()
    size = town.database.path.stat().st_size
    with town.database.path.open("r+b") as file:
        file.truncate(size // 2)
    assert examine(town.database.path).faults, "half a file is not sound"
