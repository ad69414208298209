"""A chat as text: who said, pressed or was shown what, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from bots.demo.cast import BAD_TELEGRAM_USER, Cast
from bots.demo.stage import ADMIN_GROUP, CHANNEL, GROUP, TELEGRAM_REQUESTER, Stage
from bots.sandbox import slack_state, telegram_state
from bots.sandbox.seats import Seen, seen_on_slack, seen_on_telegram
from core.model import parse_handle

INDENT = " " * 10
VERBS = {
    "sent": "bot", "post": "bot", "edited": "bot, edited", "update": "bot, edited", "ephemeral": "bot, to one person",
    "toast": "bot, box", "deleted": "bot, deleted", "delete": "bot, deleted",
}  # fmt: skip
Names = Callable[[object], str]


def transcripts(stage: Stage, cast: Cast) -> dict[str, str]:
    """By name: the requesters' channels, the admins' group, and the busiest worker's chat on each platform."""
    names = {parse_handle(handle): person.name for person, handle in cast.players}
    speed = f"the clock ran {stage.clock.speed:g} times faster than life"
    return {
        **_on_telegram(stage, {int(user): name for (place, user), name in names.items() if place == "telegram"}, speed),
        **_on_slack(stage, {user: name for (place, user), name in names.items() if place == "slack"}, speed),
    }


def _on_telegram(stage: Stage, workers: Mapping[int, str], speed: str) -> dict[str, str]:
    history = stage.telegram.history
    staff = {TELEGRAM_REQUESTER: "requester"}

    def name(user: object) -> str:
        number = int(str(user))
        return workers.get(number) or staff.get(number, "admin")

    found = {
        "requester-telegram": telegram_transcript(f"The requester's Telegram group; {speed}", history(GROUP), name),
        "admins-telegram": telegram_transcript(f"The admins' Telegram group; {speed}", history(ADMIN_GROUP), name),
    }
    honest = [user for user in workers if user != BAD_TELEGRAM_USER]
    if honest:
        busiest = max(honest, key=lambda user: len(history(user)))
        title = f"The Telegram chat of a {workers[busiest]}; {speed}"
        found["worker-telegram"] = telegram_transcript(title, history(busiest), name)
    return found


def _on_slack(stage: Stage, workers: Mapping[str, str], speed: str) -> dict[str, str]:
    slack = stage.slack

    def name(user: object) -> str:
        return workers.get(str(user), "requester")

    title = f"The requester's Slack channel; {speed}"
    found = {"requester-slack": slack_transcript(title, slack.history(CHANNEL), name)}
    histories = {user: slack.history(channel) for user in workers if (channel := slack.dm(user))}
    if histories:
        busiest = max(histories, key=lambda user: len(histories[user]))
        title = f"The Slack messages of a {workers[busiest]}; {speed}"
        found["worker-slack"] = slack_transcript(title, histories[busiest], name)
    return found


def telegram_transcript(title: str, events: Iterable[telegram_state.Event], names: Names) -> str:
    """The transcript of a Telegram chat."""
    lines = [title, ""]
    for event in events:
        seen = seen_on_telegram(event.message)
        if event.kind == "pressed":
            lines.append(_line(event.at, names(event.by), f"presses [{_pressed(event)}]"))
        elif event.kind == "said":
            lines.append(_line(event.at, names(event.by), event.text))
        elif event.kind != "toast":
            lines.append(_line(event.at, VERBS[event.kind], _shown(event.text, seen)))
        elif event.text:
            lines.append(_line(event.at, VERBS[event.kind], event.text))
    return "\n".join(lines) + "\n"


def slack_transcript(title: str, events: Iterable[slack_state.Event], names: Names) -> str:
    """The transcript of a Slack channel or direct message."""
    lines = [title, ""]
    for event in events:
        seen = seen_on_slack(event.message) if event.message else None
        files = ", ".join(file["name"] for file in (event.message or {}).get("files", ()))
        text = " ".join(part for part in (f"[{files}]" if files else "", event.text) if part)
        if event.kind == "press":
            lines.append(_line(event.at, names(event.by), f"presses [{event.text}]"))
        elif event.kind in ("said", "upload", "command"):
            lines.append(_line(event.at, names(event.by), text))
        else:
            lines.append(_line(event.at, VERBS[event.kind], _shown(text, seen) if seen else text))
    return "\n".join(lines) + "\n"


def _pressed(event: telegram_state.Event) -> str:
    """The words on the button whose data was sent."""
    rows = event.message.get("reply_markup", {}).get("inline_keyboard", ())
    found = [button["text"] for row in rows for button in row if button.get("callback_data") == event.text]
    return str(found[0]) if found else "?"


def _shown(text: str, seen: Seen) -> str:
    return "\n".join([text, " ".join(f"[{button}]" for button in seen.buttons)]).strip()


def _line(at: int, who: str, text: str) -> str:
    moment = datetime.fromtimestamp(at / 1000, UTC).strftime("%H:%M:%S")
    return f"{moment}  {who}: " + text.replace("\n", "\n" + INDENT)
