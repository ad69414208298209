"""Who gets what: budgets, skills, languages, reservations, controls, order of jobs, leases that run out.

Proves core.service.work and core.service.house.
"""

from __future__ import annotations

from collections import Counter

import pytest
from builders import ADMIN, ADMIN_PLACE, REQUESTER, Town, make_items, make_spec, worker
from states import held, live, logical, memory_town, purse_of

from core.model import Handle, Item, Overlap, Place
from core.quality import ChanceTest

ADA, BEN = worker(1), worker(2)


async def ref(town: Town, who: Handle) -> str | None:
    lease = await live(town, who)
    if lease is None:
        return None
    return str(await town.read(lambda tx: tx.value("SELECT ref FROM task WHERE id = ?", (lease.task,))))


async def test_budget_is_reserved_when_a_task_is_handed_out(town: Town) -> None:
    await town.publish(make_items(3), make_spec(budget=24_000 * 3))
    await town.join(ADA)
    assert await held(town, "job:1:reserved:USD") == 24_000, "pay and fee of the task in hand are promised"
    assert await held(town, "job:1:escrow:USD") == 48_000, "and can be promised to nobody else"


async def test_no_task_is_handed_out_that_cannot_be_paid(town: Town) -> None:
    await town.publish(make_items(3), make_spec(budget=24_000))
    await town.join(ADA)
    await town.join(BEN)
    assert await live(town, BEN) is None and "budget" in town.last(BEN).text, "one answer is all that can be paid"
    await town.say(ADA, "pause")
    await town.say(BEN, "next")
    assert await live(town, BEN) is not None, "a reservation that comes back is used again"


async def test_a_lease_that_runs_out_returns_task_and_money(town: Town) -> None:
    await town.publish(make_items(1), make_spec(overlap=Overlap("fixed", 1, 1)))
    await town.join(ADA)
    await town.tick(599)
    assert await live(town, ADA) is not None, "not a second too early"
    await town.tick(1)
    assert await live(town, ADA) is None and "ran out" in town.last(ADA).text, "the worker is told"
    assert await held(town, "job:1:reserved:USD") == 0, "the promise of pay is taken back"
    await town.join(BEN)
    assert await live(town, BEN) is not None, "and somebody else gets the task"


async def test_who_let_a_task_run_out_does_not_get_it_again(town: Town) -> None:
    await town.publish(make_items(1))
    await town.join(ADA)
    await town.tick(601)
    await town.say(ADA, "next")
    assert await live(town, ADA) is None, "never the same task twice to a worker"


async def test_a_skill_opens_a_job_and_runs_out(town: Town) -> None:
    await town.publish(make_items(3), make_spec(skills=(("german", 80),)))
    await town.join(ADA)
    assert "skill" in town.last(ADA).text and await live(town, ADA) is None, "without it, why not is told"
    await town.say(ADMIN, "skill", f"{ADA} german 79", ADMIN_PLACE)
    await town.say(ADA, "next")
    assert await live(town, ADA) is None, "too little is not enough"
    await town.say(ADMIN, "skill", f"{ADA} german 80 2d", ADMIN_PLACE)
    await town.say(ADA, "next")
    assert await live(town, ADA) is not None, "with it there is a task"
    await town.say(ADA, "pause")
    town.now += 2 * 86_400_000
    await town.say(ADA, "next")
    assert await live(town, ADA) is None, "after its time to live the skill counts no more"


async def test_a_job_in_another_language_is_not_handed_out(town: Town) -> None:
    await town.publish(make_items(3), make_spec(languages=("es",)))
    await town.join(ADA)
    assert "language" in town.last(ADA).text, "why not is told"
    await town.say(BEN, "start")
    await town.press(BEN, "Español")
    await town.press(BEN, town.house.texts.say("es", "button.accept"))
    assert await live(town, BEN) is not None, "who speaks it works on it"


async def test_a_reserved_task_goes_to_the_named_person_only(town: Town) -> None:
    await town.publish((Item("mine", {"text": "x"}, reserved_for=(BEN,)),))
    await town.join(ADA)
    assert await live(town, ADA) is None, "not to somebody else"
    await town.join(BEN)
    assert await ref(town, BEN) == "mine", "to whom it is reserved for"


async def test_controls_are_mixed_in_and_look_like_any_other_task() -> None:
    town = memory_town(rules=(), chance=ChanceTest(error=0))
    await town.publish(make_items(40, gold=[0] * 20), make_spec(control_share=0.2, session=100))
    await town.join(ADA)
    controls = []
    while (lease := await live(town, ADA)) is not None:
        card = town.last(ADA)
        assert card.question == "Which topic?" and len(card.rows) == 2, "nothing in the card tells a control"
        controls.append(lease.control)
        await town.press(ADA, "Apples")
    assert 5 <= sum(controls) <= 20 and len(controls) == 40 + sum(controls), "some are, all tasks are done as well"


async def test_two_workers_see_controls_at_different_places() -> None:
    town = memory_town()
    await town.publish(make_items(30, gold=[0] * 20), make_spec(control_share=0.2, session=100))
    patterns = set()
    for number in range(4):
        await town.join(worker(number))
        pattern = []
        for _ in range(20):
            lease = await live(town, worker(number))
            assert lease is not None
            pattern.append(lease.control)
            await town.press(worker(number), "Apples")
        patterns.add(tuple(pattern))
    assert len(patterns) == 4, "comparing notes does not help"


async def test_control_answers_count_for_the_worker_and_never_for_a_label() -> None:
    town = memory_town()
    await town.publish(make_items(30, gold=[0] * 10), make_spec(control_share=0.5, session=100))
    await town.join(ADA)
    for _ in range(20):
        await town.press(ADA, "Apples")
    controls, right = await town.read(lambda tx: tx.one("SELECT controls, control_ok FROM standing"))
    assert controls == right > 0, "right control answers are counted"
    labelled = await town.read(lambda tx: tx.value("SELECT sum(done) FROM task WHERE gold IS NOT NULL"))
    assert labelled == 0, "a control has no verdict and no overlap"


async def test_overlap_is_reached_exactly(town: Town) -> None:
    await town.publish(make_items(2), make_spec(overlap=Overlap("fixed", 2, 2)))
    for number in range(3):
        await town.join(worker(number))
    assert await live(town, worker(2)) is not None, "a third worker takes up the second task"
    leases = await town.read(lambda tx: Counter(task for (task,) in tx.all("SELECT task FROM assignment")))
    assert max(leases.values()) == 2, "two leases are all that a task with overlap two may have"


async def test_jobs_are_served_by_priority_without_starving_any() -> None:
    town = memory_town()
    first = await town.publish(make_items(200), make_spec(priority=9, overlap=Overlap("fixed", 1, 1)))
    second = await town.publish(make_items(200), make_spec(priority=1, overlap=Overlap("fixed", 1, 1)))
    served: Counter[int] = Counter()
    for number in range(120):
        await town.join(worker(number))
        lease = await live(town, worker(number))
        assert lease is not None
        served[lease.job] += 1
    assert served[first] > served[second] > 0, f"more for the urgent one, something for each: {served}"


async def test_a_worker_stays_in_a_job_and_then_gets_the_next(town: Town) -> None:
    await town.publish(make_items(2), make_spec(overlap=Overlap("fixed", 1, 1)))
    await town.join(ADA)
    await town.publish(make_items(3), make_spec(title="Later", priority=10))
    await town.press(ADA, "Apples")
    assert "Topics" in town.last(ADA).title, "no jumping between jobs within a session"
    await town.press(ADA, "Apples")
    assert "Later" in town.last(ADA).title, "when one is done the other follows in the same session"


async def test_a_guide_is_sent_once_per_job(town: Town) -> None:
    await town.publish(make_items(5), make_spec(instructions="Look closely"))
    await town.join(ADA)
    await town.press(ADA, "Apples")
    guides = [s for s in town.said[Place(*ADA)] if "Look closely" in s.card.text]
    assert len(guides) == 1, "before the first task and not before every task"


@pytest.mark.parametrize("price", [0, 1, 20_000])
async def test_money_is_conserved_whatever_the_price(town: Town, price: int) -> None:
    await town.publish(make_items(3), make_spec(price=price, budget=price * 20, overlap=Overlap("fixed", 1, 1)))
    before = await held(town, await purse_of(town, REQUESTER))
    await town.join(ADA)
    for _ in range(3):
        await town.press(ADA, "Apples")
    await town.tick(61)
    await town.tick(1)
    lost = before + price * 20 - await held(town, await purse_of(town, REQUESTER))
    fee = (price * 200_000 + 500_000) // 1_000_000
    assert lost == 3 * (price + fee), "the requester paid three answers with their fees and nothing else"
    assert (await town.read(logical))["jobs"][0][1] == "closing", "a job without a price ends as well"
