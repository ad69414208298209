"""Draws docs/img/task.svg: a worker's chat as the real core and the real Telegram renderer make it, as chat bubbles.

Run from the project root: PYTHONPATH=tests .venv/bin/python docs/draw.py
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from html import escape, unescape
from pathlib import Path

from builders import open_town, worker

from bots.telegram.render import to_html, to_keyboard
from core.intake.upload import read_upload
from core.messages import Card

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "img" / "task.svg"
DATA = ROOT / "bots" / "demo" / "data"
ANSWER = "Money and passes"
WIDTH, MARGIN, PAD, LINE, BUTTON, GAP = 420, 14, 12, 20, 34, 4
LETTERS = {"b": 44}
USUAL_LETTERS = 50
"""Letters on a line of a bubble, at 14 pixels; bold ones are wider."""
PIECE = re.compile(r"<(b|blockquote)[^>]*>(.*?)</\1>|([^<]+)", re.DOTALL)


async def chat() -> list[Card]:
    """A receipt and the task after it, out of the demo's own job."""
    with tempfile.TemporaryDirectory() as folder:
        town = await open_town(Path(folder))
        files = [("items.csv", (DATA / "items.csv").read_bytes())]
        upload = read_upload(files, (DATA / "job_telegram.yaml").read_text(encoding="utf-8"), town.now)
        plain = tuple(item for item in upload.items if item.gold is None)
        await town.publish(plain, upload.spec)
        await town.join(worker(1))
        receipt, task = (await town.press(worker(1), ANSWER)).speeches
        await town.database.close()
        return [receipt.card, task.card]


def lines_of(html: str) -> list[tuple[str, str]]:
    """(style, text) of every line that a bubble shows; style is b, blockquote, gap or empty."""
    lines: list[tuple[str, str]] = []
    for number, paragraph in enumerate(html.split("\n\n")):
        lines += [("gap", "")] * bool(number)
        for tag, inside, bare in PIECE.findall(paragraph):
            lines += [
                (tag, line)
                for part in unescape(inside or bare).split("\n")
                for line in wrap(part, LETTERS.get(tag, USUAL_LETTERS))
            ]
    return lines


def wrap(text: str, letters: int) -> list[str]:
    """The text in lines of at most so many letters."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > letters and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def bubble(card: Card, top: int) -> tuple[str, int]:
    """A card as SVG, and where the next one may begin."""
    lines = lines_of(to_html(card))
    heights = [LINE // 2 if style == "gap" else LINE for style, _ in lines]
    height = sum(heights) + 2 * PAD
    wide = WIDTH - 2 * MARGIN
    parts = [f'<rect x="{MARGIN}" y="{top}" width="{wide}" height="{height}" rx="12" fill="#ffffff"/>']
    y = top + PAD + 15
    for (style, text), step in zip(lines, heights, strict=True):
        if style == "blockquote":
            parts.append(f'<rect x="{MARGIN + PAD}" y="{y - 15}" width="3" height="{LINE}" fill="#3390ec"/>')
        if text:
            left = MARGIN + PAD + (10 if style == "blockquote" else 0)
            weight = ' font-weight="bold"' if style == "b" else ""
            parts.append(f'<text x="{left}" y="{y}"{weight}>{escape(text)}</text>')
        y += step
    keys, bottom = keyboard(card, top + height + GAP)
    return "\n".join([*parts, *keys]), bottom + 2 * GAP


def keyboard(card: Card, top: int) -> tuple[list[str], int]:
    """The buttons under a bubble, as the renderer lays them out."""
    shown = to_keyboard(card, "tapcrowd_bot")
    parts: list[str] = []
    for row in json.loads(shown)["inline_keyboard"] if shown else []:
        width = (WIDTH - 2 * MARGIN - GAP * (len(row) - 1)) / len(row)
        for place, key in enumerate(row):
            x = MARGIN + place * (width + GAP)
            parts += [
                f'<rect x="{x:.1f}" y="{top}" width="{width:.1f}" height="{BUTTON}" rx="8" fill="#5b8fb9"/>',
                f'<text x="{x + width / 2:.1f}" y="{top + 22}" text-anchor="middle" fill="#ffffff">'
                f"{escape(key['text'])}</text>",
            ]
        top += BUTTON + GAP
    return parts, top


def draw(cards: list[Card]) -> str:
    """The whole chat as an SVG picture."""
    y, shapes = MARGIN, []
    for card in cards:
        shape, y = bubble(card, y)
        shapes.append(shape)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + MARGIN - GAP}" '
        f'font-family="system-ui, Segoe UI, Roboto, DejaVu Sans, sans-serif" font-size="14" fill="#1f2937">\n'
        f'<rect width="100%" height="100%" fill="#cfdbe6"/>\n' + "\n".join(shapes) + "\n</svg>\n"
    )


if __name__ == "__main__":
    PICTURE.write_text(draw(asyncio.run(chat())), encoding="utf-8")
