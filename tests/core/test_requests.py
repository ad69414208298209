"""Requesters and admins: previews, publishing, budgets and who may say what where; money to the micro-unit."""

from __future__ import annotations

import pytest
from builders import ADMIN, ADMIN_PLACE, CHANNEL, REQUESTER, Town, find_button, make_items, make_spec, worker
from states import everything, held, live, logical, memory_town, purse_of, texts_at

from core.errors import Refused
from core.ledger import Price
from core.messages import PostJob, Said
from core.model import MICRO, Handle, JobUpload, Overlap, Place
from core.service.requests import amount_of, begin_import, cost_range
from core.store import batches
from core.store.tx import Tx

ELSEWHERE = Place("telegram", "-501")
STRANGER = worker(8)
OWNER_VERBS = ("pausejob", "resumejob", "canceljob", "budget 5")


async def state_of(town: Town, job: int) -> str:
    return str(await town.read(lambda tx: tx.value("SELECT state FROM job WHERE id = ?", (job,))))


async def said(town: Town, who: Handle, text: str, place: Place = CHANNEL) -> str:
    """Say a command in a channel; what the bot answered there."""
    verb, _, args = text.partition(" ")
    before = len(town.said.get(place, []))
    await town.say(who, verb, args, place)
    return "\n".join(texts_at(town, place)[before:])


async def refused(town: Town, who: Handle, text: str, words: str, place: Place = CHANNEL) -> None:
    before = await town.read(everything)
    answer = await said(town, who, text, place)
    assert words in answer, f"the reason is told: {answer!r}"
    assert await town.read(everything) == before, "and nothing has changed"


# ---- a new job ----------------------------------------------------------------------------------------------------


async def test_a_preview_shows_the_task_as_workers_see_it_and_the_cost(town: Town) -> None:
    await town.post(make_items(10, gold=[0]), make_spec(overlap=Overlap("dynamic", 2, 5), control_share=0.1))
    task, summary = (speech.card for speech in town.said[CHANNEL][-2:])
    assert task.quote == "item 0" and [b.text for b in task.rows[-1]] == ["Skip", "Can't tell", "Report"], "as a worker"
    assert "10 tasks and 1 control tasks, 2–5 (90%) answers" in summary.text, "counts and overlap"
    assert "Expected cost: 0.528 USD to 1.32 USD" in summary.text, "22 to 55 answers at 0.024"


async def test_a_preview_advises_enough_control_tasks(town: Town) -> None:
    await town.post(make_items(36, gold=[0] * 4))
    assert "4 have a known label" in town.last(CHANNEL).text and "from 10 on" in town.last(CHANNEL).text, "a fourth"
    await town.post(make_items(36, gold=[0] * 12), source="other")
    assert "known label" not in town.last(CHANNEL).text, "no advice where it is followed"


async def test_a_button_of_the_preview_is_only_a_preview(town: Town) -> None:
    await town.post(make_items(2))
    before = await town.read(logical)
    reply = await town.press(REQUESTER, "Apples", CHANNEL)
    assert reply.alert and "preview" in reply.toast, "the requester is told"
    assert await town.read(logical) == before, "and nothing has changed"


async def test_publishing_funds_calls_and_shows_progress(town: Town) -> None:
    job = await town.publish(make_items(2))
    assert await held(town, f"job:{job}:escrow:USD") == 10 * MICRO, "the budget is in escrow"
    call = town.said[CHANNEL][-2].card
    assert find_button(call, "Start").start == f"j{job}", "the call opens the private chat with this job"
    assert "0 of 2 tasks done" in town.last(CHANNEL).text, "and the progress message is there to be edited"


async def test_the_same_source_makes_one_job(town: Town) -> None:
    job = await town.post(make_items(2), source="message-7")
    post = PostJob(
        key="again", who=REQUESTER, chat=CHANNEL.chat, private=False, source="message-7",
        upload=JobUpload(make_spec(), make_items(2)),
    )  # fmt: skip
    assert await town.read(begin_import, post, town.now, town.house) is None, "the same message twice is one job"
    assert await town.read(lambda tx: tx.value("SELECT count(*) FROM job")) == job == 1, "no second row"


async def test_publish_twice_is_told_and_funds_once(town: Town) -> None:
    await town.credit()
    await town.post(make_items(2))
    preview = town.last(CHANNEL)
    await town.press(REQUESTER, "Publish", CHANNEL, card=preview)
    before = await town.read(everything)
    for text in ("Publish", "Discard"):
        reply = await town.press(REQUESTER, text, CHANNEL, card=preview)
        assert reply.alert and "open already" in reply.toast, "a decided job is decided"
    assert await town.read(everything) == before, "and its budget was taken once"


async def test_a_discarded_job_costs_nothing(town: Town) -> None:
    await town.credit()
    job = await town.post(make_items(2))
    await town.press(REQUESTER, "Discard", CHANNEL)
    assert await state_of(town, job) == "closed", "it is over before it began"
    assert await held(town, await purse_of(town, REQUESTER)) == 1_000 * MICRO, "the purse is whole"


async def test_a_poor_purse_refuses_and_works_after_credit(town: Town) -> None:
    await town.credit(9)
    job = await town.post(make_items(2))
    before = await town.read(everything)
    reply = await town.press(REQUESTER, "Publish", CHANNEL)
    assert "lacks 1.00 USD" in reply.toast and "/credit telegram:7" in reply.toast, "what is missing, what to do"
    assert await town.read(everything) == before, "nothing has changed"
    await town.credit(1)
    await town.press(REQUESTER, "Publish", CHANNEL)
    assert await state_of(town, job) == "open", "with enough in the purse it opens"


async def test_with_points_a_budget_comes_from_nowhere() -> None:
    town = memory_town(rail="points")
    job = await town.post(make_items(2))
    await town.press(REQUESTER, "Publish", CHANNEL)
    await said(town, REQUESTER, "budget 5")
    assert await held(town, f"job:{job}:escrow:USD") == 15 * MICRO, "publishing and adding need no admin"


async def test_only_the_owner_or_an_admin_publishes(town: Town) -> None:
    await town.credit()
    job = await town.post(make_items(2))
    before = await town.read(everything)
    reply = await town.press(STRANGER, "Publish", CHANNEL)
    assert reply.alert and "Only the person who posted" in reply.toast, "a stranger is told"
    after = await town.read(everything)
    assert {**after, "people": []} == {**before, "people": []}, "and nothing but their name is new"
    await town.press(ADMIN, "Publish", CHANNEL)
    assert await state_of(town, job) == "open", "an admin may"


def test_the_cost_range_is_overlap_times_price_with_controls() -> None:
    spec = make_spec(overlap=Overlap("dynamic", 2, 4), control_share=0.25)
    assert cost_range(spec, Price(90, 10, "USD"), make_items(8)) == (1_600, 3_200), "without controls none are bought"
    assert cost_range(spec, Price(90, 10, "USD"), make_items(8, gold=[0])) == (2_000, 4_000), "with them a share more"


# ---- who may say what, and where ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [*OWNER_VERBS, "status", "results"])
async def test_a_command_from_another_channel_is_refused(town: Town, text: str) -> None:
    await town.publish(make_items(2))
    verb, _, args = text.partition(" ")
    await refused(town, REQUESTER, f"{verb} #1 {args}", "does not belong to this channel", ELSEWHERE)
    await refused(town, REQUESTER, text, "no job yet", ELSEWHERE)


@pytest.mark.parametrize("text", OWNER_VERBS)
async def test_a_command_by_somebody_else_is_refused(town: Town, text: str) -> None:
    await town.publish(make_items(2))
    await town.say(STRANGER, "help")
    await refused(town, STRANGER, text, "Only the person who posted")


@pytest.mark.parametrize("text", ["resumejob", "pausejob #1 now"])
async def test_a_command_in_the_wrong_state_is_refused(town: Town, text: str) -> None:
    await town.publish(make_items(2))
    if text.startswith("pause"):
        await said(town, REQUESTER, "pausejob")
    await refused(town, REQUESTER, text, "cannot be done now")


@pytest.mark.parametrize("text", ["status ²", "status #²", "status " + "9" * 5_000, "status 1.5", "status -1"])
async def test_strange_job_numbers_do_no_harm(town: Town, text: str) -> None:
    await town.publish(make_items(2))
    assert "Topics" in await said(town, STRANGER, text), "what is no number is not one; the newest job is shown"


async def test_the_newest_live_job_is_meant_unless_a_number_is_given(town: Town) -> None:
    first = await town.publish(make_items(2))
    second = await town.publish(make_items(2))
    assert f"#{second} " in await said(town, REQUESTER, "status"), "the newest"
    assert f"#{first} " in await said(town, REQUESTER, f"status {first}"), "or the one that was named"
    await said(town, REQUESTER, "canceljob")
    await town.tick(1)
    await town.read(lambda tx: tx.run("UPDATE job SET state = 'closed' WHERE id = ?", (second,)).rowcount)
    assert f"#{first} " in await said(town, REQUESTER, "status"), "a closed job stands back"


async def test_how_to_post_is_told(town: Town) -> None:
    assert "caption /newjob" in await said(town, REQUESTER, "newjob"), "what to send is told"


# ---- pause, cancel, budget, results -------------------------------------------------------------------------------


async def test_pause_hands_out_nothing_but_lets_the_task_in_hand_be_paid(town: Town) -> None:
    await town.publish(make_items(3))
    await town.join(worker(1))
    await said(town, REQUESTER, "pausejob")
    await town.press(worker(1), "Apples")
    assert await live(town, worker(1)) is None, "no new task"
    assert await held(town, "worker:3:payable:USD") == 20_000, "the one in hand is paid"
    await said(town, REQUESTER, "resumejob")
    await town.say(worker(1), "next")
    assert await live(town, worker(1)) is not None, "then it goes on"


async def test_cancel_pays_what_is_in_hand_and_refunds_the_rest(town: Town) -> None:
    job = await town.publish(make_items(3))
    for number in (1, 2, 3):
        await town.join(worker(number))
    await town.press(worker(1), "Apples")
    await town.say(worker(1), "pause")
    await said(town, REQUESTER, "canceljob")
    await town.press(worker(2), "Bread")
    await town.tick(1)
    assert await state_of(town, job) == "closing", "a lease is still out, so nothing is refunded yet"
    await town.tick(601)
    await town.tick(1)
    assert await held(town, await purse_of(town, REQUESTER)) == 1_000 * MICRO - 2 * 24_000, "two answers were bought"
    assert await held(town, f"job:{job}:escrow:USD") == 0, "nothing is left behind"


async def test_a_draft_is_cancelled_without_cost(town: Town) -> None:
    job = await town.post(make_items(2))
    assert "discarded" in await said(town, REQUESTER, "canceljob"), "it is told"
    assert await state_of(town, job) == "closed", "and over"


@pytest.mark.parametrize(("text", "added"), [("budget 5", 5), ("budget #1 5", 5), ("budget 0.5", 0.5), ("budget", 0)])
async def test_budget_adds_from_the_purse(town: Town, text: str, added: float) -> None:
    job = await town.publish(make_items(2))
    answer = await said(town, REQUESTER, text)
    total = int((10 + added) * MICRO)
    assert await held(town, f"job:{job}:escrow:USD") == total, "the escrow has grown by that"
    assert f"budget {10 + added:.2f} USD" in answer and "left" in answer, "and the figures are told"


NO_AMOUNTS = ("0", "-5", "x", "NaN", "Infinity", "1e999999", "9e999999", "0.0000001", "1,5", "#1 #2")


@pytest.mark.parametrize("text", NO_AMOUNTS)
async def test_what_is_no_amount_is_refused(town: Town, text: str) -> None:
    await town.publish(make_items(2))
    await refused(town, REQUESTER, f"budget {text}", "is not an amount")


def test_amounts_are_exact() -> None:
    assert [amount_of(t) for t in ("12.50", "0.000001", "7")] == [12_500_000, 1, 7_000_000], "to the micro-unit"
    with pytest.raises(Refused):
        amount_of("1000000000")


async def test_budget_beyond_the_purse_is_refused(town: Town) -> None:
    await town.publish(make_items(2))
    await refused(town, REQUESTER, "budget 991", "lacks 1.00 USD")


async def test_the_same_budget_command_redelivered_adds_once(town: Town) -> None:
    job = await town.publish(make_items(2))
    said_once = Said(key="b1", who=REQUESTER, chat=CHANNEL.chat, private=False, verb="budget", args="5")
    await town.obey(said_once)
    await town.obey(said_once)
    assert await held(town, f"job:{job}:escrow:USD") == 15 * MICRO, "one message adds one amount"


async def test_more_budget_lets_a_job_go_on(town: Town) -> None:
    await town.publish(make_items(3), make_spec(budget=24_000))
    await town.join(worker(1))
    await town.press(worker(1), "Apples")
    await said(town, REQUESTER, "budget 1")
    await town.press(worker(1), "Continue")
    assert await live(town, worker(1)) is not None, "work is handed out again"


async def test_results_before_any_answer_say_so(town: Town) -> None:
    await town.publish(make_items(2))
    await refused(town, REQUESTER, "results", "no answers yet")


async def finish_run(town: Town, error: str = "") -> None:
    """Play the batch worker: the oldest run is done, or has failed for good."""

    def unit(tx: Tx) -> None:
        run = batches.take_run(tx, 0)
        assert run is not None, "there is a run to do"
        report = '{"metrics": {}, "files": [["/tmp/x.csv", "x.csv"]]}'
        batches.finish_run(tx, run.id, report if not error else "", error, 0)

    await town.read(unit)


async def runs(town: Town) -> list[tuple[str, str]]:
    return list(await town.read(lambda tx: tx.all("SELECT claim, state FROM batch_run ORDER BY id")))


async def test_results_of_an_open_job_are_made_once_per_state_of_its_answers(town: Town) -> None:
    await town.publish(make_items(4))
    await town.join(worker(1))
    await town.press(worker(1), "Apples")
    assert "press Start" in await said(town, REQUESTER, "results"), "the bot may not write to them yet"
    assert not await runs(town), "so nothing is made"
    await town.say(REQUESTER, "results")
    assert "arrive here" in town.last(REQUESTER).text, "a run is queued"
    assert "go to telegram:7 in private" in await said(town, REQUESTER, "results"), "the channel hears where"
    assert len(await runs(town)) == 1, "asking twice does not run twice"
    await finish_run(town)
    await said(town, REQUESTER, "results")
    assert town.said[Place(*REQUESTER)][-1].files == (("/tmp/x.csv", "x.csv"),), "asking again brings the same files"
    assert not any(speech.files for speech in town.said[CHANNEL]), "labels so far would steer workers"
    await town.press(worker(1), "Undo")
    await town.press(worker(1), "Bread")
    await said(town, REQUESTER, "results")
    assert [state for _, state in await runs(town)] == ["done", "queued"], "changed answers make a new run"


async def test_labels_so_far_go_to_the_requester_also_where_an_admin_asks(town: Town) -> None:
    job = await town.publish(make_items(4))
    await town.join(worker(1))
    await town.press(worker(1), "Apples")
    await town.say(ADMIN, "results", f"#{job}", ADMIN_PLACE)
    assert "go to telegram:7 in private" in town.last(ADMIN_PLACE).text, "who made the job gets them"
    await finish_run(town)
    await town.say(ADMIN, "results", f"#{job}", ADMIN_PLACE)
    assert town.said[ADMIN_PLACE][-1].files, "no worker reads the admins' channel"


async def test_in_private_a_requester_may_name_their_own_jobs_and_an_admin_all(town: Town) -> None:
    job = await town.publish(make_items(4))
    await town.say(REQUESTER, "status")
    assert f"#{job}" in town.last(REQUESTER).title, "the newest of their own"
    assert len(town.said[Place(*REQUESTER)]) == 1, "the exact figures, once"
    await town.say(ADMIN, "status", f"#{job}")
    assert f"#{job}" in town.last(ADMIN).title, "an admin names any"
    await town.say(ADMIN, "status", "#77")
    assert "Job #77 does not belong" in town.last(ADMIN).text, "a number that no job has"
    await town.say(STRANGER, "status", f"#{job}")
    assert "does not belong to this channel" in town.last(STRANGER).text, "nobody else"


async def test_results_try_a_failed_run_again(town: Town) -> None:
    await town.publish(make_items(4))
    await town.join(worker(1))
    await town.press(worker(1), "Apples")
    await town.say(REQUESTER, "results")
    await finish_run(town, error="boom")
    await town.say(REQUESTER, "results")
    assert [state for _, state in await runs(town)] == ["queued"], "the failed run gets its tries anew"


async def test_results_of_a_closing_job_try_its_failed_final_run_again(town: Town) -> None:
    await town.publish(make_items(4))
    await town.join(worker(1))
    await town.press(worker(1), "Apples")
    await town.say(worker(1), "pause")
    await said(town, REQUESTER, "canceljob")
    await town.tick(1)
    await finish_run(town, error="boom")
    await town.tick(1)
    assert await runs(town) == [("final", "failed")], "time alone does not try for ever"
    assert "arrive here" in await said(town, REQUESTER, "results"), "the requester may ask again"
    assert await runs(town) == [("final", "queued")], "and it runs again"


# ---- admins -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["credit telegram:7 5 USD", "skill telegram:7 german 80"])
async def test_only_admins_book_money_and_set_skills(town: Town, text: str) -> None:
    await town.say(REQUESTER, "help")
    await refused(town, REQUESTER, text, "Only an admin")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("credit", "Usage"),
        ("credit telegram:7 5", "Usage"),
        ("credit telegram:7 5 usd", "Usage"),
        ("credit 7 5 USD", "is not a person"),
        ("credit telegram:7 five USD", "is not an amount"),
        ("skill telegram:7 german", "Usage"),
        ("skill telegram:7 german 101", "Usage"),
        ("skill icq:7 german 50", "is not a person"),
    ],
)
async def test_wrong_admin_commands_say_how(town: Town, text: str, words: str) -> None:
    await town.credit(1)
    await refused(town, ADMIN, text, words, ADMIN_PLACE)


async def test_a_payment_with_a_reference_is_booked_once(town: Town) -> None:
    for words in ("booked for telegram:7", "booked before"):
        assert words in await said(town, ADMIN, "credit telegram:7 5 USD bank-77", ADMIN_PLACE), "told what happened"
    assert await held(town, await purse_of(town, REQUESTER)) == 5 * MICRO, "one payment"


async def test_a_reference_of_another_payment_is_refused(town: Town) -> None:
    await said(town, ADMIN, "credit telegram:7 5 USD bank-77", ADMIN_PLACE)
    await refused(town, ADMIN, "credit telegram:7 6 USD bank-77", "booked before for another", ADMIN_PLACE)


async def test_admin_acts_are_journaled(town: Town) -> None:
    await said(town, ADMIN, "credit telegram:7 5 USD", ADMIN_PLACE)
    await said(town, ADMIN, "skill telegram:7 german 80 9d", ADMIN_PLACE)
    kinds = await town.read(lambda tx: tx.all("SELECT kind, actor, person FROM event"))
    assert kinds == [("credit", 1, 2), ("skill", 1, 2)], "who did what for whom"
