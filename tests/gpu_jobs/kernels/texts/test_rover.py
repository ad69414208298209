"""ROVER builds a text that nobody may have written, by aligned votes."""

from __future__ import annotations

import doctest

import pandas as pd
from crowdkit.aggregation import ROVER as Oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_jobs.kernels.texts import ROVER, rover

COLUMNS = ["task", "worker", "text"]
crowds = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 4), st.lists(st.sampled_from("abcd"), max_size=5).map(" ".join)),
    min_size=1,
    max_size=12,
)


def one_task(*texts: str) -> pd.DataFrame:
    return pd.DataFrame([("t", worker, text) for worker, text in enumerate(texts)], columns=COLUMNS)


def test_joins_what_no_single_answer_has() -> None:
    found = ROVER().fit_predict(one_task("a x c d", "a b x d", "x b c d"))
    assert found["t"] == "a b c d", "each word has two votes of three"


def test_left_out_and_put_in_words_are_outvoted() -> None:
    found = ROVER().fit_predict(one_task("a b c", "a c", "a b c", "a b b2 c"))
    assert found["t"] == "a b c", "gaps are votes too"


def test_writes_words_as_most_wrote_them() -> None:
    found = ROVER().fit_predict(one_task("Yes, Sir", "yes, Sir", "Yes, sir"))
    assert found["t"] == "Yes, Sir", "case and punctuation are voted on per word"


def test_a_worker_who_is_right_elsewhere_outweighs_two_who_are_not() -> None:
    rows = [(f"t{n}", worker, "a b c d") for n in range(8) for worker in ("good", "fine", "able")]
    rows += [(f"t{n}", worker, f"q{n} z w") for n, worker in enumerate(["bad", "poor"] * 4)]
    rows += [("t", "good", "k l"), ("t", "bad", "m l"), ("t", "poor", "n l")]
    assert ROVER().fit_predict(pd.DataFrame(rows, columns=COLUMNS))["t"] == "k l", "reliability decides a tie of votes"


def test_unweighted_it_is_the_original() -> None:
    frame = one_task("a b c d e", "a c d e", "a b x d e", "b c d")
    plain = ROVER(n_iter=0, power=0.0).fit_predict(frame)
    theirs = Oracle(tokenizer=str.split, detokenizer=" ".join).fit_predict(frame)
    assert plain["t"] == theirs["t"] == "a b c d e", "crowd-kit's ROVER agrees where there is no tie"


@settings(max_examples=40, deadline=None)
@given(crowds)
def test_order_and_names_do_not_matter(rows: list[tuple[int, int, str]]) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    method = ROVER()
    texts = method.fit_predict(frame)
    assert ROVER().fit_predict(frame[::-1].assign(worker=9 - frame["worker"])).equals(texts), "a set of answers"
    words = {task: set(" ".join(group).split()) for task, group in frame.groupby("task")["text"]}
    assert all(set(texts[task].split()) <= words[task] for task in texts.index), "every word was written by somebody"
    assert method.confidence_.between(0, 1).all(), "confidence is a share"


@given(st.lists(st.sampled_from("abcd"), max_size=6).map(" ".join), st.integers(1, 4))
@settings(deadline=None)
def test_agreement_is_kept(text: str, workers: int) -> None:
    assert ROVER().fit_predict(one_task(*[text] * workers))["t"] == text, "one text of all is the result"


def test_example_runs() -> None:
    outcome = doctest.testmod(rover)
    assert outcome.attempted and not outcome.failed, "the docstring's example must run"
