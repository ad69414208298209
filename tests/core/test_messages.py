"""A card survives the outbox table unchanged, whatever is in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.messages import Button, Card, Press
from core.model import Handle, Place

texts = st.text(max_size=30)
buttons = st.builds(Button, texts, texts, texts)
cards = st.builds(Card, texts, texts, texts, texts, st.lists(st.lists(buttons, max_size=3).map(tuple)).map(tuple))


@given(cards)
def test_a_card_comes_back_from_the_outbox_as_it_went_in(card: Card) -> None:
    assert Card.loads(card.dumps()) == card, "a restarted outbox says the very same thing"


def test_an_answer_belongs_where_the_command_was_said() -> None:
    press = Press(key="k", who=Handle("slack", "U1"), chat="C1", private=False, token="t", message="m")
    assert press.place == Place("slack", "C1"), "the platform is the person's, the chat is the command's"
