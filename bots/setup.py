"""`tapcrowd init`: writes the commented config file and the Slack manifest, and tells the way to both tokens."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from core.errors import SettingsError

MANIFEST = "slack_manifest.yaml"
STEPS = """\
Telegram
  1. In Telegram, open a chat with @BotFather and send /newbot; pick a name, and a username that ends in "bot".
  2. Copy the token that it answers with into [telegram] token in {config}.
  3. Add the bot to the group where jobs are posted. To let it see items and job files there, make it an
     administrator of the group, or send /setprivacy to @BotFather and choose Disable.

Slack
  1. Open https://api.slack.com/apps, Create New App, From a manifest; pick your workspace and paste {manifest}.
  2. Install the app; copy the Bot User OAuth Token (xoxb-…, page OAuth & Permissions) into [slack] bot_token.
  3. On the page Basic Information, make an App-Level Token with the scope connections:write; copy it (xapp-…) into
     [slack] app_token.
  4. In Slack, invite the bot to the channel where jobs are posted: /invite @tapcrowd

Both
  1. Set [people] admins (your id on each platform), admin_chats and contact. Ids: Telegram Desktop shows them in
     profiles (Settings, Advanced, Experimental settings, Show Peer IDs); in Slack, your profile's menu has Copy
     member ID, and a channel's details end with its id.
  2. tapcrowd doctor --config {config}     says what is still missing
  3. tapcrowd run --config {config}        starts the bot

One platform is enough: leave the other one's token empty."""


@dataclass(frozen=True, slots=True)
class Written:
    """The two files that init has made."""

    config: Path
    manifest: Path

    def steps(self) -> str:
        """What to do next, step by step."""
        return STEPS.format(config=self.config, manifest=self.manifest)


def write_config(config: Path, *, force: bool = False) -> Written:
    """Write the config file, readable by its owner alone, and the manifest beside it.

    SettingsError when the config file exists and `force` is not given, or when the folder cannot be written.
    """
    manifest = config.with_name(MANIFEST)
    try:
        config.parent.mkdir(parents=True, exist_ok=True)
        _write_private(config, shipped("example.toml"), force=force)
        manifest.write_text(shipped(MANIFEST), encoding="utf-8")
    except FileExistsError:
        raise SettingsError(f"{config} exists already; --force replaces it, with the tokens in it") from None
    except OSError as error:
        raise SettingsError(f"{config} cannot be written: {error.strerror}") from None
    return Written(config, manifest)


def shipped(name: str) -> str:
    """A file of the config package."""
    return resources.files("config").joinpath(name).read_text(encoding="utf-8")


def _write_private(path: Path, text: str, *, force: bool) -> None:
    how = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    with os.fdopen(os.open(path, how, 0o600), "w", encoding="utf-8") as file:
        path.chmod(0o600)
        file.write(text)
