"""What a person fills into a modal, as Slack's client would let them: the state that view_submission carries."""

from __future__ import annotations

from collections.abc import Mapping

from bots.sandbox import slack_limits as limits
from bots.sandbox.slack_state import Json, View

_LISTS = {"checkboxes": "selected_options", "multi_static_select": "selected_options", "file_input": "files"}
_CHOICES = {"static_select": "selected_option", "radio_buttons": "selected_option"}
_PICKED = {"datepicker": "selected_date", "timepicker": "selected_time", "users_select": "selected_user"}


def filled(view: View, values: Mapping[str, object]) -> Json:
    """The view's state with these answers; ValueError when Slack's client would not send them.

    `values` maps block_id to {action_id: state}, or to the bare answer: a text, an option's value, a list of either.
    """
    inputs = {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}
    if strangers := set(values) - set(inputs):
        raise ValueError(f"the form has no field {sorted(strangers)}")
    return {
        block_id: {block["element"]["action_id"]: _state(block, values.get(block_id))}
        for block_id, block in inputs.items()
    }


def _state(block: Json, given: object) -> Json:
    element = block["element"]
    if isinstance(given, Mapping):
        given = given[element["action_id"]]
    state = {"type": element["type"], **(given if isinstance(given, Mapping) else _expanded(element, given))}
    empty = not any(value for key, value in state.items() if key != "type")
    if empty and not block.get("optional"):
        raise ValueError(f"the field {block['block_id']!r} must be filled")
    _fits(block["block_id"], element, state)
    return state


def _expanded(element: Json, given: object) -> Json:
    kind = element["type"]
    if kind in _LISTS:
        wanted = given if isinstance(given, list) else [given] if given is not None else []
        return {_LISTS[kind]: wanted if kind == "file_input" else [_option(element, one) for one in wanted]}
    if kind in _CHOICES:
        return {_CHOICES[kind]: element.get("initial_option") if given is None else _option(element, given)}
    if kind in _PICKED:
        return {_PICKED[kind]: given}
    return {"value": element.get("initial_value") if given is None else given}


def _option(element: Json, given: object) -> Json:
    for option in element["options"]:
        if isinstance(option, dict) and given in (option["value"], option["text"]["text"]):
            return option
    raise ValueError(f"no option called {given!r}")


def _fits(name: str, element: Json, state: Json) -> None:
    text = state.get("value")
    if isinstance(text, str) and text:
        least, most = element.get("min_length", 0), element.get("max_length", len(text))
        if not least <= len(text) <= most:
            raise ValueError(f"the field {name!r} takes {least} to {most} characters")
    most_files = element.get("max_files", limits.FILE_INPUT_FILES)
    if len(state.get("files", ())) > most_files:
        raise ValueError(f"the field {name!r} takes {most_files} files")
