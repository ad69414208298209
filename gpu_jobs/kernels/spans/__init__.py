"""Makes one tagging of several workers' BIO taggings of a sentence; imported when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

METHODS = {
    "token-dawid-skene": ("token_dawid_skene", "TokenDawidSkene"),
    "hmm-crowd": ("hmm_crowd", "HMMCrowd"),
    "bsc-seq": ("bsc_seq", "BSCSeq"),
}
_MODULES = {name: module for module, name in METHODS.values()}


def __getattr__(name: str) -> Any:
    """Import a method's class on first use."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
