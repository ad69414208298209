"""Mistakes at the command line: a sentence that names what is wrong, exit code 2, and never a traceback (bots.cli)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner
from watched import write_model

from bots.cli import app

JOB = "title: A\nquestion: q\noptions: {a: A, b: B}\nprice: 0.02 USD\n"
ANSWERS = "task,worker,label\na,w,x\na,v,x\nb,w,y\n"
SMALL = ("plan", "job.yaml", "items.csv", "--seeds", "2")


@pytest.fixture(autouse=True)
def _files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("TAPCROWD_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    for folder in ("empty", "goldless", "hollow", "whole", "var"):
        Path(folder).mkdir()
    texts = {"job.yaml": JOB, "items.csv": "id,text\n1,one\n2,two\n", "none.csv": "", "none.jsonl": "", "none.yaml": ""}
    texts |= {"goldless/answers.csv": ANSWERS, "whole/answers.csv": ANSWERS, "whole/gold.csv": "task,label\na,x\nb,y\n"}
    texts |= {"hollow/answers.csv": "", "hollow/gold.csv": ""}
    for name, text in texts.items():
        Path(name).write_text(text, encoding="utf-8")
    Path("noise").write_bytes(b"\xff\xfe\x00bad")


def refused(*words: str) -> str:
    """What a command says that cannot be obeyed."""
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200", "TERM": "dumb"})
    assert isinstance(result.exception, SystemExit), f"{words} ends with a traceback: {result.exception!r}"
    assert result.exit_code == 2, f"{words} must end with 2, not {result.exit_code}: {result.output}"
    assert "Traceback" not in result.stderr and "[Errno" not in result.stderr, f"words for people: {result.stderr}"
    return result.stderr


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("replay", "nowhere"), "nowhere/gold.csv: there is no such file"),
        (("replay", "goldless"), "goldless/gold.csv: there is no such file"),
        (("replay", "hollow"), "gold.csv: Empty CSV file"),
        (("replay", "whole", "--target", "2"), "confidence: above 0, at most 1"),
        (("replay", "whole", "--policy", "nosuch"), "there is no policy 'nosuch'"),
        (("plan", "nowhere.yaml", "items.csv"), "nowhere.yaml: no such file or directory"),
        (("plan", "job.yaml", "nowhere.csv"), "nowhere.csv: no such file or directory"),
        (("plan", "empty", "items.csv"), "empty: is a directory"),
        (("plan", "none.yaml", "items.csv"), "The job file is empty"),
        (("plan", "job.yaml", "none.csv"), "The file is empty"),
        (("plan", "noise", "items.csv"), "noise: byte 0 is not UTF-8"),
        ((*SMALL, "--policy", "nosuch"), "there is no policy 'nosuch'"),
        ((*SMALL, "--plot", "nowhere/x.png"), "nowhere/x.png: no such file or directory"),
        ((*SMALL, "--config", "nowhere.toml"), "nowhere.toml cannot be read"),
        (("aggregate", "nowhere"), "nowhere: there is no such file"),
        (("aggregate", "empty"), "empty is a directory"),
        (("aggregate", "none.csv"), "none.csv: Empty CSV file"),
        (("aggregate", "whole/answers.csv", "--method", "nosuch"), "'nosuch' is none of majority-vote"),
        (("aggregate", "whole/answers.csv", "--gold", "nowhere.csv"), "nowhere.csv: there is no such file"),
        (("watch", "nowhere", "items.csv"), "nowhere: there is no such model folder"),
        (("watch", "empty", "items.csv"), "empty is no model folder of tapcrowd: it has no tapcrowd.json"),
        (("watch", "model", "nowhere.csv"), "nowhere.csv: there is no such file"),
        (("watch", "model", "none.csv"), "none.csv: the file is empty"),
        (("watch", "model", "none.jsonl"), "none.jsonl: the file is empty"),
        (("watch", "model", "noise"), "noise: it is no UTF-8"),
        (("watch", "model", "items.csv", "--plot", "nowhere/x.png"), "nowhere/x.png: no such file or directory"),
        (("demo", "--data", "whole", "--out", "items.csv"), "items.csv: file exists"),
        (("demo", "--data", "empty"), "gold.csv is missing"),
        (("replay", "whole", "--plot", "nowhere/x.png"), "nowhere: no such file or directory"),
        (("doctor", "--config", "empty"), "empty cannot be read"),
        (("run", "--config", "nowhere"), "nowhere cannot be read"),
        (("verify", "--config", "nowhere"), "nowhere cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_in_one_line(words: tuple[str, ...], part: str) -> None:
    if words[0] == "watch":
        write_model(Path("model"))
    said = refused(*words)
    assert part in said and said.count("\n") == 1, f"one line must say {part!r}, not {said!r}"


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("replay", "whole", "--seeds", "0"), "--seeds"),
        (("replay", "whole", "--load-cap", "nan"), "--load-cap"),
        (("plan", "job.yaml", "items.csv", "--seeds", "0"), "--seeds"),
        (("plan", "job.yaml", "items.csv", "--crowd-accuracy", "2"), "--crowd-accuracy"),
        (("aggregate", "whole/answers.csv", "--iterations", "0"), "--iterations"),
        (("watch", "model", "items.csv", "--window", "0"), "--window"),
        (("demo", "--data", "nowhere"), "--data"),
        (("demo", "--data", "items.csv"), "--data"),
        (("run", "--log-format", "nosuch"), "--log-format"),
    ],
)
def test_an_option_out_of_range_is_named(words: tuple[str, ...], option: str) -> None:
    assert f"Invalid value for '{option}'" in refused(*words), "the option is named, with what it takes"


@pytest.mark.parametrize("content", [b"", b"junk, not a database at all", b"SQLite format 3\0 and no more"])
@pytest.mark.parametrize("words", [("verify",), (*SMALL, "--config", "none.toml")])
def test_a_store_that_cannot_be_read_is_named_in_one_line(words: tuple[str, ...], content: bytes) -> None:
    Path("none.toml").touch()
    Path("var/tapcrowd.db").write_bytes(content)
    said = refused(*words)
    assert "var/tapcrowd.db is no store of tapcrowd" in said and said.count("\n") == 1, f"it says {said!r}"
