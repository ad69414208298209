"""What the learning jobs read: items with their soft labels, gold where it is known, in one Parquet table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from gpu_jobs import tables
from gpu_jobs.contract import BadInput
from gpu_jobs.kernels.values import Floats, Ints

Bools = npt.NDArray[np.bool_]
EXAMPLES_FILE = "examples.parquet"

# `text` (and `other`, the second text of a pair) or `words` or `image` (encoded bytes); `posterior` row by row, one
# row of class probabilities for an item or one per word, empty where unknown; `gold` likewise, class indices;
# `weight` scales the item's loss; `held` keeps an item's gold away from training, for calibration and measurement
EXAMPLES = pa.schema(
    [
        ("item", pa.int64()),
        ("text", pa.string()),
        ("other", pa.string()),
        ("words", pa.list_(pa.string())),
        ("image", pa.binary()),
        ("posterior", pa.list_(pa.float64())),
        ("weight", pa.float64()),
        ("gold", pa.list_(pa.int32())),
        ("held", pa.bool_()),
    ]
)

ITEM_COLUMNS = ["item", "text", "other", "words", "image"]


@dataclass(frozen=True, slots=True)
class Examples:
    """Items as columns; which of `text`, `words` and `image` is filled depends on the task."""

    item: Ints
    text: list[str]
    other: list[str]
    words: list[list[str]]
    image: list[bytes]
    soft: list[Floats]  # [row, class] each; no rows where there is no label
    weight: Floats
    gold: list[Ints]  # one entry per row; empty where unknown
    held: Bools

    def __len__(self) -> int:
        return len(self.item)

    def take(self, rows: Ints) -> Examples:
        """The items at `rows`."""
        lists = ([column[row] for row in rows] for column in (self.text, self.other))
        text, other = lists
        return Examples(
            self.item[rows],
            text,
            other,
            [self.words[row] for row in rows],
            [self.image[row] for row in rows],
            [self.soft[row] for row in rows],
            self.weight[rows],
            [self.gold[row] for row in rows],
            self.held[rows],
        )

    def labelled(self) -> Ints:
        """Rows to train on: with a soft label and a weight, not held out."""
        return np.array([row for row in range(len(self)) if self._teaches(row)], dtype=np.int64)

    def held_out(self) -> Ints:
        """Rows whose gold is kept for calibration and measurement."""
        return np.array([row for row in range(len(self)) if self.held[row] and len(self.gold[row])], dtype=np.int64)

    def _teaches(self, row: int) -> bool:
        return len(self.soft[row]) > 0 and self.weight[row] > 0 and not self.held[row]


def stream_items(path: Path, rows: int) -> Iterator[Examples]:
    """The items of an examples table, `rows` at a time and without labels; BadInput when it is no such table."""
    try:
        with pq.ParquetFile(path) as file:
            if not file.schema_arrow.equals(EXAMPLES):
                raise BadInput(f"{path.name}: columns are {file.schema_arrow.names}, not {EXAMPLES.names}")
            for batch in file.iter_batches(rows, columns=ITEM_COLUMNS):
                yield _items(batch)
    except (OSError, pa.ArrowInvalid) as error:
        raise BadInput(f"{path.name}: {error}") from error


def _items(batch: pa.RecordBatch) -> Examples:
    item, text, other, words, image = (batch.column(name) for name in ITEM_COLUMNS)
    nothing: Ints = np.empty(0, dtype=np.int64)
    size = len(item)
    return Examples(
        np.asarray(item.to_numpy(), dtype=np.int64),
        text.to_pylist(),
        other.to_pylist(),
        words.to_pylist() if len(words.flatten()) else [[]] * size,
        image.to_pylist(),
        [np.empty((0, 1))] * size,
        np.zeros(size),
        [nothing] * size,
        np.zeros(size, dtype=np.bool_),
    )


def read_examples(path: Path, n_classes: int) -> Examples:
    """The whole table; BadInput when it is not one of `n_classes` classes."""
    return from_table(tables.read_table(path, EXAMPLES), n_classes)


def from_table(table: pa.Table, n_classes: int) -> Examples:
    """Checked columns of an examples table; a soft label from gold where there is gold and no posterior."""
    column = {name: table[name].to_pylist() for name in ("text", "other", "words", "image")}
    gold = [np.array(one, dtype=np.int64) for one in table["gold"].to_pylist()]
    flat = [np.array(one, dtype=np.float64) for one in table["posterior"].to_pylist()]
    if any(len(one) % n_classes for one in flat) or any(((one < 0) | (one >= n_classes)).any() for one in gold):
        raise BadInput(f"{EXAMPLES_FILE}: posteriors or gold are not of {n_classes} classes")
    if any(not np.isfinite(one).all() or (one < 0).any() for one in flat):
        raise BadInput(f"{EXAMPLES_FILE}: a posterior that is no probability")
    soft = [one.reshape(-1, n_classes) for one in flat]
    certain = np.eye(n_classes)
    soft = [certain[right] if not len(rows) and len(right) else rows for rows, right in zip(soft, gold, strict=True)]
    return Examples(
        np.asarray(table["item"].to_numpy(), dtype=np.int64),
        column["text"],
        column["other"],
        column["words"],
        column["image"],
        soft,
        np.asarray(table["weight"].to_numpy(), dtype=np.float64),
        gold,
        np.asarray(table["held"].to_numpy(zero_copy_only=False), dtype=np.bool_),
    )


def write_examples(path: Path, examples: Examples) -> None:
    """Write `examples` as the table that `read_examples` reads."""
    columns: dict[str, object] = {
        "item": examples.item,
        "text": examples.text,
        "other": examples.other,
        "words": examples.words,
        "image": examples.image,
        "posterior": [rows.ravel() for rows in examples.soft],
        "weight": examples.weight,
        "gold": [one.astype(np.int32) for one in examples.gold],
        "held": examples.held,
    }
    pq.write_table(pa.table(columns, schema=EXAMPLES), path)


def of_texts(
    texts: list[str],
    soft: Floats | None = None,
    *,
    others: list[str] | None = None,
    gold: Ints | None = None,
    weight: Floats | None = None,
    held: Bools | None = None,
) -> Examples:
    """Examples of plain texts: `soft` [item, class] if known, `gold` class indices with -1 for unknown."""
    size = len(texts)
    labels = gold if gold is not None else np.full(size, -1, dtype=np.int64)
    return Examples(
        np.arange(size, dtype=np.int64),
        texts,
        others if others is not None else [""] * size,
        [[] for _ in range(size)],
        [b""] * size,
        [np.empty((0, 1))] * size if soft is None else [row[None] for row in soft],
        weight if weight is not None else np.ones(size),
        [np.array([one] if one >= 0 else [], dtype=np.int64) for one in labels],
        held if held is not None else np.zeros(size, dtype=np.bool_),
    )
