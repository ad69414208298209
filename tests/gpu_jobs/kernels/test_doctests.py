"""The examples in the docstrings run."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest
from crowds import NAMES

from gpu_jobs.kernels import class_of


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_method_runs(name: str) -> None:
    module = import_module(class_of(name).__module__)

    found = doctest.testmod(module)

    assert found.attempted >= 3 and not found.failed, "each class shows how it is used"
