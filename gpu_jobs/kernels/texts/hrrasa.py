"""HRRASA: RASA where an answer also counts by how like the task's other answers it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpu_jobs.kernels.texts.answers import Texts
from gpu_jobs.kernels.texts.rasa import RASA
from gpu_jobs.kernels.values import Floats

LEAST_LOCAL = 1e-3  # an answer like no other still counts a little


@dataclass(frozen=True)
class HRRASA(RASA):
    """Hybrid reliability and representation aware sequence aggregation.

    RASA with answer weights beta_w gamma_tw and distances |e_tw - true_t|^2 / gamma_tw. The local reliability gamma_tw
    is the mean over the task's other answers v of `lambda_emb` exp(-|e_tw - e_tv|^2 / (|e_tw|^2 |e_tv|^2)) +
    `lambda_out` sim(tw, tv), with sim one minus the relative edit distance of words. Li, "Crowdsourced text sequence
    aggregation based on hybrid reliability and representation", SIGIR 2020 (which has GLEU for sim).

    >>> import pandas as pd
    >>> rows = [("t", "a", "the cat sat"), ("t", "b", "the cat sat"), ("t", "c", "dogs bark")]
    >>> HRRASA().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "text"])).to_dict()
    {'t': 'the cat sat'}
    """

    lambda_emb: float = 0.5
    lambda_out: float = 0.5

    def _local(self, seen: Texts, vectors: Floats) -> Floats:
        """Mean likeness to the other answers; 1 for a lone answer."""
        local = np.ones(len(vectors))
        for rows, apart in zip(seen.rows(), seen.distances(), strict=True):
            if len(rows) > 1:
                alike = self.lambda_emb * _likeness(vectors[rows]) + self.lambda_out * (1 - apart)
                np.fill_diagonal(alike, 0.0)
                local[rows] = np.maximum(alike.sum(axis=1) / (len(rows) - 1), LEAST_LOCAL)
        return local


def _likeness(vectors: Floats) -> Floats:
    squares = (vectors**2).sum(axis=1)
    apart = np.maximum(squares[:, None] + squares - 2 * vectors @ vectors.T, 0.0)
    scale = squares[:, None] * squares
    ratio = np.divide(apart, scale, out=np.full_like(apart, np.inf), where=scale > 0)
    likeness: Floats = np.exp(-ratio)
    return likeness
