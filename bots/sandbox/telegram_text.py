"""Parses the HTML of a message as strictly as Telegram does: plain text out, entities beside it, or a refusal."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

Entity = dict[str, Any]

_SIMPLE = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "tg-spoiler": "spoiler",
}  # fmt: skip
_TOKEN = re.compile(r"<(?P<tag>[^>]*)>|(?P<open><)|&(?P<entity>#x?[0-9a-fA-F]+|lt|gt|amp|quot);")
_TAG = re.compile(
    r"(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)(?P<attributes>(\s+[a-zA-Z-]+(=(\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?)*)\s*"
)
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)(?:=(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")


class EntityError(ValueError):
    """The markup cannot be parsed; the text says where, as Telegram does."""


@dataclass(slots=True)
class _Parse:
    """Work in progress: plain text so far and the tags still open."""

    source: str
    parts: list[str] = field(default_factory=list)
    length: int = 0
    stack: list[tuple[str, Entity]] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)

    def text(self, piece: str) -> None:
        self.parts.append(piece)
        self.length += utf16(piece)

    def where(self, position: int) -> int:
        return len(self.source[:position].encode())

    def tag(self, body: str, position: int) -> None:
        match = _TAG.fullmatch(body)
        if match is None:
            raise EntityError(f'Unsupported start tag "{body}" at byte offset {self.where(position)}')
        name = match["name"].lower()
        if match["close"]:
            self.close(name, position)
            return
        attributes = {
            a[0].lower(): html.unescape(a[1] or a[2] or a[3]) for a in _ATTRIBUTE.findall(match["attributes"])
        }
        kind = _entity(name, attributes, inside=self.stack[-1][1] if self.stack else None)
        if kind is None:
            raise EntityError(f'Unsupported start tag "{name}" at byte offset {self.where(position)}')
        self.stack.append((name, {**kind, "offset": self.length}))

    def close(self, name: str, position: int) -> None:
        if not self.stack:
            raise EntityError(f"Unexpected end tag at byte offset {self.where(position)}")
        expected, entity = self.stack.pop()
        if expected != name:
            raise EntityError(
                f'Unmatched end tag at byte offset {self.where(position)}, expected "</{expected}>", found "</{name}>"'
            )
        entity["length"] = self.length - entity["offset"]
        if entity["length"] and entity["type"]:
            self.entities.append(entity)


def utf16(text: str) -> int:
    """Length in UTF-16 code units, the unit of entity offsets."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Plain text and entities; raises EntityError on unknown, crossed or unclosed tags."""
    if "<" not in source and "&" not in source:
        return source, []
    parse, end = _Parse(source), 0
    for token in _TOKEN.finditer(source):
        parse.text(source[end : token.start()])
        end = token.end()
        if token["open"]:
            raise EntityError(f"Unclosed start tag at byte offset {parse.where(token.start())}")
        if token["entity"]:
            parse.text(html.unescape(token[0]))
        else:
            parse.tag(token["tag"], token.start())
    parse.text(source[end:])
    if parse.stack:
        raise EntityError(f'Can\'t find end tag corresponding to start tag "{parse.stack[-1][0]}"')
    return "".join(parse.parts), sorted(parse.entities, key=lambda e: (e["offset"], -e["length"]))


def trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Without the white space around, entities moved and cut to fit, as Telegram stores it."""
    stripped = text.strip()
    if stripped == text:
        return text, entities
    shift, total = utf16(text[: len(text) - len(text.lstrip())]), utf16(stripped)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - shift, 0)
        end = min(entity["offset"] - shift + entity["length"], total)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    return stripped, kept


def _entity(name: str, attributes: dict[str, str], *, inside: Entity | None) -> Entity | None:
    """The entity that a start tag opens; type "" for one that only counts as a tag; None if unsupported."""
    if name == "code" and inside is not None and inside["type"] == "pre":
        language = attributes.get("class", "").removeprefix("language-")
        if language:
            inside["language"] = language
        return {"type": ""}
    if name in _SIMPLE:
        return {"type": _SIMPLE[name]}
    if name == "span":
        return {"type": "spoiler"} if attributes.get("class") == "tg-spoiler" else None
    if name == "blockquote":
        return {"type": "expandable_blockquote" if "expandable" in attributes else "blockquote"}
    if name == "a":
        url = attributes.get("href", "")
        return {"type": "text_link", "url": url} if url else {"type": ""}
    return None
