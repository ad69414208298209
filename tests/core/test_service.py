"""The core obeys commands: joining, labelling, refusals, and each command once."""

from __future__ import annotations

from builders import CHANNEL, REQUESTER, Town, make_items, worker

from core.store import people


async def test_a_worker_joins_reads_the_agreement_and_gets_a_task(town: Town) -> None:
    await town.publish(make_items(3))
    await town.say(worker(1), "start")
    assert "Agreement" in town.last(worker(1)).title, "the agreement comes before any task"
    await town.press(worker(1), "Accept")
    assert town.last(worker(1)).question == "Which topic?", "after the agreement comes the first task"


async def test_a_tap_becomes_a_receipt_and_the_next_task_follows(town: Town) -> None:
    await town.publish(make_items(3))
    await town.join(worker(1))
    first = town.last(worker(1))
    reply = await town.press(worker(1), "Apples")
    edit, task = reply.speeches
    assert reply.toast == "✓ Apples", "the tap is answered with what was saved"
    assert (edit.op, edit.card.rows[0][0].text) == ("edit", "Undo"), "the pressed message becomes a receipt with Undo"
    assert task.card.quote != first.quote, "the next task is another one"


async def test_the_same_command_twice_changes_nothing_and_gets_the_same_toast(town: Town) -> None:
    await town.publish(make_items(3))
    await town.join(worker(1))
    token = town.button(CHANNEL._replace(chat=worker(1).user), "Apples").token
    first = await town.press_token(worker(1), token, key="k1")
    again = await town.press_token(worker(1), token, key="k1")
    assert (again.toast, again.speeches) == (first.toast, []), "a redelivered press says the same and does nothing"


async def test_a_full_job_ends_by_itself_and_refunds(town: Town) -> None:
    job = await town.publish(make_items(4))
    for number in (1, 2):
        await town.join(worker(number))
        for _ in range(4):
            await town.press(worker(number), "Apples")
    await town.tick(61)
    await town.tick(1)
    state = await town.read(lambda tx: tx.one("SELECT state, reason, done, answers FROM job WHERE id = ?", (job,)))
    assert state == ("closing", "completed", 4, 8), "every task has its two answers and the job closes"
    requester = await town.read(people.select_person, REQUESTER)
    code = f"requester:{requester.id}:USD"
    purse = await town.read(lambda tx: tx.value("SELECT balance FROM account WHERE code = ?", (code,)))
    assert purse == 1000_000_000 - 8 * 24_000, "what was not spent is back in the purse"
