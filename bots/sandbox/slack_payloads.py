"""The payloads that Slack sends to an app, each built in one place with every field that Bolt reads."""

from __future__ import annotations

from dataclasses import dataclass

from bots.sandbox.slack_state import (
    APP,
    BOT_USER,
    TEAM,
    Channel,
    Json,
    Message,
    View,
    Workspace,
    elements,
    outgoing,
)
from bots.sandbox.slack_tokens import Tokens

_DOMAIN = "sandbox"
_VERIFICATION = "verification-token"  # deprecated by Slack, still in every payload
_BASE: Json = {"token": _VERIFICATION, "api_app_id": APP}
_MANY = ("checkboxes", "multi_static_select")


def find_element(surface: Json, which: str | int) -> tuple[str, Json]:
    """Block id and element that a person means by its text, action_id or position; LookupError when there is none."""
    found = list(elements(surface))
    if isinstance(which, int):
        return found[which]
    for block_id, element in found:
        text = element.get("text")
        if which in (element["action_id"], text["text"] if isinstance(text, dict) else None):
            return block_id, element
    raise LookupError(f"nothing to press called {which!r}")


def action(block_id: str, element: Json, option: str | None) -> Json:
    """What one press or choice says; LookupError when the element has no such option (by text or value)."""
    done: Json = {"type": element["type"], "action_id": element["action_id"], "block_id": block_id}
    if "options" not in element:
        return {**done, **{key: element[key] for key in ("text", "value", "style", "url") if key in element}}
    for choice in element["options"]:
        if option in (choice["value"], choice["text"]["text"]):
            many = element["type"] in _MANY
            return {**done, **({"selected_options": [choice]} if many else {"selected_option": choice})}
    raise LookupError(f"no option called {option!r}")


@dataclass(slots=True)
class Payloads:
    """Builds payloads, with fresh ids, triggers and response URLs; `root` is the server's address once it listens."""

    workspace: Workspace
    tokens: Tokens
    root: str = ""

    def event(self, event: Json) -> Json:
        """An Events API callback around an event."""
        seen = {"team_id": TEAM, "user_id": BOT_USER, "is_bot": True, "is_enterprise_install": False}
        return {
            **_BASE, "type": "event_callback", "team_id": TEAM, "event": event,
            "event_id": self.workspace.new_id("Ev"), "event_time": self.workspace.clock.now() // 1000,
            "authorizations": [{"enterprise_id": None, **seen}],
        }  # fmt: skip

    def message_event(self, channel: Channel, message: Message, **more: object) -> Json:
        """The event that says a message came."""
        kind = "im" if channel.is_im else "channel"
        places = {"channel": channel.id, "channel_type": kind, "event_ts": message["ts"]}
        return self.event({**outgoing(message), **places, **more})

    def on_message(self, user_id: str, message: Message, done: Json) -> Json:
        """block_actions on a message; one that only this person sees comes without its content."""
        channel = self.workspace.channels[message["channel"]]
        ephemeral = bool(message.get("is_ephemeral"))
        container = {
            "type": "message", "message_ts": message["ts"], "channel_id": channel.id, "is_ephemeral": ephemeral,
        }  # fmt: skip
        hook = self.tokens.add_hook(
            self.workspace.new_id("hook"), channel=channel.id, user=user_id, message_ts=message["ts"],
            ephemeral=ephemeral,
        )  # fmt: skip
        seen = {} if ephemeral else {"message": outgoing(message)}
        return {
            **self._interaction(user_id, "block_actions"), **seen, "container": container,
            "channel": {"id": channel.id, "name": channel.name}, "response_url": f"{self.root}/hook/{hook}",
            "state": {"values": {}}, "actions": [self._stamped(done)],
        }  # fmt: skip

    def on_view(self, user_id: str, view: View, done: Json) -> Json:
        """block_actions in a modal or on the Home page."""
        container = {"type": "view", "view_id": view["id"]}
        return {
            **self._interaction(user_id, "block_actions"), "container": container, "view": view,
            "actions": [self._stamped(done)],
        }  # fmt: skip

    def submission(self, user_id: str, view: View) -> Json:
        """view_submission of a filled modal."""
        return {**self._interaction(user_id, "view_submission"), "view": view, "response_urls": []}

    def closed(self, user_id: str, view: View) -> Json:
        """view_closed, for modals that ask to be told."""
        return {**self._interaction(user_id, "view_closed"), "view": view, "is_cleared": False}

    def command(self, user_id: str, channel: Channel, name: str, text: str) -> Json:
        """A slash command's form."""
        hook = self.tokens.add_hook(self.workspace.new_id("hook"), channel=channel.id, user=user_id)
        trigger = self.tokens.add_trigger(self.workspace.new_id("trigger"), user_id)
        return {
            **_BASE, "team_id": TEAM, "team_domain": _DOMAIN, "channel_id": channel.id, "channel_name": channel.name,
            "user_id": user_id, "user_name": user_id.lower(), "command": name, "text": text,
            "response_url": f"{self.root}/hook/{hook}", "trigger_id": trigger, "is_enterprise_install": "false",
        }  # fmt: skip

    def _interaction(self, user_id: str, kind: str) -> Json:
        trigger = self.tokens.add_trigger(self.workspace.new_id("trigger"), user_id)
        user = {"id": user_id, "username": user_id.lower(), "name": user_id.lower(), "team_id": TEAM}
        return {
            **_BASE, "type": kind, "team": {"id": TEAM, "domain": _DOMAIN}, "user": user, "trigger_id": trigger,
            "enterprise": None, "is_enterprise_install": False,
        }  # fmt: skip

    def _stamped(self, done: Json) -> Json:
        return {**done, "action_ts": self.workspace.new_ts()}
