"""Turns the text of a job file, YAML or TOML, into nested texts; every scalar stays as it was typed.

Nothing is converted: `no` stays Norwegian, 0.02 never becomes a float, and no YAML tag can build an object.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterator
from typing import TypeAlias

import yaml

from core.errors import BadUpload
from core.intake.faults import quoted

MAX_BYTES = 64 * 1024
"""A job file is a page of text; its texts alone are limited to less than this."""
MAX_DEPTH = 8
"""Examples inside lists inside mappings need four."""

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain] | None"
Document: TypeAlias = "dict[str, Plain]"

_TOML_LINE = re.compile(r"""\[|[\w."'-]+\s*=""")
# tomllib needs quadratic time for dotted keys: 18 s for one of 32,000 parts. No honest key has 32.
_LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"(?:[^"\\\n]|\\.){0,99}+"|'[^'\n]{0,99}+')[ \t]*+\.[ \t]*+){32}""")
_NULLS = ("", "~", "null")
_SHAPE = "write it as fields and values, such as 'title: Sort the messages', one on each line"


def parse_document(text: str, name: str = "") -> Document:
    """The fields of a job file; which language it is tells the name, else the look of the first line."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise BadUpload([f"The job file is larger than {MAX_BYTES // 1024} kB; send the items as a file of their own."])
    text = text.removeprefix("\ufeff")
    if name.lower().endswith((".yaml", ".yml")):
        return _parse_yaml(text)
    if name.lower().endswith(".toml"):
        return _parse_toml(text)
    return _parse_toml(text) if _looks_like_toml(text) else _parse_yaml(text)


def _looks_like_toml(text: str) -> bool:
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    return bool(_TOML_LINE.match(first))


def _parse_toml(text: str) -> Document:
    if _LONG_KEY.search(text):
        raise _unreadable("TOML", "a key has too many dots")
    try:
        document = tomllib.loads(text, parse_float=str)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:  # TOMLDecodeError, and integers of absurd length
        raise _unreadable("TOML", str(error)) from None
    return {key: _as_typed(value, 1) for key, value in document.items()}


def _as_typed(value: object, depth: int) -> Plain:
    if depth > MAX_DEPTH:
        raise _too_deep()
    match value:
        case dict():
            return {str(key): _as_typed(inner, depth + 1) for key, inner in value.items()}
        case list():
            return [_as_typed(inner, depth + 1) for inner in value]
        case bool():
            return str(value).lower()
        case datetime.date() | datetime.time():
            return value.isoformat()
        case _:
            return str(value)


def _parse_yaml(text: str) -> Document:
    try:
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        document = _first_document(events)
    except yaml.MarkedYAMLError as error:
        raise _unreadable("YAML", _in_words(error)) from None
    except yaml.YAMLError as error:
        raise _unreadable("YAML", str(error).splitlines()[0]) from None
    except (ValueError, OverflowError):  # an escape such as "\UFFFFFFFF" is no character
        raise _unreadable("YAML", "an escape in quotes is no character") from None
    if not isinstance(document, dict):
        kind = "a list" if isinstance(document, list) else "empty" if document is None else "one text"
        raise BadUpload([f"The job file is {kind}; {_SHAPE}."])
    return document


def _in_words(error: yaml.MarkedYAMLError) -> str:
    line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
    problem = error.problem or error.context or "not understood"
    hint = " (put a text that holds ': ' in quotes)" if "mapping values" in problem else ""
    return f"{line}{problem}{hint}"


def _first_document(events: Iterator[yaml.Event]) -> Plain:
    document: Plain = None
    seen = 0
    for event in events:
        if isinstance(event, yaml.NodeEvent):
            document = _node(event, events, 0)
            seen += 1
        if seen > 1:
            raise BadUpload(["The job file holds two YAML documents ('---'); send one job at a time."])
    return document


def _node(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Plain:
    line = _line(event)
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise BadUpload([f"line {line}: anchors and aliases (& and *) are not read; write the text out."])
    if depth > MAX_DEPTH:
        raise _too_deep()
    if isinstance(event, yaml.SequenceStartEvent):
        return [_node(inner, events, depth + 1) for inner in _until(events, yaml.SequenceEndEvent)]
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(events, depth)
    value = str(getattr(event, "value", ""))
    return None if getattr(event, "style", None) is None and value in _NULLS else value


def _mapping(events: Iterator[yaml.Event], depth: int) -> Plain:
    mapping: dict[str, Plain] = {}
    for event in _until(events, yaml.MappingEndEvent):
        key = _node(event, events, depth + 1)
        line = _line(event)
        if not isinstance(key, str):
            raise BadUpload([f"line {line}: a field needs a name in front of its colon."])
        if key in mapping:
            raise BadUpload([f"line {line}: {quoted(key)} is given twice."])
        mapping[key] = _node(next(events), events, depth + 1)
    return mapping


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _until(events: Iterator[yaml.Event], end: type[yaml.Event]) -> Iterator[yaml.Event]:
    for event in events:
        if isinstance(event, end):
            return
        yield event


def _too_deep() -> BadUpload:
    return BadUpload([f"The job file is nested deeper than {MAX_DEPTH} levels; {_SHAPE}."])


def _unreadable(language: str, problem: str) -> BadUpload:
    clipped = problem if len(problem) <= 200 else f"{problem[:199]}…"
    return BadUpload([f"The job file cannot be read as {language}: {clipped}."])
