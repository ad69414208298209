"""Puts the two halves of an upload together: which file is the job, which are the items, and what is still missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.errors import BadUpload
from core.intake.courseform import enough_gold
from core.intake.document import MAX_BYTES
from core.intake.faults import quoted
from core.intake.items import LIMITS, Limits, read_items
from core.intake.jobfile import load_template, read_jobfile
from core.model import JobUpload

JOB_MISSING = "Send the job file too: a .yaml or .toml file with title, question and options."
ITEMS_MISSING = "Send the items too: a CSV, TSV or JSONL file with one row per task and a header."

_JOB_NAMES = (".yaml", ".yml", ".toml")
_ITEM_NAMES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson")
_JOB_FIELD = re.compile(r"^(title|question|options|type|template)[ \t]*[:=]", re.MULTILINE)
_FENCE = re.compile(r"\A```(?:yaml|toml)?[ \t]*\n?(.*?)\n?```\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Parts:
    """The halves found so far; None is a half that has not come."""

    items: tuple[str, bytes] | None = None
    jobfile: str | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """What to ask the requester for, in sentences."""
        asked = ((self.jobfile, JOB_MISSING), (self.items, ITEMS_MISSING))
        return tuple(sentence for part, sentence in asked if part is None)


def sort_parts(files: Sequence[tuple[str, bytes]], text: str = "") -> Parts:
    """Tell the job file from the items by name, else by look; BadUpload when two of a kind came."""
    jobs = [(name, data) for name, data in files if _is_job(name, data)]
    tables = [(name, data) for name, data in files if not _is_job(name, data)]
    specs = [_decoded(name, data) for name, data in jobs]
    if (typed := _unfenced(text)) and _JOB_FIELD.search(typed):
        specs.append(typed)
        jobs.append(("the message", b""))
    _refuse_two("job files", jobs)
    _refuse_two("files with items", tables)
    return Parts(tables[0] if tables else None, specs[0] if specs else None)


def read_upload(
    files: Sequence[tuple[str, bytes]],
    text: str,
    now_ms: int,
    limits: Limits = LIMITS,
    *,
    template: Callable[[str], str] = load_template,
) -> JobUpload:
    """Read a whole upload; the job may come as a file or as text. BadUpload says what is missing or wrong."""
    parts = sort_parts(files, text)
    if parts.items is None or parts.jobfile is None:
        raise BadUpload(list(parts.missing))
    spec = read_jobfile(parts.jobfile, now_ms, template=template)
    name, data = parts.items
    try:
        items = read_items(data, name, spec, limits)
    except BadUpload as error:
        raise BadUpload(error.problems, field="items") from None
    if faults := enough_gold(spec, items):
        raise BadUpload(faults, field="job")
    return JobUpload(spec, items)


def _is_job(name: str, data: bytes) -> bool:
    if name.lower().endswith(_JOB_NAMES):
        return True
    if name.lower().endswith(_ITEM_NAMES) or len(data) > MAX_BYTES:
        return False
    return bool(_JOB_FIELD.search(data.decode(errors="replace")))


def _decoded(name: str, data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise BadUpload([f"{quoted(name)} is larger than {MAX_BYTES // 1024} kB, too large for a job file."])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadUpload([f"{quoted(name)}: byte {error.start} is not UTF-8; save the job file as UTF-8."]) from None


def _unfenced(text: str) -> str:
    """The text without the ``` marks that people put around code in a chat."""
    text = text.strip()
    return match[1] if (match := _FENCE.match(text)) else text


def _refuse_two(kind: str, files: Sequence[tuple[str, bytes]]) -> None:
    if len(files) > 1:
        names = " and ".join(quoted(name) for name, _ in files[:3])
        raise BadUpload([f"There are {len(files)} {kind} ({names}); send one job at a time."])
