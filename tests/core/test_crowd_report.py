"""/quality says how well workers agree beyond chance, class by class, and how they fare on controls.

Proves core.service.crowd_report.
"""

from __future__ import annotations

from builders import CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from states import live, memory_town, token_for

from core.model import Overlap


async def answer_all(town: Town, number: int, choice: str) -> None:
    who = worker(number)
    await town.join(who)
    while (lease := await live(town, who)) is not None:
        await town.press_token(who, await token_for(town, who, lease.id, choice))


async def test_agreement_controls_and_classes_are_told() -> None:
    town = memory_town()
    await town.publish(make_items(6, gold=[0, 0]), make_spec(overlap=Overlap("fixed", 2, 2), control_share=0.5))
    for number, choice in ((1, "0"), (2, "0")):
        await answer_all(town, number, choice)
    await town.say(REQUESTER, "quality", "", CHANNEL)
    text = town.last(CHANNEL).text
    assert "100% of the pairs on 6 tasks agree" in text, "both said the same"
    assert "Apples: agreement beyond chance 1.00" in text, "for the one class there is"


async def test_a_fresh_job_has_nothing_to_compare() -> None:
    town = memory_town()
    await town.publish(make_items(2))
    await town.say(REQUESTER, "quality", "", CHANNEL)
    assert "No task has two answers yet" in town.last(CHANNEL).text, "and says so"
