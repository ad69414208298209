"""The way in and out: /start, the agreement, language, /privacy, pause, help, stats."""

from __future__ import annotations

import re

from core import quality
from core.errors import Refused
from core.ledger import payable
from core.messages import Card, Priority
from core.service import views, waiting, work
from core.service.house import Desk
from core.store import alerts, assignments, jobs, journal, people
from core.store import cards as card_rows
from core.store.cards import CardRow
from core.store.people import Person
from core.texts import money

JOB_PAYLOAD = re.compile(r"j(\d{1,12})")


def lang_of(desk: Desk, person: Person, client: str = "") -> str:
    """The language to speak: the stored choice, else the client's, else English."""
    return desk.house.texts.best(person.lang, client)


def start(desk: Desk, person: Person, client: str, payload: str) -> None:
    """/start with or without a job's deep link: the agreement first, then the first task."""
    if match := JOB_PAYLOAD.fullmatch(payload):
        people.set_waiting_job(desk.tx, person.id, int(match[1]))
    if person.agreed != desk.house.agreement_version:
        ask_consent(desk, person, lang_of(desk, person, client))
    else:
        work.next_task(desk, people.get_person(desk.tx, person.id))


def ask_consent(desk: Desk, person: Person, lang: str) -> None:
    """Show the agreement."""
    row = desk.new_card("consent", desk.house.agreement_version, person.id, person.home)
    desk.send(person.home, views.consent_card(desk, row, lang), row)


def switch_language(desk: Desk, person: Person, row: CardRow, message: str, number: int) -> None:
    """Show the agreement in another language, and speak it from now on."""
    languages = desk.house.texts.languages()
    if number >= len(languages):
        raise Refused("press.forged")
    lang = languages[number][0]
    people.set_lang(desk.tx, person.id, lang)
    desk.edit(row, views.consent_card(desk, row, lang), message)


def decide_consent(desk: Desk, person: Person, row: CardRow, message: str, decision: str) -> None:
    """Accept or decline the agreement that was shown."""
    lang = lang_of(desk, person)
    if row.ref != desk.house.agreement_version:
        ask_consent(desk, person, lang)
        desk.toast(desk.say(lang, "consent.outdated"), alert=True)
        return
    if person.agreed == row.ref:
        raise Refused("consent.again")
    _, digest = desk.house.agreement(lang)
    card_rows.spend(desk.tx, row.id)
    people.insert_consent(desk.tx, person.id, row.ref, digest, lang, decision, desk.now)
    people.set_lang(desk.tx, person.id, lang)
    desk.edit(row, Card(text=desk.say(lang, f"consent.{decision}", version=row.ref)), message)
    if decision == "accept":
        people.set_state(desk.tx, person.id, "active")
        work.next_task(desk, people.get_person(desk.tx, person.id), expected=False)
    else:
        work.put_back(desk, person)


def privacy(desk: Desk, person: Person) -> None:
    """/privacy: what is kept, why, and a button to withdraw."""
    lang = lang_of(desk, person)
    row = desk.new_card("privacy", 0, person.id, person.home)
    text = desk.say(lang, "privacy", version=person.agreed or "-", contact=desk.house.contact or "-")
    text += "\n" + desk.say(lang, "privacy.call")
    rows = (desk.buttons(row, ("withdraw", desk.say(lang, "button.withdraw"))),) if person.agreed else ()
    desk.send(person.home, Card(title=desk.say(lang, "privacy.title"), text=text, rows=rows), row)


def withdraw(desk: Desk, person: Person, row: CardRow, message: str) -> None:
    """Consent taken back: as easy as it was given; nothing earned is lost."""
    lang = lang_of(desk, person)
    if not person.agreed:
        raise Refused("consent.withdrawn")
    _, digest = desk.house.agreement(lang)
    card_rows.spend(desk.tx, row.id)
    people.insert_consent(desk.tx, person.id, person.agreed, digest, lang, "decline", desk.now)
    alerts.insert_event(desk.tx, "consent.withdrawn", desk.now, actor=person.id, person=person.id)
    work.put_back(desk, person)
    desk.edit(row, Card(text=desk.say(lang, "consent.withdrawn")), message)


def pause(desk: Desk, person: Person) -> None:
    """/pause: the task goes back, nothing is sent until /next."""
    work.put_back(desk, person)
    if person.state == "active":
        people.set_state(desk.tx, person.id, "paused")
    desk.send(person.home, Card(text=desk.say(lang_of(desk, person), "paused")))


def stats(desk: Desk, person: Person) -> None:
    """/stats: what the worker did and earned, job by job."""
    lang, session = lang_of(desk, person), people.get_session(desk.tx, person.id)
    lines = []
    for standing in people.standings_of(desk.tx, person.id):
        job = jobs.get_job(desk.tx, standing.job)
        lines.append(
            desk.say(
                lang,
                "stats.job",
                job=job.title,
                answers=standing.answers,
                earned=money(waiting.earned(desk, person.id, job, standing.answers), job.asset),
            )
        )
        if session is None or session.over or session.job != job.id:  # else a tap that moves it would be a control
            lines.append(desk.say(lang, "stats.level", level=desk.say(lang, f"level.{quality.level(standing)}")))
        if held := waiting.held_pay(desk, person.id, job):
            lines.append(desk.say(lang, "stats.held", held=money(held, job.asset)))
    totals = [money(amount, asset) for _, asset, amount in journal.balances(desk.tx, payable(person.id) + ":")]
    lines.append(desk.say(lang, "stats.total", total=" + ".join(totals) or "0"))
    desk.send(person.home, Card(title=desk.say(lang, "stats.title"), text="\n".join(lines)))


def show_help(desk: Desk, person: Person) -> None:
    """/help: the commands, and the guide of the job in hand."""
    lang = lang_of(desk, person)
    live = assignments.live_assignment(desk.tx, person.id)
    if live:
        desk.send(
            person.home, views.guide_card(desk, lang, jobs.get_job(desk.tx, live.job).spec), priority=Priority.NOTICE
        )
    text = desk.say(lang, "help") + "\n\n" + desk.say(lang, "help.call")
    desk.send(person.home, Card(title=desk.say(lang, "help.title"), text=text))


def left(desk: Desk, person: Person) -> None:
    """The person blocked the bot: their task goes back, nothing more is sent to them."""
    work.put_back(desk, person, tell=False)
    people.set_state(desk.tx, person.id, "gone")
