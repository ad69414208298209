"""A worker cannot tell control tasks from others: a classifier on everything they see stays at chance (core.controls).

Whole sessions are played through the real service and drawn by both platforms' renderers. The same classifiers find
leaks that are planted, so that they could fail. Sessions are judged by their number: within a session the chance of a
control is constant; that a stranger's first session holds more of them is known, and measured in the last test.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
from base64 import urlsafe_b64decode
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pytest
from builders import Town, make_spec, worker
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from states import live, memory_town
from threadpoolctl import threadpool_limits

from bots.slack.render import to_blocks, to_text
from bots.telegram.render import to_html, to_keyboard
from core.messages import Card, Reply, Speech
from core.model import Item, Overlap, Place
from core.quality import ChanceTest

WORKERS, SESSIONS, SESSION = 110, 2, 15
ITEMS, CONTROLS = 1160, 60
Z = 4.0
"""Standard errors above chance that show a leak: tokens differ from run to run, and folds more than the error says.

Below chance is no leak: guesses about workers not learned from fall there where nothing can be learned.
"""
OPTIONS = ("Apples", "Bread")
PLATFORMS = ("telegram", "slack")
CLASSIFIERS = {
    "logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
    "gradient boosting": lambda: HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=6, random_state=1),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A task as its worker met it: its card, its place, what came with it and after the answer; and what it was."""

    worker: int
    session: int
    control: int
    position: int
    order: int
    turn_ms: int
    wait_ms: int
    card: Card
    receipt: Card
    toast: str
    speeches: int
    priority: int


def truth_of(text: str) -> int:
    """The right answer to an item, control or not."""
    return int(text[-1], 16) % 2


def items(rng: random.Random) -> tuple[Item, ...]:
    """Ordinary tasks and controls, with texts of one length and both answers equally often: content is not ours."""
    texts = [f"{rng.getrandbits(60):015x}{n % 2}" for n in range(ITEMS)]
    gold = [truth_of(text) if n < CONTROLS else None for n, text in enumerate(texts)]
    made = [Item(f"i{n}", {"text": texts[n]}, gold=gold[n]) for n in range(ITEMS)]
    rng.shuffle(made)
    return tuple(made)


async def play() -> list[Seen]:
    """Many workers work through their first sessions, each a little differently, right in 85 of 100 answers."""
    rng = random.Random(7)
    town = memory_town(rules=(), chance=ChanceTest(error=0))
    spec = make_spec(overlap=Overlap("fixed", 3, 3), control_share=0.1, session=SESSION, budget=900_000_000)
    await town.publish(items(rng), spec)
    seen: list[Seen] = []
    for number in range(WORKERS):
        await town.join(worker(number))
        for session in range(SESSIONS):
            seen += await work(town, number, session, rng)
            await town.press(worker(number), "Continue")
    return seen


async def work(town: Town, number: int, session: int, rng: random.Random) -> list[Seen]:
    """One session of a worker, task by task, with a skip now and then."""
    who = worker(number)
    home = Place(*who)
    first = len(town.said[home])
    seen = []
    for position in range(SESSION):
        lease = await live(town, who)
        assert lease is not None, "the session goes on"
        task = town.said[home][-1]
        order, wait = len(town.said[home]) - first, town.now - lease.leased_at
        if rng.random() < 0.05:
            await town.press(who, "Skip")
            continue
        turn = rng.randint(2_000, 20_000)
        town.now += turn
        truth = truth_of(task.card.quote) if rng.random() < 0.85 else 1 - truth_of(task.card.quote)
        reply = await town.press(who, OPTIONS[truth])
        marks = (number, session, lease.control, position, order, turn, wait)
        seen.append(Seen(*marks, task.card, *answered(reply), task.priority))
    while (await live(town, who)) is not None:  # what skips left of the session
        await town.press(who, "Apples")
    return seen


def answered(reply: Reply) -> tuple[Card, str, int]:
    """What a worker sees of an answer: the receipt in the place of the task, the toast, how much is said."""
    edit: Speech = next(speech for speech in reply.speeches if speech.op == "edit")
    return edit.card, reply.toast, len(reply.speeches)


@lru_cache(maxsize=1)
def record() -> tuple[Seen, ...]:
    """Played once for all tests."""
    return tuple(asyncio.run(play()))


def drawn(card: Card, platform: str) -> list[str]:
    """The card as the platform gets it, part by part."""
    if platform == "telegram":
        return [to_html(card), to_keyboard(card, "bot") or ""]
    return [to_text(card), json.dumps(to_blocks(card))]


def features(one: Seen, platform: str) -> list[float]:
    """Everything about a task that its worker can see or count, but for what the item says."""
    buttons = [button for row in one.card.rows for button in row]
    tokens = [urlsafe_b64decode(button.token) for button in buttons]
    shown, done = drawn(one.card, platform), drawn(one.receipt, platform)
    return [
        *(one.position, one.position % 5, one.position % 10, one.order, one.turn_ms, one.wait_ms),
        *(len(part) for part in (*shown, *done)),
        *(len(buttons), len(one.card.rows), *(len(row) for row in one.card.rows), len(one.receipt.rows)),
        *(sum(len(button.text) for button in buttons), len(one.card.title), len(one.card.quote), len(one.card.text)),
        *(len(one.toast), one.speeches, one.priority),
        *(len(buttons[0].token), *tokens[0], tokens[0][8] ^ tokens[1][8], sum(map(ord, buttons[-1].token))),
    ]


def area(seen: list[Seen], platform: str, kind: str) -> tuple[float, float]:
    """Area under the curve for workers not learned from, fold by fold, and its standard error (Hanley & McNeil 1982).

    The mean over folds: pooling the guesses of all folds would be below chance where nothing can be learned.
    """
    x: NDArray[np.float64] = np.array([features(one, platform) for one in seen])
    y = np.array([one.control for one in seen])
    groups = np.array([one.worker for one in seen])
    with threadpool_limits(1):
        folds = cross_val_score(CLASSIFIERS[kind](), x, y, groups=groups, cv=GroupKFold(5), scoring="roc_auc")
    return float(folds.mean()), error_of(float(folds.mean()), int(y.sum()), int((1 - y).sum()))


def error_of(auc: float, positives: int, negatives: int) -> float:
    """Standard error of an area under the curve."""
    q1, q2 = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    spread = auc * (1 - auc) + (positives - 1) * (q1 - auc * auc) + (negatives - 1) * (q2 - auc * auc)
    return math.sqrt(spread / (positives * negatives))


@pytest.mark.parametrize("kind", CLASSIFIERS)
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("session", range(SESSIONS))
def test_a_classifier_on_all_that_a_worker_sees_stays_at_chance(platform: str, kind: str, session: int) -> None:
    seen = [one for one in record() if one.session == session]
    auc, error = area(seen, platform, kind)
    assert auc - 0.5 < Z * error, f"control tasks can be told from others: AUC {auc:.3f} ± {error:.3f}"


def planted(one: Seen, leak: str) -> Seen:
    """The task with a small mark that gives controls away."""
    if not one.control:
        return one
    match leak:
        case "form":
            return replace(one, card=replace(one.card, title=one.card.title + "."))
        case "time":
            return replace(one, wait_ms=one.wait_ms + 40)
        case "order":
            return replace(one, speeches=one.speeches + 1)
        case _:
            buttons = one.card.rows[0]
            marked = buttons[0]._replace(token="A" + buttons[0].token[1:])
            return replace(one, card=replace(one.card, rows=((marked, *buttons[1:]), *one.card.rows[1:])))


@pytest.mark.parametrize("leak", ["form", "time", "order", "token"])
def test_the_same_classifier_finds_a_planted_leak_in_every_third_control(leak: str) -> None:
    seen = [planted(one, leak) if n % 3 == 0 else one for n, one in enumerate(record()) if one.session == 0]
    auc, error = area(seen, "telegram", "gradient boosting")
    assert auc - 0.5 > Z * error, f"a leak by {leak} must not pass unnoticed: AUC {auc:.3f} ± {error:.3f}"


def test_the_same_classifier_finds_controls_at_fixed_places() -> None:
    rng = random.Random(3)
    ordinary = [one for one in record() if one.session == 0]
    seen = [replace(one, control=int(one.position % 5 == 2 or rng.random() < 0.1)) for one in ordinary]
    auc, error = area(seen, "slack", "gradient boosting")
    assert auc - 0.5 > Z * error, f"every fifth task a control must be noticed: AUC {auc:.3f}"


def test_nobody_gets_the_same_control_twice_and_every_session_has_some() -> None:
    texts = [(one.worker, one.card.quote) for one in record()]
    assert len(texts) == len(set(texts)), "no task comes to the same worker twice"
    shares = [np.mean([one.control for one in record() if one.session == n]) for n in range(SESSIONS)]
    assert shares[0] > shares[1] > 0.04, "less is asked of who is known better, and never nothing"
