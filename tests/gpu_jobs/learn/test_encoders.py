"""Which encoder is chosen, and why; nothing is loaded that could run code."""

from __future__ import annotations

import importlib.util
import json
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from learn_folders import reviews, tiny_encoder

from gpu_jobs.contract import BadInput
from gpu_jobs.learn import encoders
from gpu_jobs.learn.encoders import Wish


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the MiniLM package were not installed."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An operator's model folder that reads English reviews."""
    return tiny_encoder(tmp_path_factory.mktemp("models") / "mine", reviews(100)[0])


def test_the_operators_folder_comes_first(folder: Path) -> None:
    found = encoders.for_texts(Wish(str(folder)), reviews(20)[0])

    assert (found.kind, found.folder) == ("transformer", folder), "what the operator gives is used"
    assert "operator" in found.reason, "and the report says so"


def test_a_language_that_the_encoder_cannot_read_gets_the_hashed_one(folder: Path) -> None:
    found = encoders.for_texts(Wish(str(folder)), ["我住在北京", "这部电影很好看"])

    assert found.kind == "hashed", "unknown tokens say nothing"
    assert "cannot read" in found.reason and "%" in found.reason, "the reason must be told with its share"


def test_a_language_that_is_only_spelled_is_not_read(tmp_path: Path) -> None:
    russian = "привет друзья сегодня хорошая погода"
    folder = tiny_encoder(tmp_path, [*reviews(100)[0], russian], vocabulary=110)

    assert "letter by letter" in encoders.unreadable(folder, [russian]), "single letters carry no meaning"
    assert not encoders.unreadable(folder, reviews(20)[0]), "what it was made for is read"


@pytest.mark.usefixtures("no_package")
def test_without_any_model_texts_are_hashed_and_no_hub_is_asked() -> None:
    found = encoders.for_texts(Wish(hub="someone/model"), ["hello"])

    assert found.kind == "hashed" and "not installed" in found.reason, "a hub is only asked if that is turned on"


def test_a_package_with_other_weights_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ModuleSpec(encoders.MINILM_PACKAGE, None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)

    found, reason = encoders.minilm_folder()

    assert found is None and "not the known file" in reason, "a package is trusted by its hash alone"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "config.json is missing"),
        ({"config.json": {}, "pytorch_model.bin": {}}, "no safetensors"),
        ({"config.json": {"auto_map": {}}, "model.safetensors": {}}, "own code"),
    ],
)
def test_an_unsafe_or_empty_folder_is_bad_input(tmp_path: Path, files: dict[str, object], words: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))

    with pytest.raises(BadInput, match=words):
        encoders.checked_folder(tmp_path)


def test_few_images_without_a_model_are_bad_input() -> None:
    with pytest.raises(BadInput, match="at least 5000"):
        encoders.for_images(Wish(), 4999)

    assert encoders.for_images(Wish(), 5000).kind == "image-from-scratch", "enough to learn from"
