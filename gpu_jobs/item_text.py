"""The text of a job's items as features, for runs that let it speak beside the crowd."""

from __future__ import annotations

import json

import pyarrow as pa
from scipy import sparse

from gpu_jobs.kernels.text_features import features
from gpu_jobs.kernels.values import Ints

LEAST_LABELLED = 50  # tasks with answers, below which a text model learns nothing


def text_of(tasks: pa.Table, per_task: Ints) -> tuple[sparse.csr_array | None, str]:
    """What the items' text tells, and why it is not used when it is not."""
    answered = int((per_task > 0).sum())
    if answered < LEAST_LABELLED:
        return None, f"{answered} tasks have answers, a text model needs {LEAST_LABELLED}"
    payloads = [json.loads(text) for text in tasks["payload"].to_pylist()]
    names = sorted({name for payload in payloads for name in payload})
    columns = [[str(payload.get(name, "")) for payload in payloads] for name in names]
    columns = [column for column in columns if len(set(column)) > 1]
    if not columns:
        return None, "the items have no text that differs"
    return features(columns), ""
