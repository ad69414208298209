"""The base of every categorical method: one `fit` on dense answers, and data frames in and out around it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_jobs.kernels.values import Answers, Fit, Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, float], None]  # iteration, change of the posterior
COLUMNS = ["task", "worker", "label"]


@dataclass(frozen=True, slots=True)
class Names:
    """What the dense indices stand for, each in sorted order."""

    tasks: pd.Index[Any]
    workers: pd.Index[Any]
    labels: pd.Index[Any]


class Categorical(ABC):
    """Infers one class per task; hyperparameters are the fields of a frozen dataclass.

    After `fit_predict` or `fit_predict_proba` on a frame, `fit_` holds the whole `Fit` and `labels_`, `probas_`,
    `skills_`, `errors_` and `priors_` the same in frames.
    """

    fit_: Fit
    labels_: pd.Series[Any]
    probas_: pd.DataFrame
    skills_: pd.Series[float]
    errors_: pd.DataFrame
    priors_: pd.Series[float]

    @abstractmethod
    def fit(self, answers: Answers, *, progress: Progress | None = None) -> Fit:
        """Infer labels and worker quality from answers with dense indices."""

    def fit_predict(
        self, data: pd.DataFrame, true_labels: pd.Series[Any] | None = None, *, prior: pd.DataFrame | None = None
    ) -> pd.Series[Any]:
        """The label of each task, from columns task, worker, label; `true_labels` holds the known ones by task.

        `prior` gives class probabilities before any answer, indexed by task with one column per label.
        """
        self._learn(data, true_labels, prior)
        return self.labels_

    def fit_predict_proba(
        self, data: pd.DataFrame, true_labels: pd.Series[Any] | None = None, *, prior: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """The probability of each label, tasks by labels; arguments as for `fit_predict`."""
        self._learn(data, true_labels, prior)
        return self.probas_

    def _learn(self, data: pd.DataFrame, true_labels: pd.Series[Any] | None, prior: pd.DataFrame | None) -> None:
        answers, names = encode(data, true_labels, prior)
        fit = self.fit(answers)
        # past the frozen dataclass: only hyperparameters are frozen
        self.__dict__.update(fit_=fit, **_frames(fit, names))


def encode(
    data: pd.DataFrame, true_labels: pd.Series[Any] | None = None, prior: pd.DataFrame | None = None
) -> tuple[Answers, Names]:
    """Dense indices in sorted order, so that the order of rows says nothing; ValueError on a missing value or column.

    Every row counts, also when a worker answered a task twice. Known labels of tasks without an answer are left out.
    """
    import pandas as pd

    if missing := [name for name in COLUMNS if name not in data.columns]:
        raise ValueError(f"columns are missing: {', '.join(missing)}")
    if data[COLUMNS].isna().to_numpy().any():
        raise ValueError("a task, worker or label is missing (NaN)")
    task, tasks = _factorise(data["task"])
    worker, workers = _factorise(data["worker"])
    known = pd.Series(dtype=object) if true_labels is None else true_labels[true_labels.index.isin(tasks)].dropna()
    both = pd.concat([data["label"], known]) if len(known) else data["label"]
    label, labels = _factorise(both)
    gold = np.full(len(tasks), -1, dtype=np.int64)
    gold[tasks.get_indexer(known.index)] = label[len(data) :]
    names = Names(tasks, workers, labels)
    answers = Answers(
        task, worker, label[: len(data)], len(tasks), len(workers), len(labels), gold, _prior(prior, names)
    )
    return answers, names


def _factorise(values: pd.Series[Any]) -> tuple[Ints, pd.Index[Any]]:
    import pandas as pd

    codes, uniques = pd.factorize(values, sort=True)
    return codes.astype(np.int64), pd.Index(uniques)


def _prior(prior: pd.DataFrame | None, names: Names) -> Floats | None:
    if prior is None:
        return None
    table = prior.reindex(index=names.tasks, columns=names.labels).to_numpy(dtype=np.float64)
    even = np.full(len(names.labels), 1 / max(1, len(names.labels)))
    table = np.where(np.isnan(table).all(axis=1, keepdims=True), even, np.nan_to_num(table))
    shares: Floats = table / table.sum(axis=1, keepdims=True)
    return shares


def _frames(fit: Fit, names: Names) -> dict[str, Any]:
    """The fit in crowd-kit's shapes; errors_ is indexed by (worker, answered label) with a column per true label."""
    import pandas as pd

    tasks = names.tasks.rename("task")
    workers = names.workers.rename("worker")
    columns = names.labels.rename("label")
    chosen = pd.Index(names.labels).take(fit.labels)  # every task of a frame has an answer
    index: pd.MultiIndex = pd.MultiIndex.from_product([workers, names.labels], names=["worker", "label"])
    errors = fit.confusion.transpose(0, 2, 1).reshape(len(index), len(columns))
    prior = fit.posterior.mean(axis=0) if len(tasks) else np.zeros(len(columns))
    return {
        "labels_": pd.Series(chosen, index=tasks, name="agg_label"),
        "probas_": pd.DataFrame(fit.posterior, index=tasks, columns=columns),
        "skills_": pd.Series(fit.accuracy, index=workers, name="skill"),
        "errors_": pd.DataFrame(errors, index=index, columns=columns),
        "priors_": pd.Series(prior, index=columns, name="prior"),
    }
