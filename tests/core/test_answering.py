"""A tap counts once and only for whom it is meant; every other press changes nothing and is told kindly.

Proves core.service.answering.
"""

from __future__ import annotations

import secrets

import pytest
from builders import ADMIN, ADMIN_PLACE, CHANNEL, REQUESTER, Town, find_button, make_items, make_spec, worker
from states import everything, held, live, logical, texts_at, token_for

from config.texts import load_texts
from core.messages import Press, Reply
from core.model import Handle, Overlap
from core.service import handle
from core.tokens import mint

ADA, BEN = worker(1), worker(2)


async def at_work(town: Town, items: int = 4, **spec: object) -> str:
    """Ada has a task; the token of its first option."""
    await town.publish(make_items(items), make_spec(**spec))
    await town.join(ADA)
    return await token(town)


async def token(town: Town, choice: str = "0", who: Handle = ADA) -> str:
    lease = await live(town, who)
    assert lease is not None, "there is a task to tap on"
    return await token_for(town, who, lease.id, choice)


async def refused(town: Town, who: Handle, pressed: str, words: str) -> None:
    """Press; nothing may change, and the person is told in a box."""
    before = await town.read(everything)
    reply = await town.press_token(who, pressed)
    assert await town.read(everything) == before, "a refused press changes nothing, not even a line of history"
    assert reply.alert and words in reply.toast, f"the person is told kindly: {reply.toast!r}"
    assert not reply.speeches, "and nothing else is said"


# ---- what a tap does ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "toast", "paid"),
    [("0", "✓ Apples", 20_000), ("1", "✓ Bread", 20_000), ("cant", "✓ Can't tell", 20_000)]
    + [("skip", "✓ Skipped", 0), ("report", "✓ Reported", 0)],
)
async def test_a_tap_is_recorded_paid_and_receipted(town: Town, choice: str, toast: str, paid: int) -> None:
    await at_work(town)
    reply = await town.press_token(ADA, await token(town, choice))
    receipt, following = reply.speeches
    assert (reply.toast, reply.alert) == (toast, False), "the tap is answered at once with what was saved"
    assert find_button(receipt.card, "Undo") and receipt.card.text.startswith(toast), "one line with Undo"
    assert following.card.question == "Which topic?", "the next task follows"
    lease = await live(town, ADA)
    assert lease is not None and await held(town, f"worker:{lease.person}:payable:USD") == paid, "answers are paid"


async def test_pay_and_fee_leave_what_was_reserved(town: Town) -> None:
    await town.press_token(ADA, await at_work(town))
    assert await held(town, "platform:fee:USD") == 4_000, "the fee is a fifth of the pay"
    assert await held(town, "job:1:reserved:USD") == 24_000, "only the next task is still promised"


@pytest.mark.parametrize(("typed", "toast"), [("1", "✓ Apples"), (" 2 ", "✓ Bread")])
async def test_a_typed_digit_is_an_answer(town: Town, typed: str, toast: str) -> None:
    await at_work(town)
    reply = await town.type(ADA, typed)
    assert reply.toast == toast and len(reply.speeches) == 2, "as good as a tap: receipt and next task"


@pytest.mark.parametrize(
    ("typed", "words"),
    [("3", "from 1 to 2"), ("0", "from 1 to 2"), ("hello", "/help"), ("٣", "/help"), ("100", "/help")],
)
async def test_anything_else_typed_gets_a_hint(town: Town, typed: str, words: str) -> None:
    await at_work(town)
    before = await town.read(everything)
    await town.type(ADA, typed)
    assert words in town.last(ADA).text, "the hint says what can be typed"
    assert await town.read(everything) == before, "and nothing has changed"


async def test_a_digit_without_a_task_is_told_where_to_get_one(town: Town) -> None:
    await town.type(ADA, "1")
    assert "/next" in town.last(ADA).text, "there is no open task"


@pytest.mark.parametrize("word", ["next", "Stats", "HELP", "privacy", "pause"])
async def test_a_command_word_works_without_its_slash(town: Town, word: str) -> None:
    await at_work(town)
    await town.type(ADA, word)
    assert "type its number" not in town.last(ADA).text or word == "HELP", "the word is obeyed"


# ---- sessions -----------------------------------------------------------------------------------------------------


async def test_a_session_ends_with_a_summary_and_goes_on_at_will(town: Town) -> None:
    await at_work(town, session=2)
    await town.press(ADA, "Apples")
    assert "· 2 of 2 ·" in town.last(ADA).title, "the header counts the tasks of the session"
    await town.press(ADA, "Apples")
    summary = town.last(ADA)
    assert "2 tasks in this session, 0.04 USD earned" in summary.text, "what was done and earned"
    assert [b.text for b in summary.rows[0]] == ["Continue", "Stop"], "and how to go on"
    await town.press(ADA, "Continue")
    assert "· 1 of 2 · earned 0.00 USD" in town.last(ADA).title, "a new session starts at one"


async def test_stop_ends_the_session_and_next_begins_another(town: Town) -> None:
    await at_work(town, session=1)
    await town.press(ADA, "Apples")
    await town.press(ADA, "Stop")
    assert "See you" in town.last(ADA).text, "the summary becomes a goodbye"
    assert await live(town, ADA) is None, "nothing is handed out"
    await town.say(ADA, "next")
    assert await live(town, ADA) is not None, "until the worker asks"


async def test_a_summary_can_be_pressed_once(town: Town) -> None:
    await at_work(town, session=1)
    await town.press(ADA, "Apples")
    pressed = find_button(town.last(ADA), "Continue").token
    await town.press_token(ADA, pressed)
    await refused(town, ADA, pressed, "old")


async def test_when_nothing_is_left_the_summary_says_so(town: Town) -> None:
    await at_work(town, items=1)
    await town.press(ADA, "Apples")
    assert "every task that is open to you" in town.last(ADA).text, "the summary tells the reason"
    before = await town.read(logical)
    reply = await town.press(ADA, "Continue")
    assert reply.alert and await town.read(logical) == before, "Continue stays for later, and says why not now"


async def test_continue_after_a_restriction_tells_the_reason(town: Town) -> None:
    await at_work(town, items=20, session=9, overlap=Overlap("fixed", 1, 1))
    for _ in range(9):
        await town.press_token(ADA, await token(town, "skip"))
    await town.press(ADMIN, "Restrict 1 day", ADMIN_PLACE)
    await town.say(ADA, "next")
    assert "too many tasks were skipped" in town.last(ADA).text, "why"


# ---- presses that must change nothing -----------------------------------------------------------------------------


async def test_the_same_press_redelivered_gets_the_same_toast(town: Town) -> None:
    pressed = await at_work(town)
    first = await town.press_token(ADA, pressed, key="k")
    before = await town.read(everything)
    again = await town.press_token(ADA, pressed, key="k")
    assert (again.toast, again.alert, again.speeches) == (first.toast, first.alert, []), "obeyed once, answered twice"
    assert await town.read(everything) == before, "and nothing has changed"


async def test_a_redelivered_refusal_stays_the_same_refusal(town: Town) -> None:
    await at_work(town)
    first = await town.press_token(ADA, "x" * 24, key="k")
    again = await town.press_token(ADA, "x" * 24, key="k")
    assert (again.toast, again.alert) == (first.toast, True), "the person sees the same box"


async def test_a_double_tap_counts_once(town: Town) -> None:
    pressed = await at_work(town)
    await town.press_token(ADA, pressed)
    await refused(town, ADA, pressed, "answered already")


async def test_another_button_of_an_old_keyboard_changes_nothing(town: Town) -> None:
    await at_work(town)
    other = await token(town, "1")
    await town.press(ADA, "Apples")
    await refused(town, ADA, other, "answered already")


async def test_somebody_elses_button_does_not_work(town: Town) -> None:
    pressed = await at_work(town)
    await town.join(BEN)
    await refused(town, BEN, pressed, "somebody else")


async def test_a_stranger_is_told_too(town: Town) -> None:
    pressed = await at_work(town)
    await town.say(worker(9), "help")
    await refused(town, worker(9), pressed, "somebody else")


@pytest.mark.parametrize("forged", ["", "x", "A" * 24, "!" * 24, "ä" * 24, "A" * 64, "=" * 24])
async def test_a_random_token_is_refused(town: Town, forged: str) -> None:
    await at_work(town)
    await refused(town, ADA, forged, "does not work")


async def test_a_token_with_a_changed_choice_is_refused(town: Town) -> None:
    pressed = await at_work(town)
    changed = pressed[:11] + ("A" if pressed[11] != "A" else "B") + pressed[12:]
    await refused(town, ADA, changed, "does not work")


async def test_a_token_sealed_with_another_secret_is_refused(town: Town) -> None:
    await at_work(town)
    lease = await live(town, ADA)
    assert lease is not None
    nonce = await town.read(lambda tx: tx.value("SELECT nonce FROM card WHERE ref = ? AND kind = 'task'", (lease.id,)))
    await refused(town, ADA, mint(secrets.token_bytes(32), nonce, lease.person, "0"), "does not work")


@pytest.mark.parametrize("choice", ["5", "publish", "accept", "ban", "withdraw", "lang0"])
async def test_a_choice_that_the_card_does_not_have_is_refused(town: Town, choice: str) -> None:
    await at_work(town)
    before = await town.read(everything)
    reply = await town.press_token(ADA, await token(town, choice))
    assert await town.read(everything) == before, "even with a good seal"
    assert reply.alert and "does not work" in reply.toast, "the person is told"


async def test_a_press_after_the_lease_ran_out_is_told_kindly(town: Town) -> None:
    pressed = await at_work(town)
    await town.tick(601)
    await refused(town, ADA, pressed, "ran out")


async def test_a_press_on_a_task_put_back_is_told_kindly(town: Town) -> None:
    pressed = await at_work(town)
    await town.say(ADA, "pause")
    await refused(town, ADA, pressed, "went back to the pool")


async def test_a_press_on_a_closed_job_changes_nothing(town: Town) -> None:
    pressed = await at_work(town)
    await town.press_token(ADA, pressed)
    await town.say(ADA, "pause")
    await town.say(REQUESTER, "canceljob", "", CHANNEL)
    await town.tick(1)
    await refused(town, ADA, pressed, "answered already")


async def test_a_press_after_a_restriction_is_refused(town: Town) -> None:
    await at_work(town, items=20)
    for _ in range(9):
        await town.press_token(ADA, await token(town, "skip"))
    pressed = await token(town)
    await town.press(ADMIN, "Restrict for good", ADMIN_PLACE)
    await refused(town, ADA, pressed, "went back to the pool")


async def test_a_press_after_consent_was_withdrawn_is_refused(town: Town) -> None:
    pressed = await at_work(town)
    await town.say(ADA, "privacy")
    await town.press(ADA, "Withdraw consent")
    await refused(town, ADA, pressed, "went back to the pool")


async def test_refusals_are_in_the_persons_language(town: Town) -> None:
    await town.say(ADA, "start")
    await town.press(ADA, "Español")
    reply = await town.press_token(ADA, "x" * 24)
    assert reply.toast == load_texts().say("es", "press.forged"), "told in the language that they chose"


async def test_a_press_tells_where_its_card_is(town: Town) -> None:
    pressed = await at_work(town)
    press = Press(key="k", who=ADA, chat=ADA.user, private=True, token=pressed, message="1001:77")
    reply: Reply = await town.database.run(handle, press, town.now, town.house)
    assert reply.speeches[0].message == "1001:77", "the pressed message is edited even before its sending was noted"


async def test_the_whole_story_is_told_in_one_chat(town: Town) -> None:
    await at_work(town, items=1)
    await town.press(ADA, "Apples")
    said = texts_at(town, ADA)
    assert [text.split()[0] for text in said] == ["Agreement,", "✓", "Topics", "✓", "Session"], "no word too many"
