"""Bot API methods that send, edit and delete messages and answer presses."""

from __future__ import annotations

from typing import Any

from bots.sandbox import telegram_limits as limits
from bots.sandbox.telegram_call import Api, Params, Upload, caption_content, keyboard, text_content
from bots.sandbox.telegram_errors import ApiError, bad_request
from bots.sandbox.telegram_state import Answer, Chat, Message

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
TEXT_FIELDS = ("text", "entities")
CAPTION_FIELDS = ("caption", "caption_entities")
MEDIA_KINDS = {"document": limits.UPLOAD_BYTES, "photo": limits.PHOTO_BYTES}
PHOTO_SIDE = 320  # pixels reported for every photo; the sandbox does not look into images


def send_message(api: Api, p: Params) -> Message:
    """sendMessage."""
    chat = api.open_chat(p)
    content = text_content(p, too_long="message is too long") | keyboard(p) | _reply(chat, p)
    api.spend(chat)
    return _sent(api, chat, content)


def send_document(api: Api, p: Params) -> Message:
    """sendDocument."""
    return _send_media(api, p, "document")


def send_photo(api: Api, p: Params) -> Message:
    """sendPhoto."""
    return _send_media(api, p, "photo")


def send_media_group(api: Api, p: Params) -> list[Message]:
    """sendMediaGroup: 2-10 items, no keyboard."""
    chat, media = api.open_chat(p), p.json("media") or []
    if len(media) not in limits.MEDIA_GROUP:
        raise bad_request("media group must include 2-10 items")
    if p.json("reply_markup"):
        raise bad_request("a media group can't have reply markup")  # Telegram ignores it; our own strict choice
    parts = [(item, _upload(api, p, item.get("media"), item.get("type", ""))) for item in media]
    contents = [_file(api, upload, item["type"]) | caption_content(Params(item)) for item, upload in parts]
    api.spend(chat, len(media))
    group = str(api.world.clock.now())
    return [_sent(api, chat, {"media_group_id": group, **content} | _reply(chat, p)) for content in contents]


def send_chat_action(api: Api, p: Params) -> bool:
    """sendChatAction."""
    api.open_chat(p)
    if not p.text("action"):
        raise bad_request("wrong parameter action in request")
    return True


def edit_message_text(api: Api, p: Params) -> Message:
    """editMessageText."""
    chat, message = _own_message(api, p, "text")
    return _edited(api, chat, message, TEXT_FIELDS, text_content(p, too_long="MESSAGE_TOO_LONG") | keyboard(p))


def edit_message_caption(api: Api, p: Params) -> Message:
    """editMessageCaption."""
    chat, message = _own_message(api, p, "caption")
    return _edited(api, chat, message, CAPTION_FIELDS, caption_content(p) | keyboard(p))


def edit_message_reply_markup(api: Api, p: Params) -> Message:
    """editMessageReplyMarkup."""
    chat, message = _own_message(api, p, "")
    return _edited(api, chat, message, (), keyboard(p))


def delete_message(api: Api, p: Params) -> bool:
    """deleteMessage: within 48 hours; other people's messages only in private chats."""
    chat = api.open_chat(p)
    message = chat.messages.get(p.number("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    if not (chat.private or api.world.is_bots(message)):
        raise bad_request("message can't be deleted")
    if api.world.clock.now() - 1000 * message["date"] > limits.DELETE_AGE_MS:
        raise bad_request("message can't be deleted for everyone")
    del chat.messages[message["message_id"]]
    api.world.record(chat, "deleted", api.world.bot["id"], "", message)
    return True


def answer_callback_query(api: Api, p: Params) -> bool:
    """answerCallbackQuery: once, and in time."""
    press = api.world.open.get(p.text("callback_query_id"))
    if press is None or press.age > limits.CALLBACK_TTL:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = p.text("text")
    if len(text) > limits.TOAST_LENGTH:
        raise bad_request("MESSAGE_TOO_LONG")
    api.world.close(press, Answer(text, p.flag("show_alert"), press.age))
    return True


def _sent(api: Api, chat: Chat, content: dict[str, Any]) -> Message:
    return api.world.publish(chat, api.world.message(chat, api.world.bot, content), "sent")


def _own_message(api: Api, p: Params, part: str) -> tuple[Chat, Message]:
    """The message to edit, if it is the bot's and has that part."""
    if "message_id" not in p.values:
        raise bad_request("message identifier is not specified")
    chat = api.open_chat(p)
    message = chat.messages.get(p.number("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if not api.world.is_bots(message):
        raise bad_request("message can't be edited")
    has_text = "text" in message
    if part and has_text != (part == "text"):
        raise bad_request(f"there is no {part} in the message to edit")
    return chat, message


def _edited(api: Api, chat: Chat, message: Message, fields: tuple[str, ...], content: dict[str, Any]) -> Message:
    """Put the new content in the place of the old fields and keyboard; the same content again is refused."""
    if all(message.get(name) == content.get(name) for name in (*fields, "reply_markup")):
        raise bad_request(NOT_MODIFIED)
    api.spend(chat, edit=True)
    kept = {name: value for name, value in message.items() if name not in fields and name != "reply_markup"}
    return api.world.publish(chat, {**kept, **content, "edit_date": api.world.clock.now() // 1000}, "edited")


def _reply(chat: Chat, p: Params) -> dict[str, Any]:
    wanted = p.json("reply_parameters")
    if not wanted:
        return {}
    target = chat.messages.get(int(wanted["message_id"]))
    if target is not None:
        return {"reply_to_message": {name: value for name, value in target.items() if name != "reply_to_message"}}
    if wanted.get("allow_sending_without_reply"):
        return {}
    raise bad_request("message to be replied not found")


def _send_media(api: Api, p: Params, kind: str) -> Message:
    chat = api.open_chat(p)
    upload = _upload(api, p, p.values.get(kind), kind)
    content = caption_content(p) | keyboard(p) | _reply(chat, p)
    api.spend(chat)
    return _sent(api, chat, _file(api, upload, kind) | content)


def _upload(api: Api, p: Params, value: Any, kind: str) -> Upload | str:
    """The uploaded part, or the id of a known file; refuses the rest, and what is too big."""
    if kind not in MEDIA_KINDS:
        raise bad_request(f'type "{kind}" of media is not supported')
    if isinstance(value, str) and value.startswith("attach://"):
        value = p.values.get(value.removeprefix("attach://"))
    if isinstance(value, Upload):
        if not value.data:
            raise bad_request("file must be non-empty")
        if len(value.data) > MEDIA_KINDS[kind]:
            raise ApiError(413, "Request Entity Too Large")
        return value
    if not value:
        raise bad_request(f"there is no {kind} in the request")
    if value not in api.world.files:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return str(value)


def _file(api: Api, upload: Upload | str, kind: str) -> dict[str, Any]:
    """The document or photo part of a message."""
    if isinstance(upload, str):
        meta = api.world.files[upload].meta
    else:
        size = {"width": PHOTO_SIDE, "height": PHOTO_SIDE} if kind == "photo" else {"file_name": upload.name}
        meta = api.world.store(upload.name, upload.data, folder=f"{kind}s", **size).meta
    return {"photo": [meta]} if kind == "photo" else {"document": meta}
