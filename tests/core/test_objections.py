"""A restricted worker objects with a tap; an admin sees the evidence and decides with another, which can be undone.

Proves core.service.objections and core.service.rehearing.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import ADMIN, ADMIN_PLACE, REQUESTER, Town, make_items, make_spec, worker
from states import live, memory_town, texts_at, token_for

from core.model import Overlap
from core.quality import ChanceTest
from core.rules.values import SCOPES, Action, Condition, Rule

ADA = worker(1)
DAY_MS = 86_400_000
BUSY = Rule(
    "busy", "AnswerCount", (Condition("assignments_accepted_count", ">=", 2),), Action("restrict", "pool", 86_400)
)


async def restricted(scope: str = "pool") -> Town:
    """Ada has given two answers, and a rule keeps her from this job (or more) for a day."""
    rule = replace(BUSY, action=replace(BUSY.action, scope=scope))
    town = memory_town(rules=(rule,), chance=ChanceTest(error=0))
    await town.publish(make_items(9), make_spec(overlap=Overlap("fixed", 9, 9)))
    await town.join(ADA)
    for _ in range(2):
        lease = await live(town, ADA)
        assert lease is not None
        await town.press_token(ADA, await token_for(town, ADA, lease.id, "0"))
    return town


async def bans(town: Town) -> list[tuple[int | None, int | None, int | None, str]]:
    sql = "SELECT job, requester, until, kind FROM restriction WHERE lifted_at IS NULL"
    found: list[tuple[int | None, int | None, int | None, str]] = await town.read(lambda tx: tx.all(sql))
    return found


async def test_an_appeal_reaches_the_admins_with_its_evidence() -> None:
    town = await restricted()
    reply = await town.press(ADA, "Appeal")
    assert reply.toast == "Appeal sent" and "with the admins" in texts_at(town, ADA)[-1], "the worker knows it went out"
    text = texts_at(town, ADMIN_PLACE)[-1]
    assert "the rule “busy”" in text and "assignments_accepted_count 2" in text, "which rule, on what evidence"
    assert "the number of answers that one person may give" in text, "and the reason that the worker was told"


async def test_an_admin_lifts_the_restriction_with_one_tap() -> None:
    town = await restricted()
    await town.press(ADA, "Appeal")
    reply = await town.press(ADMIN, "Lift the restriction", ADMIN_PLACE)
    assert reply.toast == "Done and logged." and await bans(town) == [], "it is over at once"
    assert "lifted" in texts_at(town, ADA)[-1], "and the worker is told"
    await town.say(ADA, "next")
    assert await live(town, ADA) is not None, "work goes on"


async def test_an_admin_lets_it_stand_and_the_worker_is_told() -> None:
    town = await restricted()
    before = await bans(town)
    await town.press(ADA, "Appeal")
    await town.press(ADMIN, "Let it stand", ADMIN_PLACE)
    assert await bans(town) == before, "nothing has changed"
    text = texts_at(town, ADA)[-1]
    assert "the restriction stands" in text and "help@example.org" in text, "but the worker has an answer"


@pytest.mark.parametrize("scope", SCOPES)
async def test_the_undo_of_a_lifted_restriction_imposes_it_again_as_it_was(scope: str) -> None:
    town = await restricted(scope)
    before = await bans(town)
    await town.press(ADA, "Appeal")
    await town.press(ADMIN, "Lift the restriction", ADMIN_PLACE)
    await town.press(ADMIN, "Undo", ADMIN_PLACE)
    assert await bans(town) == before, "the same scope, the same end"
    kinds = await town.read(lambda tx: [kind for (kind,) in tx.all("SELECT kind FROM event WHERE kind LIKE 'admin.%'")])
    assert kinds == ["admin.lift", "admin.undo"], "each decision has its line in the journal"


@pytest.mark.parametrize(("later", "words"), [(0, "appealed against this"), (DAY_MS, "over already")])
async def test_an_appeal_is_made_once_and_in_time(later: int, words: str) -> None:
    town = await restricted()
    card = next(s.card for s in reversed(town.said[ADA]) if any(b.text == "Appeal" for row in s.card.rows for b in row))  # type: ignore[index]
    if not later:
        await town.press(ADA, "Appeal", card=card)
    town.now += later
    reply = await town.press(ADA, "Appeal", card=card)
    assert reply.alert and words in reply.toast, "the worker is told why not"
    alerts = await town.read(lambda tx: tx.value("SELECT count(*) FROM alert WHERE kind = 'objection'"))
    assert alerts == int(not later), "admins hear of it once at most"


async def test_only_admins_decide() -> None:
    town = await restricted()
    await town.press(ADA, "Appeal")
    reply = await town.press(REQUESTER, "Lift the restriction", ADMIN_PLACE)
    assert reply.alert and len(await bans(town)) == 1, "whoever sits in the admin chat"
