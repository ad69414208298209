"""A level needs evidence: nobody is an expert by luck, and nobody is called bad by it."""

from __future__ import annotations

import pytest

from core.standing.level import Level, level
from core.standing.posterior import Standing


@pytest.mark.parametrize(
    ("controls", "ok", "expected"),
    [
        (0, 0, Level.NOVICE),
        (10, 10, Level.NOVICE),
        (20, 20, Level.TRUSTED),
        (30, 24, Level.REGULAR),
        (30, 3, Level.REGULAR),
        (80, 78, Level.EXPERT),
        (80, 70, Level.TRUSTED),
    ],
)
def test_a_level_asks_for_evidence(controls: int, ok: int, expected: Level) -> None:
    assert level(Standing(1, 1, controls=controls, control_ok=ok)) == expected, f"{ok} of {controls} right"


def test_agreement_alone_makes_nobody_an_expert_soon() -> None:
    assert level(Standing(1, 1, compared=80, agreed=80)) == Level.TRUSTED, "it counts half"
