"""The schema refuses every way to make the books wrong, and postings agree with a model in plain dictionaries."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from states import MemoryStore

from core import ledger
from core.errors import KeyReused, LedgerError, NotEnough
from core.ledger import Entry, Price
from core.store import journal
from core.store.tx import Tx

PRICE = Price(100, 20, "USD")


@pytest.fixture
def tx() -> Iterator[Tx]:
    """Books in which requester 1 holds 1000 and job 1 has 500 in escrow."""
    store = MemoryStore()
    store.connection.execute("BEGIN")
    journal.post(store.tx, ledger.deposit("d1", "manual", 1, 1_500, "USD"), 0)
    journal.post(store.tx, ledger.fund(1, 1, 500, "USD"), 0)
    journal.post(store.tx, ledger.deposit("e1", "manual", 1, 70, "EUR"), 0)
    yield store.tx
    store.connection.close()


def account(tx: Tx, code: str) -> int:
    return int(tx.value("SELECT id FROM account WHERE code = ?", (code,)))


def test_an_entry_moves_money_and_says_so_once(tx: Tx) -> None:
    entry = ledger.reserve(1, 0, 1, PRICE)
    assert journal.post(tx, entry, 0) is True, "the first time it is booked"
    assert journal.post(tx, entry, 9) is False, "the second time it is there already"
    assert journal.balance(tx, ledger.escrow(1), "USD") == 380, "and the money moved once"


def test_a_deposit_with_the_same_reference_is_booked_once(tx: Tx) -> None:
    for _ in range(3):
        journal.post(tx, ledger.deposit("d2", "manual", 1, 10, "USD"), 0)
    assert journal.balance(tx, ledger.requester(1), "USD") == 1_010, "a payment is one payment however often told"


@pytest.mark.parametrize(
    ("entry", "error", "why"),
    [
        (ledger.fund(2, 1, 1_001, "USD"), NotEnough, "overdraw"),
        (ledger.fund(2, 3, 1, "USD"), NotEnough, "an account that never held anything"),
        (Entry("k", "odd", "USD", (("requester:1", -5), ("job:1:escrow", 4))), LedgerError, "unbalanced"),
        (Entry("k", "odd", "USD", (("requester:1", -5),)), LedgerError, "one leg"),
        (Entry("k", "odd", "USD", ()), LedgerError, "no leg"),
        (Entry("k", "odd", "USD", (("requester:1", 0), ("job:1:escrow", 0))), LedgerError, "nothing moves"),
        (Entry("k", "odd", "USD", (("requester:1", -5), ("requester:1", 5))), LedgerError, "an account twice"),
        (Entry("k", "odd", "USD", (("requester:1", -1.5), ("job:1:escrow", 1.5))), LedgerError, "float"),  # type: ignore[arg-type]
        (Entry("k", "odd", "USD", (("world:x", -(10**15)), ("requester:1", 10**15))), LedgerError, "a billion"),
        (Entry("k", "odd", "USD", (("requester:1", -5), ("job:1:escrow", 5)), "nobody"), LedgerError, "no such entry"),
        (Entry("job:1:fund", "fund", "USD", (("requester:1", -5), ("job:1:escrow", 5))), KeyReused, "key reuse"),
    ],
)
def test_the_books_refuse(tx: Tx, entry: Entry, error: type[LedgerError], why: str) -> None:
    before = tx.all("SELECT code, balance FROM account")
    with pytest.raises(error), tx.nested():
        journal.post(tx, entry, 0)
    left = [row for row in tx.all("SELECT code, balance FROM account") if row[1]]
    assert left == [row for row in before if row[1]], f"{why}: nothing of a refused entry stays"
    assert tx.value("SELECT count(*) FROM posting WHERE entry = 'k'") == 0, f"{why}: no leg stays either"


def test_an_entry_is_reversed_once(tx: Tx) -> None:
    paid = ledger.fund(9, 1, 10, "USD")
    for entry in (paid, ledger.top_up(9, 1, 10, "USD", "more")):
        journal.post(tx, entry, 0)
    journal.post(tx, ledger.reverse(paid, "undo-1"), 0)
    with pytest.raises(LedgerError, match="UNIQUE"), tx.nested():
        journal.post(tx, ledger.reverse(paid, "undo-2"), 0)
    assert journal.balance(tx, ledger.requester(1), "USD") == 990, "the second reversal moved nothing"


def test_two_assets_do_not_balance_each_other(tx: Tx) -> None:
    usd, eur = account(tx, "requester:1:USD"), account(tx, "requester:1:EUR")
    tx.run("INSERT INTO posting VALUES('x', ?, -5)", (usd,))
    tx.run("INSERT INTO posting VALUES('x', ?, 5)", (eur,))
    with pytest.raises(sqlite3.IntegrityError, match="does not balance"):
        tx.run("INSERT INTO entry(id, digest, kind, at) VALUES('x', '', 'odd', 0)")


SEALED = (
    ("UPDATE posting SET amount = amount + 1", "append only"),
    ("DELETE FROM posting", "append only"),
    ("UPDATE entry SET kind = 'gift'", "append only"),
    ("DELETE FROM entry", "append only"),
    ("INSERT INTO posting VALUES('dep:d1', (SELECT id FROM account WHERE code = 'job:1:escrow:USD'), 5)", "sealed"),
    ("REPLACE INTO posting SELECT entry, account, amount * 2 FROM posting", "sealed"),
    ("REPLACE INTO entry SELECT id, '', kind, at, reverses FROM entry", "append only"),
    ("UPDATE OR REPLACE entry SET id = 'dep:d1'", "append only"),
    ("DELETE FROM account WHERE code = 'job:1:escrow:USD'", "FOREIGN KEY"),
    ("UPDATE account SET balance = balance - 10000 WHERE code = 'requester:1:USD'", "balance >= floor"),
    ("UPDATE account SET balance = 1.5 WHERE code = 'requester:1:USD'", "cannot store REAL"),
)


@pytest.mark.parametrize(("sql", "why"), SEALED)
def test_what_is_written_stays_written(tx: Tx, sql: str, why: str) -> None:
    before = tx.all("SELECT * FROM posting"), tx.all("SELECT * FROM entry"), tx.all("SELECT * FROM account")
    with pytest.raises(sqlite3.IntegrityError, match=why):
        tx.run(sql)
    after = tx.all("SELECT * FROM posting"), tx.all("SELECT * FROM entry"), tx.all("SELECT * FROM account")
    assert after == before, f"the schema refuses: {sql}"


@pytest.mark.parametrize("table", ["answer", "consent", "event"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET at = 0", "DELETE FROM {}", "REPLACE INTO {} SELECT * FROM {}"])
def test_the_record_is_append_only(tx: Tx, table: str, verb: str) -> None:
    tx.run("INSERT INTO person(platform, user, created_at) VALUES('telegram', '1', 0)")
    tx.run("INSERT INTO answer(assignment, task, job, person, kind, control, at) VALUES(1, 1, 1, 1, 'skip', 0, 5)")
    tx.run("INSERT INTO consent(person, version, digest, lang, decision, at) VALUES(1, 1, '', 'en', 'accept', 5)")
    tx.run("INSERT INTO event(at, kind, body) VALUES(5, 'x', '{}')")
    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        tx.run(verb.format(table, table))
    assert tx.value(f"SELECT at FROM {table}") == 5, "history is not rewritten"


def test_legs_without_their_seal_cannot_be_committed() -> None:
    store = MemoryStore()
    with store.tx.nested():
        journal.post(store.tx, ledger.deposit("d", "manual", 1, 10, "USD"), 0)
    store.connection.execute("BEGIN")
    store.tx.run("INSERT INTO posting SELECT 'open', id, 5 FROM account WHERE code = 'requester:1:USD'")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        store.connection.execute("COMMIT")
    store.connection.execute("ROLLBACK")
    assert journal.balance(store.tx, "requester:1", "USD") == 10, "the unsealed leg is gone"


def test_turnover_and_balances_are_read_by_account(tx: Tx) -> None:
    journal.post(tx, ledger.refund(1, 1, 500, "USD"), 0)
    assert journal.turnover(tx, "refund", "requester:1", "USD") == 500, "what refunds brought"
    assert journal.balances(tx, "requester:1:") == [("requester:1", "EUR", 70), ("requester:1", "USD", 1_500)], (
        "one balance per asset"
    )


CODES = ("world:manual", "requester:1", "requester:2", "job:1:escrow", "job:1:reserved", "worker:3:payable")


class Books(RuleBasedStateMachine):
    """Random entries, repeats, reversals against a dictionary that knows nothing of SQL."""

    @initialize()
    def open_books(self) -> None:
        self.store = MemoryStore()
        self.balances = dict.fromkeys(CODES, 0)
        self.entries: dict[str, Entry] = {}
        self.reversed: set[str] = set()

    @rule(key=st.integers(0, 40), legs=st.lists(st.tuples(st.sampled_from(CODES), st.integers(-90, 90)), max_size=4))
    def post(self, key: int, legs: list[tuple[str, int]]) -> None:
        self._try(Entry(f"e{key}", "move", "USD", tuple(legs)))

    @rule(key=st.integers(0, 40), data=st.data(), amount=st.integers(1, 200))
    def move(self, key: int, data: st.DataObject, amount: int) -> None:
        one, other = data.draw(st.permutations(CODES))[:2]
        self._try(Entry(f"e{key}", "move", "USD", ((one, -amount), (other, amount))))

    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        if self.entries:
            key = data.draw(st.sampled_from(sorted(self.entries)))
            self._try(ledger.reverse(self.entries[key], f"r:{key}:{data.draw(st.integers(0, 1))}"))

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        if self.entries:
            entry = self.entries[data.draw(st.sampled_from(sorted(self.entries)))]
            assert journal.post(self.store.tx, entry, 1) is False, "a repeated entry is known"

    def _allowed(self, entry: Entry) -> bool:
        after = {code: self.balances[code] + sum(n for c, n in entry.legs if c == code) for code in CODES}
        return (
            len(entry.legs) > 1
            and ledger.balanced(entry.legs)
            and all(amount for _, amount in entry.legs)
            and all(n >= 0 for code, n in after.items() if not code.startswith("world:"))
            and entry.reverses not in self.reversed
        )

    def _try(self, entry: Entry) -> None:
        known = self.entries.get(entry.key)
        if known is not None:
            with_other = (known.legs, known.kind) != (entry.legs, entry.kind)
            try:
                assert journal.post(self.store.tx, entry, 0) is False, "a known key books nothing"
                assert not with_other, "the same key with another body must be refused"
            except KeyReused:
                assert with_other, "only another body is refused"
            return
        try:
            with self.store.tx.nested():
                journal.post(self.store.tx, entry, 0)
        except LedgerError:
            assert not self._allowed(entry), f"the books refused a good entry: {entry}"
            return
        assert self._allowed(entry), f"the books took a bad entry: {entry}"
        for code, amount in entry.legs:
            self.balances[code] += amount
        self.entries[entry.key] = entry
        if entry.reverses:
            self.reversed.add(entry.reverses)

    @invariant()
    def the_books_agree_with_the_model(self) -> None:
        if hasattr(self, "store"):
            read = {code: journal.balance(self.store.tx, code, "USD") for code in CODES}
            assert read == self.balances, "every balance is the sum of what was booked"
            assert sum(read.values()) == 0, "money comes from outside and nowhere else"

    def teardown(self) -> None:
        if hasattr(self, "store"):
            wrong = self.store.tx.all(
                "SELECT a.code FROM account a LEFT JOIN posting p ON p.account = a.id "
                "GROUP BY a.id HAVING a.balance <> coalesce(sum(p.amount), 0)"
            )
            assert wrong == [], "every balance is the sum of its postings"
            self.store.connection.close()


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
