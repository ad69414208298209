"""The form behind /newjob: Slack's commands carry no files, so the items and the job file come in a modal.

The modal must open within the three seconds that the command's trigger lives; what is submitted becomes one Upload
(`inbound.from_form`), and a refusal is shown in the form, which stays open for another try.
"""

from __future__ import annotations

from typing import Any

from bots.slack.inbound import FORM_ITEMS, FORM_JOB, FORM_JOB_FILE
from bots.slack.render import clean, cut
from core.messages import Reply

CALLBACK = "newjob"
ERROR_TEXT = 150  # our choice: what Slack's clients show under an input without hiding the rest
INPUT_LENGTH = 3000  # Slack, plain-text input reference: max_length
ITEM_TYPES = ["csv", "jsonl"]
JOB_TYPES = ["yaml", "yml", "toml"]

TITLE = "New job"  # at most 24 characters, as for submit and close
EXAMPLE = """\
# A small job; change what you need. A line that begins with # is a comment.
title: Cats and dogs
question: What is in the text?
options:
  - Cat
  - Dog
price: 0.02        # paid for each answer
overlap: {min: 2, max: 5, confidence: 0.9}
budget: 20
"""


def job_form(chat: str) -> dict[str, Any]:
    """The modal's view; `chat` is where the answer goes, kept in the form."""
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": chat,
        "title": _text(TITLE),
        "submit": _text("Post"),
        "close": _text("Cancel"),
        "blocks": [
            _files(FORM_ITEMS, "Items", ITEM_TYPES, hint="One row per item: a CSV file with a header, or JSON Lines."),
            _job_text(),
            _files(FORM_JOB_FILE, "Job file", JOB_TYPES, hint="Instead of the text above.", optional=True),
        ],
    }


def errors(reply: Reply) -> dict[str, str] | None:
    """The form errors, by block, that a refusal asks for; None when the form may close.

    The core may name the input in the reply's fact "field" (items, job or job_file); the job's text is the default.
    """
    if not (reply.alert and reply.toast):
        return None
    field = reply.facts.get("field")
    block = field if field in (FORM_ITEMS, FORM_JOB_FILE) else FORM_JOB
    return {str(block): cut(clean(reply.toast).strip(), ERROR_TEXT)}


def _job_text() -> dict[str, Any]:
    element = {"type": "plain_text_input", "multiline": True, "max_length": INPUT_LENGTH, "initial_value": EXAMPLE}
    return _input(FORM_JOB, "Job", element, hint="YAML or TOML.", optional=True)


def _files(name: str, label: str, types: list[str], *, hint: str, optional: bool = False) -> dict[str, Any]:
    element = {"type": "file_input", "filetypes": types, "max_files": 1}
    return _input(name, label, element, hint=hint, optional=optional)


def _input(name: str, label: str, element: dict[str, Any], *, hint: str, optional: bool) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": name,
        "label": _text(label),
        "hint": _text(hint),
        "optional": optional,
        "element": {**element, "action_id": name},
    }


def _text(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
