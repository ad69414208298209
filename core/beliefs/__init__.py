"""The router's crowd model: what is believed of the tasks and the workers of one job.

`refit` makes an immutable Snapshot from all answers in force; `posterior` judges a task from a snapshot and the task's
votes in microseconds; `gains` says which open tasks a worker helps most. See docs/routing.md.
"""

from core.beliefs.balance import untold
from core.beliefs.evidence import UNKNOWN, Evidence
from core.beliefs.gains import gains, pair_gains
from core.beliefs.posterior import all_hypotheses, class_shares, hypotheses, posterior
from core.beliefs.refit import calibrated, refit
from core.beliefs.settings import LABELS, ROUTING, Settings
from core.beliefs.snapshot import Snapshot, loads

__all__ = [
    "LABELS",
    "ROUTING",
    "UNKNOWN",
    "Evidence",
    "Settings",
    "Snapshot",
    "all_hypotheses",
    "calibrated",
    "class_shares",
    "gains",
    "hypotheses",
    "loads",
    "pair_gains",
    "posterior",
    "refit",
    "untold",
]
