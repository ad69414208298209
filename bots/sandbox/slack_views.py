"""Modals and Home pages: who has which view open, and the views.* methods that open, push, update and publish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bots.sandbox import slack_limits as limits
from bots.sandbox.blocks import view_problems
from bots.sandbox.slack_state import APP, BOT_ID, TEAM, Json, PersonListener, SlackError, View, Workspace
from bots.sandbox.slack_tokens import Tokens


class Views:
    """Each person's stack of modals (the top one is seen) and Home page; views are replaced, never changed in place."""

    def __init__(self, workspace: Workspace, tokens: Tokens) -> None:
        self._workspace, self._tokens = workspace, tokens
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.listeners: list[PersonListener] = []

    # -- methods -----------------------------------------------------------------------------------------------------
    def open(self, args: Json) -> Json:
        """views.open: a first modal, for the person who gave the trigger."""
        view = _checked(args)
        user = self._tokens.exchange(args.get("trigger_id"))
        return {"view": self.show(user, [], view)}

    def push(self, args: Json) -> Json:
        """views.push: a modal on top of the person's open ones; push_limit_reached above three."""
        view = _checked(args)
        user = self._tokens.exchange(args.get("trigger_id"))
        return {"view": self.show(user, self.stacks.get(user, []), view)}

    def update(self, args: Json) -> Json:
        """views.update: not_found when it is closed, hash_conflict when it changed meanwhile."""
        user, old = self._find(args)
        view = _checked(args, home=old["type"] == "home")
        if args.get("hash") and args["hash"] != old["hash"]:
            raise SlackError("hash_conflict")
        return {"view": self.replace(user, old, view)}

    def publish(self, args: Json) -> Json:
        """views.publish: a person's Home page."""
        view = _checked(args, home=True)
        user = self._workspace.user(args.get("user_id")).id
        old = self.homes.get(user)
        if args.get("hash") and old is not None and args["hash"] != old["hash"]:
            raise SlackError("hash_conflict")
        self.homes[user] = self._made(view, None, **({"id": old["id"]} if old else {}))
        self._tell(user, self.homes[user])
        return {"view": self.homes[user]}

    # -- what a submission's answer does -----------------------------------------------------------------------------
    def show(self, user: str, under: list[View], view: Json) -> View:
        """Put a modal on top of those under it."""
        if len(under) >= limits.VIEW_STACK:
            raise SlackError("push_limit_reached")
        made = self._made(view, under[-1] if under else None)
        self.stacks[user] = [*under, made]
        self._tell(user, made)
        return made

    def replace(self, user: str, old: View, view: Json) -> View:
        """Give an open view new content; its id stays."""
        kept = {key: old[key] for key in ("id", "root_view_id", "previous_view_id")}
        made = self._made(view, None) | kept
        if self.homes.get(user, {}).get("id") == old["id"]:
            self.homes[user] = made
        else:
            self.stacks[user] = [made if view["id"] == old["id"] else view for view in self.stacks[user]]
        self._tell(user, made)
        return made

    def close(self, user: str, view: View) -> None:
        """Take one modal off a person's stack."""
        self.stacks[user] = [other for other in self.stacks.get(user, []) if other["id"] != view["id"]]

    def clear(self, user: str) -> None:
        """Close all of a person's modals."""
        self.stacks[user] = []

    def respond(self, user: str, view: View, answer: object) -> None:
        """Do what the answer to a view_submission says; no answer closes the view."""
        action = answer.get("response_action") if isinstance(answer, dict) else None
        if not isinstance(answer, dict) or action is None:
            self.close(user, view)
        elif action == "clear":
            self.clear(user)
        elif action in ("update", "push"):
            new = _checked(answer)
            if action == "update":
                self.replace(user, view, new)
            else:
                self.show(user, self.stacks[user], new)
        elif action != "errors":
            raise SlackError("invalid_arguments", [f"unknown response_action {action!r}"])

    # -- underneath --------------------------------------------------------------------------------------------------
    def _made(self, view: Json, below: View | None, **more: object) -> View:
        view_id = self._workspace.new_id("V")
        root = below["root_view_id"] if below else view_id
        return {
            "private_metadata": "", "callback_id": "", "external_id": "", "submit": None, "close": None,
            "clear_on_close": False, "notify_on_close": False, **view,
            "id": view_id, "team_id": TEAM, "app_id": APP, "bot_id": BOT_ID, "hash": self._workspace.new_id("h"),
            "root_view_id": root, "previous_view_id": below["id"] if below else None,
            "state": {"values": {}}, "blocks": self._workspace.with_ids(view["blocks"]), **more,
        }  # fmt: skip

    def _find(self, args: Json) -> tuple[str, View]:
        key, wanted = ("view_id", "id") if args.get("view_id") else ("external_id", "external_id")
        known = [(user, view) for user, stack in self.stacks.items() for view in stack]
        for user, view in [*known, *self.homes.items()]:
            if args.get(key) and view[wanted] == args[key]:
                return user, view
        raise SlackError("not_found")

    def _tell(self, user: str, view: View) -> None:
        for listener in list(self.listeners):
            listener(user, view)

    def methods(self) -> dict[str, Callable[[Json], Json]]:
        """The views.* methods by name."""
        return {
            "views.open": self.open, "views.push": self.push,
            "views.update": self.update, "views.publish": self.publish,
        }  # fmt: skip


def _checked(args: Json, *, home: bool = False) -> dict[str, Any]:
    view = args.get("view")
    if problems := view_problems(view, home=home):
        raise SlackError("invalid_arguments", problems)
    if not isinstance(view, dict):
        raise TypeError("view_problems lets only objects through")
    return view
