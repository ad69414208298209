"""A session gives each window its own texts, the most telling ones first, and refuses models of other tasks."""

from __future__ import annotations

from pathlib import Path

import pytest
from watched import WINDOW, stream, write_model

from core.errors import BadUpload
from gpu_jobs.watch.session import EXAMPLES, Session, load_model


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session.of(load_model(write_model(tmp_path / "model")), WINDOW, 10_000)


def test_batches_of_any_size_make_the_same_windows(session: Session, tmp_path: Path) -> None:
    texts = stream(12, 0.1)
    other = Session.of(session.model, WINDOW, 10_000)
    whole = [told.window for told in session.feed(texts)]
    parts = [told.window for at in range(0, len(texts), 7) for told in other.feed(texts[at : at + 7])]
    assert whole == parts and len(whole) == 12, "a window does not depend on how its texts came"


def test_a_surge_has_distinct_texts_of_its_window(session: Session) -> None:
    session.feed(stream(20, 0.1))
    loud = ["a sad film", "a sad film", *stream(3, 0.7, seed=5)]
    found = [told for told in session.feed(loud) if told.examples]
    examples = found[0].examples["bad"]
    assert len(set(examples)) == EXAMPLES and set(examples) <= set(loud), "three different ones"
    assert session.alerts == 1 and session.waiting == 2, "the rest waits for the next window"


def test_nothing_fed_is_nothing_told(session: Session) -> None:
    assert session.feed([]) == [] and session.finish() == [] and session.learning, "a pause is no window"


def test_a_model_of_pairs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadUpload, match="judges single texts"):
        load_model(write_model(tmp_path / "pairs", "pair"))
