"""The menus and the Slack app offer the commands that the core obeys, all of them and no others, within the limits."""

from __future__ import annotations

import re
from typing import Any

import yaml

from bots.menus import IN_NO_MENU, MENUS
from bots.sandbox.telegram_limits import COMMAND_DESCRIPTION, COMMAND_NAME
from bots.setup import shipped
from bots.slack.inbound import MAIN_COMMAND
from core.service import CHANNEL_VERBS, WORKER_VERBS

SLACKS_OWN = {"status", "help", "call"}
"""Commands that Slack has itself, so that an app's are never called; /tapcrowd VERB reaches ours."""
BUTTON_ONLY = {"start"}
"""On Slack the app's home page has the Start button."""
MOST_COMMANDS = 50
"""Of a Slack app, by the reference of its manifest."""
OFFERED = {menu.audience: dict(menu.commands) for menu in MENUS}


def test_every_command_in_a_menu_is_obeyed() -> None:
    assert set(OFFERED["private"]) == {*WORKER_VERBS, "start"}, "a worker is offered everything there is, no more"
    assert set(OFFERED["group"]) <= set(CHANNEL_VERBS), "a channel's commands all exist"


def test_every_command_of_a_channel_is_in_its_menu_or_left_out_for_a_reason() -> None:
    missing = set(CHANNEL_VERBS) - set(OFFERED["group"])
    assert missing == set(IN_NO_MENU), f"not offered: {missing - set(IN_NO_MENU)}; offered, or gone: give no reason for"
    named = {verb for verb, why in IN_NO_MENU.items() if "names it" in why}
    told = " ".join(OFFERED["group"].values())
    assert all(f"/{verb}" in told for verb in named), "a description that is said to name a command does"
    assert "call" in OFFERED["private"], "and what is said to be in the private menu is"


def test_commands_fit_into_telegrams_limits() -> None:
    for commands in OFFERED.values():
        for name, text in commands.items():
            assert re.fullmatch(COMMAND_NAME, name), f"/{name} is a name that Telegram takes"
            assert 1 <= len(text) <= COMMAND_DESCRIPTION, f"/{name} has a description of the right length"


def slash_commands() -> list[dict[str, Any]]:
    commands: list[dict[str, Any]] = yaml.safe_load(shipped("slack_manifest.yaml"))["features"]["slash_commands"]
    return commands


def test_the_slack_app_has_a_command_for_all_that_the_bot_answers_and_no_others() -> None:
    named = [command["command"].removeprefix("/") for command in slash_commands()]
    answered = {*WORKER_VERBS, *CHANNEL_VERBS} - SLACKS_OWN - BUTTON_ONLY | {MAIN_COMMAND}
    assert set(named) - answered == set(), "a command that nobody answers must go from config/slack_manifest.yaml"
    assert answered - set(named) == set(), "a command that the bot answers must be in config/slack_manifest.yaml"
    assert len(named) == len(set(named)) <= MOST_COMMANDS, "each once, and no more than Slack takes"


def test_slack_commands_say_what_they_do_and_pass_on_whom_they_name() -> None:
    assert all(len(command["description"]) > 5 for command in slash_commands()), "each has a description"
    assert all(command["should_escape"] is True for command in slash_commands()), "a mention arrives as a person's id"
