"""Rules at work in a town: each action, its scope, its log, its limits, and what an undo takes back.

Proves core.service.rules, core.service.rule_actions, core.service.rule_facts and core.store.firings.
"""

from __future__ import annotations

import json

import pytest
from builders import ADMIN, ADMIN_PLACE, CHANNEL, REQUESTER, make_items, make_spec
from rule_town import ADA, BEN, CLEO, DAY, WIDE, fired, open_job, overlap_added, rule, skills, tap, town_of
from states import live, texts_at, token_for

from core.model import Overlap
from core.rules.values import Action
from core.store import cards as card_rows
from core.store import people
from core.texts import moment
from core.tokens import mint

BUSY = rule("AnswerCount", "assignments_accepted_count >= 2", action=Action("restrict", "pool", DAY))


# ---- restrictions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "other_job", "other_requester"),
    [("pool", True, True), ("requester", False, True), ("all", False, False)],
)
async def test_a_restriction_reaches_as_far_as_its_scope(scope: str, other_job: bool, other_requester: bool) -> None:
    town = town_of(rule("AnswerCount", "assignments_accepted_count >= 2", action=Action("restrict", scope, DAY)))
    first = await open_job(town)
    for _ in range(2):
        await tap(town, ADA, "0")
    assert await live(town, ADA) is None, "no further task of this job"
    second = await open_job(town)
    await town.say(ADA, "next")
    held = await live(town, ADA)
    assert (held is not None and held.job == second) is other_job, "another job of the same requester"
    await town.say(ADA, "pause")
    third = await open_job(town)
    await town.read(lambda tx: tx.run("UPDATE job SET state = 'paused' WHERE id = ?", (second,)))
    await town.read(lambda tx: tx.run("UPDATE job SET requester = 1 WHERE id = ?", (third,)))
    await town.say(ADA, "next")
    held = await live(town, ADA)
    assert (held is not None and held.job == third) is other_requester, f"a third one, not job {first}"


async def test_a_restriction_names_its_reason_its_end_and_whom_to_ask() -> None:
    town = town_of(BUSY)
    await open_job(town)
    for _ in range(2):
        await tap(town, ADA, "0")
    text = next(text for text in texts_at(town, ADA) if "Appeal" in text)
    assert "the number of answers that one person may give" in text, "why"
    assert moment(town.now + DAY * 1000) in text and "help@example.org" in text, "until when, and whom to write to"


async def test_a_rule_has_words_of_its_own() -> None:
    own = Action("restrict", "pool", None, "Two are enough.")
    town = town_of(rule("AnswerCount", "assignments_accepted_count >= 2", action=own))
    await open_job(town)
    for _ in range(2):
        await tap(town, ADA, "0")
    assert any("Two are enough." in text for text in texts_at(town, ADA)), "the worker reads the rule's own reason"


async def test_an_ended_restriction_is_not_repeated_on_the_same_evidence() -> None:
    town = town_of(BUSY)
    await open_job(town)
    for _ in range(2):
        await tap(town, ADA, "0")
    town.now += DAY * 1000
    await town.say(ADA, "next")
    await tap(town, ADA, "0")
    assert len(await fired(town)) == 1, "one answer after the ban: the two before are spent"
    await tap(town, ADA, "0")
    assert len(await fired(town)) == 2 and await live(town, ADA) is None, "two new ones are new evidence"


# ---- collectors at a tap ------------------------------------------------------------------------------------------


async def test_control_tasks_over_a_history() -> None:
    wrong = ("total_answers_count >= 4", "correct_answers_rate < 0.5")
    town = town_of(rule("GoldenSet", *wrong, action=Action("alert"), history_size=4))
    await town.publish(make_items(60, gold=[0] * 40), make_spec(overlap=WIDE, session=99, control_share=0.5))
    await town.join(ADA)
    for choice in ("0" * 25, "1" * 20):
        for each in choice:
            await tap(town, ADA, each)
    ((name, _, evidence), *_) = await fired(town)
    assert name == "r" and evidence["total_answers_count"] == 4, "good once does not hide the last four"
    assert evidence["correct_answers_rate"] == 0.25, "it fired at the third wrong one"


async def test_answers_faster_than_the_rules_own_limit() -> None:
    limits = {"history_size": 5, "fast_submit_threshold_seconds": 2.0}
    town = town_of(rule("AssignmentSubmitTime", "fast_submitted_count >= 3", action=Action("alert"), **limits))
    await open_job(town)
    for seconds in (1, 9, 1, 9, 9, 9, 1, 1):
        await tap(town, ADA, "0", seconds)
    assert await fired(town) == [], "never three of five"
    await tap(town, ADA, "0", 1)
    ((_, _, evidence),) = await fired(town)
    assert (evidence["fast_submitted_count"], evidence["total_submitted_count"]) == (3, 5), "now they are"


async def test_disagreement_with_the_labels() -> None:
    against = ("total_answers_count >= 2", "incorrect_answers_rate > 0.5")
    town = town_of(rule("MajorityVote", *against, action=Action("alert"), history_size=5, answer_threshold=3))
    await open_job(town, 3, overlap=Overlap("fixed", 3, 3))
    for who, choice in ((BEN, "0"), (CLEO, "0"), (ADA, "1")):
        if who != ADA:
            await town.join(who)
        for _ in range(3):
            await tap(town, who, choice)
    ((_, _, evidence),) = await fired(town)
    assert evidence["total_answers_count"] == 2 and evidence["incorrect_answers_rate"] == 1.0, "two labels, both others"


async def test_skips_and_reports_in_a_row() -> None:
    town = town_of(rule("SkippedInRow", "skipped_in_row_count >= 3", action=Action("alert")))
    await open_job(town)
    for choice in ("skip", "report", "0", "skip", "skip"):
        await tap(town, ADA, choice)
    assert await fired(town) == [], "an answer in between ends the row"
    for choice in ("skip", "skip", "0", "skip", "skip", "skip"):
        await tap(town, ADA, choice)
    assert len(await fired(town)) == 2, "one for each row of three"


async def test_a_days_income_is_capped() -> None:
    cap = rule("Income", "income_sum_for_last_24_hours >= 0.2", action=Action("restrict", "pool", 3600))
    town = town_of(cap)
    await open_job(town)
    while await tap(town, ADA, "0"):
        pass
    ((_, action, evidence),) = await fired(town)
    assert action == "restrict" and evidence == {"income_sum_for_last_24_hours": 0.2}, "ten answers at 0.02 USD"
    town.now += 3_600_000
    await town.say(ADA, "next")
    for _ in range(10):
        await tap(town, ADA, "0")
    assert len(await fired(town)) == 2, "the sum of the day still stands at the next look"


# ---- skills -------------------------------------------------------------------------------------------------------


async def test_a_skill_follows_a_field() -> None:
    action = Action("set_skill", skill="topics", from_field="correct_answers_rate", seconds=30 * DAY)
    town = town_of(rule("GoldenSet", "total_answers_count >= 1", action=action))
    await town.publish(make_items(20, gold=[0, 1] * 10), make_spec(overlap=WIDE, session=99, control_share=0.5))
    await town.join(ADA)
    seen: list[int | None] = []
    while await tap(town, ADA, "0"):
        seen.append((await skills(town, ADA)).get("topics"))
    standing = await town.read(lambda tx: tx.one("SELECT control_ok, controls FROM standing"))
    assert seen[-1] == round(100 * standing[0] / standing[1]), "the share of right ones in the end"
    changes = [now for now, before in zip(seen, [None, *seen], strict=False) if now != before]
    assert len(await fired(town)) == len(changes), "logged when the value changes, not at every answer"


async def test_an_undone_answer_takes_its_skill_along() -> None:
    skill = Action("set_skill", skill="s", value=9)
    town = town_of(rule("AnswerCount", "assignments_accepted_count >= 1", action=skill))
    await open_job(town)
    lease = await tap(town, ADA, "0")
    assert await skills(town, ADA) == {"s": 9}, "one answer makes the skill"
    assert lease is not None
    await town.press_token(ADA, await token_for(town, ADA, lease, "undo"))
    assert await skills(town, ADA) == {}, "and its undo takes it away"
    assert len(await fired(town)) == 1, "the firing is a fact and stays logged"
    await tap(town, ADA, "0")
    assert await skills(town, ADA) == {"s": 9}, "answered again, it is set again"


async def test_a_jobs_own_skill_opens_its_requesters_jobs_only() -> None:
    town = town_of()
    own = rule("AnswerCount", "assignments_accepted_count >= 1", action=Action("set_skill", skill="done", value=50))
    await open_job(town, 2, rules=(own,))
    for _ in range(2):
        await tap(town, ADA, "0")
    person = await town.read(people.select_person, REQUESTER)
    assert await skills(town, ADA) == {f"done@{person.id}": 50}, "it carries the requester's number"
    second = await open_job(town, skills=(("done", 40),))
    await town.say(ADA, "next")
    held = await live(town, ADA)
    assert held is not None and held.job == second, "and counts in that requester's jobs"


# ---- alerts, per-job rules, the log -------------------------------------------------------------------------------


async def test_a_rule_of_the_job_raises_an_alert_with_its_figures() -> None:
    town = town_of()
    own = rule("AnswerCount", "assignments_accepted_count >= 2", action=Action("alert"), name="busy")
    job = await open_job(town, rules=(own,))
    for _ in range(3):
        await tap(town, ADA, "0")
    text = texts_at(town, ADMIN_PLACE)[-1]
    assert f"job #{job}: the rule “busy” fired (assignments_accepted_count 2)" in text, "rule and figures"
    await open_job(town)
    for _ in range(40):
        await tap(town, ADA, "0")
    assert {name for name, _, _ in await fired(town)} == {"busy"}, "it holds in its own job alone"


@pytest.mark.parametrize(
    ("collector", "condition", "void", "reason"),
    [
        ("MajorityVote", "incorrect_answers_rate > 0.5", 4, "differed from what others agreed on"),
        ("AnswerCount", "assignments_accepted_count >= 2", 0, "the number of answers that one person may give"),
    ],
)
async def test_a_restriction_from_a_rules_alert_rests_on_its_collector(
    collector: str, condition: str, void: int, reason: str
) -> None:
    town = town_of(rule(collector, condition, action=Action("alert")))
    await open_job(town, 4, overlap=Overlap("fixed", 3, 3))
    for who, choice in ((BEN, "0"), (CLEO, "0"), (ADA, "1")):
        if who != ADA:
            await town.join(who)
        for _ in range(4):
            await tap(town, who, choice)
    ada = await town.read(people.select_person, ADA)
    number = await town.read(lambda tx: tx.value("SELECT id FROM alert WHERE person = ?", (ada.id,)))
    row = (await town.read(card_rows.cards_about, "alert", number))[0]
    await town.press_token(ADMIN, mint(town.house.secret, row.nonce, None, "ban"), ADMIN_PLACE)
    assert reason in texts_at(town, ADA)[-1], "the worker reads what the rule is about"
    sql = "SELECT count(*) FROM assignment WHERE void = 1 AND person = ?"
    assert await town.read(lambda tx: tx.value(sql, (ada.id,))) == void, "bad work is set aside, and nothing else"


async def test_a_jobs_rules_are_shown_before_it_is_published() -> None:
    town = town_of()
    await town.credit()
    await town.post(make_items(3), make_spec(rules=(BUSY,)))
    line = "Rules of this job: r (AnswerCount: assignments_accepted_count >= 2 → restrict pool 1 d)"
    assert line in texts_at(town, CHANNEL)[-1], "in one line of the preview"


async def test_each_firing_is_logged_and_journaled_once() -> None:
    town = town_of(rule("AnswerCount", "assignments_accepted_count >= 2", action=Action("alert")))
    job = await open_job(town)
    for _ in range(3):
        await tap(town, ADA, "0")
    assert await fired(town) == [("r", "alert", {"assignments_accepted_count": 2})], "rule, action and evidence"
    person = await town.read(people.select_person, ADA)
    ((body, *about),) = await town.read(lambda tx: tx.all("SELECT body, job, person FROM event WHERE kind = 'rule'"))
    assert json.loads(body)["rule"] == "r" and about == [job, person.id], "the journal has a line as well"


async def test_the_log_is_append_only() -> None:
    town = town_of(BUSY)
    await open_job(town)
    for _ in range(2):
        await tap(town, ADA, "0")
    with pytest.raises(Exception, match="append only"):
        await town.read(lambda tx: tx.run("DELETE FROM firing"))


async def test_a_job_without_rules_reads_nothing_for_them() -> None:
    town = town_of()
    await open_job(town)
    await tap(town, ADA, "0")
    assert await fired(town) == [], "nothing to look at, nothing found"


async def test_an_undone_answer_takes_its_overlap_along() -> None:
    more = rule("AnswerCount", "assignments_accepted_count >= 1", action=Action("change_overlap", delta=1))
    town = town_of(more)
    await open_job(town, 3, overlap=Overlap("fixed", 1, 1))
    lease = await tap(town, ADA, "0")
    assert list((await overlap_added(town)).values()) == [1], "the answered task wants another one"
    assert lease is not None
    await town.press_token(ADA, await token_for(town, ADA, lease, "undo"))
    assert await overlap_added(town) == {}, "with the answer goes what it asked for"
