"""The chat, conversations and users methods of Slack's Web API, and what a response_url does; strict, no network."""

from __future__ import annotations

import json
from collections.abc import Callable

from bots.sandbox import slack_limits as limits
from bots.sandbox.blocks import MESSAGE, blocks_problems
from bots.sandbox.slack_state import BOT_ID, BOT_USER, TEAM, Channel, Json, Message, SlackError, Workspace, outgoing
from bots.sandbox.slack_tokens import Hook

Method = Callable[[Json], Json]


class Chat:
    """The methods that need nothing but the workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> dict[str, Method]:
        """Every method here by its name."""
        return {
            "api.test": lambda args: {"args": args},
            "auth.test": self.auth_test,
            "chat.postMessage": self.post_message,
            "chat.postEphemeral": self.post_ephemeral,
            "chat.update": self.update,
            "chat.delete": self.delete,
            "conversations.open": self.open_conversation,
            "conversations.info": self.conversation_info,
            "users.info": self.user_info,
        }

    # -- chat --------------------------------------------------------------------------------------------------------
    def post_message(self, args: Json) -> Json:
        """chat.postMessage; a person's id in place of a channel means their direct message."""
        channel = self._workspace.writable(args.get("channel"))
        text, blocks = content(args)
        more = {"thread_ts": args["thread_ts"]} if args.get("thread_ts") else {}
        message = self._workspace.post(channel, self._workspace.message(BOT_USER, text, blocks, **more))
        return {"channel": channel.id, "ts": message["ts"], "message": outgoing(message)}

    def post_ephemeral(self, args: Json) -> Json:
        """chat.postEphemeral: seen by one member of the channel."""
        channel = self._workspace.writable(args.get("channel"))
        user = self._workspace.user(args.get("user"))
        if user.id not in channel.members:
            raise SlackError("user_not_in_channel")
        text, blocks = content(args)
        message = self._workspace.whisper(channel, user.id, self._workspace.message(BOT_USER, text, blocks))
        return {"message_ts": message["ts"]}

    def update(self, args: Json) -> Json:
        """chat.update: blocks left out stay as they were, an empty list removes them."""
        channel, message = self._own(args, "cant_update_message")
        text, blocks = content({"text": message["text"], "blocks": message["blocks"], **_given(args)})
        edited = self._workspace.edit(channel, message, text, blocks)
        return {"channel": channel.id, "ts": edited["ts"], "text": text, "message": outgoing(edited)}

    def delete(self, args: Json) -> Json:
        """chat.delete: the bot's own messages only."""
        channel, message = self._own(args, "cant_delete_message")
        self._workspace.delete(channel, message)
        return {"channel": channel.id, "ts": message["ts"]}

    def _own(self, args: Json, refusal: str) -> tuple[Channel, Message]:
        if args.get("channel") in self._workspace.users:
            raise SlackError("channel_not_found")  # unlike chat.postMessage, a person's id is no channel here
        channel = self._workspace.writable(args.get("channel"))
        if (message := channel.messages.get(str(args.get("ts")))) is None:
            raise SlackError("message_not_found")
        if message["user"] != BOT_USER:
            raise SlackError(refusal)
        return channel, message

    # -- conversations and users -------------------------------------------------------------------------------------
    def open_conversation(self, args: Json) -> Json:
        """conversations.open with one person; cannot_dm_bot, user_disabled, users_list_not_supplied."""
        users = args.get("users") or ""
        names = [name.strip() for name in (users if isinstance(users, list) else str(users).split(",")) if name]
        if not names:
            raise SlackError("users_list_not_supplied")
        if BOT_USER in names:
            raise SlackError("cannot_dm_bot")
        if len(names) > 1:
            raise SlackError("too_many_users")  # our choice: the sandbox has no group messages
        known = names[0] in self._workspace.dms
        channel = self._workspace.open_dm(names[0])
        seen = {"already_open": True, "no_op": True} if known else {}
        return {**seen, "channel": {"id": channel.id}}

    def conversation_info(self, args: Json) -> Json:
        """conversations.info."""
        channel = self._workspace.channel(args.get("channel"))
        info: Json = {"id": channel.id, "is_im": channel.is_im, "is_archived": channel.archived, "is_mpim": False}
        if channel.is_im:
            return {"channel": {**info, "user": next(iter(channel.members))}}
        named = {"name": channel.name, "is_channel": True, "is_private": False, "is_member": channel.bot_is_member}
        return {"channel": {**info, **named, "num_members": len(channel.members) + channel.bot_is_member}}

    def user_info(self, args: Json) -> Json:
        """users.info; the locale comes only when include_locale asks for it."""
        user = self._workspace.user(args.get("user"))
        profile = {"real_name": user.name, "display_name": user.name}
        info: Json = {
            "id": user.id, "team_id": TEAM, "name": user.id.lower(), "real_name": user.name, "profile": profile,
            "deleted": user.deleted, "is_bot": False, "is_app_user": False, "tz": "Etc/UTC", "tz_offset": 0,
        }  # fmt: skip
        if str(args.get("include_locale")).lower() in ("1", "true"):
            info["locale"] = user.locale
        return {"user": info}

    @staticmethod
    def auth_test(args: Json) -> Json:
        """auth.test: who the bot is."""
        names = {"url": "https://sandbox.example/", "team": "Sandbox", "user": "tapcrowd"}
        return {**names, "team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT_ID, "is_enterprise_install": False}

    # -- response_url ------------------------------------------------------------------------------------------------
    def respond(self, hook: Hook, args: Json) -> None:
        """What a POST to a response_url does: a note to one person, a message, an edit or a removal."""
        channel = self._workspace.channel(hook.channel)
        source = channel.messages.get(hook.message_ts)
        original = bool(args.get("delete_original") or args.get("replace_original"))
        if original and hook.ephemeral:
            self._workspace.unwhisper(hook.user, hook.message_ts)
        if args.get("delete_original"):
            if source is not None:
                self._workspace.delete(channel, source)
        elif args.get("replace_original") and source is not None:
            self._workspace.edit(channel, source, *content(args))
        else:
            self.reply(channel, hook.user, args)

    def reply(self, channel: Channel, user_id: str, args: Json) -> None:
        """An answer in a channel: to one person unless response_type is in_channel."""
        message = self._workspace.message(BOT_USER, *content(args))
        if args.get("response_type") == "in_channel":
            self._workspace.post(channel, message)
        else:
            self._workspace.whisper(channel, user_id, message)


def _given(args: Json) -> Json:
    return {key: args[key] for key in ("text", "blocks") if args.get(key) is not None}


def content(args: Json) -> tuple[str, list[Json]]:
    """Text and blocks of a message, or Slack's refusal of them."""
    text, blocks = str(args.get("text") or ""), args.get("blocks")
    if isinstance(blocks, str):
        blocks = _parsed(blocks)
    if blocks is not None and not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    if not text and not blocks:
        raise SlackError("no_text")
    if len(text) > limits.MESSAGE_TEXT:
        raise SlackError("msg_too_long")
    if blocks and (problems := blocks_problems(blocks, MESSAGE)):
        raise SlackError("invalid_blocks", problems)
    return text, blocks or []


def _parsed(blocks: str) -> object:
    try:
        return json.loads(blocks)
    except ValueError:
        raise SlackError("invalid_blocks_format") from None
