"""What Slack's client lets a person send from a modal, by the type of its field."""

from __future__ import annotations

from typing import Any

import pytest

from bots.sandbox.slack_forms import filled

Json = dict[str, Any]
CAT: Json = {"text": {"type": "plain_text", "text": "Cat"}, "value": "cat"}
DOG: Json = {"text": {"type": "plain_text", "text": "Dog"}, "value": "dog"}


def view(kind: str, *, optional: bool = False, **more: object) -> Json:
    element = {"type": kind, "action_id": "a", **more}
    block = {"type": "input", "block_id": "b", "optional": optional, "element": element}
    return {"blocks": [{"type": "divider"}, block]}


@pytest.mark.parametrize(
    ("form", "given", "state"),
    [
        (view("plain_text_input"), "hi", {"value": "hi"}),
        (view("plain_text_input"), {"a": {"value": "hi"}}, {"value": "hi"}),
        (view("plain_text_input", initial_value="old"), None, {"value": "old"}),
        (view("static_select", options=[CAT, DOG]), "dog", {"selected_option": DOG}),
        (view("radio_buttons", options=[CAT, DOG]), "Cat", {"selected_option": CAT}),
        (view("checkboxes", options=[CAT, DOG]), ["cat", "dog"], {"selected_options": [CAT, DOG]}),
        (view("checkboxes", options=[CAT], optional=True), None, {"selected_options": []}),
        (view("datepicker"), "2026-11-22", {"selected_date": "2026-11-22"}),
        (view("file_input", optional=True), None, {"files": []}),
    ],
)
def test_an_answer_becomes_the_fields_state(form: Json, given: object, state: Json) -> None:
    values = filled(form, {} if given is None else {"b": given})

    kind = form["blocks"][1]["element"]["type"]
    assert values == {"b": {"a": {"type": kind, **state}}}, "the state must be what Slack would send"


@pytest.mark.parametrize(
    ("form", "values"),
    [
        (view("plain_text_input"), {}),
        (view("plain_text_input"), {"b": ""}),
        (view("plain_text_input", max_length=2), {"b": "abc"}),
        (view("plain_text_input", min_length=4), {"b": "abc"}),
        (view("static_select", options=[CAT]), {"b": "bird"}),
        (view("file_input", max_files=1), {"b": [{"id": "F1"}, {"id": "F2"}]}),
        (view("plain_text_input"), {"b": "abc", "c": "x"}),
    ],
    ids=["missing", "empty", "long", "short", "no option", "many files", "no field"],
)
def test_the_client_does_not_send_it(form: Json, values: Json) -> None:
    with pytest.raises(ValueError, match=r"field|option"):
        filled(form, values)
