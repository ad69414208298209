"""The papers stay true: commands, files, links and examples in them exist and work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.intake.upload import read_upload
from core.service import CHANNEL_VERBS, WORKER_VERBS

ROOT = Path(__file__).parents[1]
PAPERS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
PICTURE_BYTES = 150_000


def paper(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", paper("README.md"), re.DOTALL)
    assert found, f"the README shows no {language}"
    return found[1]


def test_the_readme_s_job_can_be_posted() -> None:
    upload = read_upload([("items.csv", block("csv").encode())], block("yaml"), 1_800_000_000_000)
    assert [item.gold for item in upload.items] == [None, 0], "one plain task and one control task"
    assert upload.spec.overlap.max == 5, "the job file is read whole"


def test_the_readme_names_every_command() -> None:
    missing = [verb for verb in ("start", *WORKER_VERBS, *CHANNEL_VERBS) if f"`/{verb}" not in paper("README.md")]
    assert not missing, f"people cannot find {missing}"


@pytest.mark.parametrize("name", PAPERS)
def test_what_a_paper_points_to_exists(name: str) -> None:
    text = paper(name)
    links = re.findall(r"\]\((?!http)([^)#]+)\)|src=\"([^\"]+)\"", text)
    paths = [path for pair in links for path in pair if path]
    paths += re.findall(r"`((?:bots|core|config|gpu_jobs|tests|bench|docs)/[\w/.]*)`", text)
    gone = [path for path in paths if not (ROOT / path).exists() and not re.search("[A-Z]{4}", path)]
    assert not gone, f"{name} points to {gone}"


def test_every_source_folder_has_its_line_in_the_house() -> None:
    folders = {path.parent for top in ("bots", "core") for path in (ROOT / top).glob("*/__init__.py")}
    missing = [name for f in folders if (name := f"`{f.relative_to(ROOT)}/`") not in paper("ARCHITECTURE.md")]
    assert not missing, f"ARCHITECTURE.md says nothing of {missing}"


def test_pictures_are_small() -> None:
    large = [path.name for path in (ROOT / "docs" / "img").iterdir() if path.stat().st_size > PICTURE_BYTES]
    assert not large, f"a picture should load at once: {large}"


def test_the_make_targets_of_the_papers_exist() -> None:
    targets = set(re.findall(r"^(\w+):", paper("Makefile"), re.MULTILINE))
    named = {word for name in PAPERS for word in re.findall(r"\bmake (demo|test|run|lint|\w+)\b`?", paper(name))}
    assert {"demo", "test", "run", "lint"} <= named & targets, f"the papers name {named}, make knows {targets}"
