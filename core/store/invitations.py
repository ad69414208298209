"""Workers who want to be called, the invitations they got, and the tasks that are held for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.store.jobs import RESERVES
from core.store.tx import Tx

NANO = 1_000_000


@dataclass(frozen=True, slots=True)
class Invitation:
    """A call by name to a job; `state` is sent, accepted or declined."""

    id: int
    person: int
    job: int
    tasks: int
    state: str


def opt_in(tx: Tx, person: int, now: int) -> None:
    """They want to be called; quiet hours that they set stay."""
    tx.run("INSERT INTO on_call(person, at) VALUES(?, ?) ON CONFLICT(person) DO NOTHING", (person, now))


def opt_out(tx: Tx, person: int) -> None:
    """They want to be called no more."""
    tx.run("DELETE FROM on_call WHERE person = ?", (person,))


def set_quiet(tx: Tx, person: int, quiet: str, zone: str) -> None:
    """Hours in which somebody who is on call is not called."""
    tx.run("UPDATE on_call SET quiet = ?, zone = ? WHERE person = ?", (quiet, zone, person))


def quiet_of(tx: Tx, person: int) -> tuple[str, str] | None:
    """(quiet hours, zone) of somebody who is on call, empty for the house's; None for everybody else."""
    row = tx.one("SELECT quiet, zone FROM on_call WHERE person = ?", (person,))
    return (row[0], row[1]) if row else None


CALLERS = (
    "SELECT p.id FROM on_call c JOIN person p ON p.id = c.person WHERE p.state = 'active' AND p.agreed = ?1 "
    "AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.person = p.id AND a.state = 'ACTIVE') "
    "AND (SELECT count(*) FROM invitation i WHERE i.person = p.id AND i.at > ?2) < ?3 "
    "AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.person = p.id AND i.at > ?2 AND (i.job = ?4 OR i.at > ?5)) "
    "ORDER BY (SELECT coalesce(max(i.at), 0) FROM invitation i WHERE i.person = p.id), p.id LIMIT ?6"
)


def callers(tx: Tx, job: int, agreed: int, since: tuple[int, int], per_day: int, limit: int) -> list[int]:
    """People on call without a task in hand, least recently called first.

    `since` is (a day ago, a while ago): at most `per_day` calls in a day, one of them for this job, none of late.
    """
    day, lately = since
    return [person for (person,) in tx.all(CALLERS, (agreed, day, per_day, job, lately, limit))]


def open_tasks(tx: Tx, job: int, limit: int) -> list[int]:
    """Tasks that anybody may do and that want an answer; those with most answers first."""
    sql = (
        "SELECT id FROM task WHERE job = ? AND want > 0 AND gold IS NULL AND reserved = 0 "
        "ORDER BY answers DESC, position LIMIT ?"
    )
    return [task for (task,) in tx.all(sql, (job, limit))]


def had(tx: Tx, tasks: Sequence[int]) -> dict[int, set[int]]:
    """By person: which of these tasks they have had, whatever came of it."""
    marks = ",".join("?" * len(tasks))
    found: dict[int, set[int]] = {}
    for person, task in tx.all(f"SELECT person, task FROM assignment WHERE task IN ({marks})", tuple(tasks)):
        found.setdefault(person, set()).add(task)
    return found


def insert_invitation(tx: Tx, person: int, job: int, tasks: int, gain: float, *, novice: bool, now: int) -> int:
    """Note a call; its id."""
    return tx.insert(
        "INSERT INTO invitation(person, job, tasks, gain, novice, at) VALUES(?, ?, ?, ?, ?, ?)",
        (person, job, tasks, round(gain * NANO), int(novice), now),
    )


def get_invitation(tx: Tx, invitation: int) -> Invitation:
    """The invitation with that id; LookupError when there is none."""
    row = tx.one("SELECT id, person, job, tasks, state FROM invitation WHERE id = ?", (invitation,))
    if row is None:
        raise LookupError(f"no invitation {invitation}")
    return Invitation(*row)


def decide(tx: Tx, invitation: int, state: str, now: int) -> None:
    """What became of it."""
    tx.run("UPDATE invitation SET state = ?, decided_at = ? WHERE id = ?", (state, now, invitation))


def unanswered(tx: Tx, job: int, since: int) -> int:
    """Tasks for which somebody was called since then who has not said anything yet."""
    sql = "SELECT coalesce(sum(tasks), 0) FROM invitation WHERE job = ? AND at > ? AND state = 'sent'"
    return int(tx.value(sql, (job, since)))


# ---- holds --------------------------------------------------------------------------------------------------------


def hold(tx: Tx, task: int, invitation: Invitation, until: int) -> bool:
    """Keep a task for the invited worker until then, as if it were reserved for them; False when it is not free."""
    sql = "UPDATE task SET reserved = 1 WHERE id = ? AND job = ? AND reserved = 0 AND want > 0 AND gold IS NULL"
    if not tx.run(sql, (task, invitation.job)).rowcount:
        return False
    tx.run(
        "INSERT INTO hold(task, invitation, person, job, until) VALUES(?, ?, ?, ?, ?)",
        (task, invitation.id, invitation.person, invitation.job, until),
    )
    tx.run(
        "INSERT INTO reservation(platform, user, job, task) SELECT platform, user, ?, ? FROM person WHERE id = ?",
        (invitation.job, task, invitation.person),
    )
    tx.run("UPDATE job SET reserved = reserved | ? WHERE id = ?", (RESERVES, invitation.job))
    return True


def over(tx: Tx, now: int, limit: int) -> list[int]:
    """Held tasks whose time is up, or that their worker has taken."""
    sql = (
        "SELECT task FROM hold h WHERE until <= ? OR EXISTS "
        "(SELECT 1 FROM assignment a WHERE a.task = h.task AND a.person = h.person) LIMIT ?"
    )
    return [task for (task,) in tx.all(sql, (now, limit))]


def held_by(tx: Tx, invitation: int) -> list[int]:
    """The tasks that are held because of this invitation."""
    return [task for (task,) in tx.all("SELECT task FROM hold WHERE invitation = ?", (invitation,))]


def release(tx: Tx, task: int) -> None:
    """Anybody may do this task again."""
    tx.run(
        "DELETE FROM reservation WHERE (platform, user, job, task) IN "
        "(SELECT p.platform, p.user, h.job, h.task FROM hold h JOIN person p ON p.id = h.person WHERE h.task = ?)",
        (task,),
    )
    tx.run("UPDATE task SET reserved = 0 WHERE id = ? AND id IN (SELECT task FROM hold)", (task,))
    tx.run("DELETE FROM hold WHERE task = ?", (task,))
