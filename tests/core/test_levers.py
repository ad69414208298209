"""An alert's card: its chart, its levers, folding, quiet hours, and the log; every act can be taken back.

Proves core.service.levers, core.service.alert_cards and core.service.evidence.
"""

from __future__ import annotations

from typing import Any

import pytest
from builders import ADMIN, ADMIN_PLACE, Town, find_button, make_items, make_spec, worker
from states import live, logical, memory_town, texts_at, token_for

from core.hours import Quiet
from core.messages import Reply
from core.model import Handle, Overlap
from core.service import alarms
from core.service.house import Desk
from core.standing.evidence import ChanceTest
from core.store.tx import Tx
from core.texts import Texts

ADA = worker(1)
WIDE = Overlap("fixed", 9, 9)
NIGHT = Quiet(0, 9 * 60)
"""The town's clock starts at 08:00 UTC."""


async def answer(town: Town, who: Handle, choice: str, seconds: float = 5.0) -> None:
    lease = await live(town, who)
    assert lease is not None, "there is a task"
    town.now += int(seconds * 1000)
    await town.press_token(who, await token_for(town, who, lease.id, choice))


async def skipper(**house: Any) -> Town:
    """Ada has skipped eight tasks in a row."""
    town = memory_town(**house)
    await town.publish(make_items(40), make_spec(overlap=WIDE, session=99))
    await town.join(ADA)
    for _ in range(8):
        await answer(town, ADA, "skip")
    return town


# ---- charts -------------------------------------------------------------------------------------------------------


async def test_wrong_control_answers_are_drawn() -> None:
    town = memory_town(chance=ChanceTest(error=0))
    await town.publish(make_items(40, gold=[0] * 20), make_spec(overlap=WIDE, control_share=0.6, session=99))
    await town.join(ADA)
    while await live(town, ADA) is not None:
        await answer(town, ADA, "1")
    (text,) = (text for text in texts_at(town, ADMIN_PLACE) if "control tasks right" in text)
    assert "✗✗✗✗✗" in text and "Right among five: ▁▁▁▁▁" in text, "each control answer as a mark, and their share"


async def test_times_are_drawn_beside_everybodys() -> None:
    town = memory_town()
    await town.publish(make_items(40), make_spec(overlap=WIDE, session=99, fast_seconds=2.0))
    await town.join(worker(2))
    for _ in range(10):
        await answer(town, worker(2), "0", seconds=5)
    await town.join(ADA)
    for _ in range(10):
        await answer(town, ADA, "0", seconds=0.3)
    text = town.last(ADMIN_PLACE).text
    assert "████████ ████░░░░ < 1 s" in text and "░░░░░░░░ ████░░░░ < 8 s" in text, "all of Ada's, half of everybody's"


async def test_skips_are_drawn_in_their_order() -> None:
    town = await skipper()
    assert "Newest answers: ––––––––" in town.last(ADMIN_PLACE).text, "eight skips"


# ---- folding and quiet hours --------------------------------------------------------------------------------------


async def raised(town: Town, seconds: int) -> Reply:
    town.now += 1000 * seconds

    def unit(tx: Tx) -> Reply:
        desk = Desk(tx, town.house, town.now)
        evidence = {"skips": town.now // 1000 % 1000, "n": 900, "row": 1}
        alarms.raise_alert(desk, "skips", (None, None), evidence, key="test")
        return desk.reply

    reply: Reply = await town.read(unit)
    town.hear(reply)
    return reply


async def test_repeated_alerts_are_folded_and_redrawn_ever_more_seldom(town: Town) -> None:
    spoken = [len((await raised(town, seconds)).speeches) for seconds in (0, 300, 299, 1, 599, 1, 1199, 1)]
    assert spoken == [1, 0, 0, 1, 0, 1, 0, 1], "posted, then redrawn after 10, 20 and 40 minutes"
    assert "×8, last seen 2027-01-15 08:40 UTC" in town.last(ADMIN_PLACE).text, "how often, and when last"
    assert "400 of 900" in town.last(ADMIN_PLACE).text, "with the newest figures"
    assert [speech.op for speech in town.said[ADMIN_PLACE]] == ["send", "edit", "edit", "edit"], "in place"


async def test_a_decided_alert_is_counted_in_silence(town: Town) -> None:
    await raised(town, 0)
    await town.press(ADMIN, "Ignore", ADMIN_PLACE)
    assert (await raised(town, 6000)).speeches == [], "ignored means ignored"
    assert await town.read(lambda tx: tx.value("SELECT times FROM alert")) == 2, "but it is counted"


async def test_an_alert_opens_again_when_a_day_later_it_goes_on() -> None:
    town = await skipper()
    await town.press(ADMIN, "Restrict 1 day", ADMIN_PLACE)

    def again(tx: Tx) -> Reply:
        desk = Desk(tx, town.house, town.now)
        job, person, key = tx.one("SELECT job, person, key FROM alert") or ()
        alarms.raise_alert(desk, "skips", (job, person), {"skips": 9, "n": 9, "row": 9}, key=key)
        return desk.reply

    town.now += 86_399_999
    assert (await town.read(again)).speeches == [], "while the restriction lasts there is nothing to decide"
    town.now += 1
    town.hear(await town.read(again))
    card = town.last(ADMIN_PLACE)
    assert card.title == "⚠ Alert" and "9 of 9 tasks skipped" in card.text, "a new message, with levers"
    assert "telegram:9 restricted telegram:1001 for 1 day" in card.text, "that says what was done before"


async def test_quiet_hours_hold_alerts_and_end_with_all_of_them() -> None:
    town = await skipper(quiet=NIGHT)
    assert not any("skipped" in text for text in texts_at(town, ADMIN_PLACE)), "nobody is woken"
    await town.tick(1_000)
    assert not any("skipped" in text for text in texts_at(town, ADMIN_PLACE)), "it is still night"
    await town.tick(3_600)
    held, alert, _ = texts_at(town, ADMIN_PLACE)[-3:]
    assert "Alerts that came meanwhile: 1" in held, "one was held"
    assert "8 of 8 tasks skipped" in alert, "it follows with its levers"
    await town.tick(5)
    assert sum("quiet hours are over" in text for text in texts_at(town, ADMIN_PLACE)) == 1, "once"


async def test_urgent_alerts_are_posted_at_night() -> None:
    town = await skipper(quiet=NIGHT, urgent=frozenset({"skips"}))
    assert "8 of 8 tasks skipped" in town.last(ADMIN_PLACE).text, "the operator decides what is urgent"


# ---- levers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lever", ["Restrict in this job", "Restrict 1 day", "Restrict for good", "Ignore"])
async def test_every_lever_is_undone_exactly(lever: str) -> None:
    town = await skipper()
    await town.say(ADA, "pause")
    before = await town.read(logical)
    await town.press(ADMIN, lever, ADMIN_PLACE)
    assert await town.read(logical) != before, "it does something"
    await town.press(ADMIN, "Undo", ADMIN_PLACE)
    assert await town.read(logical) == before, "and the undo leaves everything as it was"


async def test_a_restriction_in_one_job_leaves_the_others_open() -> None:
    town = await skipper()
    await town.press(ADMIN, "Restrict in this job", ADMIN_PLACE)
    assert "You get no more tasks of “Topics”" in town.last(ADA).text, "Ada is told"
    await town.say(ADA, "next")
    assert await live(town, ADA) is None, "none of this job"
    await town.publish(make_items(3), make_spec(title="Others"))
    await town.say(ADA, "next")
    assert await live(town, ADA) is not None, "but of another"


async def test_the_log_says_who_did_what_when() -> None:
    town = await skipper()
    for press in ("Restrict 1 day", "Undo", "Ignore"):
        await town.press(ADMIN, press, ADMIN_PLACE)
    log = [line for line in town.last(ADMIN_PLACE).text.splitlines() if " UTC · " in line]
    assert [line.split(" · ")[1] for line in log] == [
        "telegram:9 restricted telegram:1001 for 1 day",
        "telegram:9 took it back",
        "telegram:9 ignored it",
    ], "line by line"
    rows = await town.read(lambda tx: tx.all("SELECT action FROM alert_log ORDER BY id"))
    assert [action for (action,) in rows] == ["day", "undo", "ignore"], "and the store keeps it"


async def test_a_lever_that_an_alert_does_not_offer_is_refused() -> None:
    town = await skipper()
    await town.publish(make_items(3))
    await town.tick(1_801)
    stalled = find_button(town.last(ADMIN_PLACE), "Ignore").token
    assert "stalled" in town.last(ADMIN_PLACE).text, "an alert about a job"
    await town.press_token(ADMIN, stalled, ADMIN_PLACE)
    assert "Ignored." in town.last(ADMIN_PLACE).text, "can be ignored"


def test_every_kind_of_finding_has_its_words(town: Town) -> None:
    texts: Texts = town.house.texts
    missing = [
        f"{part}.{kind}"
        for kind in ("control", "fast", "skips", "constant", "pattern", "copying", "twins")
        for part in ("alert", "reason")
        if f"{part}.{kind}" not in texts.catalogues["en"]
    ]
    assert not missing, f"an alert is told to admins, and its reason to the worker: {missing}"


async def test_without_control_tasks_the_answers_themselves_are_drawn(town: Town) -> None:
    job = await town.publish(make_items(9), make_spec(overlap=WIDE, session=99))
    await town.join(ADA)
    for choice in ("0", "1", "1"):
        await answer(town, ADA, choice)

    def raise_it(tx: Tx) -> None:
        ada = tx.value("SELECT id FROM person WHERE user = ?", (ADA.user,))
        evidence = {"rule": "with-the-others", "figures": "correct_answers_rate 0.2"}
        alarms.raise_alert(Desk(tx, town.house, town.now), "rule", (job, ada), evidence)

    await town.read(raise_it)
    chart = await town.read(lambda tx: tx.value("SELECT chart FROM alert"))
    assert "ABB" in chart and "A = Apples" in chart, "there is always something to look at before one decides"


async def test_an_alert_about_nobody_has_no_chart(town: Town) -> None:
    def raise_it(tx: Tx) -> None:
        alarms.raise_alert(Desk(tx, town.house, town.now), "schedule", (None, None), {"name": "tick", "what": "failed"})

    await town.read(raise_it)
    assert await town.read(lambda tx: tx.value("SELECT chart FROM alert")) == "", "there is nothing to draw"
