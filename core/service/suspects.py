"""Suspected labels before one person, in private: a card each with Fix, Keep and Expert; a decision counts as gold.

A decided label is a ruling: it stands above the votes, in every later run. A control whose gold is wrong is retired.
"""

from __future__ import annotations

from core.errors import Refused
from core.messages import Card, Priority, Said
from core.model import Handle
from core.service import confiding, requests, rulings, verdicts, views
from core.service.house import Desk
from core.store import alerts, controls, jobs, suspects, tasks
from core.store import rulings as ruling_rows
from core.store.cards import CardRow
from core.store.jobs import Job
from core.store.people import Person
from core.store.suspects import AuditRow, Suspect

SHOWN = 5
"""Suspects posted at once; the next ones come when these are judged."""
PPM = 1_000_000


def post(desk: Desk, job: Job, audit: AuditRow, person: Person) -> int:
    """The worst suspects to that person alone, each on its own card, and a word of it in the channel; how many.

    Workers read the channel: there a suspected label would steer their answers, and a control task would be known.
    """
    found = suspects.open_suspects(desk.tx, job.id, audit.run, SHOWN)
    for one in found if person.reachable else ():
        row = desk.new_card("suspect", one.id, None, person.home)
        desk.send(person.home, card(desk, row, job, one), row, Priority.NOTICE)
    if found:
        key = "suspect.sent" if person.reachable else "private.start_first"
        confiding.tell(desk, job, person, key, n=len(found), command=f"/suspects #{job.id}")
    return len(found)


def show(desk: Desk, person: Person, command: Said) -> None:
    """/suspects or /suspects #3: the next suspected labels of the job's last audit."""
    job = requests.chosen(desk, command)
    _must_judge(desk, person, job)
    audit = suspects.newest_audit(desk.tx, job.id)
    if audit is None:
        raise Refused("suspect.no_audit", job=job.id)
    if not post(desk, job, audit, person):
        raise Refused("suspect.none", job=job.id)


def card(desk: Desk, row: CardRow, job: Job, one: Suspect) -> Card:
    """What is suspected and why, with the choices, or what was decided, with an Undo."""
    options, task = job.spec.options, tasks.get_task(desk.tx, one.task)
    title = desk.say("en", f"suspect.title.{one.kind}", job=job.id, doubt=f"{one.suspicion / PPM:.0%}")
    if one.decision is not None:
        shown = options[one.suggested if one.decision == "fix" else one.label].text
        told = "retired" if (one.kind, one.decision) == ("gold", "fix") else one.decision
        text = desk.say("en", f"suspect.{told}", item=task.ref, label=shown)
        return Card(text=text, rows=(desk.buttons(row, ("undo", desk.say("en", "button.undo"))),))
    verb = "retire" if one.kind == "gold" else "fix"
    fix = desk.say("en", f"suspect.button.{verb}", label=options[one.suggested].text)
    keep = desk.say("en", "suspect.button.keep", label=options[one.label].text)
    expert = (("expert", desk.say("en", "suspect.button.expert")),) if job.spec.experts and one.kind == "label" else ()
    return Card(
        title=title,
        text=one.reason,
        quote=views.item_text(task.columns),
        question=job.spec.question,
        rows=(desk.buttons(row, ("fix", fix), ("keep", keep)), desk.buttons(row, *expert)),
    )


def _must_judge(desk: Desk, person: Person, job: Job) -> None:
    reviewers = job.spec.review.reviewers if job.spec.review else ()
    handle = Handle(person.platform, person.user)
    if person.id != job.requester and handle not in desk.house.admins and handle not in reviewers:
        raise Refused("job.not_yours", job=job.id)


def decide(desk: Desk, person: Person, row: CardRow, message: str, choice: str) -> None:
    """Fix, keep, expert, or undo of one of them."""
    one = suspects.get_suspect(desk.tx, row.ref)
    job = jobs.get_job(desk.tx, one.job)
    _must_judge(desk, person, job)
    if choice == "undo":
        _take_back(desk, person, job, one)
    elif one.decision is not None:
        raise Refused("suspect.decided")
    else:
        _decide(desk, person, job, one, choice)
    now = suspects.get_suspect(desk.tx, one.id)
    desk.edit(row, card(desk, row, job, now), message)
    audit = suspects.newest_audit(desk.tx, job.id)
    if choice != "undo" and audit is not None and not _any_shown(desk, job, audit):
        desk.send(job.place, estimate_card(desk, job, audit), priority=Priority.NOTICE)
        post(desk, job, audit, person)


def _any_shown(desk: Desk, job: Job, audit: AuditRow) -> bool:
    """Whether a posted suspect still waits: the next ones come only when all of these are judged."""
    judged = sum(suspects.decided(desk.tx, audit.run)[:2])
    return judged % SHOWN != 0 and bool(suspects.open_suspects(desk.tx, job.id, audit.run, 1))


def _decide(desk: Desk, person: Person, job: Job, one: Suspect, choice: str) -> None:
    suspects.decide(desk.tx, one.id, choice, person.id, desk.now)
    alerts.insert_event(
        desk.tx, f"suspect.{choice}", desk.now, actor=person.id, job=job.id, suspect=one.id, task=one.task
    )
    if one.kind == "gold":
        if choice == "fix":
            controls.retire(desk.tx, one.task, "audit", desk.now)
        return
    if choice == "expert":
        rulings.escalate(desk, job, one.task, "audit")
    else:
        label = one.suggested if choice == "fix" else one.label
        rulings.rule(desk, job, one.task, label, ("audit", one.id, person.id))
    _judge(desk, job, one.task)


def _take_back(desk: Desk, person: Person, job: Job, one: Suspect) -> None:
    if one.decision is None:
        raise Refused("suspect.open")
    suspects.decide(desk.tx, one.id, None, person.id, desk.now)
    alerts.insert_event(desk.tx, "suspect.undo", desk.now, actor=person.id, job=job.id, suspect=one.id, task=one.task)
    if one.kind == "gold":
        if one.decision == "fix":
            controls.restore(desk.tx, one.task)
        return
    if one.decision == "expert":
        escalation = ruling_rows.escalation_of(desk.tx, one.task)
        if escalation is None or escalation.state != "open" or ruling_rows.in_hand(desk.tx, one.task):
            raise Refused("suspect.with_expert")
        ruling_rows.drop_escalation(desk.tx, escalation.id)
    else:
        ruling_rows.delete_ruling(desk.tx, "audit", one.id)
    _judge(desk, job, one.task)


def _judge(desk: Desk, job: Job, task: int) -> None:
    verdicts.reconsider(desk, job, tasks.get_task(desk.tx, task), active=0, change=lambda: None)


def estimate(desk: Desk, audit: AuditRow) -> tuple[float, float, float]:
    """Expected share of wrong labels after the decisions, with its interval: decided labels are taken to be right."""
    fixed, kept, removed = suspects.decided(desk.tx, audit.run)
    left = max(0.0, audit.error / PPM - removed / max(1, audit.labelled))
    half = (audit.high - audit.low) / 2 / PPM
    share = 1 - (fixed + kept) / max(1, audit.labelled)
    return left, max(0.0, left - half * share), min(1.0, left + half * share)


def estimate_card(desk: Desk, job: Job, audit: AuditRow) -> Card:
    """The job's estimated error rate before and after the decisions."""
    fixed, kept, _ = suspects.decided(desk.tx, audit.run)
    after, low, high = estimate(desk, audit)
    text = desk.say(
        "en",
        "suspect.estimate",
        job=job.id,
        before=f"{audit.error / PPM:.1%}",
        before_low=f"{audit.low / PPM:.1%}",
        before_high=f"{audit.high / PPM:.1%}",
        after=f"{after:.1%}",
        low=f"{low:.1%}",
        high=f"{high:.1%}",
        fixed=fixed,
        kept=kept,
    )
    return Card(text=text)
