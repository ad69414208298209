"""A model at work on a stream: texts go in, windows with their telling texts come out, and the past is kept."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.errors import BadUpload
from gpu_jobs.contract import BadInput
from gpu_jobs.learn import folder
from gpu_jobs.learn.files import META_FILE
from gpu_jobs.learn.model import Model, as_array, probabilities
from gpu_jobs.learn.values import of_texts
from gpu_jobs.watch.surge import Floats
from gpu_jobs.watch.watcher import Watcher, Window

EXAMPLES = 3
UNSURE_TEXTS = 200  # of a window that drifts, offered for new labels
KEPT_WINDOWS = 2000  # in the picture; at 200 texts each, 400,000 texts
READABLE = ("text", "rating")


@dataclass(frozen=True, slots=True)
class Told:
    """A window with its surest texts by surging class, and its least sure ones if it drifts."""

    window: Window
    examples: dict[str, list[str]]
    unsure: list[str]


@dataclass(slots=True)
class Session:
    """One watch from its first text on."""

    model: Model
    watcher: Watcher
    past: deque[Window] = field(default_factory=lambda: deque(maxlen=KEPT_WINDOWS))
    texts: int = 0
    alerts: int = 0
    _waiting: list[str] = field(default_factory=list)
    _rows: list[Floats] = field(default_factory=list)

    @classmethod
    def of(cls, model: Model, window: int, quiet: float) -> Session:
        """A watch with windows of that many texts and that many quiet windows between false alarms."""
        return cls(model, Watcher(model.meta.classes, window, quiet=quiet))

    @property
    def learning(self) -> bool:
        """Whether too few windows have come to know what is usual."""
        return len(self.past) < self.watcher.learn

    @property
    def waiting(self) -> int:
        """Texts of the window that is not complete."""
        return len(self._waiting)

    def feed(self, texts: list[str]) -> list[Told]:
        """Judge these texts; the windows that they complete."""
        if texts:
            self._waiting += texts
            self._rows += list(as_array(probabilities(self.model, of_texts(texts))))
            self.texts += len(texts)
        found = []
        while len(self._waiting) >= self.watcher.size:
            found += self._close(self.watcher.size)
        return found

    def finish(self) -> list[Told]:
        """The last, shorter window, where texts are left."""
        return self._close(len(self._waiting)) if self._waiting else []

    def _close(self, size: int) -> list[Told]:
        texts, rows = self._waiting[:size], np.array(self._rows[:size])
        del self._waiting[:size], self._rows[:size]
        windows = [*self.watcher.feed(rows), *(self.watcher.flush() if size < self.watcher.size else [])]
        return [self._tell(window, texts, rows) for window in windows]

    def _tell(self, window: Window, texts: list[str], rows: Floats) -> Told:
        self.past.append(window)
        self.alerts += len(window.surges) + (window.drift is not None)
        of_class = rows.argmax(axis=1)
        examples = {}
        for surge in window.surges:
            kind = self.watcher.classes.index(surge.name)
            places = np.flatnonzero(of_class == kind)
            examples[surge.name] = _distinct(texts, places[np.argsort(-rows[places, kind], kind="stable")], EXAMPLES)
        least = np.argsort(rows.max(axis=1), kind="stable")
        return Told(window, examples, _distinct(texts, least, UNSURE_TEXTS) if window.drift else [])


def _distinct(texts: list[str], places: np.ndarray[tuple[int], np.dtype[np.int64]], most: int) -> list[str]:
    return list(dict.fromkeys(texts[place] for place in places))[:most]


def load_model(path: Path) -> Model:
    """The model in a folder; BadUpload when there is none that judges single texts."""
    if not path.is_dir():
        raise BadUpload([f"{path}: there is no such model folder"])
    if not (path / META_FILE).is_file():
        raise BadUpload([f"{path} is no model folder of tapcrowd: it has no {META_FILE}"])
    try:
        model = folder.load(path)
    except BadInput as error:
        raise BadUpload([f"{path} is no model folder of tapcrowd: {error}"]) from None
    if model.meta.task not in READABLE:
        raise BadUpload([f"{path}: a model of the task {model.meta.task!r}; watch takes one that judges single texts"])
    return model
