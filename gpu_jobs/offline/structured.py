"""`tapcrowd aggregate` for answers that are not single classes: pairs, texts, spans, boxes, numbers, levels, sets."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from core.errors import BadUpload
from gpu_jobs.offline.answers_file import Columns, read_table
from gpu_jobs.offline.outputs import harmless

if TYPE_CHECKING:
    import pandas as pd

Facts = dict[str, Any]
ANSWER = ("task", "worker", "label")
KNOWN = ("task", "label")
CORNERS = ("x_min", "y_min", "x_max", "y_max")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of answers: what its rows hold, which columns are numbers or may be empty, and what scores it."""

    what: str
    columns: tuple[str, ...]
    score: str
    numbers: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    known: tuple[str, ...] = KNOWN
    repeats: bool = False  # whether a worker may have several rows in a task


PAIRS = Kind("which of two items is better", ("worker", "left", "right", "label"), "pairs_ordered", repeats=True)
TEXTS = Kind("texts", ANSWER, "word_error_rate")
SPANS = Kind("BIO tags of a sentence", ANSWER, "span_f1")
BOXES = Kind("boxes", ("task", "worker", *CORNERS), "box_f1", CORNERS, CORNERS, ("task", *CORNERS), repeats=True)
NUMBERS = Kind("numbers", ANSWER, "number_errors", ("label",))
LEVELS = Kind("levels of a scale", ANSWER, "level_errors")
SETS = Kind("sets of labels", ANSWER, "set_f1", empty=("label",))
METHODS: dict[str, tuple[Kind, str, str]] = {
    "bradley-terry": (PAIRS, "pairs", "BradleyTerry"),
    "noisy-bradley-terry": (PAIRS, "pairs", "NoisyBradleyTerry"),
    "win-share": (PAIRS, "pairs", "WinShare"),
    "medoid": (TEXTS, "texts", "Medoid"),
    "rover": (TEXTS, "texts", "ROVER"),
    "rasa": (TEXTS, "texts", "RASA"),
    "hrrasa": (TEXTS, "texts", "HRRASA"),
    "token-dawid-skene": (SPANS, "spans", "TokenDawidSkene"),
    "hmm-crowd": (SPANS, "spans", "HMMCrowd"),
    "bsc-seq": (SPANS, "spans", "BSCSeq"),
    "box-clusters": (BOXES, "boxes", "BoxClusters"),
    "robust-mean": (NUMBERS, "numbers", "RobustMean"),
    "ordinal": (LEVELS, "ordinal", "Ordinal"),
    "binary-relevance": (SETS, "multilabel", "BinaryRelevance"),
    "joint-multi-label": (SETS, "multilabel", "JointMultiLabel"),
}
"""Name on the command line → kind of answers, module and class in gpu_jobs.kernels."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a method made of the answers: a value per task (or item), workers where it learned any, and facts."""

    labels: pd.DataFrame
    workers: pd.DataFrame | None
    facts: Facts


def aggregate(name: str, answers: Path, gold: Path | None = None, columns: Columns | None = None) -> Found:
    """Read, fit and score one method; BadUpload names file, column and row."""
    kind, module, attribute = METHODS[name]
    frame = read_frame(answers, kind, columns or {})
    method = getattr(import_module(f"gpu_jobs.kernels.{module}"), attribute)()
    started = time.perf_counter()
    try:
        found = method.fit_predict(frame.rename(columns={"label": "text"}) if kind is TEXTS else frame)
    except ValueError as error:
        raise BadUpload([f"{answers.name}: {error}"]) from None
    facts: Facts = {
        "method": name,
        "chosen": name,
        "reason": f"the answers are {kind.what}",
        "tasks": len(found.index.unique()),
        "workers": int(frame["worker"].nunique()),
        "answers": len(frame),
        "seconds": round(time.perf_counter() - started, 3),
    }
    if gold is not None:
        facts |= _score(kind, found, gold, columns or {})
    return Found(_flat(found), _workers(method), facts)


def read_frame(path: Path, kind: Kind, columns: Columns) -> pd.DataFrame:
    """The kind's columns as text, or as numbers where they must be; a worker's later answer replaces the earlier."""
    table = read_table(path, {name: columns.get(name, name) for name in kind.columns}, empty=kind.empty)
    if not len(table):
        raise BadUpload([f"{path.name}: there are no answers in it"])
    frame: pd.DataFrame = table.to_pandas()
    for name in kind.columns:
        frame[name] = _numbers(path, frame[name]) if name in kind.numbers else frame[name].fillna("").astype(str)
    if kind is LEVELS:
        frame["label"] = _levels(frame["label"])
    return frame if kind.repeats else frame.drop_duplicates(["task", "worker"], keep="last", ignore_index=True)


def _numbers(path: Path, column: pd.Series[Any]) -> pd.Series[float]:
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce")
    wrong = numbers.isna() & column.notna() & (column.astype(str) != "")
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise BadUpload([f"{path.name}, row {row + 1}: column {column.name!r}: {str(column.iloc[row])!r} is no number"])
    return numbers


def _levels(column: pd.Series[Any]) -> pd.Series[Any]:
    """Levels that are all whole numbers are ordered as such: 10 comes after 9."""
    whole = column.str.fullmatch(r"[+-]?\d+")
    return column.astype(int) if whole.all() else column


def _score(kind: Kind, found: Any, gold: Path, columns: Columns) -> Facts:
    from gpu_jobs.offline import structured_scores as scores

    known = read_table(gold, {name: columns.get(name, name) for name in kind.known}, empty=kind.empty).to_pandas()
    known["task"] = known["task"].astype(str)
    score: Callable[..., dict[str, float]] = getattr(scores, kind.score)
    told: Any
    if kind is BOXES:
        told = known.assign(**{name: _numbers(gold, known[name]) for name in CORNERS}).set_index("task")
    else:
        told = dict(zip(known["task"], known["label"].fillna("").astype(str), strict=True))
    return {"scored": len(known), **{name: round(value, 6) for name, value in score(found, told).items()}}


def _flat(found: Any) -> pd.DataFrame:
    """A frame with one row per task, item or box; sets are written with commas."""
    frame: pd.DataFrame = found.to_frame() if hasattr(found, "to_frame") else found
    flat = frame.reset_index()
    for name in flat.columns:
        flat[name] = flat[name].map(lambda value: ",".join(map(str, value)) if isinstance(value, list) else value)
    return flat.rename(columns={"agg_label": "label", "agg_score": "score", "agg_text": "label"})


def _workers(method: Any) -> pd.DataFrame | None:
    skills = getattr(method, "skills_", None)
    if skills is None:
        return None
    intervals = getattr(method, "intervals_", None)
    frame: pd.DataFrame = skills.to_frame()
    return (frame if intervals is None else frame.join(intervals)).reset_index()


def write(folder: Path, found: Found) -> list[Path]:
    """labels and workers as CSV and Parquet, and facts.json; the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, frame in (("labels", found.labels), ("workers", found.workers)):
        if frame is not None:
            paths += [folder / f"{name}.parquet", folder / f"{name}.csv"]
            table = pa.Table.from_pandas(frame, preserve_index=False)
            pq.write_table(table, paths[-2])
            csv.write_csv(harmless(table), paths[-1])
    paths.append(folder / "facts.json")
    paths[-1].write_text(json.dumps(found.facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return paths
