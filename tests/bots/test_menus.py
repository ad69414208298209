"""The menus name only commands that the core obeys, and keep Telegram's limits."""

from __future__ import annotations

import re

from bots.menus import MENUS
from bots.sandbox.telegram_limits import COMMAND_DESCRIPTION, COMMAND_NAME
from core.service import CHANNEL_VERBS, WORKER_VERBS

OFFERED = {menu.audience: dict(menu.commands) for menu in MENUS}


def test_every_command_in_a_menu_is_obeyed() -> None:
    assert set(OFFERED["private"]) == {*WORKER_VERBS, "start"}, "a worker is offered everything there is, no more"
    assert set(OFFERED["group"]) <= set(CHANNEL_VERBS), "a channel's commands all exist"


def test_commands_fit_into_telegrams_limits() -> None:
    for commands in OFFERED.values():
        for name, text in commands.items():
            assert re.fullmatch(COMMAND_NAME, name), f"/{name} is a name that Telegram takes"
            assert 1 <= len(text) <= COMMAND_DESCRIPTION, f"/{name} has a description of the right length"
