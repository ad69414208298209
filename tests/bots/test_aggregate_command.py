"""`tapcrowd aggregate` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import bots.aggregate_command
from bots.cli import app

ROWS = "task,worker,label\n1,a,x\n1,b,x\n1,c,y\n2,a,y\n2,b,y\n3,a,x\n3,b,y\n3,c,y\n"


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["aggregate", *map(str, words)], env={"COLUMNS": "200", "TERM": "dumb"})


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "answers.csv"
    path.write_text(ROWS)
    return path


def test_json_is_one_object_per_method(answers: Path, tmp_path: Path) -> None:
    (tmp_path / "gold.csv").write_text("task,label\n1,x\n2,y\n")
    result = call(answers, "--gold", tmp_path / "gold.csv", "--method", "all", "--json")
    facts = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0 and len(facts) > 10, "every method speaks once"
    assert all({"accuracy", "macro_f1", "log_loss", "ece"} <= set(one) for one in facts), "with gold, it is scored"


def test_the_table_and_the_files(answers: Path, tmp_path: Path) -> None:
    result = call(answers, "--out", tmp_path / "out")
    assert "3 tasks, 3 workers, 8 answers, 2 classes" in result.stdout, "what was read"
    assert "auto: " in result.stdout and "written: " in result.stdout, "what was chosen and where it is"
    assert {"labels.csv", "workers.csv", "report.md"} <= {path.name for path in (tmp_path / "out").iterdir()}, "files"


def test_every_method_writes_its_own_folder(answers: Path, tmp_path: Path) -> None:
    call(answers, "--method", "all", "--json", "--out", tmp_path / "out")
    assert (tmp_path / "out" / "dawid-skene" / "labels.parquet").exists(), "one folder per method"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "answers.csv: "),
        ("task,worker\n1,a\n", "no column 'label'"),
        ("task,worker,label\n1,a,x\n1,,x\n", "row 2: column 'worker' is empty"),
    ],
)
def test_a_bad_file_is_one_line_and_exit_code_2(answers: Path, text: str, message: str) -> None:
    answers.write_text(text)
    result = call(answers)
    assert result.exit_code == bots.aggregate_command.UNUSABLE, "the shell must notice"
    assert message in result.stderr and result.stderr.count("\n") == 1, "one line says what is wrong"


def test_an_unknown_method_is_named_with_those_there_are(answers: Path) -> None:
    result = call(answers, "--method", "best")
    assert result.exit_code == 2 and "majority-vote" in result.stderr, "the list is the remedy"


def test_help_states_the_rules() -> None:
    text = " ".join(call("--help").stdout.split())
    for words in ("replaces the earlier", "refused, with the row", "three labels", "becomes a class", "Ten million"):
        assert words in text, f"the rule with the words {words!r} is missing"


def test_notes_tell_what_was_decided(answers: Path) -> None:
    answers.write_text(ROWS + "1,a,y\n")
    assert "1 answers were replaced" in call(answers, "--method", "majority-vote").stdout, "a note under the table"


def test_texts_have_methods_of_their_own(answers: Path, tmp_path: Path) -> None:
    answers.write_text("task,worker,label\n1,a,the cat\n1,b,the cat\n1,c,a dog\n")
    result = call(answers, "--method", "rover", "--out", tmp_path / "out")
    assert result.exit_code == 0 and "method: rover" in result.stdout, "named on the same command line"
    assert "the cat" in (tmp_path / "out" / "labels.csv").read_text(), "and written like other labels"
