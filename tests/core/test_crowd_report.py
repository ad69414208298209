"""/quality says how well workers agree beyond chance, class by class, and how they fare on controls.

Proves core.service.crowd_report and core.service.confiding.
"""

from __future__ import annotations

from builders import ADMIN, ADMIN_PLACE, CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from states import live, memory_town, token_for

from core.model import Overlap
from core.store import jobs


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
    await town.say(REQUESTER, "help")  # in private
    await town.say(REQUESTER, "quality", "", CHANNEL)
    text = town.last(REQUESTER).text
    assert "100% of the pairs on 6 tasks agree" in text, "both said the same"
    assert "Apples: agreement beyond chance 1.00" in text, "for the one class there is"


async def test_a_fresh_job_has_nothing_to_compare() -> None:
    town = memory_town()
    await town.publish(make_items(2))
    await town.say(REQUESTER, "quality")
    assert "No task has two answers yet" in town.last(REQUESTER).text, "and says so"


async def test_where_workers_read_along_only_a_word_of_it_is_said() -> None:
    town = memory_town()
    job = await town.publish(make_items(2))
    await town.say(REQUESTER, "quality", "", CHANNEL)
    told = town.last(CHANNEL).text
    assert "Write to me in private once (press Start), then say /quality #1" in told, "a bot may not write first"
    await town.say(REQUESTER, "quality", f"#{job}")
    before = len(town.said[CHANNEL])
    await town.say(REQUESTER, "quality", "", CHANNEL)
    words = [speech.card.text for speech in town.said[CHANNEL][before:]]
    assert words and "No task has two answers yet" not in "".join(words), "where it is, not what it is"
    assert "No task has two answers yet" in town.last(REQUESTER).text, "that is for the requester alone"


async def test_the_quality_of_a_closed_job_and_for_admins_is_told_where_it_is_asked() -> None:
    town = memory_town()
    await town.publish(make_items(2))
    await town.say(ADMIN, "quality", "#1", ADMIN_PLACE)
    assert "No task has two answers yet" in town.last(ADMIN_PLACE).text, "no worker reads the admins' channel"
    await town.say(REQUESTER, "canceljob", "", CHANNEL)
    await town.tick(1)
    await town.database.run(lambda tx: jobs.mark_closed(tx, 1, town.now))
    await town.say(REQUESTER, "quality", "", CHANNEL)
    assert "No task has two answers yet" in town.last(CHANNEL).text, "nothing can be steered any more"
