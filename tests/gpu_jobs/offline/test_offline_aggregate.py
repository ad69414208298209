"""gpu_jobs.offline.aggregate: load, run, score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import BadUpload
from gpu_jobs.kernels import METHODS
from gpu_jobs.offline import aggregate
from gpu_jobs.offline.aggregate import Inputs, Runner, best_first, chosen_methods, load, parse_columns, truth_of

ROWS = "task,worker,label\n1,a,x\n1,b,x\n1,c,y\n2,a,y\n2,b,y\n3,a,x\n3,b,y\n3,c,y\n"


def inputs(folder: Path, **more: str) -> Inputs:
    files = {}
    for name, text in {"answers": ROWS, **more}.items():
        files[name] = folder / f"{name}.csv"
        files[name].write_text(text)
    return Inputs(columns={}, **files)


def test_gold_scores_and_controls_are_left_out_of_the_score(tmp_path: Path) -> None:
    given = inputs(tmp_path, gold="task,label\n1,y\n2,y\n3,z\n", controls="task,label\n1,x\n")
    table = load(given)
    outcome = Runner(table, truth_of(table, given)).run("majority-vote")
    assert outcome.facts["scored"] == 2, "task 1 is a control task"
    assert outcome.facts["accuracy"] == 0.5, "task 2 is right, and z cannot be"


def test_facts_name_what_json_promises(tmp_path: Path) -> None:
    table = load(inputs(tmp_path))
    facts = Runner(table, None).run("auto").facts
    wanted = {"method", "chosen", "reason", "tasks", "workers", "answers", "classes", "alpha", "seconds"}
    assert wanted <= set(facts), "every promised fact is there"
    assert facts["reason"] and (facts["tasks"], facts["workers"], facts["answers"]) == (3, 3, 8), "and right"


def test_many_answers_take_the_large_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregate, "LARGE", 1)
    table = load(inputs(tmp_path))
    fit = Runner(table, None, 5).run("dawid-skene").fit
    assert fit.posterior.dtype == np.float32, "the large path works in single precision"
    assert fit.labels.tolist() == [0, 1, 1], "and finds the same labels"


def test_items_enter_as_a_prior_or_a_note_says_why_not(tmp_path: Path) -> None:
    table = load(inputs(tmp_path, items="task,text\n1,one\n2,two\n3,three\n"))
    assert table.prior is None and "not used" in table.notes[-1], "three texts say nothing"


@pytest.mark.parametrize("text", ["who", "task=", "colour=red"])
def test_a_wrong_column_mapping_is_refused(text: str) -> None:
    with pytest.raises(BadUpload, match="--columns"):
        parse_columns(text)


def test_column_mappings_and_method_names() -> None:
    assert parse_columns("task=item, worker=who") == {"task": "item", "worker": "who"}, "pairs by comma"
    assert chosen_methods("all") == list(METHODS) and chosen_methods("auto") == ["auto"], "one or all"
    with pytest.raises(BadUpload, match="none of majority-vote"):
        chosen_methods("best")


def test_the_best_comes_first(tmp_path: Path) -> None:
    given = inputs(tmp_path, gold="task,label\n1,x\n2,y\n3,y\n")
    table = load(given)
    runner = Runner(table, truth_of(table, given))
    outcomes = best_first([runner.run(name) for name in ("kos", "majority-vote")])
    assert outcomes[0].facts["accuracy"] == max(o.facts["accuracy"] for o in outcomes), "sorted by accuracy"
