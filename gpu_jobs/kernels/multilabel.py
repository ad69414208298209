"""Multi-label answers: which of many labels hold for a task, each by itself or with workers' skill in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gpu_jobs.kernels.frames import checked, factorise, qualities
from gpu_jobs.kernels.values import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["task", "worker", "label"]
MOST_ODDS = 6.0  # bound on log odds of a rate


class Binary(Protocol):
    """A method for single classes."""

    def fit_predict(self, data: pd.DataFrame) -> pd.Series[Any]:
        """The class of each task, from columns task, worker, label."""
        ...


def _majority_vote() -> Binary:
    from gpu_jobs.kernels.majority_vote import MajorityVote

    return MajorityVote()


@dataclass(frozen=True)
class BinaryRelevance:
    """One yes-or-no question per label, each answered by its own fit of a method for single classes.

    `base` makes a method for classes 0 and 1; majority vote by default. A label that workers rarely give has few
    yes answers to learn from. Zhang and Zhou, "A review on multi-label learning algorithms", IEEE TKDE 26 (2014).

    The column label holds a collection of labels, or a string of labels with `separator` between them; an empty one
    means that none holds. After `fit` or `fit_predict`: `labels_` by task, a sorted list each, and `methods_`, the
    fitted method of each label.

    >>> import pandas as pd
    >>> rows = [("t", "a", ["cat", "dog"]), ("t", "b", ["cat"]), ("t", "c", ["cat", "owl"])]
    >>> BinaryRelevance().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t': ['cat']}
    """

    base: Callable[[], Binary] = _majority_vote
    separator: str = ","

    def fit(self, data: pd.DataFrame) -> BinaryRelevance:
        """Fit each label on its own; ValueError on a missing value."""
        import pandas as pd

        seen = _read(data, self.separator)
        pairs = pd.DataFrame({"task": seen.tasks.take(seen.task), "worker": seen.workers.take(seen.worker)})
        methods, chosen = {}, np.zeros((len(seen.tasks), len(seen.labels)))
        for at, label in enumerate(seen.labels):
            methods[label] = self.base()
            answer = methods[label].fit_predict(pairs.assign(label=seen.said[:, at].astype(np.int64)))
            chosen[:, at] = answer.reindex(seen.tasks).to_numpy()
        self.__dict__.update(labels_=_lists(seen, chosen), methods_=methods)
        return self

    def fit_predict(self, data: pd.DataFrame) -> pd.Series[Any]:
        """The labels of each task."""
        self.fit(data)
        labels: pd.Series[Any] = self.__dict__["labels_"]
        return labels


@dataclass(frozen=True)
class JointMultiLabel:
    """All labels at once: a label l holds with probability pi_l, and a worker's skill is shared by all labels.

    Worker w gives a label that holds with probability a_wl and leaves out one that does not with b_wl. Both start, in
    log odds, from the label's crowd rate plus how far the worker's rate over all labels lies from the crowd's (itself
    shrunk by `coin` answers); the worker's own answers on l then count against `strength` pseudo-answers. MAP-EM from
    smoothed votes, label by label given the workers. So a label with few answers still knows who is careful. The
    two-coin model of Raykar et al., "Learning from crowds", JMLR 11 (2010), pooled as in Duan et al., "Separate or
    joint? Estimation of multiple labels from crowdsourced annotations", Expert Systems with Applications 41 (2014).

    The column label is as in `BinaryRelevance`. After `fit` or `fit_predict`: `labels_` by task, `probas_`, tasks by
    labels, `skills_` (expected share of labels rightly given or left out) and `intervals_` by worker.

    >>> import pandas as pd
    >>> rows = [("t", "a", ["cat", "dog"]), ("t", "b", ["cat"]), ("t", "c", ["cat", "owl"])]
    >>> JointMultiLabel().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t': ['cat']}
    """

    n_iter: int = 100
    tol: float = 1e-6  # mean change of a posterior
    coin: float = 20.0
    strength: float = 10.0
    crowd_answers: float = 10.0  # behind a label's crowd rates ...
    crowd_rate: float = 0.75  # ... which are this
    label_tasks: float = 2.0  # tasks behind an even prior of a label
    separator: str = ","

    def fit(self, data: pd.DataFrame) -> JointMultiLabel:
        """Learn from `data`; ValueError on a missing value."""
        import pandas as pd

        seen = _read(data, self.separator)
        answered = np.bincount(seen.task, minlength=len(seen.tasks))[:, None]
        posterior = (_sums(seen.task, seen.said, len(seen.tasks)) + 0.5) / (answered + 1)
        for _ in range(self.n_iter):
            before, posterior = posterior, self._expect(seen, posterior)
            if np.abs(posterior - before).sum() <= self.tol * posterior.size:
                break
        hold = posterior[seen.task]
        wrong = np.abs(seen.said - hold)
        size = len(seen.workers)
        good, bad = (_sums(seen.worker, part, size).sum(axis=1) for part in (1 - wrong, wrong))
        probas = pd.DataFrame(posterior, index=seen.tasks.rename("task"), columns=seen.labels.rename("label"))
        self.__dict__.update(labels_=_lists(seen, posterior), probas_=probas, **qualities(seen.workers, good, bad))
        return self

    def fit_predict(self, data: pd.DataFrame) -> pd.Series[Any]:
        """The labels of each task."""
        self.fit(data)
        labels: pd.Series[Any] = self.__dict__["labels_"]
        return labels

    def _expect(self, seen: _Sets, posterior: Floats) -> Floats:
        """The posterior under the workers' rates that the present one gives."""
        hold = posterior[seen.task]
        size = len(seen.workers)
        given = self._rates(_sums(seen.worker, hold * seen.said, size), _sums(seen.worker, hold, size))
        spared = self._rates(_sums(seen.worker, (1 - hold) * (1 - seen.said), size), _sums(seen.worker, 1 - hold, size))
        yes, no = np.log(given / (1 - spared)), np.log((1 - given) / spared)
        prior = (posterior.sum(axis=0) + self.label_tasks / 2) / (len(posterior) + self.label_tasks)
        odds = np.log(prior / (1 - prior)) + _sums(
            seen.task, np.where(seen.said > 0, yes[seen.worker], no[seen.worker]), len(posterior)
        )
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -700.0, 700.0))), dtype=np.float64)

    def _rates(self, right: Floats, total: Floats) -> Floats:
        """Rates [worker, label] from expected counts, shrunk to the label's rate at the worker's own skill."""
        weight, hits = self.crowd_answers, self.crowd_answers * self.crowd_rate
        label = _logit((right.sum(axis=0) + hits) / (total.sum(axis=0) + weight))
        usual = (right.sum() + hits) / (total.sum() + weight)
        skill = (right.sum(axis=1) + self.coin * usual) / (total.sum(axis=1) + self.coin)
        start = np.clip(label + _logit(skill)[:, None] - _logit(np.asarray(usual)), -MOST_ODDS, MOST_ODDS)
        rate: Floats = (right + self.strength / (1 + np.exp(-start))) / (total + self.strength)
        return rate


@dataclass(frozen=True, slots=True)
class _Sets:
    tasks: pd.Index[Any]
    workers: pd.Index[Any]
    labels: pd.Index[Any]
    task: Ints
    worker: Ints
    said: Floats  # [answer, label], 1 where given


def _logit(share: Floats) -> Floats:
    return np.asarray(np.log(share / (1 - share)), dtype=np.float64)


def _sums(index: Ints, rows: Floats, size: int) -> Floats:
    """Sum of `rows` for each index, added in their order."""
    total = np.zeros((size, rows.shape[1]))
    np.add.at(total, index, rows)
    return total


def _labels_of(answer: str | Iterable[Any], separator: str) -> set[Any]:
    if isinstance(answer, str):
        return {part.strip() for part in answer.split(separator)} - {""}
    return set(answer)


def _read(data: pd.DataFrame, separator: str) -> _Sets:
    import pandas as pd

    frame = checked(data, COLUMNS)
    task, tasks = factorise(frame["task"])
    worker, workers = factorise(frame["worker"])
    answers = [_labels_of(answer, separator) for answer in frame["label"]]
    _, labels = factorise(pd.Series([label for answer in answers for label in answer], dtype=object))
    places = {label: place for place, label in enumerate(labels)}
    said = np.zeros((len(answers), len(labels)))
    for row, answer in zip(said, answers, strict=True):
        row[[places[label] for label in answer]] = 1.0
    order = np.lexsort((*said.T[::-1], worker, task))
    return _Sets(tasks, workers, labels, task[order], worker[order], said[order])


def _lists(seen: _Sets, chosen: Floats) -> pd.Series[Any]:
    """The labels of each task whose probability is over one half."""
    import pandas as pd

    lists = [seen.labels[np.flatnonzero(row > 0.5)].tolist() for row in chosen]
    return pd.Series(lists, index=seen.tasks.rename("task"), name="agg_label", dtype=object)
