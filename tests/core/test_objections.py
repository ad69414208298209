"""A restricted worker objects with a tap; an admin sees the evidence and decides with another, which can be undone.

Proves core.service.objections and core.service.rehearing.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import ADMIN, ADMIN_PLACE, REQUESTER, Town, make_items, make_spec, worker
from states import everything, live, memory_town, texts_at, token_for

from core.messages import Card
from core.model import Overlap
from core.quality import ChanceTest
from core.rules.values import SCOPES, Action, Condition, Rule
from core.service import Desk
from core.service import bans as ban_service
from core.store import people
from core.store.tx import Tx

ADA = worker(1)
WIDE = Overlap("fixed", 9, 9)
DAY_MS = 86_400_000
BUSY = Rule(
    "busy", "AnswerCount", (Condition("assignments_accepted_count", ">=", 2),), Action("restrict", "pool", 86_400)
)


async def restricted(scope: str = "pool") -> Town:
    """Ada has given two answers, and a rule keeps her from this job (or more) for a day."""
    rule = replace(BUSY, action=replace(BUSY.action, scope=scope))
    town = memory_town(rules=(rule,), chance=ChanceTest(error=0))
    await town.publish(make_items(9), make_spec(overlap=WIDE))
    await town.join(ADA)
    for _ in range(2):
        await tap(town, "0")
    return town


async def bans(town: Town) -> list[tuple[int | None, int | None, int | None, str]]:
    sql = "SELECT job, requester, until, kind FROM restriction WHERE lifted_at IS NULL"
    found: list[tuple[int | None, int | None, int | None, str]] = await town.read(lambda tx: tx.all(sql))
    return found


async def every_ban(town: Town) -> list[tuple[int, int, int | None]]:
    sql = "SELECT id, at, lifted_at FROM restriction"
    found: list[tuple[int, int, int | None]] = await town.read(lambda tx: tx.all(sql))
    return found


async def tap(town: Town, choice: str) -> None:
    lease = await live(town, ADA)
    assert lease is not None, "there is a task"
    await town.press_token(ADA, await token_for(town, ADA, lease.id, choice))


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
    assert "holds again" in texts_at(town, ADA)[-1], "the worker is told"
    kinds = await town.read(lambda tx: [kind for (kind,) in tx.all("SELECT kind FROM event WHERE kind LIKE 'admin.%'")])
    assert kinds == ["admin.lift", "admin.undo"], "each decision has its line in the journal"


async def test_lifting_and_undoing_go_on_for_ever_about_the_same_restriction() -> None:
    town = await restricted()
    before = await every_ban(town)
    await town.press(ADA, "Appeal")
    for _ in range(3):
        await town.press(ADMIN, "Lift the restriction", ADMIN_PLACE)
        assert await bans(town) == [], "lifted each time"
        town.now += 1_000
        await town.press(ADMIN, "Undo", ADMIN_PLACE)
        assert await every_ban(town) == before, "one restriction, from when it was imposed, that stands"


async def bad_worker() -> tuple[Town, Card]:
    """Ada was restricted for good under an alert about her control tasks, and appealed; the town, the alert's card."""
    town = memory_town(chance=ChanceTest(error=0))
    await town.publish(make_items(40, gold=[0] * 40), make_spec(overlap=WIDE, control_share=0.5, session=99))
    await town.join(ADA)
    while not any("control tasks right" in text for text in texts_at(town, ADMIN_PLACE)):
        await tap(town, "1")
    await town.press(ADMIN, "Restrict for good", ADMIN_PLACE)
    alert = town.last(ADMIN_PLACE)
    await town.press(ADA, "Appeal")
    return town, alert


@pytest.mark.parametrize("button", ["Lift the restriction", "Let it stand"])
async def test_nothing_is_decided_about_a_restriction_that_was_lifted_elsewhere(button: str) -> None:
    town, alert = await bad_worker()
    appeal = town.last(ADMIN_PLACE)
    await town.press(ADMIN, "Undo", ADMIN_PLACE, card=alert)
    before = await town.read(everything)
    reply = await town.press(ADMIN, button, ADMIN_PLACE, card=appeal)
    assert reply.alert and "was lifted already" in reply.toast, "the admin is told why not"
    assert await town.read(everything) == before and await bans(town) == [], "so that no Undo can impose it again"


async def test_the_alert_behind_a_lifted_restriction_is_undone_after_the_lifting_is() -> None:
    town, alert = await bad_worker()
    await town.press(ADMIN, "Lift the restriction", ADMIN_PLACE)
    lifted = town.last(ADMIN_PLACE)
    reply = await town.press(ADMIN, "Undo", ADMIN_PLACE, card=alert)
    assert reply.alert and "was lifted already" in reply.toast, "there is nothing to take back"
    await town.press(ADMIN, "Undo", ADMIN_PLACE, card=lifted)
    assert len(await bans(town)) == 1, "the lifting is taken back"
    await town.press(ADMIN, "Undo", ADMIN_PLACE, card=alert)
    assert await bans(town) == [], "and then the restriction itself"


async def test_admins_hear_of_bad_work_after_the_lifting() -> None:
    town, _ = await bad_worker()
    await town.press(ADMIN, "Lift the restriction", ADMIN_PLACE)
    heard = len(town.said[ADMIN_PLACE])
    await town.say(ADA, "next")
    for _ in range(30):
        await tap(town, "1")
    (text,) = (text for text in texts_at(town, ADMIN_PLACE)[heard:] if "control tasks right" in text)
    assert text.startswith("⚠ Alert\n"), "the alert is open again, with levers"
    await town.press(ADMIN, "Restrict for good", ADMIN_PLACE)
    assert len(await bans(town)) == 1, "which work"


async def test_the_test_against_chance_does_not_bar_again_after_an_appeal() -> None:
    town = memory_town()
    await town.publish(make_items(60, gold=[0] * 60), make_spec(overlap=WIDE, control_share=0.5, session=99))
    await town.join(ADA)
    while not await bans(town):
        await tap(town, "1")
    await town.press(ADA, "Appeal")
    await town.press(ADMIN, "Lift the restriction", ADMIN_PLACE)
    await town.say(ADA, "next")
    for _ in range(20):
        await tap(town, "1")
    assert await bans(town) == [], "the admin's word stands"
    state = await town.read(lambda tx: tx.value("SELECT state FROM alert WHERE kind = 'chance'"))
    assert state == "open", "but the admins are told that it goes on"


async def test_answers_given_since_the_lifting_are_not_set_aside_by_its_undo() -> None:
    town, _ = await bad_worker()
    void = "SELECT count(*) FROM assignment WHERE void <> 0"
    before = await town.read(lambda tx: tx.value(void))
    await town.press(ADMIN, "Lift the restriction", ADMIN_PLACE)
    await town.say(ADA, "next")
    for _ in range(3):
        town.now += 1_000
        await tap(town, "0")
    await town.press(ADMIN, "Undo", ADMIN_PLACE)
    assert await town.read(lambda tx: tx.value(void)) == before > 0, "as many as when it was imposed"
    assert await live(town, ADA) is None, "the task in hand goes back"


async def test_the_undo_needs_no_work_done_for_that_requester() -> None:
    town = memory_town()
    await town.publish(make_items(3))
    await town.say(ADA, "start")

    def impose(tx: Tx) -> None:
        desk = Desk(tx, town.house, town.now)
        person = people.select_person(tx, ADA)
        assert person is not None, "Ada came"
        ban_service.impose(desk, person, scope="requester", job=1, reason="x", actor=0, kind="training")
        town.hear(desk.reply)

    await town.read(impose)
    before = await bans(town)
    await town.press(ADA, "Appeal")
    await town.press(ADMIN, "Lift the restriction", ADMIN_PLACE)
    await town.press(ADMIN, "Undo", ADMIN_PLACE)
    assert await bans(town) == before, "it stands again"


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
