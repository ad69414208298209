"""Verify finds nothing in sound books, and each kind of tampering in broken ones."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from builders import Town, make_items, make_spec, open_town, worker

from core.model import Overlap
from core.store import connect_readonly
from core.store.verify import verify

SPEC = make_spec(control_share=0.5, overlap=Overlap("dynamic", 2, 3, 0.9))


async def busy_town(folder: Path) -> None:
    """A database in which all has happened: answers, controls, can't tell, skips, reports, undos, live leases."""
    town = await open_town(folder)
    await town.publish(make_items(8, gold=[0, 1, 0, 1]), SPEC)
    for number in (1, 2, 3):
        await town.join(worker(number))
        for choice in ("Apples", "Skip", "Apples", "Can't tell", "Report", "Bread", "Apples"):
            town.now += 2000
            await town.press(worker(number), choice)
        await town.press(worker(number), "Undo")
    await close_another_job(town)
    await town.database.close()


async def close_another_job(town: Town) -> None:
    await town.publish(make_items(1))
    await town.say(worker(4), "start", "j2")
    await town.press(worker(4), "Accept")
    await town.press(worker(4), "Apples")


def tampered(folder: Path, sql: str) -> list[str]:
    """What verify says after somebody with a file editor ran this, triggers and foreign keys out of the way."""
    connection = sqlite3.connect(folder / "town.db", isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints=ON")
    triggers = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.executescript(sql)
    connection.close()
    with connect_readonly(folder / "town.db") as readonly:
        return verify(readonly)


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    await busy_town(tmp_path)
    return tmp_path


async def test_sound_books_have_no_fault(folder: Path) -> None:
    assert tampered(folder, "") == [], "nothing was tampered with"


async def test_verify_may_run_inside_a_unit_of_work(town: Town) -> None:
    await town.publish(make_items(2))
    await town.join(worker(1))
    found = await town.read(lambda tx: verify(tx._connection))
    assert found == [], "a transaction that is open already is used, and the books are sound"


async def test_an_undone_skip_does_not_exceed_the_overlap(town: Town) -> None:
    await town.publish(make_items(1))
    for number in (1, 2, 3):
        await town.join(worker(number))
        await town.press(worker(number), "Skip" if number == 1 else "Apples")
    reply = await town.press(worker(1), "Undo")
    found = await town.read(lambda tx: verify(tx._connection))
    assert (reply.alert, found) == (True, []), "two others have answered, so the skipped task is not wanted any more"


FIRST_ANSWER = "(SELECT id FROM answer WHERE kind = 'answer' AND control = 0 LIMIT 1)"
TAMPERINGS = {
    "balance": ("UPDATE account SET balance = balance + 1 WHERE code = 'platform:fee:USD'", "balance is"),
    "asset": ("UPDATE account SET balance = balance + 1 WHERE code = 'platform:fee:USD'", "asset USD: all accounts"),
    "no entry": ("DELETE FROM entry WHERE kind = 'deposit'", "does not exist"),
    "one posting": (
        "DELETE FROM posting WHERE entry = (SELECT min(id) FROM entry WHERE kind = 'fund') AND amount < 0",
        "at least two are needed",
    ),
    "unbalanced": (
        "UPDATE posting SET amount = amount + 5 WHERE entry = (SELECT min(id) FROM entry WHERE kind = 'fund') "
        "AND amount > 0",
        "sum to 5, not 0",
    ),
    "floor": ("UPDATE account SET balance = -7 WHERE code LIKE 'requester:%'", "below its floor"),
    "answer of another": (
        f"UPDATE assignment SET answer = {FIRST_ANSWER} + 1 WHERE answer = {FIRST_ANSWER}",
        "is not its answer in force",
    ),
    "label changed": (f"UPDATE answer SET label = 1 - label WHERE id = {FIRST_ANSWER}", "is not its answer in force"),
    "answer forgotten": (
        "UPDATE assignment SET state = 'EXPIRED', answer = NULL, label = NULL WHERE state = 'SUBMITTED' AND id = "
        "(SELECT min(id) FROM assignment WHERE state = 'SUBMITTED')",
        "neither undone nor in force",
    ),
    "unpaid": (
        f"UPDATE entry SET id = 'an:0:accept' WHERE id = 'an:' || {FIRST_ANSWER} || ':accept'",
        "no accept entry in force pays it",
    ),
    "paid for nothing": (
        "INSERT INTO posting SELECT 'an:999:accept', account, amount FROM posting WHERE entry = "
        f"'an:' || {FIRST_ANSWER} || ':accept'; INSERT INTO entry VALUES('an:999:accept', '', 'accept', 1, NULL)",
        "an:999:accept is in force and pays no answer",
    ),
    "payable": (
        "UPDATE account SET balance = balance + 3 WHERE code = (SELECT min(code) FROM account "
        "WHERE code LIKE 'worker:%')",
        "earnings is",
    ),
    "two leases": (
        "DROP INDEX assignment_live; UPDATE assignment SET state = 'ACTIVE' WHERE state = 'SKIPPED'",
        "live assignments, one is allowed",
    ),
    "overlap": (
        "UPDATE job SET spec = json_set(spec, '$.overlap.max', 1) WHERE id = 1",
        "its overlap allows 1",
    ),
    "fixed overlap": (
        "UPDATE job SET spec = json_set(spec, '$.overlap.min', 0) WHERE id = 2",
        "its overlap allows 0",
    ),
    "wrong job": ("UPDATE assignment SET job = 2 WHERE id = 1", "belongs to job 2"),
    "reserved": (
        "UPDATE account SET balance = balance + 3 WHERE code = 'job:1:reserved:USD'",
        "money reserved is",
    ),
    "escrow": (
        "UPDATE account SET balance = balance - 3 WHERE code = 'job:1:escrow:USD'",
        "escrow, reserved and spent together is",
    ),
    "closed": ("UPDATE job SET state = 'closed' WHERE id = 2", "is closed and still holds"),
    "missing person": ("UPDATE consent SET person = 99", "the person that it refers to does not exist"),
    "negative want": ("UPDATE task SET want = -1 WHERE id = 1", "wants -1 answers"),
    "done and wanting": ("UPDATE task SET want = 1 WHERE done = 1", "is done and wants 1 more"),
    "no standing": ("DELETE FROM standing", "and no standing there"),
}
JOB_FIGURES = ("tasks", "controls", "done", "answers", "control_answers", "active", "duration_ms")
TASK_FIGURES = ("answers", "active", "reports")
STANDING_FIGURES = (
    *("answers", "cant", "controls", "control_ok", "fast", "duration_ms", "skips", "skips_in_row"),
    *("compared", "agreed"),
)
for table, figures in (("job", JOB_FIGURES), ("task", TASK_FIGURES), ("standing", STANDING_FIGURES)):
    for figure in figures:
        TAMPERINGS[f"{table}.{figure}"] = (f"UPDATE {table} SET {figure} = {figure} + 1", f": {figure} is")


@pytest.mark.parametrize(("sql", "sentence"), TAMPERINGS.values(), ids=TAMPERINGS)
async def test_a_tampered_figure_is_found(folder: Path, sql: str, sentence: str) -> None:
    found = tampered(folder, sql)
    assert any(sentence in line for line in found), f"expected {sentence!r} among {found}"


async def test_damaged_pages_are_found(folder: Path) -> None:
    path = folder / "town.db"
    tampered(folder, "")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema=ON")
    connection.execute("DELETE FROM sqlite_schema WHERE name = 'task_queue'")
    connection.commit()
    connection.close()
    with connect_readonly(path) as readonly:
        found = verify(readonly)
    assert any("the file is damaged" in line for line in found), f"an index was cut off, and verify said {found}"
