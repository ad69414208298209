"""Make, check, fix: typed answers, the job that checks them, another round for a text that fails, an expert at the end.

Proves core.service.making, core.service.chain and core.store.texts.
"""

from __future__ import annotations

from typing import Any

import pytest
from builders import CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from states import held, live, texts_at

from core.errors import BadUpload
from core.intake.jobfile import read_jobfile
from core.model import TEXT, TEXT_OPTIONS, Check, Experts, Handle, Overlap, Review
from core.store import people
from core.store.snapshots import TEXT_COLUMN, snapshot

DAY = 86_400
CHECK = Check(price=5_000, min=1, max=1, rounds=2)
MAKER, CHECKER, SECOND, OTHER = (worker(n) for n in (1, 2, 3, 4))


async def text_job(town: Town, items: int = 1, check: Check | None = CHECK, **more: Any) -> int:
    spec = make_spec(
        kind=TEXT, options=TEXT_OPTIONS, overlap=Overlap("fixed", 1, 1), review=Review(), check=check, budget=1_000_000
    )
    return await town.publish(make_items(items), make_spec(**{**_fields(spec), **more}))


def _fields(spec: Any) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in spec.__dataclass_fields__}


async def make(town: Town, who: Handle, text: str) -> None:
    """Join if need be, type a text and send it."""
    if await town.read(people.select_person, who) is None:
        await town.join(who)
    elif await live(town, who) is None:
        await town.say(who, "next")
    await town.type(who, text)
    await town.press(who, "Send")


async def check(town: Town, who: Handle, verdict: str) -> None:
    """Answer the check task that waits, and let it take effect."""
    await town.tick(61)
    if await town.read(people.select_person, who) is None:
        await town.join(who)
    elif await live(town, who) is None:
        await town.say(who, "next")
    await town.press(who, verdict)
    await town.tick(61)


async def states(town: Town) -> list[str]:
    return [row[0] for row in await town.read(lambda tx: tx.all("SELECT state FROM review ORDER BY id"))]


async def pay_of(town: Town, who: Handle) -> int:
    person = await town.read(people.select_person, who)
    return await held(town, f"worker:{person.id}:payable:USD")


async def test_a_text_is_typed_confirmed_and_sent(town: Town) -> None:
    await text_job(town)
    await town.join(MAKER)
    assert "Type your answer" in town.last(MAKER).text, "the card says how"
    assert [b.text for row in town.last(MAKER).rows for b in row] == ["Skip", "Can't tell", "Report"], "no options"
    await town.type(MAKER, "A frist try")
    await town.type(MAKER, "A first try")
    assert town.last(MAKER).quote == "A first try", "what is typed last is what will be sent"
    await town.press(MAKER, "Send")
    assert await town.read(lambda tx: tx.all("SELECT text FROM made")) == [("A first try",)], "and it is kept"
    assert any("✓ A first try" in text for text in texts_at(town, MAKER)), "the receipt shows it"


async def test_digits_are_a_text_and_commands_stay_commands(town: Town) -> None:
    await text_job(town)
    await town.join(MAKER)
    await town.type(MAKER, "2")
    assert town.last(MAKER).quote == "2", "a number may be the answer"
    await town.type(MAKER, "pause")
    assert "Paused" in town.last(MAKER).text, "a command word is a command"


async def test_a_sent_text_can_be_undone_and_written_anew(town: Town) -> None:
    await text_job(town)
    await make(town, MAKER, "First")
    await town.press(MAKER, "Undo")
    assert await states(town) == [], "it is not under review any more"
    await make(town, MAKER, "Second")
    assert await states(town) == ["pending"], "the new one is"
    reply = await town.press(MAKER, "Send")
    assert reply.alert, "its Send works once"


async def test_a_text_that_passes_is_paid_and_stands_in_the_results(town: Town) -> None:
    job = await text_job(town)
    await make(town, MAKER, "Good words")
    await check(town, CHECKER, "Yes")
    assert "Good words" in " ".join(texts_at(town, CHECKER)), "the checker sees the text beside the item"
    assert (await states(town), await pay_of(town, MAKER)) == (["accepted"], 20_000), "it passed"
    assert await pay_of(town, CHECKER) == 5_000, "the check is paid by its own price"
    rows = (await town.read(snapshot, job)).tasks
    assert f'"{TEXT_COLUMN}": "Good words"' in rows[0][2], "the requester gets the text"


async def test_nobody_checks_their_own_text(town: Town) -> None:
    await text_job(town)
    await make(town, MAKER, "Mine")
    await town.tick(61)
    await town.say(MAKER, "next")
    assert await live(town, MAKER) is None, "others check it"


async def test_a_text_that_fails_goes_out_again_to_be_improved(town: Town) -> None:
    await text_job(town)
    await make(town, MAKER, "Bad words")
    await check(town, CHECKER, "No")
    told = town.last(MAKER).text
    assert "Other workers checked it" in told and "No 1" in told, "the maker is told why, and may appeal"
    await town.join(SECOND)
    assert "Bad words" in town.last(SECOND).text, "the next worker sees what to improve"
    await make(town, SECOND, "Better words")
    await check(town, OTHER, "Yes")
    assert await states(town) == ["rejected", "accepted"], "the better one passes"
    assert await town.read(lambda tx: tx.one("SELECT done, label FROM task WHERE id = 1")) == (1, 0), (
        "the task has its text"
    )


async def test_after_the_last_round_an_expert_writes_it(town: Town) -> None:
    expert = Handle("telegram", "3001")
    job = await text_job(town, experts=Experts(people=(expert,), price=100_000, fee=20_000))
    for maker, checker in ((MAKER, CHECKER), (SECOND, OTHER)):
        await make(town, maker, "Bad")
        await check(town, checker, "No")
    assert await town.read(lambda tx: tx.one("SELECT done, label FROM task WHERE id = 1")) == (1, 1), "no text passed"
    await town.tick(61)
    await make(town, expert, "The right words")
    rows = (await town.read(snapshot, job)).tasks
    assert "The right words" in rows[0][2], "the expert's text stands"
    assert await pay_of(town, expert) == 100_000, "at the expert price"


async def test_an_appeal_against_the_checkers_is_judged_by_a_reviewer(town: Town) -> None:
    await town.say(REQUESTER, "help")
    await text_job(town)
    await make(town, MAKER, "Fine words")
    await check(town, CHECKER, "No")
    assert "wait for your review" not in " ".join(texts_at(town, REQUESTER)), "others check it"
    await town.press(MAKER, "Appeal")
    await town.tick(1)
    assert "wait for your review" in " ".join(texts_at(town, REQUESTER)), "the appeal waits for a reviewer"
    await town.say(REQUESTER, "review")
    assert "Fine words" in town.last(REQUESTER).text, "the reviewer reads the text"
    await town.press(REQUESTER, "Accept")
    await town.tick(61)
    assert (await states(town), await pay_of(town, MAKER)) == (["overturned"], 20_000), "and may overturn the check"


async def test_both_jobs_end_and_give_back_what_is_left(town: Town) -> None:
    await text_job(town)
    await make(town, MAKER, "Good words")
    await check(town, CHECKER, "Yes")
    for _ in range(6):
        await town.tick(61)
    states = await town.read(lambda tx: tx.all("SELECT state, reason FROM job ORDER BY id"))
    assert states == [("closing", "completed")] * 2, "the checks end with the job that they check"
    assert sum([await held(town, f"job:{n}:{what}:USD") for n in (1, 2) for what in ("escrow", "reserved")]) == 0


async def test_checks_that_nobody_needs_any_more_are_not_bought(town: Town) -> None:
    await text_job(town)
    await make(town, MAKER, "Good words")
    await town.tick(61)
    await town.say(REQUESTER, "review")
    await town.press(REQUESTER, "Accept")
    for _ in range(4):
        await town.tick(61)
    assert await states(town) == ["accepted"], "the requester was quicker than the checkers"
    left = await town.read(lambda tx: tx.all("SELECT state, done, tasks FROM job ORDER BY id"))
    assert left == [("closing", 1, 1), ("closing", 0, 1)], "the open check ends with the job that it is for"


async def test_without_checkers_reviewers_or_time_accept_a_text(town: Town) -> None:
    await text_job(town, check=None)
    await make(town, MAKER, "Some words")
    await town.tick(2 * DAY)
    assert (await states(town), await pay_of(town, MAKER)) == (["accepted"], 20_000), "honest work is paid"


async def test_the_preview_tells_what_the_checks_may_cost_and_a_poor_purse_publishes_nothing(town: Town) -> None:
    await town.credit(1)
    spec = make_spec(kind=TEXT, options=TEXT_OPTIONS, overlap=Overlap("fixed", 1, 1), review=Review(), budget=1_000_000)
    await town.post(make_items(1), make_spec(**{**_fields(spec), "check": CHECK}))
    assert "up to 0.012 USD more" in town.last(CHANNEL).text, "two rounds of one check at 0.006"
    reply = await town.press(REQUESTER, "Publish", CHANNEL)
    assert reply.alert and "purse lacks" in reply.toast, "the requester is told"
    assert await town.read(lambda tx: tx.all("SELECT state FROM job")) == [("draft",)], "and nothing is spent"


JOB = "title: T\nquestion: Say it in French\ntype: text\nprice: 0.10 USD\n"


def test_a_job_file_of_typed_answers() -> None:
    spec = read_jobfile(JOB + "check: {question: Really French, price: 0.01 USD, min: 2, max: 3, rounds: 2}", 0)
    assert (spec.kind, spec.options, spec.overlap) == (TEXT, TEXT_OPTIONS, Overlap("fixed", 1, 1)), "one text per task"
    assert spec.check == Check("Really French", 10_000, 2, 3, 0.9, 2), "the check is read"
    assert spec.review == Review(share=1.0), "every text is held until it is checked"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (JOB + "options: [a, b]", "its answers are typed"),
        (JOB + "check: {price: 0.01 EUR}", "price is in EUR"),
        (JOB + "check: {price: 0.01, min: 3, max: 2}", "min 3 is more than max 2"),
        ("title: T\nquestion: Q?\noptions: [a, b]\ncheck: {price: 0.01}", "only a job of type text"),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, told: str) -> None:
    with pytest.raises(BadUpload) as refusal:
        read_jobfile(text, 0)
    assert any(told in problem for problem in refusal.value.problems), f"{refusal.value.problems} must say {told!r}"
