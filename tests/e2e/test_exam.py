"""What a worker meets before and among a job's tasks: training, an exam failed and passed, a check that teaches."""

from __future__ import annotations

from typing import Any

from chats import JOB_FILE, until
from sides import Side

GOLD = [f"g{n},known {n},{('Apples', 'Bread')[n % 2]},it ends in {n}.,yes" for n in range(40)]
ITEMS = "\n".join(["id,text,gold,why,teaching", *(f"t{n},plain {n},,," for n in range(30)), *GOLD, ""])
JOB = JOB_FILE.replace("control_share: 0", "gold_share: 0.5") + (
    "session: 50\n"
    "training: {tasks: 2, pass_score: 50}\n"
    "exam: {questions: 3, pass_score: 100, attempts: 2, cooldown_hours: 0.02, skill: topics}\n"
)


async def question(side: Side, user: Any, header: str) -> Any:
    """The message that shows this question."""
    return await side.see(user, header)


async def answer(side: Side, user: Any, header: str, *, right: bool) -> None:
    """Answer the question with that header, right or wrong."""
    message = await question(side, user, header)
    item = next(line for line in side.text(message).splitlines() if line.startswith("known "))
    gold = int(item.split()[-1]) % 2
    await side.tap_on(user, message, ("Apples", "Bread")[gold if right else 1 - gold])


async def sit_exam(side: Side, user: Any, *marks: bool) -> None:
    for number, right in enumerate(marks, start=1):
        await answer(side, user, f"Exam · Topics · {number} of {len(marks)}", right=right)


async def test_training_exam_cool_down_pass_and_a_teaching_check(platform: Side) -> None:
    await platform.upload(ITEMS, JOB)
    terms = await platform.see_in(platform.channel, "Publish it?")
    assert "an exam of 3 questions, not paid, 100 % to pass" in terms, "the requester sees what comes first"
    await platform.press_in(platform.channel, platform.requester, "Publish")
    user = await platform.join(1)
    assert "They are not paid" in platform.text(await platform.see(user, "Training: Topics")), "told before it starts"
    await platform.tap(user, "Start")
    await answer(platform, user, "Training · Topics · 1 of 2", right=False)
    lesson = await platform.see(user, "The right answer was")
    assert "because it ends in" in platform.text(lesson), "each training answer comes with its reason"
    await platform.tap_on(user, lesson, "Next")
    await answer(platform, user, "Training · Topics · 2 of 2", right=True)
    await platform.tap_on(user, await platform.see(user, "✓ Right: "), "Next")
    await platform.see(user, "Passed: Topics")
    exam = await platform.see(user, "Exam: Topics")
    assert "cannot be undone" in platform.text(exam), "an exam says that its answers stand"
    await platform.tap_on(user, exam, "Start")
    await sit_exam(platform, user, True, False, True)
    failed = platform.text(await platform.see(user, "Not passed this time"))
    assert "2 of 3 right: 67 %" in failed and "The right answer was" in failed, "the score and what was wrong"
    await platform.command(user, "next")
    await platform.see(user, "try this job's exam again from")
    assert not platform.chats.value("SELECT count(*) FROM assignment"), "no paid task before the exam is passed"
    await again(platform, user)
    await sit_exam(platform, user, True, True, True)
    await platform.see(user, "3 of 3 right: 100 %")
    assert platform.chats.value("SELECT value FROM skill WHERE name = 'topics'") == 100, "the score is a skill"
    await lesson_in_the_job(platform, user)


async def again(side: Side, user: Any) -> None:
    """Ask until the cool-down is over, then start."""
    over = "SELECT count(*) FROM card WHERE kind = 'course'"
    for _ in range(30):
        await side.command(user, "next")
        if await until(lambda: side.chats.value(over) > 0, seconds=0.5):
            break
    await side.tap_on(user, await side.see(user, "Exam: Topics"), "Start")


async def lesson_in_the_job(side: Side, user: Any) -> None:
    """Work until a control task comes: a teaching one says at once what was right, and why."""
    task = await side.task(user)
    for _ in range(20):
        await side.tap_on(user, task, "Apples")
        following = await side.task(user, after=task)
        receipt = side.now(user, task)
        if "because it ends in" in side.text(receipt):
            assert not side.buttons(receipt), "and cannot be undone any more"
            return
        task = following
    raise AssertionError("a teaching control must come within twenty tasks")
