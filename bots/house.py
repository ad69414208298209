"""Makes the core's House from the settings: the one place where both are known."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from config.settings import Settings
from config.texts import load_texts
from core.controls import ControlRules
from core.fitness import WorkRules
from core.intake.ruleform import rules_of
from core.models import LearningRules
from core.quality import ChanceTest
from core.service import House

SECRET_FILE = "secret.key"
SECRET_BYTES = 32


def make_house(settings: Settings) -> House:
    """The house rules; the secret that seals buttons and pseudonyms is made on first use and kept beside the store."""
    quality = settings.quality
    return House(
        secret=load_secret(settings.store.folder),
        texts=load_texts(),
        admins=settings.people.handles(),
        admin_places=settings.people.places(),
        agreement_version=settings.people.agreement_version,
        fee_ppm=round(settings.money.fee_percent * 10_000),
        rail=settings.money.rail,
        rules=rules_of(settings.rules),
        fast_factor=quality.fast_factor,
        chance=ChanceTest(error=quality.chance_error, run_length=quality.chance_run),
        undo_ms=round(quality.undo_seconds * 1000),
        undo_answers=quality.undo_answers,
        stalled_ms=round(quality.stalled_minutes * 60_000),
        budget_low=quality.budget_low,
        quiet=settings.alerts.hours(),
        urgent=frozenset(settings.alerts.urgent),
        detection=settings.alerts.levels(),
        digest=settings.alerts.weekly(),
        controls=ControlRules(**settings.controls.model_dump()),
        work=WorkRules(**settings.work.model_dump()),
        invitations=settings.invitations.rules(),
        learning=LearningRules(**settings.learning.model_dump()),
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
