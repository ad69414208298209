"""The Parquet tables that cross the border between bot and batch job: their columns, stated once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gpu_jobs.contract import BadInput

Columns = Mapping[str, Sequence[object] | np.ndarray[Any, Any] | pa.ChunkedArray]

# in/: `worker` is a pseudonym, `label` a class index, times in milliseconds
ANSWERS = pa.schema(
    [
        ("task", pa.int64()),
        ("worker", pa.int64()),
        ("label", pa.int32()),
        ("control", pa.bool_()),
        ("at", pa.int64()),
        ("duration_ms", pa.int64()),
    ]
)
# in/: `ref` is the requester's own id, `payload` the item as JSON, `gold` a class index or -1
TASKS = pa.schema(
    [
        ("task", pa.int64()),
        ("ref", pa.string()),
        ("payload", pa.string()),
        ("control", pa.bool_()),
        ("gold", pa.int32()),
    ]
)
# in/, only where people decided, or where a model labelled alone: `label` a class index, `weight` how sure it is
RULINGS = pa.schema([("task", pa.int64()), ("label", pa.int32()), ("weight", pa.float64())])
# out/: no control tasks; `label` and `majority` are class indices, -1 for a task that nobody answered
LABELS = pa.schema(
    [
        ("task", pa.int64()),
        ("ref", pa.string()),
        ("label", pa.int32()),
        ("confidence", pa.float64()),
        ("posterior", pa.list_(pa.float64())),
        ("majority", pa.int32()),
        ("answers", pa.int32()),
    ]
)
# out/: accuracy with its 95 % credible interval; confusion row by row, [true class, answered class]
WORKERS = pa.schema(
    [
        ("worker", pa.int64()),
        ("answers", pa.int32()),
        ("accuracy", pa.float64()),
        ("lower", pa.float64()),
        ("upper", pa.float64()),
        ("confusion", pa.list_(pa.float64())),
    ]
)


def write_table(path: Path, schema: pa.Schema, columns: Columns) -> None:
    """Write `columns` as a Parquet file of exactly `schema`."""
    pq.write_table(pa.table(dict(columns), schema=schema), path)


def read_table(path: Path, schema: pa.Schema, *, optional: Sequence[str] = ()) -> pa.Table:
    """Read a Parquet file of exactly `schema`; BadInput when it is anything else or holds nulls but in `optional`."""
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise BadInput(f"{path.name}: {error}") from error
    if not table.schema.equals(schema):
        raise BadInput(f"{path.name}: columns are {table.schema.names} of {table.schema.types}, not {schema.names}")
    if holes := [name for name in schema.names if table[name].null_count and name not in optional]:
        raise BadInput(f"{path.name}: empty cells in {holes}")
    return table
