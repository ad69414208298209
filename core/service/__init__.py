"""The only orchestration: one command in, one transaction, one reply out; here stands which file obeys what."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import Refused
from core.messages import Card, Command, Left, Press, Priority, Reply, Said, Typed
from core.service import (
    alarms,
    answering,
    appeals,
    auditing,
    calling,
    courses,
    crowd_report,
    digests,
    inviting,
    making,
    objections,
    planning,
    promotion,
    registry,
    requests,
    reviewing,
    runs,
    suspects,
    welcome,
    work,
)
from core.service.house import Desk, House
from core.store import cards as card_rows
from core.store import inbox, people, prompts
from core.store.cards import CardRow
from core.store.people import Person
from core.store.tx import Tx
from core.tokens import choice_of, nonce_of

__all__ = ["Desk", "House", "handle"]


def handle(tx: Tx, command: Command, now: int, house: House) -> Reply:
    """Obey a command once: a redelivered one changes nothing and gets the toast it got the first time."""
    seen = inbox.toast_of(tx, command.key)
    if seen is not None:
        return Reply(*seen)
    desk = Desk(tx, house, now)
    person = _person(desk, command)
    asked = _question(desk, person, command)
    try:
        with tx.nested():
            _obey(desk, person, command, asked)
    except Refused as refusal:
        desk = Desk(tx, house, now)
        _refuse(desk, person, command, refusal)
    inbox.insert_key(tx, command.key, desk.reply.toast, desk.reply.alert, now)
    return desk.reply


def _person(desk: Desk, command: Command) -> Person:
    person = people.ensure_person(desk.tx, command.who, desk.now)
    if command.private and person.chat != command.chat and not command.chat.startswith("@"):
        people.set_chat(desk.tx, person.id, command.chat)
    elif person.state != "gone" or isinstance(command, Left):
        return person
    if person.state == "gone" and not isinstance(command, Left):
        people.set_state(desk.tx, person.id, "active" if person.agreed else "new")
    return people.get_person(desk.tx, person.id)


Question = tuple[str, int]
"""The kind and the card of a question that is answered by typing."""


def _question(desk: Desk, person: Person, command: Command) -> Question | None:
    """The open question that a text answers, once, refused or not; whoever presses or commands does something else.

    A bare digit answers the task in hand, never a question: a word too many must not become a reason or an argument.
    """
    if not isinstance(command, Typed) or _is_verb(command.text.strip()):
        prompts.forget(desk.tx, person.id)
        return None
    return None if _is_digit(command.text.strip()) else prompts.take(desk.tx, person.id, desk.now)


def _is_verb(text: str) -> bool:
    return text.lower() in (*WORKER_VERBS, "start")


def _is_digit(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 2


def _obey(desk: Desk, person: Person, command: Command, asked: Question | None) -> None:
    match command:
        case Press():
            _press(desk, person, command)
        case Said():
            _said(desk, person, command)
        case Typed():
            _typed(desk, person, command, asked)
        case Left():
            welcome.left(desk, person)
        case _:
            raise Refused("unknown", verb=type(command).__name__)


def _refuse(desk: Desk, person: Person, command: Command, refusal: Refused) -> None:
    """Say why: in a box for a press, as a message for anything said."""
    lang = welcome.lang_of(desk, person, command.lang)
    text = desk.say(lang, refusal.key, **refusal.values)
    if isinstance(command, Press):
        desk.toast(text, alert=True)
    elif command.private:
        desk.send(person.home, Card(text=text), priority=Priority.NOTICE)
    else:
        desk.send(command.place, Card(text=text), priority=Priority.NOTICE)


# ---- said and typed -----------------------------------------------------------------------------------------------

WORKER_VERBS: dict[str, Callable[[Desk, Person], None]] = {
    "next": work.next_task,
    "pause": welcome.pause,
    "stats": welcome.stats,
    "help": welcome.show_help,
    "privacy": welcome.privacy,
    "review": reviewing.start,
    "call": calling.show,
}
"""What a worker may say in the private chat; adding a command is one line here."""

CHANNEL_VERBS: dict[str, Callable[[Desk, Person, Said], None]] = {
    "status": requests.status,
    "quality": crowd_report.show,
    "pausejob": requests.pause_job,
    "resumejob": requests.resume_job,
    "canceljob": requests.cancel_job,
    "results": requests.results,
    "budget": requests.budget,
    "credit": requests.credit,
    "skill": requests.set_skill,
    "gold": promotion.candidates,
    "audit": auditing.ask_audit,
    "suspects": suspects.show,
    "models": registry.show,
    "runs": runs.show,
    "cancelrun": runs.ask_cancel,
    "promote": registry.ask_promote,
    "rollback": registry.ask_rollback,
    "newjob": requests.how_to_post,
    "digest": digests.ask,
    "plan": planning.ask,
    "call": calling.switch,
}
"""What requesters and admins may say, mostly in a channel."""


def _said(desk: Desk, person: Person, command: Said) -> None:
    if command.verb == "start" and command.private:
        welcome.start(desk, person, command.lang, command.args.strip())
    elif command.verb in CHANNEL_VERBS:
        CHANNEL_VERBS[command.verb](desk, person, command)
    elif command.verb in WORKER_VERBS:
        if not command.private:
            raise Refused("private.only")
        WORKER_VERBS[command.verb](desk, person)
    elif command.private:
        raise Refused("unknown", verb=command.verb)


PROMPTS: dict[str, Callable[[Desk, Person, int, str], None]] = {
    reviewing.ANSWER: reviewing.typed,
    appeals.KIND: appeals.argue,
    appeals.KIND_ALL: appeals.argue,
}
"""What a typed text means while a question is open, by the kind of its card."""


def _typed(desk: Desk, person: Person, command: Typed, asked: Question | None) -> None:
    """A digit answers; a bare command word works without its slash; anything else gets a hint."""
    text = command.text.strip()
    if asked is not None:
        PROMPTS[asked[0]](desk, person, asked[1], text)
        return
    word = text.lower()
    if not _is_verb(text) and making.typed(desk, person, text):
        return
    if _is_digit(text):
        answering.typed(desk, person, int(text))
    elif word in WORKER_VERBS:
        WORKER_VERBS[word](desk, person)
    elif word == "start":
        welcome.start(desk, person, command.lang, "")
    else:
        raise Refused("typed.hint")


# ---- pressed ------------------------------------------------------------------------------------------------------


def _press(desk: Desk, person: Person, press: Press) -> None:
    nonce = nonce_of(press.token)
    row = card_rows.card_by_nonce(desk.tx, nonce) if nonce else None
    if row is None:
        raise Refused("press.forged")
    if row.person is not None and row.person != person.id:
        raise Refused("press.other")
    choice = choice_of(desk.house.secret, press.token, row.person)
    if choice is None:
        raise Refused("press.forged")
    if row.message is None:
        card_rows.mark_shown(desk.tx, row.id, press.message)
    _route(desk, person, row, press.message, choice)


def _route(desk: Desk, person: Person, row: CardRow, message: str, choice: str) -> None:
    match row.kind, choice:
        case "task", _:
            answering.tap(desk, person, row, message, choice)
        case "consent", "accept" | "decline":
            welcome.decide_consent(desk, person, row, message, choice)
        case "consent", _ if choice.startswith("lang"):
            welcome.switch_language(desk, person, row, message, int(choice.removeprefix("lang")))
        case "privacy", "withdraw":
            welcome.withdraw(desk, person, row, message)
        case "summary", "continue" | "stop":
            _after_session(desk, person, row, message, choice)
        case "job", "publish" | "discard":
            requests.decide_job(desk, person, row, message, choice)
        case "job", "plan":
            planning.press(desk, person, row)
        case "job", _:
            desk.toast(desk.say("en", "job.preview.only"), alert=True)
        case "course", "continue" | "stop":
            courses.decide(desk, person, row, message, choice)
        case "question" | "lesson", _:
            _study(desk, person, row, message, choice)
        case "promotion", "accept" | "decline":
            promotion.decide(desk, person, row, message, choice)
        case "objection", "appeal":
            objections.press(desk, person, row)
        case runs.CARD, "stop":
            runs.press(desk, person, row, message)
        case "model", "promote" | "rollback":
            registry.press(desk, person, row, message, choice)
        case "suspect", _:
            suspects.decide(desk, person, row, message, choice)
        case inviting.KIND, "accept" | "decline" | "stop":
            inviting.press(desk, person, row, message, choice)
        case "alert", _:
            alarms.act(desk, person, row, message, choice)
        case making.KIND, "send":
            answering.send_text(desk, person, row, message)
        case reviewing.ANSWER, _:
            reviewing.press(desk, person, row, message, choice)
        case reviewing.LABEL, _:
            reviewing.press_label(desk, person, row, message, choice)
        case appeals.KIND | appeals.KIND_ALL, "appeal":
            reviewing.press_rejection(desk, person, row, message)
        case "consent spent", _ if person.agreed == row.ref:
            raise Refused("consent.again")
        case kind, _ if kind.endswith(" spent"):
            raise Refused("press.old")
        case _:
            raise Refused("press.forged")


def _study(desk: Desk, person: Person, row: CardRow, message: str, choice: str) -> None:
    """An answer in a training or exam; who passes goes on to what comes next in that job."""
    job = courses.tap(desk, person, row, message, choice)
    if job is not None:
        people.set_waiting_job(desk.tx, person.id, job)
        work.next_task(desk, people.get_person(desk.tx, person.id), expected=False)


def _after_session(desk: Desk, person: Person, row: CardRow, message: str, choice: str) -> None:
    session = people.get_session(desk.tx, person.id)
    if session is None or session.live_card != row.id:
        raise Refused("press.old")
    lang = welcome.lang_of(desk, person)
    people.set_live_card(desk.tx, person.id, None, over=True)
    desk.edit(row, Card(text=desk.say(lang, f"session.{choice}")), message)
    if choice == "continue":
        work.next_task(desk, person)
