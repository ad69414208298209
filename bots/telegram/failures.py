"""Says what a failed Bot API call means for tapcrowd, so that nobody else has to know Telegram's error texts."""

from __future__ import annotations

from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from core import errors

# Parts of Telegram's descriptions in lower case; Telegram gives the same code 400 to all of them.
NOT_MODIFIED = "not modified"
NO_MESSAGE = ("message to edit not found", "can't be edited", "message_id_invalid")
NO_CHAT = (
    "chat not found",
    "peer_id_invalid",
    "chat_write_forbidden",
    "not enough rights to send",
    "have no rights to send",
    "user is deactivated",
)
TOO_LARGE = ("entity too large", "file is too big")
BAD_TOKEN = "Telegram does not accept the bot token (or does not know this method); check the token in the settings"


def unchanged(error: TelegramError) -> bool:
    """Whether an edit failed only because the message reads like this already."""
    return isinstance(error, BadRequest) and NOT_MODIFIED in error.message.lower()


def too_large(error: TelegramError) -> bool:
    """Whether Telegram refused a file for its size."""
    return _says(error, TOO_LARGE)


def translate(error: TelegramError) -> errors.ChatError:
    """The leaf of core.errors.ChatError for a failed call; its text never holds the token."""
    match error:
        case RetryAfter(retry_after=wait):
            return errors.RetryAfter(wait.total_seconds() if isinstance(wait, timedelta) else float(wait))
        case Forbidden() | ChatMigrated():
            return errors.Unreachable(error.message)
        case InvalidToken() | EndPointNotFound():
            return errors.Rejected(BAD_TOKEN)
        case BadRequest() if _says(error, NO_MESSAGE):
            return errors.Gone(error.message)
        case BadRequest() if _says(error, NO_CHAT):
            return errors.Unreachable(error.message)
        case BadRequest():  # a kind of NetworkError in this library
            return errors.Rejected(error.message)
        case NetworkError() if too_large(error):
            return errors.Rejected(error.message)
        case NetworkError():
            return errors.Unavailable(error.message)
    return errors.Rejected(error.message)


def _says(error: TelegramError, parts: tuple[str, ...]) -> bool:
    text = error.message.lower()
    return any(part in text for part in parts)
