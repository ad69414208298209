"""What a requester meets in the channel: preview, publishing, progress, commands, the end of a job and its results."""

from __future__ import annotations

import pytest
from chats import ITEMS, JOB_FILE, items_file, until
from sides import Side

JOBS = "SELECT count(*) FROM job"
PNG = b"\x89PNG"
FORMULA = "=HYPERLINK(1)"


async def test_the_preview_shows_a_task_as_workers_will_see_it_and_what_it_costs(side: Side) -> None:
    await side.upload(ITEMS)
    terms = await side.see_in(side.channel, "Publish it?")
    for part in ("6 tasks and 0 control tasks, 2 answers per task", "0.02 USD, fee 0.004 USD", "Budget: 5.00 USD"):
        assert part in terms, f"the preview says: {part}"
    assert "0.288 USD to 0.288 USD" in terms, "the cost range counts pay and fee of every answer"
    task = await side.find_in(side.channel, "item number 0")
    assert side.rows(task)[-1] == ["Skip", "Can't tell", "Report"], "the task looks as it will for workers"
    assert "only a preview" in await side.told(side.requester, task, "Apples"), "and answers nothing"


async def test_a_job_is_published_once(platform: Side) -> None:
    await platform.upload(ITEMS)
    preview = await platform.find_in(platform.channel, "Publish it?")
    assert "Only the person who posted" in await platform.told(platform.stranger, preview, "Publish"), "not theirs"
    await platform.press_in(platform.channel, platform.requester, "Publish")
    await platform.see_in(platform.channel, "Job #1 “Topics” is open")
    await platform.find_in(platform.channel, "6 tasks, a few seconds each, 0.02 USD per answer")
    await platform.see_in(platform.channel, "0 of 6 tasks done")
    told = await platform.told(platform.requester, preview, "Publish")
    assert "is open already" in told, "a second press on an old preview is explained"
    assert platform.chats.value("SELECT count(*) FROM entry WHERE kind = 'fund'") == 1, "the budget is taken once"


async def test_a_discarded_job_costs_nothing(platform: Side) -> None:
    await platform.upload(ITEMS)
    await platform.press_in(platform.channel, platform.requester, "Discard")
    await platform.see_in(platform.channel, "was discarded; nothing was spent")
    assert platform.chats.value("SELECT count(*) FROM entry") == 0, "no money has moved"


@pytest.mark.parametrize("fault", ["duplicate", "redeliver"])
async def test_the_same_message_twice_makes_one_job(side: Side, fault: str) -> None:
    await side.spoil_next_upload(fault)
    await side.upload(ITEMS)
    await side.see_in(side.channel, "Publish it?")
    assert await until(lambda: side.sandbox.faults.injected[fault] == 1), "the message came twice"
    await side.settle()
    assert side.chats.value(JOBS) == 1, "one message makes one job"
    previews = [m for m in side.shown(side.channel) if "Publish it?" in side.text(m)]
    assert len(previews) == 1, "and one preview"


async def test_items_and_job_may_come_as_two_files(platform: Side) -> None:
    user = await platform.arrive(1, payload=None)
    await platform.send_file(user, "items.csv", ITEMS)
    await platform.see(user, "Got the items")
    await platform.send_file(user, "job.yaml", JOB_FILE)
    await platform.see(user, "6 tasks and 0 control tasks")


async def test_commands_work_in_the_channel_that_owns_the_job_only(platform: Side) -> None:
    await platform.post_job()
    await platform.say_in(platform.elsewhere, platform.requester, "status")
    await platform.see_in(platform.elsewhere, "This channel has no job yet")
    for verb in ("status", "pausejob", "canceljob", "results", "budget"):
        await platform.say_in(platform.elsewhere, platform.requester, verb, "#1")
    await platform.see_in(platform.elsewhere, "Job #1 does not belong to this channel")
    assert platform.chats.read("SELECT state FROM job") == [("open",)], "nothing was changed from elsewhere"


async def test_only_the_owner_or_an_admin_changes_a_job(platform: Side) -> None:
    await platform.post_job()
    for verb in ("pausejob", "canceljob"):
        await platform.say_in(platform.channel, platform.stranger, verb)
    await platform.see_in(platform.channel, "Only the person who posted job #1")
    assert platform.chats.read("SELECT state FROM job") == [("open",)], "a stranger changes nothing"
    await platform.say_in(platform.channel, platform.admin, "pausejob")
    await platform.see_in(platform.channel, "Job #1 is paused")


async def test_a_paused_job_hands_out_nothing_until_it_is_resumed(platform: Side) -> None:
    await platform.post_job()
    await platform.say_in(platform.channel, platform.requester, "pausejob")
    await platform.see_in(platform.channel, "Job #1 is paused")
    user = await platform.join(1)
    await platform.see(user, "no open job right now")
    await platform.say_in(platform.channel, platform.requester, "resumejob")
    await platform.see_in(platform.channel, "Job #1 goes on")
    await platform.command(user, "next")
    await platform.task(user)


async def test_status_budget_and_the_edited_progress_message(side: Side) -> None:
    await side.post_job(jobfile=JOB_FILE.replace("overlap: 2", "overlap: 1"))
    progress = await side.find_in(side.channel, "0 of 6 tasks done")
    user = await side.join(1)
    await side.tap(user, "Apples")
    await side.see_in(side.channel, "1 of 6 tasks done")
    assert "1 of 6 tasks done" in side.text(side.now(side.channel, progress)), "the message itself is edited"
    await side.say_in(side.channel, side.requester, "budget")
    await side.see_in(side.channel, "budget 5.00 USD, spent 0.024 USD, left 4.952 USD")
    await side.say_in(side.channel, side.requester, "budget", "1.50")
    await side.see_in(side.channel, "budget 6.50 USD")
    await side.say_in(side.channel, side.requester, "budget", "plenty")
    await side.see_in(side.channel, "“plenty” is not an amount")


async def test_a_cancelled_job_posts_its_results_and_returns_the_rest(platform: Side) -> None:
    await platform.post_job(items_file(2, t0=FORMULA, t1=FORMULA))
    user = await platform.join(1)
    await platform.tap(user, "Apples")
    await platform.say_in(platform.channel, platform.requester, "canceljob")
    await platform.see_in(platform.channel, "buys no more answers: it was cancelled")
    await platform.tap(user, "Bread")
    await platform.see(user, "no open job right now")
    summary = await platform.results_in(platform.channel)
    for part in ("2 answers", "Paid 0.04 USD, fee 0.008 USD, refunded 4.952 USD", "it was cancelled"):
        assert part in summary, f"the summary says: {part}"
    assert await until(lambda: len(platform.results()) == 3), "a picture and two files come along"
    png, csv, jsonl = platform.results()
    assert png.startswith(PNG) and jsonl.count(b"\n") == 2, "a chart, and one line per task"
    assert f"'{FORMULA}".encode() in csv, "a cell that would be a formula is made harmless"
