"""Aggregation methods behind one contract: answers in, a fit out; no files, no prints.

Adding a method is one file with a class and one line here. A class is imported when it is asked for, by name
(``from gpu_jobs.kernels import DawidSkene``) or by its name on the command line (`method`), so that those without
torch start at once.
"""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Categorical, Progress
    from gpu_jobs.kernels.values import Answers, Fit

# of classes only; the packages pairs, texts and spans hold theirs. Name on the command line -> module and class
METHODS = {
    "majority-vote": ("majority_vote", "MajorityVote"),
    "wawa": ("wawa", "Wawa"),
    "zero-based-skill": ("zero_based_skill", "ZeroBasedSkill"),
    "dawid-skene": ("dawid_skene", "DawidSkene"),
    "one-coin": ("one_coin", "OneCoin"),
    "hierarchical": ("hierarchical", "Hierarchical"),
    "ibcc": ("ibcc", "IBCC"),
    "ebcc": ("ebcc", "EBCC"),
    "bwa": ("bwa", "BWA"),
    "glad": ("glad", "GLAD"),
    "mace": ("mace", "MACE"),
    "kos": ("kos", "KOS"),
    "m-msr": ("mmsr", "MMSR"),
    "gold-majority-vote": ("gold_majority_vote", "GoldMajorityVote"),
    "auto": ("auto", "Auto"),
}
_MODULES = {name: module for module, name in METHODS.values()} | {
    "BradleyTerry": "pairs",
    "NoisyBradleyTerry": "pairs",
    "WinShare": "pairs",
    "Medoid": "texts",
    "ROVER": "texts",
    "RASA": "texts",
    "HRRASA": "texts",
    "TokenDawidSkene": "spans",
    "HMMCrowd": "spans",
    "BSCSeq": "spans",
    "BoxClusters": "boxes",
    "RobustMean": "numbers",
    "Ordinal": "ordinal",
    "BinaryRelevance": "multilabel",
    "JointMultiLabel": "multilabel",
}


class Aggregate(Protocol):
    """The one function that every method offers."""

    def __call__(self, answers: Answers, *, iterations: int, progress: Progress | None = None) -> Fit:
        """Infer each task's label and each worker's confusion."""
        ...


def class_of(name: str) -> type[Categorical]:
    """The class of the method called `name`; KeyError when there is none."""
    module, attribute = METHODS[name]
    return cast("type[Categorical]", getattr(import_module(f"{__name__}.{module}"), attribute))


def method(name: str) -> Aggregate:
    """The method called `name` as a function; `iterations` bounds those that iterate. KeyError when there is none."""
    found = class_of(name)
    bounded = "n_iter" in {field.name for field in fields(found)}  # type: ignore[arg-type]

    def fit(answers: Answers, *, iterations: int, progress: Progress | None = None) -> Fit:
        made = found(n_iter=iterations) if bounded else found()  # type: ignore[call-arg]
        return made.fit(answers, progress=progress)

    return fit


def __getattr__(name: str) -> Any:
    """Import a method's class on first use."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
