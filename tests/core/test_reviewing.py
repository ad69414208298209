"""The review queue: held pay, who judges what, blind and one at a time, put right, labels in doubt, the job's end.

Proves core.service.review, core.service.holding, core.service.reviewing, core.service.review_views,
core.service.waiting and core.store.reviews.
"""

from __future__ import annotations

from typing import Any

import pytest
from builders import ADMIN, CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from reviews import DAY, REVIEWERS, answer, judge, one_rejected, pay_of, reviewed_job, settle, state
from states import held, texts_at, token_for

from core.messages import Left
from core.model import Handle, Overlap, Review
from core.service import review
from core.service.house import Desk
from core.store import jobs, people

# ---- held and accepted --------------------------------------------------------------------------------------------


async def test_without_review_an_answer_is_paid_at_once(town: Town) -> None:
    await town.publish(make_items(2), make_spec())
    await answer(town, 1)
    assert await pay_of(town, 1) == 20_000, "nothing is held in a job without review"


async def test_an_answer_under_review_is_paid_when_a_reviewer_accepts_it(town: Town) -> None:
    await reviewed_job(town)
    await answer(town, 1)
    assert await pay_of(town, 1) == 0, "it is held"
    assert await held(town, "job:1:reserved:USD") == 48_000, "its pay stays reserved beside that of the live task"
    await settle(town)
    await judge(town, REVIEWERS[0], "Accept")
    assert await pay_of(town, 1) == 0, "the reviewer may still undo"
    await settle(town)
    assert await pay_of(town, 1) == 20_000, "then it is paid"
    assert await state(town) == [("accepted", 1, 0)], "for good"


async def test_time_accepts_what_nobody_reviewed(town: Town) -> None:
    await reviewed_job(town)
    await answer(town, 1)
    await town.tick(2 * DAY)
    assert (await state(town), await pay_of(town, 1)) == ([("accepted", 1, 0)], 20_000), "honest work is paid"


async def test_a_share_of_the_answers_is_reviewed_and_the_rest_paid_at_once(town: Town) -> None:
    await reviewed_job(town, 40, Review(share=0.3, reviewers=tuple(REVIEWERS)), session=50)
    for number in range(40):
        await answer(town, 1, "0110"[number % 3])
    waiting = len(await state(town))
    assert 4 <= waiting <= 20, f"about 12 of 40 are drawn, not {waiting}"
    assert await pay_of(town, 1) == (40 - waiting) * 20_000, "the others are paid"


async def test_an_undo_lets_the_answer_go_and_draws_no_other_lot(town: Town) -> None:
    await reviewed_job(town)
    lease = await answer(town, 1)
    await town.press_token(worker(1), await token_for(town, worker(1), lease, "undo"))
    assert await state(town) == [], "it is not under review any more"
    await answer(town, 1, "1")
    assert [row[0] for row in await state(town)] == ["pending"], "the same task is drawn again"


async def test_an_answer_that_was_judged_cannot_be_undone(town: Town) -> None:
    await reviewed_job(town)
    lease = await answer(town, 1)
    await settle(town)
    await judge(town, REVIEWERS[0], "Accept")
    reply = await town.press_token(worker(1), await token_for(town, worker(1), lease, "undo"))
    assert reply.alert and "reviewed already" in reply.toast, "the worker is told why"


async def test_workers_are_told_of_the_review_before_they_begin(town: Town) -> None:
    await reviewed_job(town)
    await town.join(worker(1))
    heard = " ".join(texts_at(town, worker(1)))
    assert "reviewed before they are paid" in heard and "after 2 days are accepted" in heard, "nobody is surprised"


def calls(town: Town, who: Handle) -> int:
    """How often somebody was told that work waits for their review."""
    return sum("wait for your review" in text for text in texts_at(town, who))


async def test_reviewers_are_called_once_in_a_while(town: Town) -> None:
    await reviewed_job(town)
    await town.join(REVIEWERS[0])
    await answer(town, 1)
    for _ in range(3):
        await town.tick(61)
    assert calls(town, REVIEWERS[0]) == 1, "one call is enough"


async def test_reviewers_are_called_for_labels_in_doubt(town: Town) -> None:
    await reviewed_job(town, 1, Review(share=0.0, reviewers=tuple(REVIEWERS)))
    for number, choice in ((1, "0"), (2, "1")):
        await answer(town, number, choice)
    await town.tick(30)
    assert calls(town, REVIEWERS[0]) == 0, "the last answer may still be undone"
    await town.tick(31)
    assert calls(town, REVIEWERS[0]) == 1, "then somebody has to look at the label"


async def test_every_reviewer_is_called_but_who_is_gone(town: Town) -> None:
    await reviewed_job(town)
    await town.join(REVIEWERS[0])
    await town.say(REVIEWERS[0], "pause")
    await town.obey(Left(key=town.key(), who=REVIEWERS[1], chat=REVIEWERS[1].user, private=True))
    await answer(town, 1)
    await town.tick(61)
    told = [calls(town, who) for who in REVIEWERS]
    assert told == [1, 0, 1, 1], "who paused or never agreed to work may review all the same"


@pytest.mark.parametrize("named", [(), (Handle("telegram", "2999"),)])
async def test_the_requester_is_called_where_no_reviewer_is_there(town: Town, named: tuple[Handle, ...]) -> None:
    await town.say(REQUESTER, "help")
    await reviewed_job(town, policy=Review(reviewers=named))
    await answer(town, 1)
    await town.tick(61)
    assert calls(town, REQUESTER) == 1, "nobody else would judge the answers"


async def test_a_requester_who_cannot_be_written_to_is_called_in_the_channel(town: Town) -> None:
    await reviewed_job(town, policy=Review())
    await answer(town, 1)
    await town.tick(61)
    assert "then say /review" in " ".join(texts_at(town, CHANNEL)), "they are told how to begin"


async def test_stats_tell_what_is_held(town: Town) -> None:
    await reviewed_job(town)
    await answer(town, 1)
    await town.say(worker(1), "stats")
    text = town.last(worker(1)).text
    assert "1 answers, 0.00 USD" in text and "0.02 USD more when" in text, "held pay is shown as such"


# ---- who reviews what ---------------------------------------------------------------------------------------------


async def test_reviewers_the_requester_and_admins_review_and_nobody_else(town: Town) -> None:
    await reviewed_job(town)
    await answer(town, 1)
    await settle(town)
    await town.say(worker(1), "review")
    assert "no reviewer" in town.last(worker(1)).text, "a worker is told who reviews"
    for who in (REVIEWERS[0], REQUESTER, ADMIN):
        await judge(town, who, "Skip")
        assert "Nothing waits" in town.last(who).text, "a skipped answer is not shown again to the same reviewer"


async def test_nobody_reviews_their_own_answer(town: Town) -> None:
    await reviewed_job(town, policy=Review(reviewers=(worker(1),)))
    await answer(town, 1)
    await settle(town)
    await town.say(worker(1), "review")
    assert "Nothing waits" in town.last(worker(1)).text, "their own answer is not in their queue"


async def test_two_reviewers_never_get_the_same_answer_at_once(town: Town) -> None:
    await reviewed_job(town)
    await answer(town, 1)
    await settle(town)
    await town.say(REVIEWERS[0], "review")
    await town.say(REVIEWERS[1], "review")
    assert "Nothing waits" in town.last(REVIEWERS[1]).text, "it is in the first one's hands"
    await town.tick(601)
    await town.say(REVIEWERS[1], "review")
    assert town.last(REVIEWERS[1]).quote, "who lets it lie loses it"
    reply = await town.press(REVIEWERS[0], "Accept")
    assert reply.alert and "Another reviewer" in reply.toast, "and is told so"


async def test_review_is_blind_unless_the_job_says_otherwise(town: Town) -> None:
    await reviewed_job(town)
    await answer(town, 1)
    await settle(town)
    await town.say(REVIEWERS[0], "review")
    assert "1001" not in repr(town.last(REVIEWERS[0])), "the worker's name is not shown"
    await town.press(REVIEWERS[0], "Skip")
    open_job = await town.publish(make_items(1), make_spec(review=Review(blind=False, reviewers=tuple(REVIEWERS))))
    await town.say(worker(2), "start", f"j{open_job}")
    await town.press(worker(2), "Accept")
    await answer(town, 2)
    await settle(town)
    await town.say(REVIEWERS[0], "review")
    assert "telegram:1002" in town.last(REVIEWERS[0]).text, "unless the requester wants it"


async def test_the_last_word_can_be_undone_until_it_takes_effect(town: Town) -> None:
    await reviewed_job(town)
    await answer(town, 1)
    await town.say(worker(1), "pause")
    await settle(town)
    await town.say(REVIEWERS[0], "review")
    before = (await state(town), await held(town, "job:1:reserved:USD"))
    await town.press(REVIEWERS[0], "Reject")
    await town.press(REVIEWERS[0], "The answer is wrong")
    await town.press(REVIEWERS[0], "Undo")
    await town.tick(120)
    assert (await state(town), await held(town, "job:1:reserved:USD")) == before, "nothing has happened"
    assert not any("answer was rejected" in text for text in texts_at(town, worker(1))), (
        "and the worker never heard of it"
    )
    await town.press(REVIEWERS[0], "Accept")
    await settle(town)
    reply = await town.press(REVIEWERS[0], "Undo")
    assert reply.alert and "Too late" in reply.toast, "what took effect stays"


# ---- put right ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pays", "ends"), [(False, "rejected"), (True, "accepted")])
async def test_a_fix_decides_the_label_and_pays_where_the_requester_says_so(town: Town, pays: bool, ends: str) -> None:
    policy = Review(reviewers=tuple(REVIEWERS), fix_pays=pays)
    await one_rejected(town, "Fix", "Bread", items=1, policy=policy)
    assert (await state(town))[0][0] == ends, "what a fix means for the pay is the requester's choice"
    task = await town.read(lambda tx: tx.one("SELECT done, label, confidence FROM task"))
    assert task == (1, 1, 980_000), "the label is the reviewer's, at its stated weight"


async def test_an_overturned_fix_gives_the_label_back_to_the_votes(town: Town) -> None:
    await one_rejected(town, "Fix", "Bread", items=1, overlap=Overlap("fixed", 1, 1))
    await town.press(worker(1), "Appeal")
    await town.tick(3 * DAY + 1)
    assert await town.read(lambda tx: tx.one("SELECT done, label FROM task")) == (1, 0), "the worker was right"


async def test_two_who_disagree_wait_for_a_third(town: Town) -> None:
    await reviewed_job(town, policy=Review(second=1.0, reviewers=tuple(REVIEWERS)))
    await answer(town, 1)
    await settle(town)
    await judge(town, REVIEWERS[0], "Accept")
    await settle(town)
    assert await state(town) == [("pending", 0, 0)], "one word is not enough"
    await judge(town, REVIEWERS[1], "Reject", "The answer is wrong")
    assert "Accepted" not in repr(town.last(REVIEWERS[1])), "the second does not see what the first said"
    await settle(town)
    assert await state(town) == [("pending", 0, 0)], "they disagree"
    await judge(town, REVIEWERS[2], "Accept")
    await settle(town)
    assert await state(town) == [("accepted", 1, 0)], "the third decides"


# ---- labels in doubt ----------------------------------------------------------------------------------------------


async def doubtful_label(town: Town) -> None:
    await reviewed_job(town, 1, Review(share=0.0, reviewers=tuple(REVIEWERS)))
    await answer(town, 1, "0")
    await answer(town, 2, "1")
    await settle(town)
    await town.say(REVIEWERS[0], "review")


async def test_a_label_in_doubt_is_looked_at_and_decided(town: Town) -> None:
    await doubtful_label(town)
    assert "do not agree" in town.last(REVIEWERS[0]).text, "two who differ leave the label at one half"
    await town.press(REVIEWERS[0], "Bread")
    assert await town.read(lambda tx: tx.one("SELECT label, confidence FROM task")) == (1, 980_000), "it is decided"


async def test_a_decided_label_can_be_undone(town: Town) -> None:
    await doubtful_label(town)
    before = await town.read(lambda tx: tx.one("SELECT * FROM task"))
    await town.press(REVIEWERS[0], "Bread")
    await town.press(REVIEWERS[0], "Undo")
    assert await town.read(lambda tx: tx.one("SELECT * FROM task")) == before, "the votes decide again"
    await town.press(REVIEWERS[0], "Apples")
    assert await town.read(lambda tx: tx.one("SELECT label FROM task")) == (0,), "and another word may be said"


async def test_an_undo_that_ends_the_doubt_takes_the_label_from_the_queue(town: Town) -> None:
    await reviewed_job(town, 1, Review(share=0.0, reviewers=tuple(REVIEWERS)))
    await answer(town, 1, "0")
    lease = await answer(town, 2, "1")
    assert await town.read(lambda tx: tx.value("SELECT count(*) FROM escalation")) == 1, "the label is in doubt"
    await town.press_token(worker(2), await token_for(town, worker(2), lease, "undo"))
    assert await town.read(lambda tx: tx.value("SELECT count(*) FROM escalation")) == 0, "there is none any more"


# ---- the job's end ------------------------------------------------------------------------------------------------


async def test_a_job_refunds_only_when_every_review_is_settled(town: Town) -> None:
    job = await one_rejected(town, items=1, overlap=Overlap("fixed", 1, 1))
    await town.say(REQUESTER, "canceljob", "", CHANNEL)
    await town.tick(5)
    assert await held(town, "job:1:escrow:USD") > 0, "no refund while the worker may appeal"
    await town.say(REQUESTER, "status", "", CHANNEL)
    assert "1 rejected that may be appealed" in town.last(CHANNEL).text, "the requester sees what it waits for"
    await town.tick(3 * DAY)
    await town.tick(5)
    runs = await town.read(lambda tx: tx.all("SELECT claim FROM batch_run WHERE job = ? ORDER BY id", (job,)))
    assert [claim for (claim,) in runs] == ["results:preliminary", "final"], "labels so far first, then the last word"
    assert await held(town, "job:1:escrow:USD") + await held(town, "job:1:reserved:USD") == 0, "all is given back"


async def test_a_finished_job_waits_for_reviews_before_it_closes(town: Town) -> None:
    await reviewed_job(town, 1, overlap=Overlap("fixed", 1, 1))
    await answer(town, 1)
    await town.tick(120)
    assert await town.read(lambda tx: tx.value("SELECT state FROM job")) == "open", "a rejection would reopen its task"
    await judge(town, REVIEWERS[0], "Accept")
    await settle(town)
    assert await town.read(lambda tx: tx.value("SELECT state FROM job")) == "closing", "now it is over"


# ---- for rules ----------------------------------------------------------------------------------------------------


async def by_rule(town: Town, what: str, *more: str | int) -> int:
    def unit(tx: Any) -> int:
        desk = Desk(tx, town.house, town.now)
        person = people.select_person(tx, worker(1))
        assert person is not None
        count: int = getattr(review, what)(desk, person, jobs.get_job(tx, 1), *more)
        town.hear(desk.reply)
        return count

    return int(await town.read(unit))


async def test_a_rule_approves_or_rejects_all_that_waits(town: Town) -> None:
    await reviewed_job(town)
    for _ in range(2):
        await answer(town, 1)
    assert await by_rule(town, "approve_all") == 2, "both wait"
    assert await pay_of(town, 1) == 40_000, "and are paid"
    await answer(town, 1)
    assert await by_rule(town, "reject_all", "Too fast") == 1, "the third waits"
    assert "Too fast" in " ".join(texts_at(town, worker(1))), "the worker is told why"
    at = town.now
    await town.tick(10)
    assert await by_rule(town, "withdraw_rejections", at) == 1, "the rule's alert can be undone"
    assert (await state(town))[2] == ("pending", 0, 0), "it waits for review again"


async def test_answers_rejected_at_once_are_appealed_at_once(town: Town) -> None:
    await reviewed_job(town)
    for _ in range(2):
        await answer(town, 1)
    await by_rule(town, "reject_all", "Too fast")
    await town.press(worker(1), "Appeal")
    assert [row[0] for row in await state(town)] == ["appealed", "appealed"], "one press is enough"


# ---- a reason that is typed ---------------------------------------------------------------------------------------


async def asked_why(town: Town) -> None:
    """A reviewer is about to type why they reject Ada's answer."""
    await reviewed_job(town)
    await answer(town, 1)
    await settle(town)
    await town.join(REVIEWERS[0])
    await town.say(REVIEWERS[0], "review")
    await town.press(REVIEWERS[0], "Reject")
    await town.press(REVIEWERS[0], "Another reason (type it)")


async def votes(town: Town) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = await town.read(lambda tx: tx.all("SELECT choice, note FROM review_vote"))
    return found


async def test_what_is_typed_next_is_the_reason(town: Town) -> None:
    await asked_why(town)
    await town.type(REVIEWERS[0], "It is a vegetable.")
    assert await votes(town) == [("reject", "It is a vegetable.")], "it was asked for"


@pytest.mark.parametrize("instead", ["Back", "next", "help", "typed next"])
async def test_who_does_something_else_is_not_asked_any_more(town: Town, instead: str) -> None:
    await asked_why(town)
    if instead == "Back":
        await town.press(REVIEWERS[0], instead)
    elif instead.startswith("typed "):
        await town.type(REVIEWERS[0], instead.removeprefix("typed "))
    else:
        await town.say(REVIEWERS[0], instead)
    await town.type(REVIEWERS[0], "hello?")
    assert await votes(town) == [], "a stray text rejects nobody's work"


async def test_a_bare_digit_is_no_reason(town: Town) -> None:
    await asked_why(town)
    await town.type(REVIEWERS[0], "1")
    assert await votes(town) == [], "it answers a task, if there is one"
    await town.type(REVIEWERS[0], "Unreadable.")
    assert await votes(town) == [("reject", "Unreadable.")], "and the question is still open"


async def test_a_reason_that_comes_too_late_is_refused_once(town: Town) -> None:
    await asked_why(town)
    await town.read(lambda tx: tx.run("UPDATE prompt SET until = until + ?", (3 * DAY * 1000,)))
    await town.tick(2 * DAY)
    await town.type(REVIEWERS[0], "Not a fruit.")
    first = town.last(REVIEWERS[0]).text
    await town.type(REVIEWERS[0], "so what now")
    assert town.last(REVIEWERS[0]).text != first, "the next text is no reason again"
    assert await votes(town) == [], "nothing was decided"
