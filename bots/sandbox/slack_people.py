"""The people's side of the Slack sandbox: what workers and requesters do in their clients, and what they see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from bots.sandbox.slack_delivery import Delivery
from bots.sandbox.slack_files import Files, StoredFile
from bots.sandbox.slack_forms import filled
from bots.sandbox.slack_methods import Chat
from bots.sandbox.slack_payloads import Payloads, action, find_element
from bots.sandbox.slack_state import (
    BOT_USER,
    Channel,
    Event,
    EventKind,
    Json,
    Listener,
    Message,
    PersonListener,
    SlackError,
    User,
    View,
    Workspace,
)
from bots.sandbox.slack_transport import Ack
from bots.sandbox.slack_views import Views

T = TypeVar("T")
MENTION = f"<@{BOT_USER}>"


class People:
    """Acts for people and shows what they see. Messages and views are dicts that are replaced, never changed."""

    def __init__(self, workspace: Workspace, delivery: Delivery, payloads: Payloads, events: Iterable[str]) -> None:
        self._workspace, self._delivery, self._payloads = workspace, delivery, payloads
        self._events = frozenset(events)
        self._chat: Chat
        self._views: Views
        self._files: Files

    # -- who is there ------------------------------------------------------------------------------------------------
    def add_user(self, user_id: str, name: str, locale: str = "en-US") -> None:
        """A person with an account in the workspace."""
        self._workspace.users[user_id] = User(user_id, name, locale)

    def add_channel(self, channel_id: str, name: str, members: Iterable[str] = (), bot_is_member: bool = True) -> None:
        """A public channel with these people in it."""
        self._workspace.channels[channel_id] = Channel(channel_id, name, set(members), bot_is_member=bot_is_member)

    def deactivate(self, user_id: str) -> None:
        """End a person's account: they can be neither written to nor do anything."""
        self._workspace.users[user_id].deleted = True

    def archive(self, channel: str) -> None:
        """Close a channel for writing."""
        self._workspace.channels[channel].archived = True

    # -- what they do ------------------------------------------------------------------------------------------------
    async def say(self, user_id: str, text: str, channel: str | None = None) -> Ack:
        """Write a message, to the bot unless a channel is given; the ack of its event's first attempt."""
        place = self._place(user_id, channel)
        message = self._workspace.post(place, self._workspace.message(user_id, text, []), "said")
        return await self._announce(place, message)

    async def upload(self, user_id: str, name: str, data: bytes, channel: str | None = None, *, text: str = "") -> Ack:
        """Post a file, perhaps with a text; the ack of the message's event (subtype file_share)."""
        place = self._place(user_id, channel)
        file = self._files.add(user_id, name, data)
        shared = self._files.attach(self._workspace.message(user_id, text, [], subtype="file_share"), [file])
        ack = await self._announce(place, self._workspace.post(place, shared, "upload"))
        if "file_shared" in self._events:
            said = {"type": "file_shared", "file_id": file.info["id"], "file": {"id": file.info["id"]}}
            places = {"user_id": user_id, "channel_id": place.id, "event_ts": shared["ts"]}
            await self._delivery.deliver("events_api", self._payloads.event({**said, **places}))
        return ack

    async def command(self, user_id: str, name: str, text: str = "", channel: str | None = None) -> Ack:
        """Type a slash command; what the app answers in its ack is shown as Slack shows it."""
        place = self._place(user_id, channel)
        self._record(place, "command", user_id, f"{name} {text}".strip())
        ack = await self._delivery.deliver("slash_commands", self._payloads.command(user_id, place, name, text))
        if not ack.acked or not ack.payload:
            return ack
        try:
            self._chat.reply(place, user_id, ack.payload)
        except SlackError as error:
            return replace(ack, reason=error.code)
        return ack

    async def press(self, user_id: str, message: Message | View, which: str | int, option: str | None = None) -> Ack:
        """Press a button (by text, action_id or position) or choose an option, of a message or a view as it was seen.

        It may be stale: a person can press before an edit arrives. LookupError when it has no such button; an ack
        with reason message_not_found or view_not_found when what was seen is gone.
        """
        self._active(user_id)
        done = action(*find_element(message, which), option)
        if message.get("type") in ("modal", "home"):
            return await self._press_in_view(user_id, message, done)
        channel = self._workspace.channels[message["channel"]]
        if not message.get("is_ephemeral") and message["ts"] not in channel.messages:
            return Ack("interactive", False, 0.0, reason="message_not_found")
        seen = message if message.get("is_ephemeral") else channel.messages[message["ts"]]
        self._record(channel, "press", user_id, str(done.get("text", {}).get("text", which)), message)
        return await self._delivery.deliver("interactive", self._payloads.on_message(user_id, seen, done))

    async def submit(
        self,
        user_id: str,
        view: View,
        values: Mapping[str, object] | None = None,
        *,
        files: Mapping[str, Sequence[tuple[str, bytes]]] | None = None,
    ) -> Ack:
        """Fill in and send a modal; the app's answer is carried out (errors keep it open, in `payload["errors"]`).

        `values` maps block_id to {action_id: state} or to the bare answer, `files` block_id to (name, data) pairs.
        ValueError when Slack's client would not send it.
        """
        self._active(user_id)
        uploads = {
            block_id: [self._files.add(user_id, name, data).info for name, data in pairs]
            for block_id, pairs in (files or {}).items()
        }
        sent = {**view, "state": {"values": filled(view, {**(values or {}), **uploads})}}
        if all(other["id"] != view["id"] for other in self.views(user_id)):
            return Ack("interactive", False, 0.0, reason="view_not_found")
        ack = await self._delivery.deliver("interactive", self._payloads.submission(user_id, sent))
        if not ack.acked:
            return ack
        try:
            self._views.respond(user_id, view, ack.payload)
        except SlackError as error:
            return replace(ack, reason=error.code)
        return ack

    async def dismiss(self, user_id: str, view: View) -> Ack | None:
        """Close a modal unsent; None when it does not ask to be told."""
        self._views.close(user_id, view)
        if not view["notify_on_close"]:
            return None
        return await self._delivery.deliver("interactive", self._payloads.closed(user_id, view))

    async def open_home(self, user_id: str) -> Ack:
        """Look at the app's Home page."""
        place = self._place(user_id, None)
        event: Json = {"type": "app_home_opened", "user": user_id, "channel": place.id, "tab": "home"}
        event["event_ts"] = self._workspace.new_ts()
        if (home := self._views.homes.get(user_id)) is not None:
            event["view"] = home
        return await self._send("app_home_opened", self._payloads.event(event))

    # -- what they see -----------------------------------------------------------------------------------------------
    def dm(self, user_id: str) -> str | None:
        """The id of a person's direct message with the bot, once there is one."""
        return self._workspace.dms.get(user_id)

    def messages(self, channel: str) -> list[Message]:
        """The channel as it stands now, oldest first."""
        return list(self._workspace.channels[channel].messages.values())

    def last(self, channel: str) -> Message | None:
        """The bot's latest message in the channel."""
        return next(filter(_is_bots, reversed(self._workspace.channels[channel].messages.values())), None)

    def views(self, user_id: str) -> list[View]:
        """A person's open modals, the one on top last."""
        return list(self._views.stacks.get(user_id, ()))

    def home(self, user_id: str) -> View | None:
        """What the app published on a person's Home page."""
        return self._views.homes.get(user_id)

    def ephemerals(self, user_id: str) -> list[Message]:
        """What the bot showed to this person only, oldest first (bounded)."""
        return list(self._workspace.ephemerals.get(user_id, ()))

    def history(self, channel: str) -> list[Event]:
        """Everything that happened in the channel, oldest first (bounded), for transcripts."""
        return list(self._workspace.channels[channel].events)

    @property
    def files(self) -> dict[str, StoredFile]:
        """Every upload by file id, the bot's and the people's."""
        return self._files.stored

    def subscribe(self, channel: str, callback: Listener) -> Callable[[], None]:
        """Call back at once on each new or edited message of the bot; gives the function that ends it."""
        return _added(self._workspace.channels[channel].listeners, callback)

    def on_dm(self, callback: Callable[[str, str], None]) -> Callable[[], None]:
        """Call back with (user, channel) when a direct message channel is made."""
        return _added(self._workspace.dm_listeners, callback)

    def on_ephemeral(self, callback: PersonListener) -> Callable[[], None]:
        """Call back with (user, message) when a person is shown something alone."""
        return _added(self._workspace.ephemeral_listeners, callback)

    def on_view(self, callback: PersonListener) -> Callable[[], None]:
        """Call back with (user, view) when a modal or Home page is shown or changes."""
        return _added(self._views.listeners, callback)

    async def wait_for(self, channel: str, predicate: Callable[[Message], bool], timeout: float = 5.0) -> Message:
        """The latest message of the bot that fits, now or within `timeout` real seconds; else TimeoutError."""
        for message in reversed(self._workspace.channels[channel].messages.values()):
            if _is_bots(message) and predicate(message):
                return message
        return await _first(lambda check: self.subscribe(channel, check), predicate, timeout)

    async def wait_dm(self, user_id: str, predicate: Callable[[Message], bool], timeout: float = 5.0) -> Message:
        """As wait_for, in a person's direct message, which the bot may still have to open."""
        if self.dm(user_id) is None:
            opened = _first(
                lambda check: self.on_dm(lambda user, channel: check({"user": user, "channel": channel})),
                lambda made: bool(made["user"] == user_id),
                timeout,
            )
            await opened
        return await self.wait_for(self._workspace.dms[user_id], predicate, timeout)

    async def wait_view(self, user_id: str, predicate: Callable[[View], bool] = bool, timeout: float = 5.0) -> View:
        """The modal on top, or the Home page, that fits, now or within `timeout` real seconds; else TimeoutError."""
        shown = [*self.views(user_id)[-1:], *filter(None, [self.home(user_id)])]
        for view in filter(predicate, shown):
            return view

        def watch(check: Listener) -> Callable[[], None]:
            return self.on_view(lambda user, view: check(view) if user == user_id else None)

        return await _first(watch, predicate, timeout)

    async def wait_ephemeral(
        self, user_id: str, predicate: Callable[[Message], bool] = bool, timeout: float = 5.0
    ) -> Message:
        """The latest message shown to this person only that fits, now or in `timeout` real seconds; TimeoutError."""
        for message in filter(predicate, reversed(self.ephemerals(user_id))):
            return message

        def watch(check: Listener) -> Callable[[], None]:
            return self.on_ephemeral(lambda user, message: check(message) if user == user_id else None)

        return await _first(watch, predicate, timeout)

    # -- underneath --------------------------------------------------------------------------------------------------
    def _active(self, user_id: str) -> User:
        user = self._workspace.users[user_id]
        if user.deleted:
            raise ValueError(f"{user_id} has no account any more")
        return user

    def _place(self, user_id: str, channel: str | None) -> Channel:
        self._active(user_id)
        place = self._workspace.dm(user_id) if channel is None else self._workspace.channels[channel]
        if user_id not in place.members or place.archived:
            raise ValueError(f"{user_id} cannot write in {place.id}")
        return place

    def _record(self, channel: Channel, kind: EventKind, by: str, text: str, message: Message | None = None) -> None:
        self._workspace.record(channel, Event(self._workspace.clock.now(), kind, by, text, message))

    async def _announce(self, channel: Channel, message: Message) -> Ack:
        if not channel.is_im and not channel.bot_is_member:
            return _unheard()
        if MENTION in message["text"] and "app_mention" in self._events:
            mention = self._payloads.message_event(channel, message, type="app_mention")
            self._delivery.spawn(self._delivery.deliver("events_api", mention))
        subscription = "message.im" if channel.is_im else "message.channels"
        return await self._send(subscription, self._payloads.message_event(channel, message))

    async def _send(self, subscription: str, payload: Json) -> Ack:
        return await self._delivery.deliver("events_api", payload) if subscription in self._events else _unheard()

    async def _press_in_view(self, user_id: str, view: View, done: Json) -> Ack:
        shown = [*self.views(user_id), *filter(None, [self.home(user_id)])]
        current = next((other for other in shown if other["id"] == view["id"]), None)
        if current is None:
            return Ack("interactive", False, 0.0, reason="view_not_found")
        return await self._delivery.deliver("interactive", self._payloads.on_view(user_id, current, done))


def _is_bots(message: Message) -> bool:
    return bool(message["user"] == BOT_USER)


def _unheard() -> Ack:
    return Ack("events_api", False, 0.0, reason="not_subscribed")


def _added(listeners: list[T], callback: T) -> Callable[[], None]:
    listeners.append(callback)
    return lambda: listeners.remove(callback)


async def _first(
    watch: Callable[[Listener], Callable[[], None]], predicate: Callable[[Json], bool], timeout: float
) -> Json:
    found: asyncio.Future[Json] = asyncio.get_running_loop().create_future()

    def check(thing: Json) -> None:
        if not found.done() and predicate(thing):
            found.set_result(thing)

    end = watch(check)
    try:
        return await asyncio.wait_for(found, timeout)
    finally:
        end()
