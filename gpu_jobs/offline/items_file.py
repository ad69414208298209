"""Reads the items behind the tasks and turns every text column into features for the joint method.

Columns that say something to us and not to workers, such as `gold`, are no text.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv
from pyarrow import json as pa_json
from scipy import sparse

from core.errors import BadUpload
from core.intake.rows import OURS
from gpu_jobs.kernels.text_features import features
from gpu_jobs.offline.answers_file import SUFFIXES, Columns


def read_items(path: Path, columns: Columns, tasks: pa.Array) -> tuple[sparse.csr_array, tuple[str, ...]]:
    """Features [task, feature] in the order of `tasks`, and a note when items are missing; BadUpload otherwise."""
    table, key = _open(path), columns.get("task", "task")
    if key not in table.column_names:
        raise BadUpload([f"{path.name}: no column {key!r}; it has {', '.join(table.column_names)}"])
    texts = [name for name in table.column_names if name != key and name.casefold() not in OURS]
    if not texts:
        raise BadUpload([f"{path.name}: there is no column beside {key!r} to learn from"])
    place = pc.index_in(pc.cast(tasks, pa.string()), pc.cast(table[key], pa.string()).combine_chunks())
    found = [pc.fill_null(pc.cast(table[name].combine_chunks(), pa.string()).take(place), "") for name in texts]
    note = (f"{place.null_count} tasks have no item",) if place.null_count else ()
    return features([column.to_pylist() for column in found]), note


def _open(path: Path) -> pa.Table:
    try:
        if path.suffix == ".parquet":
            return pq.read_table(path)
        if path.suffix in (".jsonl", ".ndjson"):
            return pa_json.read_json(path)
        options = csv.ParseOptions(delimiter=SUFFIXES.get(path.suffix, ","), newlines_in_values=True)
        names = csv.open_csv(path, parse_options=options).schema.names
        text = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
        return csv.read_csv(path, parse_options=options, convert_options=text)
    except FileNotFoundError:
        raise BadUpload([f"{path}: there is no such file"]) from None
    except (pa.ArrowInvalid, OSError) as error:
        raise BadUpload([f"{path.name}: {str(error).splitlines()[0]}"]) from None
