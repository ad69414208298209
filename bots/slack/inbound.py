"""Turns what Slack delivers into commands, so that the rest of the house never sees a payload.

Pure functions: a payload in, a command or None out; None means that nobody asked for anything. A direct chat is named
by its D… id where Slack vouches that it is ours (events, buttons), and by "@U…" after a slash command, which people can
also type in a direct chat among themselves, where the bot cannot speak.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from core.messages import Attachment, Command, Left, Press, Said, Typed, Upload
from core.model import Handle

Payload = Mapping[str, Any]

PLATFORM = "slack"
MAIN_COMMAND = "tapcrowd"
START = "start"
DEFAULT_LANG = "en"
FORM_ITEMS, FORM_JOB, FORM_JOB_FILE = "items", "job", "job_file"
"""Block ids of the job form's inputs; each input's action_id is the same word."""

_NEWJOB = re.compile(r"[/!]?\bnewjob\b[ \t]*", re.IGNORECASE)
_LINK = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
_FENCE = re.compile(r"```(?:[a-z]+\n)?(.*)```", re.DOTALL)


def from_command(payload: Payload) -> Said:
    """A slash command: /tapcrowd VERB ARGS, or /VERB ARGS for any other command."""
    user, channel = str(payload["user_id"]), str(payload["channel_id"])
    chat = f"@{user}" if channel.startswith("D") else channel
    name, text = str(payload["command"]).lstrip("/").lower(), plain(str(payload.get("text") or ""))
    verb, args = _split(text) if name == MAIN_COMMAND else (name, text)
    key = f"slack:cmd:{payload['trigger_id']}"
    return Said(**_who(user, chat, key), verb=verb or "help", args=args)


def from_event(body: Payload) -> Command | None:
    """An Events API body: a message to the bot, or a person who is gone."""
    event, key = body["event"], f"slack:{body['event_id']}"
    match event.get("type"):
        case "message" if _from_person(event):
            return _from_message(event, key)
        case "user_change" if event["user"].get("deleted"):
            user = str(event["user"]["id"])
            return Left(**_who(user, f"@{user}", key))
    return None


def from_action(payload: Payload) -> Press | Said | None:
    """A button: Press, or Said start for one that opens the direct chat."""
    action, user = payload["actions"][0], str(payload["user"]["id"])
    container = payload.get("container") or {}
    channel = str(container.get("channel_id") or (payload.get("channel") or {}).get("id") or "")
    ts = str(container.get("message_ts") or container.get("view_id") or "")
    key, lang = f"slack:act:{channel}:{ts}:{user}:{action.get('action_ts', '')}", _lang(payload["user"])
    value = str(action.get("value") or "")
    if str(action.get("action_id", "")).startswith(START):
        return Said(**_who(user, f"@{user}", key, lang), verb=START, args=value)
    if not value or "message_ts" not in container:
        return None
    return Press(**_who(user, channel, key, lang), token=value, message=f"{channel}:{ts}")


def from_form(payload: Payload) -> Upload:
    """A submitted job form; each submission has its own key, and the form makes one job only.

    A job file stands for the text field, which may still hold the example that it was opened with.
    """
    view, user = payload["view"], str(payload["user"]["id"])
    values = view["state"]["values"]
    items, job = (_field(values, block).get("files") or () for block in (FORM_ITEMS, FORM_JOB_FILE))
    key = f"slack:view:{view['id']}:{payload.get('trigger_id') or view.get('hash', '')}"
    return Upload(
        **_who(user, str(view.get("private_metadata") or f"@{user}"), key, _lang(payload["user"])),
        source=f"slack:view:{view['id']}",
        text="" if job else str(_field(values, FORM_JOB).get("value") or ""),
        attachments=tuple(attachment(file) for file in (*items, *job)),
        form=True,
    )


def direct_chat(payload: Payload) -> tuple[str, str] | None:
    """(user, D… channel) when this delivery proves that the channel is the bot's direct chat with that user."""
    event = payload.get("event") or {}
    user = event.get("user") or payload.get("user") or ""
    user = user.get("id", "") if isinstance(user, Mapping) else user
    channel = event.get("channel") or (payload.get("container") or {}).get("channel_id") or ""
    known = isinstance(channel, str) and channel.startswith("D") and user
    return (str(user), channel) if known and "bot_id" not in event else None


def attachment(file: Payload) -> Attachment:
    """A file as Slack describes it; `ref` is its private address, or "id:F…" when only the id is told."""
    address = file.get("url_private_download") or file.get("url_private") or f"id:{file['id']}"
    return Attachment(name=str(file.get("name") or file["id"]), size=int(file.get("size") or 0), ref=str(address))


def plain(text: str) -> str:
    """What the person typed: Slack's <links> and &amp; undone; a mention becomes a handle, slack:U123."""
    return html.unescape(_LINK.sub(_unlinked, text)).strip()


def is_private(chat: str) -> bool:
    """Whether a chat as we name it is a direct chat."""
    return chat.startswith(("D", "@"))


def _from_message(event: Payload, key: str) -> Command | None:
    user, channel, text = str(event["user"]), str(event["channel"]), plain(str(event.get("text") or ""))
    who, newjob = _who(user, channel, key), _NEWJOB.search(text)
    if event.get("files"):
        if not (newjob or is_private(channel)):
            return None
        files = tuple(attachment(file) for file in event["files"])
        text = _unfenced(text[newjob.end() :] if newjob else text)
        return Upload(**who, source=f"slack:{channel}:{event['ts']}", text=text, attachments=files)
    if not is_private(channel) or not text:
        return None
    verb, args = _split(text[1:])
    if text[0] in "/!" and verb and verb != MAIN_COMMAND:
        return Said(**who, verb=verb, args=args)
    if text[0] in "/!" and verb:
        verb, args = _split(args)
        return Said(**who, verb=verb or "help", args=args)
    return Typed(**who, text=text)


def _from_person(event: Payload) -> bool:
    """Whether a message event is a new message that a person typed; edits, joins and bots are not."""
    return bool(event.get("user")) and "bot_id" not in event and event.get("subtype") in (None, "file_share")


def _who(user: str, chat: str, key: str, lang: str = DEFAULT_LANG) -> dict[str, Any]:
    return {"key": key, "who": Handle(PLATFORM, user), "chat": chat, "private": is_private(chat), "lang": lang}


def _lang(user: Payload) -> str:
    return str(user.get("locale") or DEFAULT_LANG).replace("_", "-").partition("-")[0].lower()


def _field(values: Payload, block: str) -> Payload:
    """The state of one input; empty when the form was sent without it."""
    state: Payload = (values.get(block) or {}).get(block) or {}
    return state


def _split(text: str) -> tuple[str, str]:
    """First word in lower case, and the rest."""
    verb, _, args = text.strip().partition(" ") if "\n" not in text else _split_lines(text)
    return verb.lower(), args.strip()


def _split_lines(text: str) -> tuple[str, str, str]:
    head, *rest = text.strip().split(maxsplit=1)
    return head, " ", "".join(rest)


def _unfenced(text: str) -> str:
    fence = _FENCE.fullmatch(text.strip())
    return (fence[1] if fence else text).strip()


def _unlinked(match: re.Match[str]) -> str:
    target, label = match[1], match[2]
    if target.startswith("@"):
        return f"{PLATFORM}:{target[1:]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return f"@{target[1:].partition('^')[0]}"
    return label or target.removeprefix("mailto:")
