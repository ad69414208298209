"""The house rules made from settings, and the secret that lives beside the store."""

from __future__ import annotations

from pathlib import Path

from bots.house import SECRET_FILE, load_secret, make_house
from config.settings import load
from core.model import Handle, Place


def test_the_settings_become_the_house_rules(tmp_path: Path) -> None:
    environ = {
        "TAPCROWD_STORE_FOLDER": str(tmp_path),
        "TAPCROWD_PEOPLE_ADMINS": "telegram:9 slack:U9",
        "TAPCROWD_PEOPLE_ADMIN_CHATS": "telegram:-900",
        "TAPCROWD_QUALITY_UNDO_SECONDS": "1.5",
        "TAPCROWD_QUALITY_FAST_FACTOR": "0.3",
        "TAPCROWD_MONEY_FEE_PERCENT": "12.5",
        "TAPCROWD_LEARNING_AUTO_ACCEPT": "true",
    }
    house = make_house(load("", environ))
    assert house.admins == {Handle("telegram", "9"), Handle("slack", "U9")}, "admins are known by their handles"
    assert house.admin_places == (Place("telegram", "-900"),), "alerts go to the admin chats"
    assert (house.undo_ms, house.fast_factor, house.fee_ppm) == (1500, 0.3, 125_000), "units are the core's own"
    assert (house.learning.auto_accept, house.learning.precision) == (True, 0.95), "models are ruled by the house"


def test_the_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    first, second = load_secret(tmp_path / "new"), load_secret(tmp_path / "new")
    assert first == second, "a restart keeps the secret: old buttons go on working"
    assert len(first) == 32 and first != load_secret(tmp_path / "other"), "another store has another secret"
    mode = (tmp_path / "new" / SECRET_FILE).stat().st_mode & 0o777
    assert mode == 0o600, f"nobody else may read it, not {mode:o}"
