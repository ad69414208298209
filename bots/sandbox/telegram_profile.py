"""Bot API methods about the bot, its chats and its files, and the table of all methods."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from bots.sandbox import telegram_limits as limits
from bots.sandbox import telegram_messages as messages
from bots.sandbox.telegram_call import Api, Params
from bots.sandbox.telegram_errors import bad_request

Method = Callable[[Api, Params], Any]
ACCENT_COLOR, MAX_REACTIONS = 0, 11  # required fields of ChatFullInfo that say nothing here
NO_GIFTS = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)


def get_me(api: Api, p: Params) -> dict[str, Any]:
    """getMe."""
    return api.world.bot


def get_chat(api: Api, p: Params) -> dict[str, Any]:
    """getChat."""
    info = api.known_chat(p).info
    return {
        **info, "accent_color_id": ACCENT_COLOR, "max_reaction_count": MAX_REACTIONS, "accepted_gift_types": NO_GIFTS,
    }  # fmt: skip


def get_chat_member(api: Api, p: Params) -> dict[str, Any]:
    """getChatMember: "member" or "left"."""
    chat, user_id = api.open_chat(p), p.number("user_id")
    if user_id == api.world.bot["id"]:
        return {"user": api.world.bot, "status": "member"}
    user = api.world.users.get(user_id)
    if user is None:
        raise bad_request("invalid user_id specified")
    return {"user": user, "status": "member" if user_id in chat.members else "left"}


def get_file(api: Api, p: Params) -> dict[str, Any]:
    """getFile: where to download a file of at most 20 MB."""
    file = api.world.files.get(p.text("file_id"))
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(file.data) > limits.DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    named = ("file_id", "file_unique_id", "file_size")
    return {name: file.meta[name] for name in named} | {"file_path": file.path}


def set_my_commands(api: Api, p: Params) -> bool:
    """setMyCommands, per scope and language."""
    commands = p.json("commands")
    if not isinstance(commands, list):
        raise bad_request("expected an Array of commands")
    if len(commands) > limits.COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not re.fullmatch(limits.COMMAND_NAME, command.get("command", "")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(command.get("description", "")) <= limits.COMMAND_DESCRIPTION:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    api.world.profile["commands", *_audience(p)] = commands
    return True


def get_my_commands(api: Api, p: Params) -> Any:
    """getMyCommands of exactly this scope and language."""
    return api.world.profile.get(("commands", *_audience(p)), [])


def delete_my_commands(api: Api, p: Params) -> bool:
    """deleteMyCommands."""
    api.world.profile.pop(("commands", *_audience(p)), None)
    return True


def set_my_description(api: Api, p: Params) -> bool:
    """setMyDescription."""
    return _set_text(api, p, "description", limits.DESCRIPTION_LENGTH)


def set_my_short_description(api: Api, p: Params) -> bool:
    """setMyShortDescription."""
    return _set_text(api, p, "short_description", limits.SHORT_DESCRIPTION_LENGTH)


def get_webhook_info(api: Api, p: Params) -> dict[str, Any]:
    """getWebhookInfo."""
    info: dict[str, Any] = {"url": "", "has_custom_certificate": False, "pending_update_count": api.updates.pending}
    hook = api.updates.hook
    if hook is not None:
        info |= {"url": hook.url, "max_connections": hook.connections}
        if hook.last_error:
            info |= {"last_error_message": hook.last_error, "last_error_date": hook.last_error_at}
    return info


def _audience(p: Params) -> tuple[str, str]:
    return json.dumps(p.json("scope") or {"type": "default"}, sort_keys=True), p.text("language_code")


def _set_text(api: Api, p: Params, name: str, longest: int) -> bool:
    if len(p.text(name)) > longest:
        raise bad_request(f"{name.upper()}_TOO_LONG")
    api.world.profile[name, "", p.text("language_code")] = p.text(name)
    return True


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "sendMessage": messages.send_message,
    "editMessageText": messages.edit_message_text,
    "editMessageReplyMarkup": messages.edit_message_reply_markup,
    "editMessageCaption": messages.edit_message_caption,
    "deleteMessage": messages.delete_message,
    "answerCallbackQuery": messages.answer_callback_query,
    "sendDocument": messages.send_document,
    "sendPhoto": messages.send_photo,
    "sendMediaGroup": messages.send_media_group,
    "sendChatAction": messages.send_chat_action,
    "getFile": get_file,
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setMyDescription": set_my_description,
    "setMyShortDescription": set_my_short_description,
    "getWebhookInfo": get_webhook_info,
}
