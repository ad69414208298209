"""Every entry balances, names each account once, and is taken back by its reverse."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core import ledger
from core.ledger import Entry, Price

prices = st.builds(Price, st.integers(1, 10**9), st.integers(0, 10**9), st.just("USD"))
amounts = st.integers(1, 10**12)
ids = st.integers(1, 10**6)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    price, amount, one, other = draw(prices), draw(amounts), draw(ids), draw(ids)
    return draw(
        st.sampled_from(
            [
                ledger.deposit("ref", "manual", one, amount, "USD"),
                ledger.fund(one, other, amount, "USD"),
                ledger.top_up(one, other, amount, "USD", "k"),
                ledger.reserve(one, 0, other, price),
                ledger.release(one, 2, other, price),
                ledger.accept(one, other, one, price),
                ledger.refund(one, other, amount, "USD"),
            ]
        )
    )


@given(entries())
def test_every_entry_balances(entry: Entry) -> None:
    assert ledger.balanced(entry.legs), f"{entry.kind} sums to zero and names each account once"
    assert all(amount for _, amount in entry.legs), "no leg is empty, also without a fee"


@given(entries())
def test_a_reverse_is_the_exact_opposite(entry: Entry) -> None:
    back = ledger.reverse(entry, "undo")
    assert back.reverses == entry.key, "it names what it takes back"
    assert [(a, -n) for a, n in back.legs] == list(entry.legs), "leg by leg with the other sign"


@given(ids, prices)
def test_pay_and_fee_come_out_of_what_was_reserved(worker: int, price: Price) -> None:
    reserved = dict(ledger.reserve(1, 0, 7, price).legs)
    accepted = dict(ledger.accept(1, 7, worker, price).legs)
    assert reserved["job:7:reserved"] + accepted["job:7:reserved"] == 0, "nothing stays reserved after the pay"
    assert accepted[f"worker:{worker}:payable"] == price.pay, "the worker gets the whole pay"


@given(st.integers(0, 10**12), st.integers(0, 10**6))
def test_a_fee_is_rounded_half_up(pay: int, ppm: int) -> None:
    assert abs(ledger.fee_of(pay, ppm) * 1_000_000 - pay * ppm) <= 500_000, "never more than half a micro-unit off"


def test_keys_tell_one_turn_of_an_assignment_from_the_next() -> None:
    price = Price(1, 0, "USD")
    keys = {entry(5, turn, 1, price).key for entry in (ledger.reserve, ledger.release) for turn in (0, 2)}
    assert len(keys) == 4, "a task taken again after an undo is promised and released anew"


def test_legs_that_do_not_sum_or_repeat_are_not_balanced() -> None:
    assert not ledger.balanced([("a", 1), ("b", -2)]), "a sum other than zero"
    assert not ledger.balanced([("a", 1), ("a", -1)]), "an account twice"
