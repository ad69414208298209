"""Rules about slow events, found in the journal at the next tick: reviews, lost access, trainings.

Proves core.service.rules (its tick).
"""

from __future__ import annotations

from typing import Any

import pytest
from builders import ADMIN, ADMIN_PLACE, Town, worker
from reviews import REVIEWERS, one_rejected, settle
from reviews import judge as judge_one
from rule_town import ADA, DAY, fired, open_job, overlap_added, rule, tap, town_of
from states import live, texts_at

from core.model import Overlap, Review
from core.rules.values import Action
from core.service import review
from core.service.house import Desk
from core.store import alerts, jobs, people, reviews


async def judge(town: Town, word: str) -> None:
    """Every held answer is decided by an admin, and the clock lets it take effect."""

    def unit(tx: Any) -> None:
        desk = Desk(tx, town.house, town.now)
        for (number,) in tx.all("SELECT id FROM review WHERE state = 'pending' ORDER BY id"):
            held = reviews.get_review(tx, number)
            assert held is not None
            job = jobs.get_job(tx, held.job)
            if word == "reject":
                review.reject(desk, job, held, ("wrong", "", None))
                review._log(desk, held, "rejected", 1, "wrong")
            else:
                review.accept(desk, job, held)
                review._log(desk, held, "accepted", 1, "")

    await town.read(unit)
    await town.tick(1)


async def test_a_rejected_answer_asks_for_one_more() -> None:
    redo = rule("AssignmentsAssessment", "assessment_event == REJECT", action=Action("change_overlap", delta=1))
    town = town_of(redo)
    await open_job(town, 2, overlap=Overlap("fixed", 1, 1), review=Review())
    await tap(town, ADA, "0")
    await judge(town, "reject")
    assert list((await overlap_added(town)).values()) == [1], "its task wants one answer more"
    assert (await fired(town))[0][2]["rejected_assignments_count"] == 1, "with what stands on the task"


async def test_an_accepted_answer_asks_for_none() -> None:
    redo = rule("AssignmentsAssessment", "assessment_event == REJECT", action=Action("change_overlap", delta=1))
    town = town_of(redo)
    await open_job(town, 2, overlap=Overlap("fixed", 1, 1), review=Review())
    await tap(town, ADA, "0")
    await judge(town, "accept")
    assert await overlap_added(town) == {} and await fired(town) == [], "nothing has to be done again"


async def appealed(action: Action, *words: str) -> Town:
    """A rule acts on a rejection; its worker appeals, and two others judge the answer."""
    town = town_of(rule("AssignmentsAssessment", "assessment_event == REJECT", action=action))
    await one_rejected(town, items=3)
    await town.tick(1)
    assert len(await fired(town)) == 1, "the rejection made the rule fire"
    card = next(said.card for said in reversed(town.said[worker(1)]) if "was rejected" in said.card.title)
    await town.press(worker(1), "Appeal", card=card)
    for reviewer in REVIEWERS[1:3]:
        await judge_one(town, reviewer, *words)
        await settle(town)
    await town.tick(1)
    return town


async def test_an_upheld_rejection_is_not_punished_twice() -> None:
    town = await appealed(Action("change_overlap", delta=1), "Reject", "The answer is wrong")
    assert len(await fired(town)) == 1, "the rule has looked at this rejection"
    assert list((await overlap_added(town)).values()) == [1], "one answer more is enough"


async def test_an_overturned_rejection_takes_its_overlap_along() -> None:
    town = await appealed(Action("change_overlap", delta=1), "Accept")
    assert await overlap_added(town) == {}, "the answer was right, nobody has to give it again"


async def test_an_overturned_rejection_lifts_what_rests_on_it() -> None:
    town = await appealed(Action("restrict", "pool", None), "Accept")
    (lifted,) = await town.read(lambda tx: [row[0] for row in tx.all("SELECT lifted_at FROM restriction")])
    assert lifted is not None, "the worker was right, and may go on"
    assert "lifted" in " ".join(texts_at(town, worker(1))), "and is told so"


@pytest.mark.parametrize(("word", "action"), [("reject", "reject_all"), ("accept", "approve_all")])
async def test_what_waits_is_decided_by_what_was_reviewed(word: str, action: str) -> None:
    share = "rejected_assignments_rate" if word == "reject" else "accepted_assignments_rate"
    enough = ("total_assignments_count >= 2", f"{share} > 0.9")
    decide = rule("AcceptanceRate", *enough, action=Action(action), history_size=5)
    town = town_of(decide)
    await open_job(town, review=Review())
    for _ in range(2):
        await tap(town, ADA, "0")
    first = town.now
    await judge_then_answer(town, word)
    states = await town.read(lambda tx: [s for (s,) in tx.all("SELECT state FROM review WHERE at > ?", (first,))])
    assert states == ["rejected" if word == "reject" else "accepted"], "the third answer follows the two before it"


async def judge_then_answer(town: Town, word: str) -> None:
    """Two answers are judged while a third one, given before the next tick, waits."""

    def unit(tx: Any) -> None:
        desk = Desk(tx, town.house, town.now)
        for (number,) in tx.all("SELECT id FROM review WHERE state = 'pending' ORDER BY id"):
            held = reviews.get_review(tx, number)
            assert held is not None
            job = jobs.get_job(tx, held.job)
            review.reject(desk, job, held, ("wrong", "", None)) if word == "reject" else review.accept(desk, job, held)
            review._log(desk, held, f"{word}ed", 1, "")

    await town.read(unit)
    await tap(town, ADA, "0")
    await town.tick(1)


async def test_a_banned_workers_tasks_get_one_answer_more() -> None:
    more = Action("change_overlap", delta=1)
    again = rule("UsersAssessment", "pool_access_revoked_reason == RESTRICTION", action=more)
    skips = rule("SkippedInRow", "skipped_in_row_count >= 2", action=Action("alert", kind="skips"), name="skips")
    town = town_of(again, skips)
    await open_job(town)
    for choice in ("0", "0", "skip", "skip"):
        await tap(town, ADA, choice)
    await town.press(ADMIN, "Restrict for good", ADMIN_PLACE)
    await town.tick(1)
    assert sorted((await overlap_added(town)).values()) == [1, 1], "both answered tasks, whoever imposed the ban"


async def test_a_lost_skill_is_told() -> None:
    lost = rule("UsersAssessment", "pool_access_revoked_reason == SKILL_CHANGE", action=Action("alert"))
    town = town_of(lost)
    await open_job(town)
    await tap(town, ADA, "0")
    await town.read(lambda tx: tx.run("UPDATE job SET spec = json_set(spec, '$.skills', json('[[\"cats\", 50]]'))"))
    await town.say(ADMIN, "skill", f"{ADA} cats 60", ADMIN_PLACE)
    await town.tick(1)
    assert await fired(town) == [], "60 is enough"
    await town.say(ADMIN, "skill", f"{ADA} cats 40", ADMIN_PLACE)
    await town.tick(1)
    ((_, _, evidence),) = await fired(town)
    assert evidence == {"pool_access_revoked_reason": "SKILL_CHANGE", "skill_id": "cats"}, "40 shuts them out"


@pytest.mark.parametrize(("right", "restricted"), [(1, True), (4, False)])
async def test_the_result_of_a_training(right: int, restricted: bool) -> None:
    poor = rule("Training", "correct_answers_rate < 0.5", action=Action("restrict", "pool", DAY))
    town = town_of(poor)
    job = await open_job(town)

    def trained(tx: Any) -> None:
        person = people.select_person(tx, ADA).id  # type: ignore[union-attr]
        columns = "person, job, kind, nth, state, asked, begun_at"
        about = (person, job, "training", 1, "failed", 5, town.now)
        attempt = tx.run(f"INSERT INTO attempt({columns}) VALUES(?, ?, ?, ?, ?, ?, ?)", about).lastrowid
        rows = [(attempt, n, person, n + 1, 0, int(n < right)) for n in range(5)]
        columns = "attempt, position, person, task, label, correct"
        tx.many(f"INSERT INTO attempt_answer({columns}) VALUES(?, ?, ?, ?, ?, ?)", rows)
        alerts.insert_event(tx, "course.training", town.now, job=job, person=person, score=20 * right, passed=right > 3)

    await town.read(trained)
    await town.tick(1)
    assert ([action for _, action, _ in await fired(town)] == ["restrict"]) is restricted, f"{right} of 5 were right"
    assert (await live(town, ADA) is None) is restricted, "who knows too little gets no task of the job"
