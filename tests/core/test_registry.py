"""Models of a job: a better one is promoted, a worse one refused, a rollback undoes what a model did alone.

Proves core.service.registry, core.service.modelling, core.service.forecasts, core.service.standins, core.store.models.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from builders import ADMIN, ADMIN_PLACE, CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from models_by_hand import foretell, made, opinions
from states import live, logical, memory_town, token_for

from core.model import Overlap
from core.models import LearningRules
from core.service import auditing, learning
from core.service.house import Desk
from core.store import batches, beliefs, models
from core.store.snapshots import snapshot
from core.store.tx import Tx

ITEMS = 8


@pytest.fixture
def town() -> Iterator[Town]:
    town = memory_town(learning=LearningRules(people_share=0.25))
    yield town
    assert not town.database.faults(), "the books are right"  # type: ignore[attr-defined]


async def learning_job(town: Town, **changes: Any) -> int:
    return await town.publish(make_items(ITEMS), make_spec(overlap=Overlap("fixed", 1, 1), learn=True, **changes))


async def states_of(town: Town, job: int) -> dict[int, str]:
    return {model.id: model.state for model in await town.read(models.models_of, job, 10)}


async def tasks_of(town: Town, job: int) -> list[tuple[Any, ...]]:
    sql = "SELECT label, confidence, done, want FROM task WHERE job = ? ORDER BY id"
    return [tuple(row) for row in await town.read(lambda tx: tx.all(sql, (job,)))]


# ---- the gate -----------------------------------------------------------------------------------------------------


async def test_a_better_model_is_promoted_and_a_worse_one_refused(town: Town) -> None:
    job = await learning_job(town)
    first = await made(town, job, opinions(40, 20))
    worse = await made(town, job, opinions(35, 25), opinions(40, 20))
    same = await made(town, job, opinions(40, 20), opinions(40, 20))
    better = await made(town, job, opinions(55, 5), opinions(40, 20))
    states = await states_of(town, job)
    assert states == {first: "retired", worse: "refused", same: "refused", better: "live"}, "only proof counts"
    told = [speech.card.text for speech in town.said[CHANNEL] if f"Model {worse} of job" in speech.card.title]
    assert "35 right, the live model 40: better on 0, worse on 5" in told[0], "the refusal says why"
    assert town.last(ADMIN_PLACE).title == f"Model {better} of job #{job}: live", "admins hear of it too"
    assert "curves.png" in str(town.said[CHANNEL]), "with the curves"


async def test_models_are_listed_with_figures_and_reasons(town: Town) -> None:
    job = await learning_job(town)
    await made(town, job, opinions(30, 30))
    await town.say(REQUESTER, "models", place=CHANNEL)
    line = town.last(CHANNEL).text
    assert "refused · 90.0% of 60 known answers right (80.0% to 95.0%) · made of 300 labels" in line, (
        "state and figures"
    )
    assert "the commonest class has 50.0%" in line, "and the reason"


async def test_people_may_overrule_the_gate_and_take_it_back(town: Town) -> None:
    job = await learning_job(town)
    first = await made(town, job, opinions(40, 20))
    refused = await made(town, job, opinions(35, 25), opinions(40, 20))
    await town.say(REQUESTER, "promote", str(refused), CHANNEL)
    assert await states_of(town, job) == {first: "retired", refused: "live"}, "the requester's word stands"
    await town.say(ADMIN, "rollback", place=CHANNEL)
    assert await states_of(town, job) == {first: "live", refused: "retired"}, "a rollback brings the old one back"
    await town.say(ADMIN, "promote", str(refused), CHANNEL)
    assert await states_of(town, job) == {first: "retired", refused: "live"}, "and /promote undoes the rollback"
    await town.say(ADMIN, "rollback", "off", CHANNEL)
    assert "live" not in (await states_of(town, job)).values(), "off: none speaks"
    kinds = await town.read(lambda tx: [row[0] for row in tx.all("SELECT kind FROM event WHERE kind LIKE 'model.%'")])
    assert kinds == [*("model.live", "model.refused"), *("model.live", "model.rollback") * 2], "everything is on record"


async def test_the_buttons_do_the_same(town: Town) -> None:
    job = await learning_job(town)
    model = await made(town, job, opinions(40, 20))
    await town.press(REQUESTER, "Roll back", CHANNEL)
    assert await states_of(town, job) == {model: "retired"}, "one tap"
    assert town.last(CHANNEL).rows[0][0].text == "Make it live", "and one back"
    await town.press(REQUESTER, "Make it live", CHANNEL)
    assert await states_of(town, job) == {model: "live"}, "as it was"


async def test_others_may_not_decide(town: Town) -> None:
    job = await learning_job(town)
    model = await made(town, job, opinions(40, 20))
    for verb, args in (("rollback", ""), ("promote", str(model))):
        await town.say(worker(1), verb, args, CHANNEL)
        assert "Only the person who posted" in town.last(CHANNEL).text, "only the requester and admins decide"
    assert await states_of(town, job) == {model: "live"}, "nothing changed"


async def test_refusals_are_kind(town: Town) -> None:
    job = await learning_job(town)
    for verb, args, text in (
        ("models", "", f"Job #{job} has no model yet"),
        ("rollback", "", f"No model is live in job #{job}"),
        ("promote", "", "Which model?"),
        ("promote", "99", "This channel has no model 99"),
    ):
        await town.say(REQUESTER, verb, args, CHANNEL)
        assert text in town.last(CHANNEL).text, "it says what to do instead"


# ---- labels without people ----------------------------------------------------------------------------------------


async def test_by_default_a_model_labels_nothing_alone(town: Town) -> None:
    job = await learning_job(town)
    await made(town, job, opinions(40, 20))
    await foretell(town, job, sure=3)
    assert len(await town.read(beliefs.priors_of_job, job)) == ITEMS, "its opinion is the prior of every open task"
    assert not any(done for _, _, done, _ in await tasks_of(town, job)), "people judge them all"


async def test_sure_labels_stand_where_the_job_allows_it(town: Town) -> None:
    job = await learning_job(town, auto_accept=0.95)
    model = await made(town, job, opinions(40, 20))
    await foretell(town, job, sure=3)
    assert (await tasks_of(town, job))[:3] == [(1, 960_000, 1, 0)] * 3, "done, with its label and confidence"
    assert (await town.read(snapshot, job)).alone == [(n, 1, 960_000) for n in (1, 2, 3)], "and marked as its own"
    assert "3 tasks carry its label and need no people (promised precision 95%)" in town.last(CHANNEL).text, "said"
    assert await town.read(models.labelled_by, model) == 3, "and counted"


async def test_a_rollback_sends_its_tasks_to_people(town: Town) -> None:
    job = await learning_job(town, auto_accept=0.95)
    before = await town.read(logical)
    await made(town, job, opinions(40, 20))
    await foretell(town, job, sure=3)
    await town.say(REQUESTER, "rollback", place=CHANNEL)
    await town.tick()
    assert await town.read(logical) == before, "as if no model had ever spoken"
    assert await town.read(beliefs.priors_of_job, job) == {}, "its opinions are forgotten"
    assert (await town.read(snapshot, job)).alone == [], "and so are its labels"


async def test_who_answered_or_begins_is_left_alone(town: Town) -> None:
    job = await learning_job(town, auto_accept=0.95)
    await town.join(worker(1))
    lease = await live(town, worker(1))
    assert lease is not None, "the worker has a task"
    await made(town, job, opinions(40, 20))
    await foretell(town, job, sure=ITEMS)
    alone = {row[0] for row in (await town.read(snapshot, job)).alone}
    assert len(alone) == ITEMS - 1 and lease.task not in alone, "the task in hand is theirs"
    await town.press_token(worker(1), await token_for(town, worker(1), lease.id, "0"))
    labels = await town.read(lambda tx: tx.one("SELECT label, answers FROM task WHERE id = ?", (lease.task,)))
    assert labels == (0, 1), "and their answer is the label"


async def test_a_model_that_is_live_no_more_is_not_heeded(town: Town) -> None:
    job = await learning_job(town, auto_accept=0.95)
    await made(town, job, opinions(40, 20))
    await town.say(REQUESTER, "rollback", place=CHANNEL)
    await foretell(town, job, sure=3)
    assert not any(done for _, _, done, _ in await tasks_of(town, job)), "what comes late is dropped"
    assert await town.read(beliefs.priors_of_job, job) == {}, "its priors too"


async def test_a_person_takes_the_models_place(town: Town) -> None:
    job = await learning_job(town, auto_accept=0.95)
    await made(town, job, opinions(40, 20))
    await foretell(town, job, sure=ITEMS)

    def rule(tx: Tx) -> None:
        from core.service import rulings, verdicts
        from core.store import jobs, tasks

        desk = Desk(tx, town.house, town.now)
        rulings.rule(desk, jobs.get_job(tx, job), 1, 0, ("audit", 1, 1))
        verdicts.reconsider(desk, jobs.get_job(tx, job), tasks.get_task(tx, 1), active=0, change=lambda: None)

    await town.database.run(rule)
    assert (await tasks_of(town, job))[0] == (0, 980_000, 1, 0), "a decision stands above it"
    assert 1 not in {row[0] for row in (await town.read(snapshot, job)).alone}, "and it is no model's label any more"


# ---- the chain ----------------------------------------------------------------------------------------------------

FOUND: dict[str, float | int | str] = {
    "error_rate": 0.1,
    "error_low": 0.05,
    "error_high": 0.15,
    "text_weight": 0.6,
    "suspects": 0,
}
FIGURES = {**FOUND, "doubtful_gold": 0, "odd_workers": 0, "skipped": ""}


async def audited(town: Town, job: int, labelled: int) -> list[str]:
    """An audit found so many labels; what the loop noted."""

    def take_in(tx: Tx) -> list[str]:
        run = batches.queue_run(tx, learning.AUDIT, job, f"at:{town.key()}", False, town.now)
        assert run is not None, "each claim is a new one"
        auditing.audited(
            Desk(tx, town.house, town.now), batches.get_run(tx, run), {**FIGURES, "labelled": labelled}, []
        )
        sql = "SELECT kind || ' ' || body FROM event WHERE kind IN ('learning.queued', 'learning.skipped') ORDER BY id"
        return [row[0] for row in tx.all(sql)]

    notes: list[str] = await town.database.run(take_in)
    return notes


async def test_a_model_follows_an_audit_when_it_is_worth_it(town: Town) -> None:
    spec = make_spec(overlap=Overlap("fixed", 1, 1), learn=True, control_share=0.2)
    job = await town.publish(make_items(ITEMS, gold=[0, 1] * 10), spec)
    notes = await audited(town, job, 150)
    assert "150 labelled tasks, at least 200 are needed" in notes[-2], "skipped, with the reason"
    assert "no model is live" in notes[-1], "so nothing is foretold either"
    assert '"step": "finetune"' in (await audited(town, job, 250))[-1], "enough labels"
    await made(town, job, opinions(40, 20))
    notes = await audited(town, job, 310)
    assert "the last model was made of 300" in notes[-2], "not again for a few more"
    assert '"step": "predict"' in notes[-1], "but the live model speaks anew"
    assert '"step": "finetune"' in (await audited(town, job, 380))[-1], "a quarter more is worth another"


async def test_without_known_answers_no_model_is_made(town: Town) -> None:
    job = await learning_job(town)
    notes = await audited(town, job, 500)
    assert "0 known answers, at least 20 are needed to judge a model" in notes[-2], "nothing to judge it on"


async def test_a_job_that_does_not_learn_is_left_alone(town: Town) -> None:
    job = await town.publish(make_items(3), make_spec())
    assert await audited(town, job, 500) == [], "no model, no note"
