"""People, what they agreed to, their skills, restrictions, sessions and standing in a job."""

from __future__ import annotations

from typing import NamedTuple

from core.model import Handle, Place
from core.quality import Standing
from core.store.tx import Tx

PERSON = "id, platform, user, lang, chat, agreed, state, waiting_job"
STANDING = (
    "person, job, prior_ok, prior_n, answers, cant, controls, control_ok, compared, agreed, "
    "skips, skips_in_row, fast, duration_ms"
)


class Person(NamedTuple):
    """Somebody who spoke to the bot; `agreed` is the version of the agreement accepted, 0 for none."""

    id: int
    platform: str
    user: str
    lang: str
    chat: str
    agreed: int
    state: str
    waiting_job: int | None

    @property
    def handle(self) -> Handle:
        """As the platform knows them."""
        return Handle(self.platform, self.user)

    @property
    def home(self) -> Place:
        """Their private chat with the bot."""
        return Place(self.platform, self.chat or (f"@{self.user}" if self.platform == "slack" else self.user))

    @property
    def reachable(self) -> bool:
        """Whether the bot may write to them: in Slack to everybody, in Telegram to those who pressed Start."""
        return bool(self.chat) or self.platform == "slack"


class Session(NamedTuple):
    """A worker's run of tasks in one job; `live_card` is the one card with live buttons, `over` ends the run."""

    person: int
    job: int
    done: int
    earned: int
    size: int
    live_card: int | None
    over: int


class Restriction(NamedTuple):
    """A ban: from one job, one requester's jobs, or all when both are None; for good when until is None (ms)."""

    id: int
    person: int
    job: int | None
    until: int | None
    reason: str
    requester: int | None = None


def select_person(tx: Tx, handle: Handle) -> Person | None:
    """The person with that handle."""
    row = tx.one(f"SELECT {PERSON} FROM person WHERE platform = ? AND user = ?", handle)
    return Person(*row) if row else None


def person_at(tx: Tx, place: Place) -> Person | None:
    """Whose private chat this is; None for a group."""
    user = place.chat.removeprefix("@") if place.platform == "slack" else place.chat
    row = tx.one(f"SELECT {PERSON} FROM person WHERE platform = ? AND (chat = ? OR user = ?)", (*place, user))
    return Person(*row) if row else None


def get_person(tx: Tx, person: int) -> Person:
    """The person with that id; LookupError when there is none."""
    row = tx.one(f"SELECT {PERSON} FROM person WHERE id = ?", (person,))
    if row is None:
        raise LookupError(f"no person {person}")
    return Person(*row)


def ensure_person(tx: Tx, handle: Handle, now: int) -> Person:
    """The person with that handle, made when new."""
    found = select_person(tx, handle)
    if found is None:
        tx.run("INSERT INTO person(platform, user, created_at) VALUES(?, ?, ?)", (*handle, now))
        found = select_person(tx, handle)
    assert found is not None
    return found


def set_chat(tx: Tx, person: int, chat: str) -> None:
    """Remember the private chat with this person."""
    tx.run("UPDATE person SET chat = ? WHERE id = ? AND chat <> ?", (chat, person, chat))


def set_lang(tx: Tx, person: int, lang: str) -> None:
    """Remember the language they chose."""
    tx.run("UPDATE person SET lang = ? WHERE id = ?", (lang, person))


def set_state(tx: Tx, person: int, state: str) -> None:
    """new, active, paused or gone."""
    tx.run("UPDATE person SET state = ? WHERE id = ?", (state, person))


def set_waiting_job(tx: Tx, person: int, job: int | None) -> None:
    """The job they came for by a deep link, while they still read the agreement."""
    tx.run("UPDATE person SET waiting_job = ? WHERE id = ?", (job, person))


def insert_consent(tx: Tx, person: int, version: int, digest: str, lang: str, decision: str, now: int) -> None:
    """Record the decision on the text that was shown, and make it the person's current one."""
    tx.run(
        "INSERT INTO consent(person, version, digest, lang, decision, at) VALUES(?, ?, ?, ?, ?, ?)",
        (person, version, digest, lang, decision, now),
    )
    tx.run("UPDATE person SET agreed = ? WHERE id = ?", (version if decision == "accept" else 0, person))


def set_skill(tx: Tx, person: int, name: str, value: int, expires_at: int | None) -> None:
    """Set a skill (0..100) with its time to live (ms since the epoch; None for ever)."""
    tx.run(
        "INSERT INTO skill(person, name, value, expires_at) VALUES(?, ?, ?, ?) "
        "ON CONFLICT(person, name) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
        (person, name, value, expires_at),
    )


def skills_of(tx: Tx, person: int, now: int) -> dict[str, int]:
    """The person's skills that have not run out."""
    return dict(
        tx.all(
            "SELECT name, value FROM skill WHERE person = ? AND (expires_at IS NULL OR expires_at > ?)", (person, now)
        )
    )


def get_skill(tx: Tx, person: int, name: str) -> tuple[int, int | None] | None:
    """The value of a skill and when it runs out (ms; None never), also one that has; None when it was never set."""
    row = tx.one("SELECT value, expires_at FROM skill WHERE person = ? AND name = ?", (person, name))
    return (row[0], row[1]) if row else None


def drop_skill(tx: Tx, person: int, name: str) -> None:
    """Forget a skill, as if it had never been set."""
    tx.run("DELETE FROM skill WHERE person = ? AND name = ?", (person, name))


def restrictions_of(tx: Tx, person: int, now: int) -> list[Restriction]:
    """Bans in force now."""
    rows = tx.all(
        "SELECT id, person, job, until, reason, requester FROM restriction "
        "WHERE person = ? AND lifted_at IS NULL AND (until IS NULL OR until > ?)",
        (person, now),
    )
    return [Restriction(*row) for row in rows]


def insert_restriction(tx: Tx, person: int, until: int | None, reason: str, actor: int, now: int) -> int:
    """Ban from all jobs until then; the ban's id."""
    sql = "INSERT INTO restriction(person, until, reason, actor, at) VALUES(?, ?, ?, ?, ?)"
    return tx.insert(sql, (person, until, reason, actor, now))


def lift_restriction(tx: Tx, restriction: int, now: int) -> None:
    """End a ban."""
    tx.run("UPDATE restriction SET lifted_at = ? WHERE id = ? AND lifted_at IS NULL", (now, restriction))


def restore_restriction(tx: Tx, restriction: int) -> None:
    """A ban that was lifted is as it was before."""
    tx.run("UPDATE restriction SET lifted_at = NULL WHERE id = ?", (restriction,))


def get_session(tx: Tx, person: int) -> Session | None:
    """The worker's current session."""
    row = tx.one("SELECT person, job, done, earned, size, live_card, over FROM session WHERE person = ?", (person,))
    return Session(*row) if row else None


def start_session(tx: Tx, person: int, job: int, size: int, now: int) -> None:
    """Begin a new session in that job; a live card stays known."""
    tx.run(
        "INSERT INTO session(person, job, size, started_at) VALUES(?, ?, ?, ?) ON CONFLICT(person) DO UPDATE SET "
        "job = excluded.job, size = excluded.size, started_at = excluded.started_at, done = 0, earned = 0, over = 0",
        (person, job, size, now),
    )


def add_to_session(tx: Tx, person: int, done: int, earned: int) -> None:
    """Count an answer and its pay in the session, or take them back (below 0 when it was the session before's)."""
    tx.run(
        "UPDATE session SET done = done + ?, earned = earned + ? WHERE person = ?",
        (done, earned, person),
    )


def set_session_job(tx: Tx, person: int, job: int) -> None:
    """The session goes on in another job."""
    tx.run("UPDATE session SET job = ? WHERE person = ?", (job, person))


def set_live_card(tx: Tx, person: int, card: int | None, over: bool = False) -> None:
    """Which card has the live buttons now, and whether the session is over."""
    tx.run("UPDATE session SET live_card = ?, over = ? WHERE person = ?", (card, int(over), person))


def get_standing(tx: Tx, person: int, job: int) -> Standing | None:
    """What is known of the worker in that job."""
    row = tx.one(f"SELECT {STANDING} FROM standing WHERE person = ? AND job = ?", (person, job))
    return Standing(*row) if row else None


def standings_of(tx: Tx, person: int) -> list[Standing]:
    """The worker's standing in every job."""
    return [Standing(*row) for row in tx.all(f"SELECT {STANDING} FROM standing WHERE person = ?", (person,))]


def insert_standing(tx: Tx, person: int, job: int, prior: tuple[int, int]) -> None:
    """Open the worker's counts in a job with what earlier jobs say."""
    tx.run("INSERT INTO standing(person, job, prior_ok, prior_n) VALUES(?, ?, ?, ?)", (person, job, *prior))


def drop_unused_standing(tx: Tx, person: int, job: int) -> None:
    """Forget a standing without any count or task: the worker's only task in that job went back to the pool."""
    tx.run(
        "DELETE FROM standing WHERE person = ?1 AND job = ?2 AND answers = 0 AND skips = 0 "
        "AND NOT EXISTS (SELECT 1 FROM assignment WHERE person = ?1 AND job = ?2)",
        (person, job),
    )


class Change(NamedTuple):
    """What one answer (or skip) adds to a standing; negated by an undo."""

    answers: int = 0
    cant: int = 0
    controls: int = 0
    control_ok: int = 0
    skips: int = 0
    fast: int = 0
    duration_ms: int = 0

    def negated(self) -> Change:
        """The change that takes this one back."""
        return Change(
            -self.answers, -self.cant, -self.controls, -self.control_ok, -self.skips, -self.fast, -self.duration_ms
        )


def change_standing(tx: Tx, person: int, job: int, change: Change, skips_in_row: int) -> None:
    """Add a change to the worker's counts and set the length of the current row of skips."""
    tx.run(
        "UPDATE standing SET answers = answers + ?, cant = cant + ?, controls = controls + ?, "
        "control_ok = control_ok + ?, skips = skips + ?, fast = fast + ?, duration_ms = duration_ms + ?, "
        "skips_in_row = ? WHERE person = ? AND job = ?",
        (
            change.answers,
            change.cant,
            change.controls,
            change.control_ok,
            change.skips,
            change.fast,
            change.duration_ms,
            skips_in_row,
            person,
            job,
        ),
    )


def count_agreement(tx: Tx, task: int, job: int, label: int, sign: int) -> None:
    """Count (sign +1) or uncount (-1) agreement with `label` for all whose answers count on this task."""
    tx.run(
        "UPDATE standing SET compared = compared + ?1, agreed = agreed + ?1 * (person IN "
        "(SELECT person FROM assignment WHERE task = ?2 AND state = 'SUBMITTED' AND void = 0 AND label = ?3)) "
        "WHERE job = ?4 AND person IN "
        "(SELECT person FROM assignment WHERE task = ?2 AND state = 'SUBMITTED' AND void = 0 AND label >= 0)",
        (sign, task, label, job),
    )
