"""Ranks items from comparisons of two: a score per item, imported when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

METHODS = {
    "bradley-terry": ("bradley_terry", "BradleyTerry"),
    "noisy-bradley-terry": ("noisy_bradley_terry", "NoisyBradleyTerry"),
    "win-share": ("win_share", "WinShare"),
}
_MODULES = {name: module for module, name in METHODS.values()}


def __getattr__(name: str) -> Any:
    """Import a method's class on first use."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
