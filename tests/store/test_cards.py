"""Cards are found by nonce or subject, and speeches wait until they are said."""

from __future__ import annotations

from core.messages import Button, Card, Priority, Speech
from core.model import Place
from core.store import cards
from core.store.tx import Tx

HERE = Place("telegram", "1")


def speak(tx: Tx, op: str = "send", at: int = 0, **values: object) -> Speech:
    values = {"card_id": None, "message": None, "files": (), "priority": Priority.TASK, **values}
    return cards.insert_speech(tx, Speech(0, op, HERE, Card("hi", rows=((Button("A", "t"),),)), **values), at)  # type: ignore[arg-type]


def test_a_card_is_found_by_its_nonce_and_by_what_it_is_about(tx: Tx) -> None:
    first = cards.insert_card(tx, "aa", "task", 7, 1, HERE, 0)
    second = cards.insert_card(tx, "bb", "task", 7, 1, HERE, 0)
    assert cards.card_by_nonce(tx, "aa") == first, "a press brings the nonce"
    assert cards.card_about(tx, "task", 7) == second, "the newest card about it"
    assert cards.cards_about(tx, "task", 7) == [first, second], "all cards about it"


def test_a_spent_card_has_another_kind(tx: Tx) -> None:
    row = cards.insert_card(tx, "aa", "consent", 1, 1, HERE, 0)
    cards.spend(tx, row.id)
    assert cards.get_card(tx, row.id).kind == "consent spent", "its buttons route nowhere"


def test_speeches_wait_in_order_until_they_are_said(tx: Tx) -> None:
    card = cards.insert_card(tx, "aa", "task", 7, 1, HERE, 0)
    files = (("/tmp/a.csv", "a.csv"),)
    spoken = [speak(tx, card_id=card.id), speak(tx, "edit", message="m0"), speak(tx, "files", files=files)]
    assert cards.waiting_speeches(tx) == spoken, "a restarted outbox finds them as they were"
    cards.mark_said(tx, [(spoken[0].id, card.id, "m1"), (spoken[1].id, None, None)])
    assert cards.message_of_card(tx, card.id) == "m1", "where the card was sent is known now"
    cards.mark_given_up(tx, spoken[2].id, "gone")
    assert cards.waiting_speeches(tx) == [], "said or given up, nothing waits"


def test_attempts_are_remembered(tx: Tx) -> None:
    speech = speak(tx)
    cards.count_attempt(tx, speech.id)
    assert cards.waiting_speeches(tx)[0].attempts == 1, "a crash does not forget a failed try"


def test_pruning_keeps_what_is_waiting_and_what_is_new(tx: Tx) -> None:
    old, waiting, new = speak(tx, at=0), speak(tx, at=0), speak(tx, at=50)
    cards.mark_said(tx, [(old.id, None, None), (new.id, None, None)])
    tx.run("INSERT INTO inbox(key, at) VALUES('old', 0), ('new', 50)")
    assert cards.prune(tx, 10) == 2, "one speech and one key were old"
    assert [s.id for s in cards.waiting_speeches(tx)] == [waiting.id], "what was never said is never forgotten"
