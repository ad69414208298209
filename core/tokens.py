"""The data behind a button: a random nonce, a masked choice and a seal, 24 characters that say nothing about the task.

A token is bound to its card, to the person whose card it is and to one choice; only who holds the secret can make one.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable

NONCE_BYTES = 8
SEAL_BYTES = 9
LENGTH = 24
"""Characters of a token; Telegram allows 64 bytes of callback data, Slack 2000 characters of value."""

CHOICES = (
    *(str(number) for number in range(50)),
    "skip",
    "cant",
    "report",
    "undo",
    "accept",
    "decline",
    "continue",
    "stop",
    "publish",
    "discard",
    "day",
    "ban",
    "ignore",
    "withdraw",
    "preview",
    *(f"lang{number}" for number in range(20)),
    *("reject", "fix", "back", "appeal", "send", "r0", "r1", "r2", "r3"),
    *("job", "pause", "job2", "day2", "ban2"),
    *("lift", "uphold"),
    *("keep", "expert", "promote", "rollback"),
    "plan",
)
"""Every choice that a button can stand for; the position is what a token carries."""
POSITION = {choice: number for number, choice in enumerate(CHOICES)}


def mint(secret: bytes, nonce: str, person: int | None, choice: str) -> str:
    """The token for one button of a card; `nonce` is the card's, 16 hex digits."""
    raw = bytes.fromhex(nonce)
    position = POSITION[choice]
    masked = bytes([position ^ raw[-1]])
    return urlsafe_b64encode(raw + masked + _seal(secret, raw, person, position)).decode()


def mint_all(secret: bytes, nonce: str, person: int | None, choices: Iterable[str]) -> dict[str, str]:
    """Tokens for several buttons of a card, by choice."""
    return {choice: mint(secret, nonce, person, choice) for choice in choices}


def nonce_of(token: str) -> str | None:
    """The nonce in a token, to find its card by; None when this is no token at all."""
    if len(token) != LENGTH or not token.isascii():
        return None
    try:
        return urlsafe_b64decode(token)[:NONCE_BYTES].hex()
    except ValueError:
        return None


def choice_of(secret: bytes, token: str, person: int | None) -> str | None:
    """The choice in a token that we made for that person's card; None when it is forged."""
    try:
        data = urlsafe_b64decode(token)
    except ValueError:
        return None
    if len(data) != NONCE_BYTES + 1 + SEAL_BYTES:
        return None
    nonce, masked, seal = data[:NONCE_BYTES], data[NONCE_BYTES], data[NONCE_BYTES + 1 :]
    position = masked ^ nonce[-1]
    if position >= len(CHOICES) or not hmac.compare_digest(seal, _seal(secret, nonce, person, position)):
        return None
    return CHOICES[position]


def _seal(secret: bytes, nonce: bytes, person: int | None, position: int) -> bytes:
    return hmac.digest(secret, b"%s|%d|%d" % (nonce, person or 0, position), "sha256")[:SEAL_BYTES]
