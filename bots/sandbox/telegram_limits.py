"""Telegram's limits in one place, each with its source, so that the sandbox refuses what Telegram would refuse.

"Bot API" is core.telegram.org/bots/api; the numbers agree with `telegram.constants` of python-telegram-bot 22.8.
"""

from __future__ import annotations

MESSAGE_LENGTH = 4096  # characters after entity parsing (Bot API, sendMessage)
CAPTION_LENGTH = 1024  # characters after entity parsing (Bot API, sendDocument)
ENTITIES = 100  # entities counted per message; Telegram drops the rest, we refuse (our own strict choice)
CALLBACK_DATA_BYTES = 64  # UTF-8, at least 1 (Bot API, InlineKeyboardButton)
KEYBOARD_BUTTONS = 100  # in all (telegram.constants.InlineKeyboardMarkupLimit)
KEYBOARD_ROW = 8  # per row (telegram.constants.InlineKeyboardMarkupLimit)
TOAST_LENGTH = 200  # characters (Bot API, answerCallbackQuery)
CALLBACK_TTL = 15.0  # real seconds to answer a press; our own strict choice, undocumented (reports: 5-15 s)
DELETE_AGE_MS = 48 * 3600 * 1000  # a message can be deleted for 48 hours (Bot API, deleteMessage)

UPLOAD_BYTES = 50_000_000  # a bot's upload (Bot API, sendDocument)
PHOTO_BYTES = 10_000_000  # a bot's photo (Bot API, sendPhoto)
DOWNLOAD_BYTES = 20_000_000  # getFile (Bot API, getFile)
MEDIA_GROUP = range(2, 11)  # items (Bot API, sendMediaGroup)

UPDATES_PER_POLL = 100  # getUpdates limit, 1-100 (Bot API)
WEBHOOK_CONNECTIONS = 40  # setWebhook max_connections, default; 1-100 (Bot API)
WEBHOOK_CONNECTIONS_MAX = 100
SECRET_TOKEN = r"[A-Za-z0-9_-]{1,256}"  # (Bot API, setWebhook)
DEEP_LINK = r"[A-Za-z0-9_-]{1,64}"  # start payload (Telegram, bot features, deep linking)

COMMANDS = 100  # (Bot API, setMyCommands)
COMMAND_NAME = r"[a-z0-9_]{1,32}"  # (Bot API, BotCommand)
COMMAND_DESCRIPTION = 256  # characters (Bot API, BotCommand)
DESCRIPTION_LENGTH = 512  # characters (Bot API, setMyDescription)
SHORT_DESCRIPTION_LENGTH = 120  # characters (Bot API, setMyShortDescription)

SENDS_PER_SECOND = 30  # overall (telegram.constants.FloodLimit)
PRIVATE_PER_SECOND = 1  # per private chat (telegram.constants.FloodLimit)
PRIVATE_BURST = 5  # "short bursts" are tolerated (FloodLimit); how short is our choice, undocumented
GROUP_PER_MINUTE = 20  # per group, sends and edits (telegram.constants.FloodLimit)
