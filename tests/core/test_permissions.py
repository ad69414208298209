"""A stranger tries everything: every verb that can be said and every button of every kind of card changes nothing."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

import pytest
from builders import CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from models_by_hand import made, opinions
from states import differences, everything, memory_town

from core import service
from core.messages import Reply
from core.model import Overlap, Place, Review
from core.service import CHANNEL_VERBS, appeals, inviting, making, reviewing, runs
from core.service.house import Desk
from core.store import alerts, batches, people, suspects
from core.store.suspects import AuditRow
from core.store.tx import Tx
from core.tokens import CHOICES, mint

STRANGER = worker(66)
ELSEWHERE = Place("telegram", "-501")
OPEN_VERBS = {"status", "results", "newjob", "models", "runs"}
"""What everybody in a job's channel may read."""
SHARED = {"job", "suspect", "promotion", "model", "alert", runs.CARD}
"""Cards in a channel, which anybody there can press."""
PERSONAL = {"task", "consent", "privacy", "summary", "course", "question", "lesson", "objection", inviting.KIND}
PERSONAL |= {making.KIND, reviewing.ANSWER, reviewing.LABEL, appeals.KIND, appeals.KIND_ALL}
NAMES = {"inviting.KIND": inviting.KIND, "making.KIND": making.KIND, "runs.CARD": runs.CARD}
NAMES |= {"reviewing.ANSWER": reviewing.ANSWER, "reviewing.LABEL": reviewing.LABEL}
NAMES |= {"appeals.KIND": appeals.KIND, "appeals.KIND_ALL": appeals.KIND_ALL}
MORE = ("suspect", "model", "review", "review_vote", "escalation", "ruling", "plan_ask", "promotion", "control")


@pytest.fixture
async def town() -> Town:
    """A job at work with a model, a suspected label, a run and an alert; a draft; a stranger who has joined."""
    town = memory_town()
    spec = make_spec(overlap=Overlap("fixed", 1, 1), learn=True, review=Review(share=1.0))
    job = await town.publish(make_items(4, gold=[1]), spec)
    await town.join(STRANGER)
    await made(town, job, opinions(40, 20))
    await town.post(make_items(2))
    await town.database.run(_furnish, job, town.now)
    return town


def _furnish(tx: Tx, job: int, now: int) -> None:
    run = batches.queue_run(tx, "audit", job, "asked:1", False, now)
    task = tx.value("SELECT id FROM task WHERE job = ? ORDER BY id LIMIT 1", (job,))
    assert run is not None, "it is the first one"
    suspects.insert_audit(tx, AuditRow(run, job, 4, 4, 0, 0, 0, 0, now))
    suspects.insert_suspects(tx, run, job, [("label", task, 0, 1, 0.9, "why")])
    alerts.raise_alert(tx, "stalled", "stalled", (job, None), {"minutes": 30}, now)


def _all(tx: Tx) -> dict[str, list[tuple[object, ...]]]:
    """All state, the tables of newer features included, but cards and the speech that tells a refusal."""
    tables = {row[0] for row in tx.all("SELECT name FROM sqlite_master WHERE type = 'table'", ())}
    more = {name: sorted(tx.all(f"SELECT * FROM {name}", ()), key=repr) for name in MORE if name in tables}
    return {name: rows for name, rows in (everything(tx) | more).items() if name != "card"}


def kinds_in_route() -> Iterator[str]:
    """Every kind of card that _route knows."""
    tree = ast.parse(inspect.getsource(service._route))
    for pattern in (node.patterns[0] for node in ast.walk(tree) if isinstance(node, ast.MatchSequence)):
        for node in ast.walk(pattern):
            if isinstance(node, ast.MatchValue):
                yield node.value.value if isinstance(node.value, ast.Constant) else NAMES[ast.unparse(node.value)]


def test_every_kind_of_card_is_known_here() -> None:
    kinds = set(kinds_in_route()) - {"consent spent"}
    assert kinds == SHARED | PERSONAL, "a new kind of card must say whether a channel or one person sees it"


@pytest.mark.parametrize("verb", sorted(set(CHANNEL_VERBS) - OPEN_VERBS))
@pytest.mark.parametrize("place", [CHANNEL, ELSEWHERE])
async def test_a_stranger_may_say_it_and_nothing_happens(town: Town, verb: str, place: Place) -> None:
    before = await town.read(_all)
    for args in ("", "#1", "#1 5", "1", "off"):
        reply = await town.say(STRANGER, verb, args, place)
        assert len(reply.speeches) == 1, "they are told why not, and nothing else"
        assert not differences(await town.read(_all), before), f"/{verb} {args} is not for strangers"


@pytest.mark.parametrize("kind", sorted(SHARED | PERSONAL))
async def test_a_stranger_may_press_every_button_and_nothing_happens(town: Town, kind: str) -> None:
    before = await town.read(_all)
    for choice in CHOICES:
        reply = await pressed(town, kind, choice)
        assert reply.alert and not reply.speeches, f"{choice} on a {kind} card is refused"
    assert not differences(await town.read(_all), before), f"a {kind} card is not for strangers"


async def pressed(town: Town, kind: str, choice: str) -> Reply:
    """A stranger presses that choice, rightly sealed, on a card of that kind."""
    victim = (await town.read(people.select_person, REQUESTER)).id
    person = victim if kind in PERSONAL else None
    number = {"job": 2, runs.CARD: 3}.get(kind, 1)
    row = await town.database.run(lambda tx: Desk(tx, town.house, town.now).new_card(kind, number, person, CHANNEL))
    return await town.press_token(STRANGER, mint(town.house.secret, row.nonce, person, choice), CHANNEL)
