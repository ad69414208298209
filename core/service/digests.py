"""The weekly digest: when it is due, what it says of each chat's week, and where it goes; the plots come from a run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC
from pathlib import Path

from core.digest import DAY_MS, DAYS, AlertCount, Page, Tally, add_jobs
from core.errors import Refused
from core.hours import local
from core.messages import Card, Priority, Reply, Said
from core.model import Handle, Place
from core.ports import Store
from core.service.house import Desk, House
from core.store import assignments, batches, digests, jobs
from core.store.batches import BatchRun
from core.store.jobs import Job
from core.store.people import Person
from core.store.tx import Tx
from core.texts import moment, money

KIND = "digest"
NO_JOB = 0
"""A digest's run belongs to no job."""
WEEKLY, ASKED = "week", "asked"
LATE_MS = DAY_MS
"""A digest that could not be posted within a day of its time is left out."""
SLICE = 5_000
"""Rows of a job's record that one transaction sums up: about ten milliseconds."""
Span = tuple[int, int]
Part = tuple[Job, Tally]
Row = tuple[int | None, str, str, int]


def queue_due(tx: Tx, now: int, house: House) -> bool:
    """Queue this week's digest, once, when it is due and something happened."""
    if house.digest is None:
        return False
    until = house.digest.last(now)
    if now - until > LATE_MS or not digests.active_jobs(tx, until - DAYS * DAY_MS, until):
        return False
    return batches.queue_run(tx, KIND, NO_JOB, f"{WEEKLY}|{until}", False, now) is not None


def ask(desk: Desk, person: Person, command: Said) -> None:
    """/digest: an admin gets the last seven days at once, in this chat."""
    if Handle(person.platform, person.user) not in desk.house.admins:
        raise Refused("admin.only")
    claim = "|".join((ASKED, str(desk.now + 1), *command.place))  # what happens now belongs to it
    batches.queue_run(desk.tx, KIND, NO_JOB, claim, False, desk.now)
    desk.send(command.place, Card(text=desk.say("en", "digest.soon")), priority=Priority.NOTICE)


# ---- gathering ----------------------------------------------------------------------------------------------------


async def pages(store: Store, run: BatchRun, house: House) -> list[Page]:
    """A page for the admins, and for a weekly digest one for each channel with a job that was worked on."""
    kind, until, *place = run.claim.split("|", 3)
    span = (int(until) - DAYS * DAY_MS, int(until))
    parts = []
    for number in await store.run(digests.active_jobs, *span):
        parts.append((await store.run(jobs.get_job, number), await _gather(store, number, span)))
    alerts = await store.run(digests.alerts_by_kind, span)
    places = [Place(*place)] if kind == ASKED else list(house.admin_places)
    found = [_page(f"admins-{n}", at, parts, alerts, (span, house)) for n, at in enumerate(places)]
    return found + (_channel_pages(parts, alerts, (span, house)) if kind == WEEKLY else [])


def _channel_pages(parts: Sequence[Part], alerts: Sequence[Row], when: tuple[Span, House]) -> list[Page]:
    by_place: dict[Place, list[Part]] = defaultdict(list)
    for job, tally in parts:
        if any(tally.workers):
            by_place[job.place].append((job, tally))
    found = []
    for n, (place, own) in enumerate(by_place.items()):
        numbers = {job.id for job, _ in own}
        page = _page(f"channel-{n}", place, own, [row for row in alerts if row[0] in numbers], when)
        page.title = ", ".join(f"#{job.id} {job.title}" for job, _ in own)
        found.append(page)
    return found


async def _gather(store: Store, job: int, span: Span) -> Tally:
    """A job's counts by day, slice by slice from its newest answer on."""
    tally = Tally()
    before = await store.run(assignments.last_answer, job) + 1
    while before:
        rows, before = await store.run(digests.work_before, job, span, before, SLICE)
        for row in rows:
            tally.add(*row)
    for day, value in await store.run(digests.confidences, job, span):
        tally.days[day].confidence = value
    return tally


def _page(name: str, place: Place, parts: Sequence[Part], alerts: Sequence[Row], when: tuple[Span, House]) -> Page:
    span, house = when
    zone = house.digest.zone if house.digest is not None else UTC
    captions = [f"{local(span[0] + day * DAY_MS, zone):%a %d}" for day in range(DAYS)]
    page = Page(name, *place, "", captions, alerts=_counts(alerts))
    add_jobs(page, [(tally, job.price.total, job.asset) for job, tally in parts])
    return page


def _counts(rows: Iterable[Row]) -> list[AlertCount]:
    states: dict[str, Counter[str]] = defaultdict(Counter)
    for _, kind, state, n in rows:
        states[kind][state] += n
    return [AlertCount(kind, by["acted"], by["ignored"], by["open"]) for kind, by in sorted(states.items())]


# ---- posting ------------------------------------------------------------------------------------------------------


def finish(tx: Tx, run: BatchRun, drawn: Sequence[Page], folder: Path, now: int, house: House) -> Reply:
    """The plots are there: post each page with its picture, once."""
    if batches.get_run(tx, run.id).state == "done":
        return Reply()
    batches.finish_run(tx, run.id, '{"metrics": {}, "files": []}', "", now)
    desk = Desk(tx, house, now)
    until = moment(int(run.claim.split("|")[1]))
    for page in drawn:
        files = [(str(folder / page.picture), "digest.png")]
        desk.send_files(Place(page.platform, page.chat), card(desk, page, until), files)
    return desk.reply


def card(desk: Desk, page: Page, until: str) -> Card:
    """A page in words."""
    title = desk.say("en", "digest.job.title" if page.title else "digest.title", until=until)
    if not page.answers + page.controls and not page.alerts:
        return Card(title=title, text=desk.say("en", "digest.none"))
    confidence = page.confidence
    text = desk.say(
        "en",
        "digest",
        answers=page.answers,
        workers=page.workers,
        controls=page.controls,
        accuracy=f"{page.right / page.controls:.0%} of {page.controls}" if page.controls else "-",
        confidence=f"{confidence:.0%}" if confidence is not None else "-",
        spent=", ".join(money(amount, asset) for asset, amount in page.spent.items() if amount) or "-",
        alerts=_alerts(desk, page),
    )
    return Card(title=title, text=text, quote=page.title)


def _alerts(desk: Desk, page: Page) -> str:
    if not page.alerts:
        return desk.say("en", "digest.alerts.none")
    return "; ".join(
        desk.say(
            "en",
            "digest.alert",
            kind=count.kind,
            n=count.acted + count.ignored + count.open,
            acted=count.acted,
            ignored=count.ignored,
            open=count.open,
        )
        for count in page.alerts
    )


def failed(tx: Tx, run: BatchRun, error: str, now: int, house: House) -> Reply:
    """The run failed for good: whoever asked, or the admins, are told."""
    batches.finish_run(tx, run.id, "", error, now)
    desk = Desk(tx, house, now)
    asked = run.claim.split("|", 3)[2:]
    for place in [Place(*asked)] if asked else house.admin_places:
        desk.send(place, Card(text=desk.say("en", "digest.failed", error=error[:300])), priority=Priority.NOTICE)
    return desk.reply
