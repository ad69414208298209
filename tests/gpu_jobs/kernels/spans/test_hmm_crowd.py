"""HMM-crowd learns which tags follow which."""

from __future__ import annotations

import doctest

import pandas as pd

from gpu_jobs.kernels.spans import HMMCrowd, TokenDawidSkene, hmm_crowd

COLUMNS = ["task", "worker", "label"]


def test_neighbours_decide_what_votes_leave_open() -> None:
    rows = [(f"s{n}", worker, "B-A I-A O") for n in range(20) for worker in "abcd"]
    rows += [("t", worker, tags) for worker, tags in zip("abcd", ["B-A I-A O", "B-A O O"] * 2, strict=True)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    chain, tokens = HMMCrowd(), TokenDawidSkene()
    assert chain.fit_predict(frame)["t"] == "B-A I-A O", "spans of one token are unheard of here"
    tokens.fit(frame)
    inside = [method.probas_.loc[("t", 1), "I-A"] for method in (chain, tokens)]
    assert inside[0] > inside[1], "the chain is surer of it than tokens by themselves"


def test_example_runs() -> None:
    outcome = doctest.testmod(hmm_crowd)
    assert outcome.attempted and not outcome.failed, "the docstring's example must run"
