"""Whoever looks at a job's figures before and after a tap cannot see whether it was on a control task."""

from __future__ import annotations

import itertools
import re

import pytest
from builders import CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from states import live, memory_town

from core.model import Overlap, Place
from core.quality import ChanceTest
from core.service.views import LEAST_STEP

ADA = worker(1)
HOME = Place(*REQUESTER)
CONTROLS = [0] * 12


async def open_job(gold: list[int]) -> Town:
    """A quiet job in which every tap that is not on a control makes a task done."""
    town = memory_town(rules=(), chance=ChanceTest(error=0))
    spec = make_spec(overlap=Overlap("fixed", 1, 1), control_share=0.5 if gold else 0.0, session=40)
    await town.publish(make_items(24, gold=gold), spec)
    await town.join(ADA)
    return town


def done_in(text: str) -> int:
    found = re.search(r"(\d+) of \d+ tasks done", text)
    assert found is not None, f"a progress card says how many tasks are done, not {text}"
    return int(found[1])


async def tap(town: Town) -> tuple[int, int, int]:
    """One answer, and whether it was on a control; with what /status and the progress message say of tasks done."""
    lease = await live(town, ADA)
    assert lease is not None, "there is work"
    await town.press(ADA, "Apples")
    progress = (await town.tick(3)).speeches
    edited = [done_in(speech.card.text) for speech in progress if speech.op == "edit" and speech.place == CHANNEL]
    await town.say(ADA, "status", "", CHANNEL)
    told = done_in(town.last(CHANNEL).text)
    return lease.control, told, edited[-1] if edited else told


async def test_the_channel_sees_the_tasks_done_in_steps_that_no_tap_can_be_told_by() -> None:
    town = await open_job(CONTROLS)
    taps = [await tap(town) for _ in range(24)]
    assert {control for control, _, _ in taps} == {0, 1}, "some taps were on controls and some were not"
    seen = [0, *(told for _, told, _ in taps)]
    steps = [after - before for before, after in itertools.pairwise(seen) if after != before]
    assert steps and min(steps) >= LEAST_STEP, f"the figure never moves with single taps, but by {steps}"
    assert all(told == edited for _, told, edited in taps), "the progress message says what /status says"


async def test_every_tap_moves_the_other_figures_alike() -> None:
    town = await open_job(CONTROLS)
    for number in range(1, 13):
        await tap(town)
        told = town.last(CHANNEL).text
        assert f"{number} answers" in told and f"Spent {0.024 * number:g}" in told.replace("0 USD", " USD"), (
            f"answers and money count controls as they count others: {told}"
        )


async def test_the_requester_gets_the_exact_figures_in_private() -> None:
    town = await open_job(CONTROLS)
    controls = sum([(await tap(town))[0] for _ in range(6)])
    await town.say(REQUESTER, "status", "", CHANNEL)
    assert done_in(town.last(HOME).text) == 6 - controls, "all that is done"
    assert done_in(town.last(CHANNEL).text) == 0 and "in steps" in town.last(CHANNEL).text, "workers read along there"


async def test_strangers_get_nothing_in_private() -> None:
    town = await open_job(CONTROLS)
    reply = await town.say(ADA, "status", "", CHANNEL)
    assert [speech.place for speech in reply.speeches] == [CHANNEL], "the figures of the channel and no others"


async def test_a_job_without_controls_has_nothing_to_hide() -> None:
    town = await open_job([])
    assert [await tap(town) for _ in range(3)] == [(0, n, n) for n in (1, 2, 3)], "each task is told at once"


async def test_a_closed_job_tells_all() -> None:
    town = await open_job(CONTROLS)
    controls = sum([(await tap(town))[0] for _ in range(4)])
    await town.say(REQUESTER, "canceljob", "", CHANNEL)
    await town.say(ADA, "status", "", CHANNEL)
    assert done_in(town.last(CHANNEL).text) == 4 - controls, "nobody can tap any more"


@pytest.mark.parametrize(("size", "shown"), [(40, False), (2, True)])
async def test_a_level_is_told_when_the_session_is_over(size: int, shown: bool) -> None:
    town = memory_town(rules=())
    await town.publish(make_items(8, gold=CONTROLS), make_spec(control_share=0.5, session=size))
    await town.join(ADA)
    for _ in range(2):
        await town.press(ADA, "Apples")
    await town.say(ADA, "stats")
    levels = [town.house.texts.say("en", f"level.{name}") for name in ("novice", "regular", "trusted", "expert")]
    told = any(level in town.last(ADA).text for level in levels)
    assert told is shown, "within a session a tap that moves it would be known as one on a control"
