"""What all methods for answers that are not single classes have in common."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from gpu_jobs.kernels import pairs, spans, texts
from gpu_jobs.kernels.boxes import CORNERS, BoxClusters
from gpu_jobs.kernels.multilabel import BinaryRelevance, JointMultiLabel
from gpu_jobs.kernels.numbers import RobustMean
from gpu_jobs.kernels.ordinal import Ordinal

PACKAGES = [
    (pairs, ["worker", "left", "right", "label"], ("w", "a", "b", "a")),
    (texts, ["task", "worker", "text"], ("t", "w", "x y")),
    (spans, ["task", "worker", "label"], ("t", "w", "O B-X")),
]
METHODS = [
    (getattr(package, name), columns, row) for package, columns, row in PACKAGES for _, name in package.METHODS.values()
]
METHODS += [
    (BoxClusters, ["task", "worker", *CORNERS], ("t", "w", 0, 0, 1, 1)),
    (RobustMean, ["task", "worker", "label"], ("t", "w", 3.0)),
    (Ordinal, ["task", "worker", "label"], ("t", "w", 3)),
    (BinaryRelevance, ["task", "worker", "label"], ("t", "w", ["a"])),
    (JointMultiLabel, ["task", "worker", "label"], ("t", "w", ["a"])),
]


@pytest.mark.parametrize(("method", "columns", "row"), METHODS)
def test_no_answers_and_one_answer(method: Any, columns: list[str], row: tuple[Any, ...]) -> None:
    assert len(method().fit_predict(pd.DataFrame([], columns=columns))) == 0, "nothing in, nothing out"
    assert len(method().fit_predict(pd.DataFrame([row], columns=columns))) >= 1, "one answer is a crowd of one"


@pytest.mark.parametrize(("package", "columns", "row"), PACKAGES)
def test_packages_give_their_methods_and_nothing_else(package: ModuleType, columns: list[str], row: tuple) -> None:
    for module, name in package.METHODS.values():
        assert getattr(package, name) is getattr(import_module(f"{package.__name__}.{module}"), name), (
            "the class itself"
        )
    with pytest.raises(AttributeError, match="nonsense"):
        package.nonsense  # noqa: B018


def test_none_of_them_imports_torch() -> None:
    code = "import sys; from gpu_jobs.kernels import pairs, spans, texts, boxes, numbers, ordinal, multilabel; "
    code += "from gpu_jobs.kernels.texts import RASA; from gpu_jobs.kernels.spans import BSCSeq; "
    found = subprocess.run(
        [sys.executable, "-c", code + "print('torch' in sys.modules)"], capture_output=True, text=True
    )
    assert found.stdout.strip() == "False", f"small data must start at once: {found.stderr}"
