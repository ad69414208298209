"""Ordered classes in the blend: workers who are too kind, too harsh, too vague or too timid, as confusion rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from gpu_jobs.kernels.em import Confusions
from gpu_jobs.kernels.ordinal import SPREADS
from gpu_jobs.kernels.values import Floats

BIASES = np.linspace(-1.5, 1.5, 13)  # in levels
SCALES = np.array([1.0, 0.9, 0.8, 0.7, 0.6, 0.5])  # a timid worker's answers stay near the middle


@dataclass(frozen=True)
class Ordered(Confusions):
    """An answer to a task of level c falls around m + g_w (c - m) + b_w with spread s_w; m is the middle level.

    As in `Ordinal`, with a scale g_w and on a coarser grid: b_w ~ N(0, `bias_sd`^2), g_w ~ N(1, `scale_sd`^2), 1 when
    that is 0, and log s_w ~ N(log s, `spread_sd`^2) with s the spread that explains the crowd best. The order is that
    of the class numbers.
    """

    n_iter: int = 60
    tol: float = 1e-3
    bias_sd: float = 0.5
    scale_sd: float = 0.0
    spread_sd: float = 0.5
    class_tasks = 1.0

    def pool(self, counts: Floats) -> Floats:
        """The log of the spread that explains the crowd best without bias and at full scale."""
        bias, scale, spread = _points()
        plain = (bias == 0) & (scale == 1)
        crowd = _table(counts.shape[1])[plain] @ counts.sum(axis=0).ravel()
        log_spread: Floats = np.log(spread[plain][[int(crowd.argmax())]])
        return log_spread

    def rows(self, counts: Floats, pool: Floats) -> Floats:
        """The likeliest grid point of each worker."""
        bias, scale, spread = _points()
        table = _table(counts.shape[1])
        prior = (bias / self.bias_sd) ** 2 + ((np.log(spread) - pool[0]) / self.spread_sd) ** 2
        if self.scale_sd:
            prior = prior + ((scale - 1) / self.scale_sd) ** 2
        else:
            full = scale == 1
            table, prior = table[full], prior[full]
        best = (counts.reshape(len(counts), -1) @ table.T - prior / 2).argmax(axis=1)
        rows: Floats = table[best].reshape(counts.shape)
        return rows


@cache
def _points() -> tuple[Floats, Floats, Floats]:
    """Bias, scale and spread of every grid point."""
    bias, scale, spread = np.meshgrid(BIASES, SCALES, SPREADS, indexing="ij")
    return bias.ravel(), scale.ravel(), spread.ravel()


@cache
def _table(size: int) -> Floats:
    """Log probabilities [grid point, true x answered]."""
    bias, scale, spread = (values[:, None, None] for values in _points())
    level, middle = np.arange(size), (size - 1) / 2
    centre = middle + scale * (level[:, None] - middle) + bias
    table = -(((level - centre) / spread) ** 2) / 2
    logs: Floats = table - np.logaddexp.reduce(table, axis=2, keepdims=True)
    return logs.reshape(-1, size * size)
