"""An audit's outcome before people: its figures to the admins, its suspects to the requester; and /audit."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import Refused
from core.messages import Card, Priority, Said
from core.service import confiding, learning, modelling, requests, suspects
from core.service.house import Desk
from core.store import alerts, jobs, people
from core.store import suspects as suspect_rows
from core.store.batches import BatchRun
from core.store.jobs import Job
from core.store.people import Person
from core.store.suspects import AuditRow

PPM = 1_000_000
FIGURES = ("error_rate", "error_low", "error_high", "text_weight")
Figures = Mapping[str, float | int | str]


def audited(desk: Desk, run: BatchRun, metrics: Figures, files: list[tuple[str, str]]) -> None:
    """An audit's rows are stored: tell the requester what it found, and put the worst suspects before them."""
    job = jobs.get_job(desk.tx, run.job)
    rate, low, high, weight = (round(float(metrics[name]) * PPM) for name in FIGURES)
    labelled = int(metrics["labelled"])
    suspect_rows.insert_audit(
        desk.tx, AuditRow(run.id, job.id, job.answers, labelled, rate, low, high, weight, desk.now)
    )
    alerts.insert_event(desk.tx, "learning.audited", desk.now, job=job.id, run=run.id, found=dict(metrics))
    modelling.after_audit(desk, run, job, labelled)
    if _is_asked(run):
        requester = people.get_person(desk.tx, job.requester)
        if requester.reachable:
            desk.send_files(requester.home, audit_card(desk, job, metrics), files)  # the files name the suspects
        if requester.home != job.place:
            desk.send(job.place, audit_card(desk, job, metrics), priority=Priority.NOTICE)
    for place in desk.house.admin_places:
        desk.send(place, audit_card(desk, job, metrics), priority=Priority.NOTICE)


def present(desk: Desk, run: BatchRun) -> None:
    """Put the worst suspects of an audit that was asked for before the requester; else they wait for /suspects."""
    audit = suspect_rows.newest_audit(desk.tx, run.job)
    if audit is not None and _is_asked(run):
        job = jobs.get_job(desk.tx, run.job)
        suspects.post(desk, job, audit, people.get_person(desk.tx, job.requester))


def _is_asked(run: BatchRun) -> bool:
    return bool(run.final) or run.claim.startswith("asked")


def audit_card(desk: Desk, job: Job, metrics: Figures) -> Card:
    """What an audit found, in a few lines."""
    weight = float(metrics["text_weight"])
    heard = desk.say("en", "audit.helps", weight=f"{weight:.0%}") if weight else desk.say("en", "audit.no_help")
    text = desk.say(
        "en",
        "audit.text",
        rate=f"{float(metrics['error_rate']):.1%}",
        low=f"{float(metrics['error_low']):.1%}",
        high=f"{float(metrics['error_high']):.1%}",
        suspects=metrics["suspects"],
        gold=metrics["doubtful_gold"],
        workers=metrics["odd_workers"],
        text=metrics.get("skipped") or heard,
    )
    return Card(title=desk.say("en", "audit.title", job=job.id, title=job.title), text=text)


def ask_audit(desk: Desk, person: Person, command: Said) -> None:
    """/audit or /audit #3: audit the job's labels now."""
    job = requests.chosen(desk, command)
    requests.must_own(desk, person, job)
    if job.answers < learning.LEAST_ANSWERS:
        raise Refused("audit.few", job=job.id, answers=job.answers, least=learning.LEAST_ANSWERS)
    confiding.must_reach(job, people.get_person(desk.tx, job.requester), command.verb)
    if not learning.queue_audit(desk, job, f"asked:{job.answers}", final=False):
        raise Refused("audit.same", job=job.id)
    desk.send(command.place, Card(text=desk.say("en", "audit.soon", job=job.id)), priority=Priority.NOTICE)
