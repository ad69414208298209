"""Texts come from files that grow and from addresses, each once; what cannot be read is told with its row."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import BadUpload
from gpu_jobs.watch.stream import texts_of


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'id,text\n1,one\n2,"two, and\nmore"\n'),
        ("a.tsv", 'text\tid\none\t1\n"two, and\nmore"\t2'),
        ("a.jsonl", '{"text": "one"}\n\n"two, and\\nmore"\n'),
    ],
)
def test_files_of_every_kind(tmp_path: Path, name: str, text: str) -> None:
    found = [text for batch in texts_of(write(tmp_path, name, text)) for text in batch]
    assert found == ["one", "two, and\nmore"], "line breaks inside a cell belong to it"


def test_plain_lines(tmp_path: Path) -> None:
    found = [text for batch in texts_of(write(tmp_path, "a.txt", "one\n\ntwo")) for text in batch]
    assert found == ["one", "two"], "a line is a text"


def test_a_file_that_grows_is_followed(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "one\nhal")
    batches = texts_of(path, follow=True, pause=0)
    assert next(batches) == ["one"], "a line that is not complete waits"
    assert next(batches) == [], "nothing new"
    with Path(path).open("a") as file:
        file.write("f\n")
    assert next(batches) == ["half"], "until the rest has come"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "id,body\n1,x\n", "no column 'text'; it has id, body"),
        ("a.csv", "id,text\n1,x\n2\n", "a.csv, row 2: "),
        ("a.csv", f"text\n{'x' * 140_000}\n", "a.csv, row 1: field larger than field limit"),
        ("a.jsonl", '{"text": "one"}\n{"body": 1}\n', "a.jsonl, row 2: neither a text nor an object"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(BadUpload, match=message):
        list(texts_of(write(tmp_path, name, text)))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadUpload, match="there is no such file"):
        texts_of(str(tmp_path / "none.csv"))


@pytest.fixture
def address() -> Iterator[tuple[str, list[str]]]:
    answers: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (answers.pop(0) if answers else "[]").encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/texts", answers
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_address_is_asked_again_and_nothing_counts_twice(address: tuple[str, list[str]]) -> None:
    url, answers = address
    one, two = {"id": 1, "text": "one"}, {"id": 2, "text": "two"}
    answers += [json.dumps([one]), f"{json.dumps(one)}\n{json.dumps(two)}\n"]
    batches = texts_of(url, pause=0)
    assert [next(batches) for _ in range(4)] == [["one"], [], ["two"], []], "the list, then JSON lines"


def test_an_address_that_answers_nonsense_is_told(address: tuple[str, list[str]]) -> None:
    url, answers = address
    answers.append("<html>")
    with pytest.raises(BadUpload, match="neither JSON nor JSON lines"):
        next(texts_of(url, pause=0))


def test_a_lone_quotation_mark_is_a_letter_outside_tables(tmp_path: Path) -> None:
    lines = '{"text": "a 5\\" pipe"}\n{"text": "two"}\n'
    found = [text for batch in texts_of(write(tmp_path, "a.jsonl", lines)) for text in batch]
    plain = [text for batch in texts_of(write(tmp_path, "a.txt", 'a 5" pipe\ntwo\n')) for text in batch]
    assert found == plain == ['a 5" pipe', "two"], "only cells of tables are quoted"


def test_a_text_longer_than_one_read_is_whole(tmp_path: Path) -> None:
    long = "word " * 20_000
    found = [text for batch in texts_of(write(tmp_path, "a.csv", f'text\n"{long}"\nshort\n')) for text in batch]
    assert found == [long, "short"], "a line is complete when its end has come"


def test_an_address_may_fail_for_a_while_once_it_has_answered(address: tuple[str, list[str]]) -> None:
    url, answers = address
    answers += ['["one"]', "<html>", '["two"]']
    batches = texts_of(url, pause=0)
    assert [next(batches) for _ in range(5)] == [["one"], [], [], ["two"], []], "a server may restart"


def test_an_answer_without_the_field_is_told(address: tuple[str, list[str]]) -> None:
    url, answers = address
    answers.append('[{"body": "one"}]')
    with pytest.raises(BadUpload, match="name the field with --column"):
        next(texts_of(url, pause=0))
