"""Calls by name: core.service.inviting, core.service.calling, core.store.invitations, core.invitations,
core.beliefs.invite.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.beliefs import loads
from core.beliefs.invite import Caller, OpenTask, calls, worth
from core.beliefs.rows import believe
from core.hours import Quiet
from core.invitations import InviteRules, room
from core.model import Handle, Place
from core.ports import SystemClock
from core.service.inviting import invite_due
from core.store import assignments, beliefs, people, tasks
from core.store.assignments import Assignment
from core.store.invitations import held_by
from tests.builders import CHANNEL, START, Town, make_items, make_spec, open_town, worker

MINUTE = 60.0
HOUR = 3600.0
INVITED = "yours would help most"


class Now(SystemClock):
    """The clock of a town."""

    def __init__(self, town: Town) -> None:
        super().__init__()
        self.town = town

    def now(self) -> int:
        return self.town.now


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    town = await open_town(tmp_path, invitations=InviteRules(explore=0.0))
    yield town
    await town.database.close()


async def invite(town: Town) -> int:
    return await invite_due(town.database, Now(town), town.house, town.hear)


async def on_call(town: Town, *numbers: int) -> list[Handle]:
    """Workers who accepted the agreement and switched calls on; no job is open yet."""
    found = [worker(number) for number in numbers]
    for who in found:
        await town.join(who)
        await town.say(who, "call", "on")
    return found


def heard(town: Town, who: Handle) -> bool:
    return any(INVITED in speech.card.text for speech in town.said.get(Place(*who), []))


async def live(town: Town, who: Handle) -> Assignment | None:
    person = await town.read(people.select_person, who)
    found: Assignment | None = await town.read(assignments.live_assignment, person.id)
    return found


# ---- who is named -------------------------------------------------------------------------------------------------


def test_every_task_goes_to_the_worker_who_tells_most_of_it_within_their_room() -> None:
    open_tasks = [OpenTask(task, ()) for task in (10, 11, 12)]
    callers = [Caller(1, 1, False), Caller(2, 5, False, frozenset({12}))]
    told = [[0.9, 0.5], [0.8, 0.4], [0.7, 0.3]]
    found = calls(told, open_tasks, callers, 5, 0.0, random.Random(1))
    assert {call.person: call.tasks for call in found} == {1: (10,), 2: (11,)}, "nobody over their room, none twice"
    assert calls(told, open_tasks, callers, 1, 0.0, random.Random(1))[0].person == 1, "who helps most is called first"


def test_a_share_of_the_calls_goes_to_new_workers() -> None:
    open_tasks = [OpenTask(task, ()) for task in range(30)]
    callers = [Caller(person, 5, person > 8) for person in range(10)]
    told = [[0.1 if caller.novice else 0.5 for caller in callers] for _ in open_tasks]
    found = [calls(told, open_tasks, callers, 1, 0.2, random.Random(seed))[0] for seed in range(300)]
    share = sum(call.novice for call in found) / len(found)
    assert 0.1 < share < 0.3, "about one in five"
    assert all(call.novice == (call.person > 8) for call in found), "and they are marked as such"
    assert not any(calls(told, open_tasks, callers, 1, 0.0, random.Random(s))[0].novice for s in range(20)), "or none"


def test_a_believed_worker_is_worth_more_than_a_guesser() -> None:
    rows = [(task, 1, task % 2) for task in range(60)] + [(task, 2, (task // 2) % 2) for task in range(60)]
    gold = {task: task % 2 for task in range(60)}
    snapshot = loads(believe(rows, gold, {}, 2).dumps())
    told = worth(snapshot, [OpenTask(99, ())], [Caller(1, 1, False), Caller(2, 1, False)])
    assert told[0][0] > 2 * told[0][1], "one is always right, the other says anything"


def test_nobody_has_room_above_twice_the_mean_load() -> None:
    assert room(0, 0, 4, 15) == 15, "a new job has a session for everybody"
    assert room(3, 20, 4, 15) == 7 and room(10, 20, 4, 15) == 0, "twice five is ten"
    assert room(0, 2, 10, 15) == 1, "one at least for who has done nothing"


# ---- /call --------------------------------------------------------------------------------------------------------


async def test_calls_are_off_until_they_are_switched_on(town: Town) -> None:
    one = worker(1)
    await town.say(one, "call", "on")
    assert "agreement" in town.last(one).text, "first the agreement"
    await town.join(one)
    await town.say(one, "call")
    assert "Calls are off" in town.last(one).text, "nobody is called who did not ask"
    await town.say(one, "call", "on")
    assert "Calls are on" in town.last(one).text and "3 times a day" in town.last(one).text, "on, and how often"
    await town.say(one, "call", "quiet 23:00-06:30 Europe/Berlin")
    assert "23:00-06:30 Europe/Berlin" in town.last(one).text, "with hours of their own"
    await town.say(one, "call", "quiet teatime")
    assert "Usage: /call" in town.last(one).text, "or how to write them"
    await town.say(one, "call", "off")
    assert "Calls are off" in town.last(one).text, "and off again"
    await town.say(one, "call", "on", CHANNEL)
    assert "private" in town.last(CHANNEL).text, "which is nobody else's business"


async def test_help_and_privacy_tell_of_calls(town: Town) -> None:
    await town.join(worker(1))
    await town.say(worker(1), "help")
    assert "/call" in town.last(worker(1)).text, "how to"
    await town.say(worker(1), "privacy")
    assert "/call on" in town.last(worker(1)).text, "and what is kept"


# ---- invitations --------------------------------------------------------------------------------------------------


async def test_a_waiting_job_calls_those_who_want_to_be_called(town: Town) -> None:
    one, two = await on_call(town, 1, 2)
    await town.join(worker(3))
    await town.publish(make_items(20))
    assert await invite(town) == 0, "the job has only begun"
    town.now += int(21 * MINUTE * 1000)
    assert await invite(town) == 2 and heard(town, one) and heard(town, two), "both who asked for it"
    assert not heard(town, worker(3)), "nobody else"
    card = town.last(one)
    assert "0.02 USD" in card.text and [button.text for button in card.rows[0]] == ["Start", "Not now", "No more calls"]
    assert await invite(town) == 0, "who was called is left alone"
    await town.press(one, "Start")
    assert "item" in town.last(one).quote, "one tap, and the first task is there"
    assert await live(town, two) is None, "the other keeps the choice"


async def test_a_no_is_one_tap_and_changes_nothing(town: Town) -> None:
    (one,) = await on_call(town, 1)
    await town.publish(make_items(20), make_spec(invite=True))
    assert await invite(town) == 1, "a job that says invite does not wait"
    before = await town.read(lambda tx: tx.all("SELECT * FROM standing") + tx.all("SELECT * FROM skill"))
    await town.press(one, "Not now")
    assert "Nothing changes" in town.last(one).text, "said kindly"
    after = await town.read(lambda tx: tx.all("SELECT * FROM standing") + tx.all("SELECT * FROM skill"))
    assert before == after, "and true"
    kinds = [kind for (kind,) in await town.read(lambda tx: tx.all("SELECT kind FROM event ORDER BY id"))]
    assert kinds[-2:] == ["invitation", "invitation.decline"], "every call is in the journal"
    town.now += int(2 * HOUR * 1000)
    assert await invite(town) == 0, "not again today for the same job"
    town.now += int(24 * HOUR * 1000)
    assert await invite(town) == 1, "but tomorrow"
    await town.press(one, "No more calls")
    town.now += int(48 * HOUR * 1000)
    assert await invite(town) == 0, "until they have had enough"


async def test_at_most_so_many_a_day_and_never_in_quiet_hours(town: Town) -> None:
    town.house = replace(town.house, invitations=InviteRules(per_day=2, explore=0.0))
    (one,) = await on_call(town, 1)
    for number in range(3):
        await town.publish(make_items(5), make_spec(invite=True, title=f"Job {number}"))
    called = 0
    for _ in range(6):
        called += await invite(town)
        town.now += int(2 * HOUR * 1000)
    assert called == 2, "three jobs wait, two calls are allowed"
    town.now += int(24 * HOUR * 1000)
    hour = town.now // 3_600_000 % 24
    await town.say(one, "call", f"quiet {hour:02d}:00-{(hour + 1) % 24:02d}:00")
    assert await invite(town) == 0, "it is quiet"
    town.now += int(1 * HOUR * 1000)
    assert await invite(town) == 1, "an hour later it is not"


async def test_the_houses_quiet_hours_hold_for_who_has_none(town: Town) -> None:
    hour = START // 60_000 % 1440
    quiet = Quiet(hour - 1, hour + 30) if hour else Quiet(0, 30)
    town.house = replace(town.house, invitations=InviteRules(quiet=quiet))
    await on_call(town, 1)
    await town.publish(make_items(5), make_spec(invite=True))
    assert await invite(town) == 0, "nobody is woken"
    town.now += int(HOUR * 1000)
    assert await invite(town) == 1, "they hear of it in the morning"


async def test_who_may_not_work_is_not_called(town: Town) -> None:
    await on_call(town, 1)
    await town.publish(make_items(5), make_spec(invite=True, skills=(("german", 50),)))
    assert await invite(town) == 0, "the job asks for a skill that they lack"
    await town.say(worker(1), "pause")
    await town.publish(make_items(5), make_spec(invite=True))
    assert await invite(town) == 0, "who pauses is left alone"


async def test_the_load_is_shared(town: Town) -> None:
    one, two = await on_call(town, 1, 2)
    job = await town.publish(make_items(40), make_spec(invite=True))
    await town.say(one, "next")
    for _ in range(6):
        await town.press(one, "Apples")
    await town.say(one, "pause")
    await town.say(one, "next")
    await town.database.run(lambda tx: tx.run("UPDATE standing SET answers = 6 WHERE job = ?", (job,)))
    await town.tick(11 * MINUTE)
    await invite(town)
    assert heard(town, two) and not heard(town, one), "six of six is more than twice the mean of three"


async def test_held_tasks_wait_for_who_was_called_and_no_longer(town: Town) -> None:
    (one,) = await on_call(town, 1)
    job = await town.publish(make_items(3), make_spec(invite=True, hold_seconds=600))
    assert await invite(town) == 1 and "kept for you for 10 min" in town.last(one).text, "three tasks wait for them"
    await town.join(worker(2))
    assert await live(town, worker(2)) is None, "others find nothing now"
    await town.press(one, "Start")
    assert "item" in town.last(one).quote, "the one who was called does"
    await town.tick(1)
    free = [task for task in await town.read(tasks.tasks_of, job) if not task.reserved]
    assert len(free) == 1, "what they took may get its second answer from anybody"
    await town.tick(11 * MINUTE)
    assert not any(task.reserved for task in await town.read(tasks.tasks_of, job)), "after ten minutes all are free"
    assert await town.read(lambda tx: tx.all("SELECT * FROM reservation")) == [], "and nothing is left of it"


async def test_a_no_frees_what_was_held(town: Town) -> None:
    (one,) = await on_call(town, 1)
    await town.publish(make_items(3), make_spec(invite=True, hold_seconds=600))
    await invite(town)
    assert len(await town.read(held_by, 1)) == 3, "held"
    await town.press(one, "Not now")
    assert await town.read(held_by, 1) == [], "and free at once"
    await town.join(worker(2))
    assert await live(town, worker(2)) is not None, "for the next who comes"


async def test_the_belief_of_the_job_says_whom_to_call(town: Town) -> None:
    one, two = await on_call(town, 1, 2)
    job = await town.publish(make_items(30, gold=(0, 1)), make_spec(invite=True))
    numbers = [(await town.read(people.select_person, who)).id for who in (one, two)]
    rows = [(task, numbers[0], task % 2) for task in range(80)] + [
        (task, numbers[1], task // 2 % 2) for task in range(80)
    ]
    body = believe(rows, {task: task % 2 for task in range(80)}, {}, 2).dumps()
    spec = '"policy":"fixed"'
    await town.database.run(
        lambda tx: tx.run('UPDATE job SET spec = replace(spec, ?, \'"policy":"dynamic"\'), answers = 160', (spec,))
    )
    await town.database.run(beliefs.put_belief, job, body, 160, town.now)
    assert await invite(town) == 1, "only one is worth calling: the other says anything"
    called = await town.read(lambda tx: tx.all("SELECT person, tasks FROM invitation"))
    assert called == [(numbers[0], 15)], "the one who is right, for a session of tasks"
