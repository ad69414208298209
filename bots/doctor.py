"""`tapcrowd doctor`: looks at everything that a running bot needs and says what to do about each finding."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import sys
from pathlib import Path

from bots.findings import Finding, ok, problem, warning
from bots.probes import probe
from config.settings import Settings
from config.texts import gaps, load_texts
from core.store.health import SQLITE_VERSION, WAL_RESET_FIXED, Health, examine
from core.texts import FALLBACK, Texts

DISK_PROBLEM, DISK_WARNING = 100 << 20, 1 << 30
"""Bytes free; our choice: batch runs write a copy of a job's answers."""
TORCH_SECONDS = 120.0  # a cold import from a slow disk
TORCH_PROBE = (
    "import json, torch; gpu = torch.cuda.is_available(); "
    "print(json.dumps([torch.__version__, torch.cuda.get_device_name(0) if gpu else 'CPU']))"
)
REINSTALL = "install again: remove .venv, then run make"


async def diagnose(settings: Settings, config: Path | None, database: Path) -> list[Finding]:
    """Every finding, in the order in which a newcomer meets the matters."""
    chats, torch = await asyncio.gather(probe(settings), torch_finding())
    return [
        *config_findings(config),
        *chats,
        *people_findings(settings),
        folder_finding(settings.store.folder),
        database_finding(database),
        sqlite_finding(SQLITE_VERSION),
        ok("python", platform.python_version()),
        torch,
        locales_finding(load_texts()),
    ]


def config_findings(config: Path | None) -> list[Finding]:
    """Where the settings come from, and whether others can read the secrets in them."""
    if config is None:
        return [ok("settings", "defaults and TAPCROWD_… variables only", "`tapcrowd init` writes a config file")]
    if config.stat().st_mode & 0o077:
        return [warning("settings", f"{config} holds secrets and others can read it", f"run: chmod 600 {config}")]
    return [ok("settings", f"read from {config}")]


def people_findings(settings: Settings) -> list[Finding]:
    """Whether somebody can decide, hears of alerts, and answers workers."""
    people = settings.people
    found = []
    if people.admins:
        found.append(ok("admins", ", ".join(people.admins)))
    else:
        text, remedy = "none is set: nobody can act on alerts", "set [people] admins, such as telegram:1001"
        manual = settings.money.rail == "manual"
        found.append(
            problem("admins", f"{text} or book payments (/credit)", remedy)
            if manual
            else warning("admins", text, remedy)
        )
    if people.admin_chats:
        found.append(ok("admin chats", ", ".join(people.admin_chats)))
    else:
        found.append(warning("admin chats", "none is set: alerts reach nobody", "set [people] admin_chats"))
    if not people.contact:
        found.append(warning("contact", "workers are not told whom to write to", "set [people] contact, an e-mail say"))
    return found


def folder_finding(folder: Path) -> Finding:
    """Whether the data folder, or the nearest folder above that exists, can be written and has room."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return problem("data folder", f"{there} cannot be written", "change its owner or set [store] folder")
    free = shutil.disk_usage(there).free
    text = f"{folder}, {free / (1 << 30):.1f} GiB free"
    if free < DISK_PROBLEM:
        return problem("data folder", text, "make room: without it no answer can be saved")
    if free < DISK_WARNING:
        return warning("data folder", text, "make room before it runs out")
    return ok("data folder", text if folder.exists() else f"{text}; made at the first start")


def database_finding(path: Path) -> Finding:
    """Whether the database is sound, has a schema that we know, and who has it open."""
    if not path.exists():
        return ok("database", f"{path} does not exist yet; made at the first start")
    return health_finding(path, examine(path))


def health_finding(path: Path, health: Health) -> Finding:
    """The finding for a database that was looked at."""
    if health.faults:
        faults = "; ".join(health.faults[:3])
        return problem("database", f"{path} is damaged: {faults}", "stop the bot, keep a copy, go back to a backup")
    if health.version > health.newest:
        text = f"its schema {health.version} is newer than this program's {health.newest}"
        return problem("database", text, "update tapcrowd")
    use = f"open in process {health.holder}" if health.holder else "not in use"
    if health.version < health.newest:
        text = f"schema {health.version} of {health.newest}, {use}; brought up to date at the next start"
        return ok("database", text)
    return ok("database", f"sound, schema {health.version}, {use}")


def sqlite_finding(version: tuple[int, int, int]) -> Finding:
    """The library's version; an old one is no danger here, which is worth saying."""
    text = ".".join(map(str, version))
    if version < WAL_RESET_FIXED:
        fixed = ".".join(map(str, WAL_RESET_FIXED))
        why = "needs two writing connections, and tapcrowd has one"
        return ok("sqlite", f"{text}; the WAL-reset bug that {fixed} mends {why}", "never write to the file by hand")
    return ok("sqlite", text)


async def torch_finding(python: str = sys.executable) -> Finding:
    """Torch's version and device, asked in a process of its own: the bot never imports torch."""
    process = await asyncio.create_subprocess_exec(
        python, "-c", TORCH_PROBE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        out, error = await asyncio.wait_for(process.communicate(), TORCH_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return problem("torch", f"its import took more than {TORCH_SECONDS:.0f} s", REINSTALL)
    if process.returncode:
        last = error.decode(errors="replace").strip().rpartition("\n")[2]
        return problem("torch", f"it cannot be imported, so labels cannot be aggregated: {last[:200]}", REINSTALL)
    version, device = json.loads(out)
    return ok("torch", f"{version}, batch runs use {device}")


def locales_finding(texts: Texts) -> Finding:
    """Whether every language has what workers read."""
    short = gaps(texts)
    if short:
        text = "; ".join(f"{code} lacks {len(missing)} texts ({missing[0]}, …)" for code, missing in short.items())
        return warning("languages", text, f"add them to config/locales; {FALLBACK} stands in until then")
    return ok("languages", ", ".join(sorted(texts.catalogues)))
