"""Makes one text of several workers' texts: transcripts, translations, descriptions; imported when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

METHODS = {
    "medoid": ("medoid", "Medoid"),
    "rover": ("rover", "ROVER"),
    "rasa": ("rasa", "RASA"),
    "hrrasa": ("hrrasa", "HRRASA"),
}
_MODULES = {name: module for module, name in METHODS.values()}


def __getattr__(name: str) -> Any:
    """Import a method's class on first use."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
