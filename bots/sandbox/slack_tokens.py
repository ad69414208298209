"""Short-lived permissions that Slack hands out with a payload: triggers that open a view, URLs to respond to."""

from __future__ import annotations

import time
from dataclasses import dataclass

from bots.sandbox import slack_limits as limits
from bots.sandbox.slack_state import SlackError


@dataclass(slots=True)
class Trigger:
    """Opens one view for one person, until a moment of real time."""

    user: str
    until: float
    used: bool = False


@dataclass(slots=True)
class Hook:
    """A response_url: where its payload came from, and what is left of it."""

    channel: str
    user: str
    message_ts: str
    ephemeral: bool
    until: float
    left: int = limits.RESPONSE_URL_USES


class Tokens:
    """Triggers and response_urls by id; the oldest are forgotten first. Deadlines are real time."""

    def __init__(self, trigger_seconds: float) -> None:
        self._trigger_seconds = trigger_seconds
        self._triggers: dict[str, Trigger] = {}
        self._hooks: dict[str, Hook] = {}

    def add_trigger(self, key: str, user_id: str) -> str:
        """Hand out a trigger."""
        _make_room(self._triggers)
        self._triggers[key] = Trigger(user_id, time.monotonic() + self._trigger_seconds)
        return key

    def add_hook(self, key: str, *, channel: str, user: str, message_ts: str = "", ephemeral: bool = False) -> str:
        """Hand out a response_url's key."""
        _make_room(self._hooks)
        until = time.monotonic() + limits.RESPONSE_URL_SECONDS
        self._hooks[key] = Hook(channel, user, message_ts, ephemeral, until)
        return key

    def exchange(self, key: object) -> str:
        """The person whose view the trigger opens; used up by this."""
        trigger = self._triggers.get(str(key))
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() > trigger.until:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger.user

    def use_hook(self, key: str) -> Hook:
        """The response_url's origin, one use less: expired_url after 30 minutes, used_url after five uses."""
        hook = self._hooks.get(key)
        if hook is None or time.monotonic() > hook.until:
            raise SlackError("expired_url")
        if hook.left <= 0:
            raise SlackError("used_url")
        hook.left -= 1
        return hook


def _make_room(tokens: dict[str, Trigger] | dict[str, Hook]) -> None:
    if len(tokens) >= limits.KEPT_TOKENS:
        del tokens[next(iter(tokens))]
