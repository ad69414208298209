"""Makes the core's House from the settings: the one place where both are known."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from config.settings import Settings
from config.texts import load_texts
from core.quality import Rules
from core.service import House

SECRET_FILE = "secret.key"
SECRET_BYTES = 32


def make_house(settings: Settings) -> House:
    """The house rules; the secret that seals buttons and pseudonyms is made on first use and kept beside the store."""
    quality = settings.quality.model_dump()
    stalled, low = quality.pop("stalled_minutes"), quality.pop("budget_low")
    undo_seconds, undo_answers = quality.pop("undo_seconds"), quality.pop("undo_answers")
    return House(
        secret=load_secret(settings.store.folder),
        texts=load_texts(),
        admins=settings.people.handles(),
        admin_places=settings.people.places(),
        agreement_version=settings.people.agreement_version,
        fee_ppm=round(settings.money.fee_percent * 10_000),
        rail=settings.money.rail,
        rules=Rules(**quality),
        undo_ms=round(undo_seconds * 1000),
        undo_answers=undo_answers,
        stalled_ms=round(stalled * 60_000),
        budget_low=low,
        contact=settings.people.contact,
    )


def load_secret(folder: Path) -> bytes:
    """The key in the data folder (mode 0600), made when there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / SECRET_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(path.read_text(encoding="ascii"))
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(SECRET_BYTES))
    return bytes.fromhex(path.read_text(encoding="ascii"))
