"""Training and exam before a job: offered, taken question by question, passed or not, with tries, waits and reasons.

Proves core.exams, core.store.exams, core.service.courses and core.service.classroom.
"""

from __future__ import annotations

from typing import Any

from builders import ADMIN, ADMIN_PLACE, Town, make_items, make_spec, worker
from states import live, memory_town, purse_of, texts_at

from core.exams import Attempt, Chance, chance, score_of, since_pass, stale
from core.messages import Card, Reply
from core.model import Exam, Item, Place, Training
from core.quality import ChanceTest
from core.service import waiting
from core.service.house import Desk
from core.store import exams, jobs, people

ADA, BEN = worker(1), worker(2)
DAY = 86_400_000
EXAM = Exam(questions=4, pass_score=75, attempts=2, cooldown_seconds=86_400, skill="topics")
TRAINING = Training(tasks=3, pass_score=60, attempts=2, cooldown_seconds=3600)
GOLD = tuple(Item(f"g{n}", {"text": f"known {n}"}, gold=n % 2, why=f"it says {n}.") for n in range(12))


async def town_with(**spec: Any) -> Town:
    town = memory_town(rules=(), chance=ChanceTest(error=0))
    await town.publish((*make_items(20), *GOLD), make_spec(session=9, **spec))
    return town


async def arrive(town: Town, who: Any = ADA) -> None:
    """Come by the job's link and accept the agreement."""
    await town.say(who, "start", "j1")
    await town.press(who, "Accept")


def answer_to(card: Card, *, right: bool) -> str:
    """The option that is right (or wrong) for the question shown."""
    gold = int(card.quote.split()[-1]) % 2
    return ("Apples", "Bread")[gold if right else 1 - gold]


async def sit(town: Town, who: Any, *marks: bool) -> Reply:
    """Answer that many questions, right or wrong; "Next" wherever it stands."""
    reply = Reply()
    for right in marks:
        reply = await town.press(who, answer_to(town.last(who), right=right))
        if any(button.text == "Next" for row in town.last(who).rows for button in row):
            reply = await town.press(who, "Next")
    return reply


def attempt(number: int, state: str, done_at: int | None = None) -> Attempt:
    return Attempt(number, 1, 1, "exam", number, state, 4, 0, 0, 0, done_at)


# ---- pure ---------------------------------------------------------------------------------------------------------


def test_a_failed_try_costs_one_and_starts_the_wait() -> None:
    tries = [attempt(1, "failed", 1000)]
    assert chance(EXAM, [], 0) == Chance(2, None), "all tries are there at first"
    assert chance(EXAM, tries, 2000) == Chance(1, 1000 + DAY), "one is gone, and the next has to wait"
    assert chance(EXAM, tries, 1000 + DAY) == Chance(1, None), "after the wait it can be taken"
    assert chance(EXAM, [*tries, attempt(2, "failed", 5)], DAY * 9).left == 0, "two are all"


def test_a_pass_gives_the_tries_back_and_lasts_until_a_long_absence() -> None:
    tries = [attempt(1, "failed", 1), attempt(2, "passed", 2), attempt(3, "failed", 3)]
    assert [one.id for one in since_pass(tries)] == [3], "tries count from the newest pass on"
    assert stale(0, 61 * DAY, 60) and not stale(0, 59 * DAY, 60), "sixty days are a long absence"
    assert not stale(0, 999 * DAY, 0), "0 days switch the retest off"
    assert score_of(2, 3) == 67, "a score is per cent of right answers"


# ---- exam ---------------------------------------------------------------------------------------------------------


async def test_the_exam_is_announced_with_its_terms_and_can_be_put_off() -> None:
    town = await town_with(exam=EXAM)
    await arrive(town)
    card = town.last(ADA)
    for part in ("4 questions, not paid", "75 % right", "cannot be undone", "Tries left: 2", "wait of 24 h"):
        assert part in card.text, f"the terms are told before it starts: {part}"
    await town.press(ADA, "Not now")
    assert "stays open" in town.last(ADA).text, "no is an answer"
    reply = await town.say(ADA, "next")
    assert "a training or an exam" in reply.speeches[-1].card.text, "it is not pressed upon who put it off"


async def test_a_passed_exam_gives_the_skill_and_leads_to_the_first_task() -> None:
    town = await town_with(exam=EXAM)
    await arrive(town)
    await town.press(ADA, "Start")
    await sit(town, ADA, True, True, False, True)
    result = texts_at(town, ADA)[-2]
    assert "Passed" in result and "3 of 4 right: 75 %" in result, "the score is told"
    assert "The right answer was" in result and "because it says" in result, "and what was wrong, with the reason"
    person = await town.read(people.select_person, ADA)
    assert await town.read(people.skills_of, person.id, town.now) == {"topics": 75}, "the score is a skill"
    assert await live(town, ADA) is not None, "the first paid task follows"
    used = await town.read(lambda tx: tx.value("SELECT count(*) FROM entry WHERE kind = 'accept'"))
    assert used == 0, "an exam is not paid"


async def test_a_failed_exam_tells_the_wait_and_the_tries_and_refuses_until_then() -> None:
    town = await town_with(exam=EXAM)
    await arrive(town)
    await town.press(ADA, "Start")
    await sit(town, ADA, False, False, True, True)
    assert "Not passed this time" in town.last(ADA).title and "Tries left: 1" in town.last(ADA).text, "plainly told"
    await town.say(ADA, "start", "j1")
    assert "try this job's exam again from" in town.last(ADA).text, "before its time there is no other try"
    town.now += DAY + 1
    await town.say(ADA, "start", "j1")
    await town.press(ADA, "Start")
    await sit(town, ADA, False, False, False, False)
    await town.say(ADA, "start", "j1")
    assert "used all tries" in town.last(ADA).text, "two tries are two tries"


async def test_questions_come_in_place_and_an_old_card_answers_nothing() -> None:
    town = await town_with(exam=EXAM)
    await arrive(town)
    await town.press(ADA, "Start")
    first = town.last(ADA)
    reply = await town.press(ADA, "Apples")
    assert reply.speeches[0].op == "edit" and "2 of 4" in reply.speeches[0].card.title, "one message, edited"
    again = await town.press(ADA, "Bread", card=first)
    assert "old" in again.toast, "a second tap on the first question does not answer the second one"
    assert not any(button.text == "Undo" for row in town.last(ADA).rows for button in row), "an exam has no undo"


async def test_an_exam_goes_on_where_it_stopped_and_digits_answer() -> None:
    town = await town_with(exam=EXAM)
    await arrive(town)
    await town.press(ADA, "Start")
    await town.type(ADA, "1")
    await town.say(ADA, "next")
    assert "2 of 4" in town.last(ADA).title, "the open question again"
    assert "number from 1 to 2" in (await town.type(ADA, "7")).speeches[0].card.text, "digits are checked"


async def test_questions_of_an_exam_are_never_silent_controls_for_the_same_worker() -> None:
    town = await town_with(exam=EXAM, control_share=0.5)
    await arrive(town)
    await town.press(ADA, "Start")
    await sit(town, ADA, True, True, True, True)
    for _ in range(30):
        if await live(town, ADA) is None:
            await town.say(ADA, "next")
        if await live(town, ADA) is not None:
            await town.press(ADA, "Apples")
    both = "SELECT count(*) FROM assignment a JOIN attempt_answer q ON q.person = a.person AND q.task = a.task"
    assert await town.read(lambda tx: tx.value(both)) == 0, "who has seen the answer is not tested with it"
    controls = await town.read(lambda tx: tx.value("SELECT count(*) FROM assignment WHERE control = 1"))
    assert controls > 0, "other controls come"


async def test_after_a_long_absence_the_exam_is_asked_again() -> None:
    town = await town_with(exam=EXAM)
    await arrive(town)
    await town.press(ADA, "Start")
    await sit(town, ADA, True, True, True, True)
    await town.press(ADA, "Apples")
    await town.say(ADA, "pause")
    town.now += 61 * DAY
    await town.say(ADA, "start", "j1")
    assert "Exam" in town.last(ADA).title, "sixty days later it has to be shown again"


async def test_a_skill_from_an_admin_is_as_good_as_the_exam() -> None:
    town = await town_with(exam=EXAM)
    await town.say(ADMIN, "skill", f"{BEN} topics 90", ADMIN_PLACE)
    await arrive(town, BEN)
    assert await live(town, BEN) is not None, "who has the skill starts at once"


# ---- training -----------------------------------------------------------------------------------------------------


async def test_training_teaches_after_every_answer_and_is_not_paid() -> None:
    town = await town_with(training=TRAINING)
    await arrive(town)
    assert "They are not paid" in town.last(ADA).text, "that is said before it starts"
    await town.press(ADA, "Start")
    await town.press(ADA, answer_to(town.last(ADA), right=False))
    assert "The right answer was" in town.last(ADA).question and "because it says" in town.last(ADA).question, "why"
    await town.press(ADA, "Next")
    await sit(town, ADA, True, True)
    assert await live(town, ADA) is not None, "two of three are enough"
    paid = await town.read(
        lambda tx: tx.value("SELECT coalesce(sum(balance), 0) FROM account WHERE code LIKE 'worker:%'")
    )
    assert paid == 0, "and nothing was paid"


async def test_a_job_can_pay_for_its_training_and_the_books_stay_whole() -> None:
    town = await town_with(training=Training(tasks=3, pass_score=1, paid=True))
    await arrive(town)
    assert "paid like tasks: 0.02 USD" in town.last(ADA).text, "that is said too"
    await town.press(ADA, "Start")
    await sit(town, ADA, True, True, True)
    paid = await town.read(lambda tx: tx.value("SELECT balance FROM account WHERE code LIKE 'worker:%:payable:USD'"))
    assert paid == 60_000, "three training tasks at the price of a task"


async def test_the_bill_of_a_job_with_paid_training_is_what_the_ledger_says() -> None:
    town = await town_with(training=Training(tasks=3, pass_score=1, paid=True))
    await arrive(town)
    await town.press(ADA, "Start")
    await sit(town, ADA, True, True, True)
    for _ in range(2):
        await town.press(ADA, "Apples")
    bill = await town.read(lambda tx: waiting.paid_and_fee(Desk(tx, town.house, town.now), jobs.get_job(tx, 1)))
    payable = await town.read(lambda tx: tx.value("SELECT sum(balance) FROM account WHERE code GLOB 'worker:*'"))
    fee = await town.read(lambda tx: tx.value("SELECT balance FROM account WHERE code = 'platform:fee:USD'"))
    assert bill == (payable, fee) == (100_000, 20_000), "three lessons and two answers, to the micro-unit"
    spent = await town.read(lambda tx: waiting.spent(Desk(tx, town.house, town.now), jobs.get_job(tx, 1)))
    assert sum(bill) == spent, "and that is all that was spent"
    store: Any = town.database
    assert store.faults() == [], "every account follows from the records"
    assert await purse_of(town, ADA), "the helper stays in use"


async def test_training_comes_before_the_exam() -> None:
    town = await town_with(training=TRAINING, exam=EXAM)
    await arrive(town)
    assert town.last(ADA).title.startswith("Training"), "first the training"
    await town.press(ADA, "Start")
    await sit(town, ADA, True, True, True)
    assert town.last(ADA).title.startswith("Exam"), "then the exam"
    person = await town.read(people.select_person, ADA)
    assert await town.read(exams.answer_counts, person.id, 1, "training") == (1, 3, 3), "the record that rules read"
    result = await town.read(exams.latest_result, person.id, 1, "training")
    assert (result.state, result.score) == ("passed", 100), "and its result"
    assert Place(*ADA) in town.said, "all of it was said in private"
