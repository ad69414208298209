"""Block Kit rules: says what Slack would object to in the blocks of a message, a modal or a Home page.

Every problem is one sentence with a JSON pointer, in the shape of Slack's own `response_metadata.messages`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bots.sandbox import slack_limits as limits
from bots.sandbox.block_elements import ELEMENTS, INPUT_ELEMENTS, SECTION_ELEMENTS, check_image, check_text

Json = dict[str, Any]
Problems = Iterator[str]

MESSAGE = "message"
MODAL = "modal"
HOME = "home"
_BLOCK_LIMITS: Mapping[str, int] = {
    MESSAGE: limits.MESSAGE_BLOCKS,
    MODAL: limits.VIEW_BLOCKS,
    HOME: limits.VIEW_BLOCKS,
}
_FREE_BLOCKS = frozenset({"divider", "rich_text", "video", "table", "file"})  # not checked further


def blocks_problems(blocks: object, surface: str, at: str = "/blocks") -> list[str]:
    """Everything Slack would refuse in these blocks; empty when they are fine."""
    if not isinstance(blocks, list):
        return [f"must be an array [json-pointer:{at}]"]
    problems = [*_amount(blocks, _BLOCK_LIMITS[surface], at), *_unique(blocks, "block_id", at)]
    for index, block in enumerate(blocks):
        problems.extend(_block(block, surface, f"{at}/{index}"))
    return problems


def view_problems(view: object, *, home: bool = False) -> list[str]:
    """Everything Slack would refuse in a modal or a Home page."""
    surface = HOME if home else MODAL
    if not isinstance(view, dict):
        return ["must provide an object [json-pointer:/view]"]
    if view.get("type") != surface:
        return [f"must be of type {surface} [json-pointer:/view/type]"]
    problems = blocks_problems(view.get("blocks"), surface, "/view/blocks")
    for key, most in (("private_metadata", limits.VIEW_METADATA), ("callback_id", limits.CALLBACK_ID)):
        problems.extend(_at_most(view.get(key), most, f"/view/{key}"))
    if not home:
        problems.extend(_modal_texts(view))
    return problems


def _modal_texts(view: Json) -> Problems:
    for key in ("title", "submit", "close"):
        if key == "title" or view.get(key) is not None:
            yield from check_text(view.get(key), limits.VIEW_TITLE, f"/view/{key}", plain=True)
    blocks = view.get("blocks")
    inputs = isinstance(blocks, list) and any(isinstance(b, dict) and b.get("type") == "input" for b in blocks)
    if inputs and not view.get("submit"):
        yield "missing required field: submit [json-pointer:/view]"


def _amount(items: list[object], most: int, at: str) -> Problems:
    if len(items) > most:
        yield f"no more than {most} items allowed [json-pointer:{at}]"


def _at_most(value: object, most: int, at: str) -> Problems:
    if value is None:
        return
    if not isinstance(value, str):
        yield f"must be a string [json-pointer:{at}]"
    elif len(value) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{at}]"


def _unique(items: list[object], key: str, at: str) -> Problems:
    seen: set[object] = set()
    for item in items:
        value = item.get(key) if isinstance(item, dict) else None
        if isinstance(value, str) and value in seen:
            yield f"`{key}` {value!r} is not unique [json-pointer:{at}]"
        if isinstance(value, str):
            seen.add(value)


def _block(block: object, surface: str, at: str) -> Problems:
    if not isinstance(block, dict):
        yield f"must be an object [json-pointer:{at}]"
        return
    kind = str(block.get("type"))
    yield from _at_most(block.get("block_id"), limits.BLOCK_ID, f"{at}/block_id")
    if kind in _FREE_BLOCKS:
        return
    check = _CHECKS.get(kind)
    if check is None or (kind == "markdown" and surface != MESSAGE):
        yield f"unsupported type: {kind} [json-pointer:{at}/type]"
        return
    yield from check(block, at)
    element = block.get("element")
    if surface != MODAL and isinstance(element, dict) and element.get("type") == "file_input":
        yield f"unsupported type: file_input [json-pointer:{at}/element]"


def _section(block: Json, at: str) -> Problems:
    fields = block.get("fields")
    if block.get("text") is None and not fields:
        yield f"missing required field: text [json-pointer:{at}]"
    if block.get("text") is not None:
        yield from check_text(block["text"], limits.SECTION_TEXT, f"{at}/text")
    if fields is not None:
        yield from _fields(fields, f"{at}/fields")
    if block.get("accessory") is not None:
        yield from _element(block["accessory"], SECTION_ELEMENTS, f"{at}/accessory")


def _fields(fields: object, at: str) -> Problems:
    if not isinstance(fields, list):
        yield f"must be an array [json-pointer:{at}]"
        return
    yield from _amount(fields, limits.SECTION_FIELDS, at)
    for index, field in enumerate(fields):
        yield from check_text(field, limits.SECTION_FIELD_TEXT, f"{at}/{index}")


def _actions(block: Json, at: str) -> Problems:
    elements = block.get("elements")
    if not isinstance(elements, list) or not elements:
        yield f"no fewer than 1 items allowed [json-pointer:{at}/elements]"
        return
    yield from _amount(elements, limits.ACTIONS_ELEMENTS, f"{at}/elements")
    yield from _unique(elements, "action_id", f"{at}/elements")
    for index, element in enumerate(elements):
        yield from _element(element, SECTION_ELEMENTS - {"image"}, f"{at}/elements/{index}")


def _context(block: Json, at: str) -> Problems:
    elements = block.get("elements")
    if not isinstance(elements, list) or not elements:
        yield f"no fewer than 1 items allowed [json-pointer:{at}/elements]"
        return
    yield from _amount(elements, limits.CONTEXT_ELEMENTS, f"{at}/elements")
    for index, element in enumerate(elements):
        here = f"{at}/elements/{index}"
        if isinstance(element, dict) and element.get("type") == "image":
            yield from check_image(element, here)
        else:
            yield from check_text(element, limits.SECTION_TEXT, here)


def _header(block: Json, at: str) -> Problems:
    return check_text(block.get("text"), limits.HEADER_TEXT, f"{at}/text", plain=True)


def _markdown(block: Json, at: str) -> Problems:
    if not block.get("text"):
        yield f"missing required field: text [json-pointer:{at}]"
    yield from _at_most(block.get("text"), limits.MARKDOWN_TEXT, f"{at}/text")


def _input(block: Json, at: str) -> Problems:
    yield from check_text(block.get("label"), limits.INPUT_LABEL, f"{at}/label", plain=True)
    yield from _element(block.get("element"), INPUT_ELEMENTS, f"{at}/element")


def _element(element: object, allowed: frozenset[str], at: str) -> Problems:
    kind = str(element.get("type")) if isinstance(element, dict) else ""
    if not isinstance(element, dict) or kind not in allowed:
        yield f"unsupported type: {kind} [json-pointer:{at}]"
        return
    yield from _at_most(element.get("action_id"), limits.ACTION_ID, f"{at}/action_id")
    yield from ELEMENTS[kind](element, at)


_CHECKS: Mapping[str, Callable[[Json, str], Problems]] = {
    "section": _section,
    "actions": _actions,
    "context": _context,
    "header": _header,
    "image": check_image,
    "input": _input,
    "markdown": _markdown,
}
