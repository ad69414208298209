"""The models of a job before people: a new one goes live or is refused, and why; /models, /promote, /rollback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import models as rules
from core.errors import Refused
from core.messages import Card, Priority, Said
from core.models import Opinion
from core.service import modelling, requests
from core.service.house import Desk
from core.store import alerts, jobs, models
from core.store.batches import BatchRun
from core.store.cards import CardRow
from core.store.jobs import Job
from core.store.models import Model
from core.store.people import Person

SHOWN = 10
"""Models that /models lists."""
Opinions = Mapping[int, Opinion]


@dataclass(frozen=True, slots=True)
class Made:
    """What a finetune run left: the model's folder, its hash, its figures, and files for people (path, shown name)."""

    folder: str
    identity: str
    metrics: dict[str, Any]
    files: tuple[tuple[str, str], ...]


def register(desk: Desk, run: BatchRun, made: Made, new: Opinions, live: Opinions | None) -> None:
    """A new model, judged on held-out known answers against the live one (None: there is none)."""
    job = jobs.get_job(desk.tx, run.job)
    number = models.insert_model(desk.tx, (job.id, run.id), made.folder, made.identity, made.metrics, desk.now)
    judged = rules.judge(new, live)
    if judged.live:
        go_live(desk, job, number, judged.reason, None)
    else:
        models.decide(desk.tx, number, "refused", judged.reason, None, desk.now)
        alerts.insert_event(desk.tx, "model.refused", desk.now, job=job.id, model=number, reason=judged.reason)
        modelling.queue_predict(desk, job, f"run:{run.id}")
    model = models.get_model(desk.tx, number)
    row = desk.new_card("model", number, None, job.place)
    desk.send(job.place, card(desk, job, model, row), row, Priority.NOTICE)
    desk.send_files(job.place, Card(title=_title(desk, model)), made.files)
    for place in desk.house.admin_places:
        desk.send(place, card(desk, job, model), priority=Priority.NOTICE)


def go_live(desk: Desk, job: Job, number: int, reason: str, person: Person | None) -> None:
    """This model speaks in its job from now on; the one that did is kept for a rollback."""
    actor = person.id if person else None
    live = models.live_model(desk.tx, job.id)
    if live is not None:
        models.decide(desk.tx, live.id, "retired", f"model {number} took its place", actor, desk.now)
    models.decide(desk.tx, number, "live", reason, actor, desk.now)
    models.set_displaced(desk.tx, number, live.id if live else None)
    alerts.insert_event(desk.tx, "model.live", desk.now, actor=actor, job=job.id, model=number, reason=reason)
    modelling.queue_predict(desk, job, f"live:{desk.now}")


# ---- what is shown ------------------------------------------------------------------------------------------------


def _title(desk: Desk, model: Model) -> str:
    state = desk.say("en", f"model.state.{model.state}")
    return desk.say("en", "model.title", model=model.id, job=model.job, state=state)


def card(desk: Desk, job: Job, model: Model, row: CardRow | None = None) -> Card:
    """A model with its figures, the reason of its state, and with `row` the button that changes it."""
    text = desk.say(
        "en",
        "model.text",
        accuracy=_accuracy(desk, model),
        labels=model.made_of,
        encoder=model.metrics.get("encoder", "-"),
        mode=model.metrics.get("mode", "-"),
        reason=model.reason,
    )
    verb = "rollback" if model.state == "live" else "promote"
    rows = (desk.buttons(row, (verb, desk.say("en", f"model.button.{verb}"))),) if row else ()
    return Card(title=_title(desk, model), text=text, rows=rows)


def _accuracy(desk: Desk, model: Model) -> str:
    found = model.metrics
    if "held_out" not in found:
        return desk.say("en", "model.unmeasured")
    low, high = (f"{float(found[f'accuracy_{end}']):.1%}" for end in ("lower", "upper"))
    share = f"{float(found['accuracy']):.1%}"
    return desk.say("en", "model.accuracy", share=share, known=found["held_out"], low=low, high=high)


def show(desk: Desk, person: Person, command: Said) -> None:
    """/models or /models #3: the job's models, the newest first."""
    job = requests.chosen(desk, command)
    found = models.models_of(desk.tx, job.id, SHOWN)
    if not found:
        raise Refused("model.none", job=job.id)
    lines = [
        desk.say(
            "en",
            "model.line",
            model=model.id,
            state=desk.say("en", f"model.state.{model.state}"),
            accuracy=_accuracy(desk, model),
            labels=model.made_of,
            alone=models.labelled_by(desk.tx, model.id),
            reason=model.reason,
        )
        for model in found
    ]
    title = desk.say("en", "model.list", job=job.id, title=job.title)
    desk.send(command.place, Card(title=title, text="\n".join(lines)), priority=Priority.NOTICE)


# ---- what people decide -------------------------------------------------------------------------------------------


def ask_promote(desk: Desk, person: Person, command: Said) -> None:
    """/promote 4: this model speaks from now on, whatever the gate said."""
    match = requests.NUMBER.match(command.args)
    if match is None:
        raise Refused("model.usage")
    model = models.find_model(desk.tx, int(match[1]))
    if model is None or jobs.get_job(desk.tx, model.job).place != command.place:
        raise Refused("model.unknown", model=match[1])
    desk.send(command.place, Card(text=promote(desk, person, model)), priority=Priority.NOTICE)


def promote(desk: Desk, person: Person, model: Model) -> str:
    """Make a model live by a person's word; what was done."""
    job = jobs.get_job(desk.tx, model.job)
    requests.must_own(desk, person, job)
    if model.state == "live":
        raise Refused("model.is_live", model=model.id)
    go_live(desk, job, model.id, f"{person.handle} promoted it", person)
    return desk.say("en", "model.promoted", model=model.id, job=job.id)


OFF = "off"


def ask_rollback(desk: Desk, person: Person, command: Said) -> None:
    """/rollback or /rollback #3: the model that was live before speaks again; /rollback off: none does."""
    job = requests.chosen(desk, command)
    live = models.live_model(desk.tx, job.id)
    if live is None:
        raise Refused("model.not_live", job=job.id)
    told = rollback(desk, person, live, off=OFF in command.args.split())
    desk.send(command.place, Card(text=told), priority=Priority.NOTICE)


def rollback(desk: Desk, person: Person, live: Model, *, off: bool = False) -> str:
    """Take back that this model is live, and the labels that it gave alone; what was done."""
    job = jobs.get_job(desk.tx, live.job)
    requests.must_own(desk, person, job)
    if live.state != "live":
        raise Refused("model.not_live", job=job.id)
    models.decide(desk.tx, live.id, "retired", f"{person.handle} rolled it back", person.id, desk.now)
    models.set_withdrawn(desk.tx, live.id, models.BEING_WITHDRAWN)
    alerts.insert_event(desk.tx, "model.rollback", desk.now, actor=person.id, job=job.id, model=live.id)
    if off or live.displaced is None:
        models.withdraw_all(desk.tx, job.id)
        return desk.say("en", "model.off", model=live.id, job=job.id)
    models.decide(desk.tx, live.displaced, "live", f"{person.handle} rolled back to it", person.id, desk.now)
    models.set_withdrawn(desk.tx, live.displaced, models.STANDS)
    modelling.queue_predict(desk, job, f"live:{desk.now}")
    return desk.say("en", "model.rolled_back", model=live.id, before=live.displaced, job=job.id)


def press(desk: Desk, person: Person, row: CardRow, message: str, choice: str) -> None:
    """Make it live, or roll it back, on a model's card."""
    model = models.get_model(desk.tx, row.ref)
    desk.toast((promote if choice == "promote" else rollback)(desk, person, model))
    job = jobs.get_job(desk.tx, model.job)
    desk.edit(row, card(desk, job, models.get_model(desk.tx, model.id), row), message)
