"""What a worker meets in the chat: agreement, task, receipt, undo, session, commands, and a kind word for every no."""

from __future__ import annotations

from chats import JOB_FILE, items_file
from sides import Side

SESSION = 5
SHORT_SESSION = JOB_FILE + f"session: {SESSION}\n"
HOSTILE = "<b>bold</b> &amp; <script> *stars* _under_ `code` [a](http://x.org) <!channel> <@U7|you> <http://x.org|y>"
BIDI = "abc\u202e\u2066def\u200b"
TOKEN = 24
COUNTS = (
    "SELECT id, done, answers, active, want FROM task UNION ALL "
    "SELECT id, answers, active, balance, 0 FROM job JOIN (SELECT sum(balance) AS balance FROM account WHERE floor = 0)"
)


async def test_a_deep_link_leads_through_the_agreement_to_the_first_task(side: Side) -> None:
    await side.post_job()
    user = await side.arrive(1)
    agreement = await side.see(user, "Agreement, version 2")
    assert side.rows(agreement)[0] == ["Accept", "Decline"], "the decision comes first"
    assert "English" in side.rows(agreement)[1], "then a row to read it in another language"
    await side.tap(user, "Accept")
    await side.see(user, "Pick what the text is about.")
    assert "Topics · 1 of 15" in side.text(await side.task(user)), "the job of the link is handed out"


async def test_the_agreement_can_be_read_in_another_language_and_declined(platform: Side) -> None:
    user = await platform.arrive(1, payload=None)
    await platform.tap_on(user, await platform.see(user, "Agreement"), "Español")
    await platform.see(user, "Acuerdo, versión 2")
    await platform.tap(user, "Rechazar")
    await platform.command(user, "next")
    await platform.see(user, "acuerdo")
    assert platform.chats.value("SELECT decision FROM consent") == "decline", "the decision is on record"


async def test_a_task_shows_header_item_question_options_and_the_three_ways_out(platform: Side) -> None:
    await platform.post_job()
    task = await platform.task(await platform.join(1))
    text = platform.text(task)
    places = [text.index(part) for part in ("Topics · 1 of 15 · earned", "item number", "Which topic?")]
    assert places == sorted(places), "header first, question last"
    assert platform.rows(task) == [["Apples", "Bread"], ["Skip", "Can't tell", "Report"]], "options, then the ways out"


async def test_a_tap_becomes_a_receipt_and_the_next_task_follows(side: Side) -> None:
    await side.post_job()
    user = await side.join(1)
    task = await side.task(user)
    toast = await side.tap(user, "Apples")
    assert toast == ("✓ Apples" if side.name == "telegram" else ""), "the tap is answered at once"
    receipt = side.now(user, task)
    assert side.text(receipt).startswith("✓ Apples · item number"), "the message says what was answered"
    assert side.rows(receipt) == [["Undo"]], "and can be undone"
    assert "2 of 15 · earned 0.02" in side.text(await side.task(user, after=task)), "the next task follows"


async def test_undo_restores_counts_money_and_the_task(platform: Side) -> None:
    await platform.post_job()
    user = await platform.join(1)
    task = await platform.task(user)
    before = platform.chats.read(COUNTS)
    await platform.tap(user, "Apples")
    assert platform.chats.read(COUNTS) != before, "the answer counts"
    await platform.tap_on(user, platform.now(user, task), "Undo")
    assert platform.chats.read(COUNTS) == before, "the undo restores every count and every account"


async def test_presses_that_cannot_count_change_nothing_and_are_explained(platform: Side) -> None:
    await platform.post_job()
    user, other = await platform.join(1), await platform.join(2)
    task = await platform.task(user)
    foreign = platform.with_token(await platform.task(other), "Apples", platform.tokens(task)["Apples"])
    forged = platform.with_token(task, "Apples", "A" * TOKEN)
    await platform.tap(user, "Apples")
    await platform.task(user, after=task)
    before = platform.chats.record()
    cases = ((user, task, "answered already"), (user, forged, "does not work"), (other, foreign, "somebody else"))
    for who, message, part in cases:
        assert part in await platform.told(who, message, "Apples"), "the person is told why"
    assert platform.chats.record() == before, "nothing has changed"


async def test_a_task_that_went_back_is_refused_on_its_old_keyboard(platform: Side) -> None:
    await platform.post_job()
    user = await platform.join(1)
    task = await platform.task(user)
    await platform.command(user, "pause")
    await platform.see(user, "Your pay is safe")
    assert "went back to the pool" in await platform.told(user, task, "Apples"), "an old keyboard says what happened"
    await platform.command(user, "next")
    await platform.task(user, after=task)


async def test_typed_digits_are_answers(platform: Side) -> None:
    await platform.post_job()
    user = await platform.join(1)
    task = await platform.task(user)
    await platform.type(user, "9")
    await platform.see(user, "number from 1 to 2")
    await platform.type(user, "2")
    await platform.see(user, "✓ Bread")
    assert platform.rows(platform.now(user, task)) == [["Undo"]], "the task's own message becomes the receipt"


async def test_a_session_ends_with_a_summary_and_goes_on_or_stops(platform: Side) -> None:
    await platform.post_job(items_file(12), SHORT_SESSION)
    user = await platform.join(1)
    for _ in range(SESSION):
        await platform.tap(user, "Apples")
    summary = await platform.see(user, "5 tasks in this session")
    assert platform.rows(summary) == [["Continue", "Stop"]], "the worker decides whether to go on"
    await platform.tap(user, "Continue")
    for _ in range(SESSION):
        await platform.tap(user, "Bread")
    await platform.tap(user, "Stop")
    await platform.see(user, "See you!")


async def test_stats_help_and_privacy_answer(side: Side) -> None:
    await side.post_job()
    user = await side.join(1)
    await side.tap(user, "Apples")
    await side.command(user, "stats")
    await side.see(user, "Topics: 1 answers, 0.02 USD")
    await side.command(user, "help")
    await side.see(user, "/pause")
    await side.command(user, "privacy")
    await side.tap(user, "Withdraw consent")
    await side.see(user, "Your consent is withdrawn")
    await side.command(user, "next")
    await side.see(user, "accept the agreement first")
    assert not side.chats.value("SELECT sum(active) FROM task"), "the task in hand went back"


async def test_there_is_a_reason_when_there_is_nothing_to_do(platform: Side) -> None:
    user = await platform.arrive(1, payload=None)
    await platform.tap(user, "Accept")
    await platform.see(user, "no open job right now")
    await platform.post_job(items_file(1))
    await platform.command(user, "next")
    await platform.tap(user, "Can't tell")
    await platform.see(user, "every task that is open to you")


async def test_tokens_say_nothing_and_never_repeat(platform: Side) -> None:
    await platform.post_job()
    user = await platform.join(1)
    first = await platform.task(user)
    await platform.tap(user, "Apples")
    second = await platform.task(user, after=first)
    tokens = [*platform.tokens(first).values(), *platform.tokens(second).values()]
    assert {len(token) for token in tokens} == {TOKEN}, "a token has 24 characters"
    assert len(set(tokens)) == len(tokens) == 10, "the same choice looks different on every card"


async def test_item_texts_are_shown_as_they_are(platform: Side) -> None:
    items = "\n".join(["id,text", f't0,"{HOSTILE}"', ""])
    await platform.post_job(items, JOB_FILE.replace("Which topic?", f'"{HOSTILE}"'))
    task = await platform.task(await platform.join(1))
    assert platform.text(task).count(HOSTILE) == 2, "item and question are shown literally"
    assert not platform.formatted(task), "nothing in them becomes a link, a mention or a style"


async def test_characters_that_hide_or_reorder_others_are_not_shown(platform: Side) -> None:
    await platform.post_job(f"id,text\nt0,{BIDI}\n")
    task = await platform.task(await platform.join(1))
    assert "abcdef" in platform.text(task), "bidi controls and zero-width characters are left out"
