"""A token says nothing, fits the platforms, and works only as it was made."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from core.tokens import CHOICES, LENGTH, choice_of, mint, mint_all, nonce_of

SECRET = b"k" * 32
nonces = st.binary(min_size=8, max_size=8).map(bytes.hex)
people = st.one_of(st.none(), st.integers(1, 10**9))
choices = st.sampled_from(CHOICES)


@given(nonces, people, choices)
def test_a_token_brings_its_choice_and_card_back(nonce: str, person: int | None, choice: str) -> None:
    token = mint(SECRET, nonce, person, choice)
    assert len(token) == LENGTH <= 64, "Telegram takes 64 bytes of callback data"
    assert (nonce_of(token), choice_of(SECRET, token, person)) == (nonce, choice), "what went in comes out"


@given(nonces, st.integers(1, 10**9), choices, st.integers(0, LENGTH - 1), st.sampled_from("AZaz09-_"))
def test_a_tampered_token_is_forged(nonce: str, person: int, choice: str, at: int, letter: str) -> None:
    token = mint(SECRET, nonce, person, choice)
    changed = token[:at] + letter + token[at + 1 :]
    if changed != token:
        assert choice_of(SECRET, changed, person) is None, "every bit is under the seal"


@given(nonces, st.integers(1, 10**9), st.integers(1, 10**9), choices)
def test_a_token_is_bound_to_its_person_and_house(nonce: str, person: int, other: int, choice: str) -> None:
    token = mint(SECRET, nonce, person, choice)
    assert other == person or choice_of(SECRET, token, other) is None, "another person's token does not open"
    assert choice_of(b"another", token, person) is None, "nor does one from another house"


@given(st.text(max_size=40))
def test_any_text_can_be_pressed_without_harm(text: str) -> None:
    nonce, choice = nonce_of(text), choice_of(SECRET, text if text.isascii() else "", 1)
    assert choice is None, "no text that we did not make is a choice"
    assert nonce is None or len(nonce) <= 16, "and at most it looks for a card that does not exist"


def test_tokens_of_the_same_choice_have_nothing_in_common() -> None:
    tokens = [mint(SECRET, n.to_bytes(8, "big").hex(), 1, "0") for n in range(2**20, 2**20 + 400)]
    tails = Counter(token[-12:] for token in tokens)
    assert max(tails.values()) == 1, "the sealed part never repeats, so a label cannot be read from it"


def test_all_choices_of_a_card_get_their_own_token() -> None:
    made = mint_all(SECRET, "00" * 8, 1, ["0", "1", "skip"])
    assert len(set(made.values())) == len(made) == 3, "one token per button"
