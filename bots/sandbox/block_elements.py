"""The rules of Block Kit's elements: texts, buttons, choices and inputs, each by its type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bots.sandbox import slack_limits as limits

Json = dict[str, Any]
Problems = Iterator[str]


def check_text(text: object, most: int, at: str, *, plain: bool = False) -> Problems:
    """A text object of 1 to `most` characters; some places take plain_text only."""
    if not isinstance(text, dict) or not isinstance(text.get("text"), str):
        yield f"must provide a text object [json-pointer:{at}]"
        return
    if text.get("type") not in (("plain_text",) if plain else ("plain_text", "mrkdwn")):
        yield f"unsupported type: {text.get('type')} [json-pointer:{at}/type]"
    if not text["text"]:
        yield f"must be more than 0 characters [json-pointer:{at}/text]"
    if len(text["text"]) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{at}/text]"


def check_image(element: Json, at: str) -> Problems:
    """A picture by URL or by Slack file, always with a text for those who do not see it."""
    alt = element.get("alt_text")
    if not isinstance(alt, str) or not 1 <= len(alt) <= limits.ALT_TEXT:
        yield f"must have an alt_text of 1 to {limits.ALT_TEXT} characters [json-pointer:{at}/alt_text]"
    url = element.get("image_url")
    if not url and not element.get("slack_file"):
        yield f"missing required field: image_url [json-pointer:{at}]"
    if isinstance(url, str) and len(url) > limits.IMAGE_URL:
        yield f"must be less than {limits.IMAGE_URL + 1} characters [json-pointer:{at}/image_url]"


def _button(element: Json, at: str) -> Problems:
    yield from check_text(element.get("text"), limits.BUTTON_TEXT, f"{at}/text", plain=True)
    for key, most in (("value", limits.BUTTON_VALUE), ("url", limits.BUTTON_URL)):
        value = element.get(key)
        if value is not None and (not isinstance(value, str) or len(value) > most):
            yield f"must be a string of less than {most + 1} characters [json-pointer:{at}/{key}]"
    if element.get("style") not in (None, "primary", "danger"):
        yield f"unsupported style: {element['style']} [json-pointer:{at}/style]"


def _options(options: object, most: int, at: str) -> Problems:
    if not isinstance(options, list) or not 1 <= len(options) <= most:
        yield f"must have 1 to {most} options [json-pointer:{at}]"
        return
    for index, option in enumerate(options):
        yield from _option(option, f"{at}/{index}")


def _option(option: object, at: str) -> Problems:
    if not isinstance(option, dict):
        yield f"must be an object [json-pointer:{at}]"
        return
    yield from check_text(option.get("text"), limits.OPTION_TEXT, f"{at}/text")
    value = option.get("value")
    if not isinstance(value, str) or not 1 <= len(value) <= limits.OPTION_VALUE:
        yield f"must be a string of 1 to {limits.OPTION_VALUE} characters [json-pointer:{at}/value]"


def _placeholder(element: Json, at: str) -> Problems:
    if element.get("placeholder") is not None:
        yield from check_text(element["placeholder"], limits.PLACEHOLDER, f"{at}/placeholder", plain=True)


def _select(element: Json, at: str) -> Problems:
    yield from _placeholder(element, at)
    groups = element.get("option_groups")
    if groups is None:
        yield from _options(element.get("options"), limits.SELECT_OPTIONS, f"{at}/options")
        return
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        yield f"must be an array of objects [json-pointer:{at}/option_groups]"
        return
    for index, group in enumerate(groups):
        yield from _options(group.get("options"), limits.SELECT_OPTIONS, f"{at}/option_groups/{index}/options")


def _choices(element: Json, at: str) -> Problems:
    return _options(element.get("options"), limits.CHOICE_OPTIONS, f"{at}/options")


def _overflow(element: Json, at: str) -> Problems:
    return _options(element.get("options"), limits.OVERFLOW_OPTIONS, f"{at}/options")


def _text_input(element: Json, at: str) -> Problems:
    yield from _placeholder(element, at)
    for key, least in (("max_length", 1), ("min_length", 0)):
        value = element.get(key)
        if value is not None and not (isinstance(value, int) and least <= value <= limits.INPUT_LENGTH):
            yield f"must be between {least} and {limits.INPUT_LENGTH} [json-pointer:{at}/{key}]"


def _number_input(element: Json, at: str) -> Problems:
    yield from _placeholder(element, at)
    if not isinstance(element.get("is_decimal_allowed"), bool):
        yield f"missing required field: is_decimal_allowed [json-pointer:{at}]"


def _file_input(element: Json, at: str) -> Problems:
    most = element.get("max_files", 1)
    if not isinstance(most, int) or not 1 <= most <= limits.FILE_INPUT_FILES:
        yield f"must be between 1 and {limits.FILE_INPUT_FILES} [json-pointer:{at}/max_files]"


_PICKERS = ("datepicker", "timepicker", "datetimepicker")
_LOOKUPS = tuple(
    f"{many}{what}_select" for many in ("", "multi_") for what in ("external", "users", "conversations", "channels")
)

ELEMENTS: Mapping[str, Callable[[Json, str], Problems]] = {
    "button": _button,
    "image": check_image,
    "static_select": _select,
    "multi_static_select": _select,
    "radio_buttons": _choices,
    "checkboxes": _choices,
    "overflow": _overflow,
    "plain_text_input": _text_input,
    "email_text_input": _placeholder,
    "url_text_input": _placeholder,
    "number_input": _number_input,
    "file_input": _file_input,
    **dict.fromkeys((*_PICKERS, *_LOOKUPS), _placeholder),
}
_TYPED = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input", "file_input"})
SECTION_ELEMENTS = frozenset(ELEMENTS) - _TYPED
INPUT_ELEMENTS = frozenset(ELEMENTS) - {"button", "image", "overflow"}
