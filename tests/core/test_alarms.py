"""Alerts are raised once with their evidence, act by a tap of an admin, and every act is undone by another.

Proves core.service.alarms.
"""

from __future__ import annotations

import json

import pytest
from builders import ADMIN, ADMIN_PLACE, REQUESTER, Town, find_button, make_items, make_spec, worker
from states import everything, live, logical, memory_town, texts_at, token_for

from config.settings import load
from core.intake.ruleform import rules_of
from core.model import Handle, Overlap, Place
from core.quality import ChanceTest

ADA, BEN, CLEO = worker(1), worker(2), worker(3)
WIDE = Overlap("fixed", 9, 9)


async def answer(town: Town, who: Handle, choice: str, seconds: float = 0.0) -> bool:
    lease = await live(town, who)
    if lease is None:
        return False
    town.now += int(seconds * 1000)
    await town.press_token(who, await token_for(town, who, lease.id, choice))
    return True


async def alerts(town: Town) -> list[tuple[str, dict[str, float]]]:
    rows = await town.read(lambda tx: tx.all("SELECT kind, evidence FROM alert ORDER BY id"))
    return [(kind, json.loads(evidence)) for kind, evidence in rows]


async def skipper(town: Town) -> None:
    """Ada skips eight tasks in a row and has the next in hand."""
    await town.publish(make_items(30), make_spec(overlap=WIDE, session=99))
    await town.join(ADA)
    for _ in range(8):
        await answer(town, ADA, "skip")


async def events(town: Town) -> list[tuple[str, int | None, int | None]]:
    rows: list[tuple[str, int | None, int | None]] = await town.read(
        lambda tx: tx.all("SELECT kind, actor, person FROM event WHERE kind LIKE 'a%' ORDER BY id")
    )
    return rows


# ---- what raises them ---------------------------------------------------------------------------------------------


async def test_wrong_control_answers_raise_one_alert() -> None:
    town = memory_town(chance=ChanceTest(error=0))
    await town.publish(make_items(40, gold=[0] * 30), make_spec(overlap=WIDE, control_share=0.5, session=99))
    await town.join(ADA)
    for _ in range(40):
        await answer(town, ADA, "1", seconds=5)
    ((kind, evidence),) = await alerts(town)
    assert kind == "control" and (evidence["ok"], evidence["n"]) == (0, 5), "after five wrong ones, with the figures"
    assert "0 of 5 control tasks right" in texts_at(town, ADMIN_PLACE)[-1], "the admins read it"
    assert sum("control tasks right" in text for text in texts_at(town, ADMIN_PLACE)) == 1, "once"


async def test_answers_faster_than_reading_raise_one_alert(town: Town) -> None:
    await town.publish(make_items(40), make_spec(overlap=WIDE, session=99, fast_seconds=2.0))
    await town.join(ADA)
    for _ in range(20):
        await answer(town, ADA, "0", seconds=0.3)
    ((kind, evidence),) = await alerts(town)
    assert kind == "fast" and (evidence["fast"], evidence["n"]) == (10, 10), "at ten of ten, and not again"


async def test_calm_answers_raise_nothing(town: Town) -> None:
    await town.publish(make_items(40, gold=[0] * 9), make_spec(overlap=WIDE, session=99, fast_seconds=2.0))
    await town.join(ADA)
    while await answer(town, ADA, "0", seconds=3):
        pass
    assert await alerts(town) == [], "an honest worker is left alone"


async def test_many_skips_raise_one_alert(town: Town) -> None:
    await skipper(town)
    for _ in range(5):
        await answer(town, ADA, "skip")
    ((kind, evidence),) = await alerts(town)
    assert kind == "skips" and evidence == {"skips": 8, "n": 8, "row": 8}, "at eight in a row, once"


async def test_a_report_of_two_workers_raises_one_alert(town: Town) -> None:
    await town.publish(make_items(1), make_spec(overlap=WIDE))
    for who in (ADA, BEN, CLEO):
        await town.join(who)
        await answer(town, who, "report")
    ((kind, evidence),) = await alerts(town)
    assert kind == "reported" and evidence == {"item": "t0", "n": 2}, "two people say that the item is broken"


async def test_an_undone_report_does_not_count(town: Town) -> None:
    await town.publish(make_items(1), make_spec(overlap=WIDE))
    await town.join(ADA)
    lease = await live(town, ADA)
    assert lease is not None
    await answer(town, ADA, "report")
    await town.press_token(ADA, await token_for(town, ADA, lease.id, "undo"))
    await town.join(BEN)
    await answer(town, BEN, "report")
    assert await alerts(town) == [], "only one report is in force"


async def test_a_stalled_job_raises_one_alert_per_stall(town: Town) -> None:
    await town.publish(make_items(3))
    for seconds in (1_799, 1):
        await town.tick(seconds)
    ((kind, evidence),) = await alerts(town)
    assert kind == "stalled" and evidence["minutes"] == 30, "after half an hour without an answer"
    for seconds in (300, 900):
        await town.tick(seconds)
    ((kind, evidence),) = await alerts(town)
    assert evidence["minutes"] == 50, "the same alert goes on, with how long it has been"
    await town.join(ADA)
    await answer(town, ADA, "0")
    await town.tick(1_801)
    assert [kind for kind, _ in await alerts(town)] == ["stalled", "stalled"], "a new stall is a new alert"


@pytest.mark.parametrize("places", [(ADMIN_PLACE,), ()])
async def test_a_budget_nearly_gone_is_told_once(places: tuple[Place, ...]) -> None:
    town = memory_town(admin_places=places)
    await town.publish(make_items(9), make_spec(budget=24_000 * 10, overlap=WIDE, session=99))
    await town.join(ADA)
    for _ in range(9):
        await answer(town, ADA, "0")
    await town.join(BEN)
    for _ in range(4):
        await town.tick(5)
    assert [kind for kind, _ in await alerts(town)] == ["budget"], "the admins see it once"
    low = [text for text in texts_at(town, Place("telegram", "-500")) if "nearly used its budget" in text]
    assert len(low) == 1, "the requester's channel hears it once, not at every look"


# ---- what admins do with them -------------------------------------------------------------------------------------


async def test_restricting_for_a_day_tells_why_until_when_and_whom_to_ask(town: Town) -> None:
    await skipper(town)
    held = await live(town, ADA)
    assert held is not None
    reply = await town.press(ADMIN, "Restrict 1 day", ADMIN_PLACE)
    assert reply.toast == "Done and logged." and not reply.alert, "the admin is answered"
    assert await live(town, ADA) is None, "the task in hand goes back"
    text = town.last(ADA).text
    assert "until 2027-01-16 08:00 UTC" in text, "until when"
    assert "too many tasks were skipped" in text and "help@example.org" in text, "why, and whom to write to"
    await town.say(ADA, "next")
    assert await live(town, ADA) is None and "until 2027-01-16" in town.last(ADA).text, "no task meanwhile"
    town.now += 86_400_000
    await town.say(ADA, "next")
    assert await live(town, ADA) is not None, "a day later work goes on"


async def test_restricting_for_good_has_no_end(town: Town) -> None:
    await skipper(town)
    await town.press(ADMIN, "Restrict for good", ADMIN_PLACE)
    town.now += 365 * 86_400_000
    await town.say(ADA, "next")
    assert await live(town, ADA) is None and "any more" in town.last(ADA).text, "a year later still"
    assert "help@example.org" in town.last(ADA).text, "and still whom to write to"


@pytest.mark.parametrize("choice", ["Restrict 1 day", "Restrict for good", "Ignore"])
async def test_a_decision_is_logged_and_undone_by_a_tap(town: Town, choice: str) -> None:
    await skipper(town)
    await town.say(ADA, "pause")
    before = await town.read(logical)
    await town.press(ADMIN, choice, ADMIN_PLACE)
    assert "decided" in town.last(ADMIN_PLACE).title, "the alert shows what was decided"
    await town.press(ADMIN, "Undo", ADMIN_PLACE)
    assert await town.read(logical) == before, "the undo leaves everything as it was"
    verb = {"Restrict 1 day": "day", "Restrict for good": "ban", "Ignore": "ignore"}[choice]
    person = await town.read(lambda tx: tx.value("SELECT person FROM alert"))
    expected = [("alert.skips", None, person), (f"admin.{verb}", 1, person), ("admin.undo", 1, person)]
    assert await events(town) == expected, "alert, act and undo each have their line with who and whom"


async def test_a_lifted_restriction_is_told(town: Town) -> None:
    await skipper(town)
    await town.press(ADMIN, "Restrict for good", ADMIN_PLACE)
    await town.press(ADMIN, "Undo", ADMIN_PLACE)
    assert "lifted" in town.last(ADA).text, "good news is told as well"


async def test_only_admins_may_act(town: Town) -> None:
    await skipper(town)
    await town.say(REQUESTER, "help")
    before = await town.read(everything)
    for text in ("Restrict 1 day", "Ignore"):
        reply = await town.press(REQUESTER, text, ADMIN_PLACE)
        assert reply.alert and "Only an admin" in reply.toast, "whoever sits in the admin chat"
    assert await town.read(everything) == before, "nothing has changed"


async def test_a_decided_alert_is_decided_once(town: Town) -> None:
    await skipper(town)
    card = town.last(ADMIN_PLACE)
    await town.press(ADMIN, "Ignore", ADMIN_PLACE, card=card)
    before = await town.read(everything)
    reply = await town.press(ADMIN, "Restrict for good", ADMIN_PLACE, card=card)
    assert reply.alert and "decided already" in reply.toast, "the second admin is told"
    assert await town.read(everything) == before, "and the first decision stands"


async def test_undo_of_an_open_alert_is_refused(town: Town) -> None:
    await skipper(town)
    await town.press(ADMIN, "Ignore", ADMIN_PLACE)
    undo = find_button(town.last(ADMIN_PLACE), "Undo").token
    await town.press_token(ADMIN, undo, ADMIN_PLACE)
    reply = await town.press_token(ADMIN, undo, ADMIN_PLACE)
    assert reply.alert and "nothing to undo" in reply.toast, "a decision is undone once"


async def test_an_alert_is_redrawn_in_every_admin_chat() -> None:
    other = Place("slack", "C9")
    town = memory_town(admin_places=(ADMIN_PLACE, other))
    await skipper(town)
    await town.press(ADMIN, "Ignore", ADMIN_PLACE)
    assert town.last(other).title == town.last(ADMIN_PLACE).title == "Alert, decided", "nobody acts on an old card"


async def test_an_alert_about_a_job_can_only_be_ignored(town: Town) -> None:
    await town.publish(make_items(3))
    await town.tick(1_801)
    assert [b.text for b in town.last(ADMIN_PLACE).rows[0]] == ["Ignore"], "there is nobody to restrict"


async def test_the_thresholds_are_the_houses() -> None:
    text = '[rules.skips-in-row]\nconditions = ["skipped_in_row_count >= 2"]'
    town = memory_town(rules=rules_of(load(text, {}).rules))
    await town.publish(make_items(5), make_spec(overlap=WIDE))
    await town.join(ADA)
    for _ in range(2):
        await answer(town, ADA, "skip")
    assert [kind for kind, _ in await alerts(town)] == ["skips"], "an operator decides what is too much"
