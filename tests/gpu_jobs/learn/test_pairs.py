"""The likeness of two texts: fitted once, then a function of the pair alone."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np

from gpu_jobs.learn.pairs import PairLikeness

FIRST = ["Sony DSC-W120 camera", "blue kettle", "Dell 24 inch monitor", "red chair"]
SECOND = ["sony dscw120 digital camera", "garden hose", "Dell 24 inch screen", "red chair"]


def test_a_pair_is_judged_alone_as_among_others() -> None:
    fitted = PairLikeness.fit(FIRST, SECOND)

    together = fitted.features(FIRST, SECOND)
    alone = np.vstack([fitted.features([one], [other]) for one, other in zip(FIRST, SECOND, strict=True)])

    assert np.allclose(together, alone), "other pairs must not matter once it is fitted"
    assert together.shape[0] == 4 and np.isfinite(together).all(), "a row for each pair"
    assert fitted.features([], []).shape == (0, together.shape[1]), "no pairs, no rows"


def test_equal_texts_are_more_alike_than_strangers() -> None:
    fitted = PairLikeness.fit(FIRST, SECOND)

    same, strange = fitted.features(["red chair", "red chair"], ["red chair", "new words only"])

    assert same.sum() > strange.sum(), "every likeness grows with what is shared"


def test_it_survives_being_written_down() -> None:
    fitted = PairLikeness.fit(FIRST, SECOND)

    again = PairLikeness(**json.loads(json.dumps(asdict(fitted))))

    assert np.array_equal(again.features(FIRST, SECOND), fitted.features(FIRST, SECOND)), "JSON keeps every bit"
