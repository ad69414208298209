"""docs/job-file.md names every field that a job file may have, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from core.intake.jobform import POLICY_FIELDS, JobForm

PAGE = (Path(__file__).parents[2] / "docs" / "job-file.md").read_text(encoding="utf-8")


def test_every_field_is_documented() -> None:
    missing = [name for name in JobForm.model_fields if f"`{name}`" not in PAGE]
    assert not missing, f"docs/job-file.md says nothing of {missing}"


def test_nothing_else_is() -> None:
    first = [cell for row in re.findall(r"^\| (`[^|]*`) \|", PAGE, re.M) for cell in re.findall(r"`(\w+)`", row)]
    unknown = [name for name in first if name not in JobForm.model_fields]
    assert not unknown, f"docs/job-file.md tells of {unknown}, which no job file has"


def test_every_policy_is_documented() -> None:
    missing = [name for name in POLICY_FIELDS if f"policy: {name}" not in PAGE]
    assert not missing, f"docs/job-file.md does not show {missing}"
