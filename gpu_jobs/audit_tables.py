"""What an audit leaves in its folder: file names and columns, which both sides of the border import."""

from __future__ import annotations

import pyarrow as pa

SUSPECTS_FILE, PRIORS_FILE, AUDIT_CHART = "suspects.parquet", "priors.parquet", "audit.png"
SUSPECTS_CSV, ODD_FILE = "suspects.csv", "odd_workers.parquet"
# the most suspicious first; `kind` is label or gold, `label` what stands, `suggested` what crowd and text say together
SUSPECTS = pa.schema(
    [
        ("kind", pa.string()),
        ("task", pa.int64()),
        ("ref", pa.string()),
        ("label", pa.int32()),
        ("suggested", pa.int32()),
        ("suspicion", pa.float64()),
        ("reason", pa.string()),
    ]
)
# who stands out, with the p-value of answers as bad as theirs from somebody like the others
ODD = pa.schema([("worker", pa.int64()), ("p", pa.float64()), ("accuracy", pa.float64())])
# what crowd and text together say of every task that has answers: the soft labels of a model
JOINT_FILE = "joint.parquet"
JOINT = pa.schema([("task", pa.int64()), ("posterior", pa.list_(pa.float64()))])
# class shares of every task before its answers; none where the text says nothing
PRIORS = pa.schema([("task", pa.int64()), ("shares", pa.list_(pa.float64()))])
