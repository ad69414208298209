"""Answers under review: their state, their place in the queue, and what reviewers said about them."""

from __future__ import annotations

from dataclasses import dataclass

from core.review import AcceptanceState, Settled
from core.store.tx import Row, Tx

REVIEW = (
    "id, assignment, answer, task, job, person, state, settled, second, panel, reason, note, fix, argument, "
    "ready_at, due_at, claimed_by, claimed_until, at"
)
VOTE = "id, review, reviewer, stage, choice, reason, note, fix, at, effective"
FOREVER = 2**62
"""A claim that ends when somebody ends it."""


@dataclass(frozen=True, slots=True)
class Review:
    """One answer under review; `due_at` is when time alone settles it: acceptance, end of appeal or of its panel."""

    id: int
    assignment: int
    answer: int
    task: int
    job: int
    person: int
    state: str
    settled: int
    second: int
    panel: int
    reason: str
    note: str
    fix: int | None
    argument: str
    ready_at: int
    due_at: int
    claimed_by: int | None
    claimed_until: int
    at: int

    @property
    def stage(self) -> int:
        """What its reviewers are asked now: 1 the answer, 2 the appeal."""
        return 2 if self.state == AcceptanceState.APPEALED else 1


@dataclass(frozen=True, slots=True)
class ReviewVote:
    """What one reviewer said at one stage; it is a draft until `effective`."""

    id: int
    review: int
    reviewer: int
    stage: int
    choice: str
    reason: str
    note: str
    fix: int | None
    at: int
    effective: int


def insert_review(tx: Tx, answer: tuple[int, int, int, int, int], second: int, span: tuple[int, int], now: int) -> int:
    """Hold an answer (assignment, answer, task, job, person): shown from span[0] on, accepted by itself at span[1]."""
    return tx.insert(
        "INSERT INTO review(assignment, answer, task, job, person, second, ready_at, due_at, at) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*answer, second, *span, now),
    )


def get_review(tx: Tx, review: int) -> Review | None:
    """The review with that id; None when its answer was taken back."""
    row = tx.one(f"SELECT {REVIEW} FROM review WHERE id = ?", (review,))
    return Review(*row) if row else None


def review_of(tx: Tx, assignment: int) -> Review | None:
    """The review of that assignment's answer."""
    row = tx.one(f"SELECT {REVIEW} FROM review WHERE assignment = ?", (assignment,))
    return Review(*row) if row else None


def delete_review(tx: Tx, review: int) -> None:
    """The answer was taken back by its worker before anybody judged it."""
    tx.run("DELETE FROM review_vote WHERE review = ? AND choice = 'skip'", (review,))
    tx.run("DELETE FROM review WHERE id = ?", (review,))


def next_for(tx: Tx, job: int, reviewer: int, now: int) -> Review | None:
    """The next answer of a job that this person may judge: appeals first, oldest first; never their own."""
    sql = (
        f"SELECT {REVIEW} FROM review r WHERE job = ?1 AND state = ?2 AND settled = 0 AND ready_at <= ?3 "
        "AND person <> ?4 AND (claimed_until <= ?3 OR claimed_by = ?4) AND NOT EXISTS (SELECT 1 FROM review_vote v "
        "WHERE v.review = r.id AND v.reviewer = ?4 AND (v.choice <> 'skip' OR v.stage = ?5)) ORDER BY ready_at LIMIT 1"
    )
    for stage, state in ((2, AcceptanceState.APPEALED), (1, AcceptanceState.PENDING)):
        if row := tx.one(sql, (job, state, now, reviewer, stage)):
            return Review(*row)
    return None


def claim(tx: Tx, review: int, person: int | None, until: int) -> None:
    """Nobody else is shown this one before that time."""
    tx.run("UPDATE review SET claimed_by = ?, claimed_until = ? WHERE id = ?", (person, until, review))


def move(tx: Tx, review: int, state: str, settled: int, due_at: int) -> None:
    """The next state, where the money is now, and when time moves it on; free for the next reviewer."""
    tx.run(
        "UPDATE review SET state = ?, settled = ?, due_at = ?, claimed_by = NULL, claimed_until = 0 WHERE id = ?",
        (state, settled, due_at, review),
    )


def give_reason(tx: Tx, review: int, reason: str, note: str, fix: int | None) -> None:
    """Why it was rejected, and what the answer should have been."""
    tx.run("UPDATE review SET reason = ?, note = ?, fix = ? WHERE id = ?", (reason, note, fix, review))


def set_panel(tx: Tx, review: int, panel: int) -> None:
    """How many may judge the appeal."""
    tx.run("UPDATE review SET panel = ? WHERE id = ?", (panel, review))


def set_argument(tx: Tx, review: int, argument: str) -> None:
    """What the worker says for their answer."""
    tx.run("UPDATE review SET argument = ? WHERE id = ?", (argument, review))


def due_reviews(tx: Tx, now: int, limit: int) -> list[Review]:
    """Held answers whose time is over and that no vote on its way will decide."""
    sql = (
        f"SELECT {REVIEW} FROM review r WHERE settled = 0 AND due_at <= ? AND NOT EXISTS (SELECT 1 FROM review_vote v "
        "WHERE v.review = r.id AND v.effective = 0 AND v.choice <> 'skip') ORDER BY due_at LIMIT ?"
    )
    return [Review(*row) for row in tx.all(sql, (now, limit))]


def held_of(tx: Tx, person: int, job: int, *states: str) -> list[Review]:
    """A worker's answers in a job whose money is still held, in one of these states."""
    marks = ",".join("?" * len(states))
    sql = f"SELECT {REVIEW} FROM review WHERE person = ? AND job = ? AND settled = 0 AND state IN ({marks}) ORDER BY id"
    return [Review(*row) for row in tx.all(sql, (person, job, *states))]


def held_counts(tx: Tx, job: int) -> dict[str, int]:
    """How many answers of a job are held, by state."""
    return dict(tx.all("SELECT state, count(*) FROM review WHERE job = ? AND settled = 0 GROUP BY state", (job,)))


def ready_count(tx: Tx, job: int, now: int) -> int:
    """How many answers of a job wait for a reviewer now: appeals, and what no other workers are checking."""
    sql = (
        "SELECT count(*) FROM review r WHERE job = ? AND state IN ('appealed', 'pending') AND settled = 0 "
        "AND ready_at <= ? AND claimed_until <= ? AND (state = 'appealed' OR NOT EXISTS "
        "(SELECT 1 FROM check_task c WHERE c.review = r.id AND c.applied = 0))"
    )
    return int(tx.value(sql, (job, now, now)))


def any_held(tx: Tx, job: int, *states: str) -> bool:
    """Whether any answer of the job is held in one of these states."""
    marks = ",".join("?" * len(states))
    sql = f"SELECT 1 FROM review WHERE job = ? AND state IN ({marks}) AND settled = 0 LIMIT 1"
    return tx.one(sql, (job, *states)) is not None


def unpaid_of(tx: Tx, person: int, job: int) -> tuple[int, int]:
    """How many of a worker's answers in a job are held, and how many were rejected for good."""
    row = tx.one(
        "SELECT count(*) FILTER (WHERE settled = ?), count(*) FILTER (WHERE settled = ?) FROM review "
        "WHERE person = ? AND job = ?",
        (Settled.HELD, Settled.FORFEITED, person, job),
    )
    return (row[0], row[1]) if row else (0, 0)


def unpaid_in(tx: Tx, job: int) -> int:
    """How many answers of a job are not paid: held, or rejected for good."""
    return int(tx.value("SELECT count(*) FROM review WHERE job = ? AND settled IN (0, 2)", (job,)))


def acceptance_of(tx: Tx, person: int, job: int) -> dict[str, int]:
    """A worker's answers under review in a job, counted by state: what acceptance rates are made from."""
    sql = "SELECT state, count(*) FROM review WHERE person = ? AND job = ? GROUP BY state"
    return dict(tx.all(sql, (person, job)))


# ---- what reviewers said ------------------------------------------------------------------------------------------


def put_vote(tx: Tx, vote: ReviewVote) -> int:
    """Record what a reviewer says, in place of a skip; its id."""
    sql = (
        "INSERT INTO review_vote(review, reviewer, stage, choice, reason, note, fix, at) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(review, reviewer, stage) "
        "DO UPDATE SET choice = excluded.choice, reason = excluded.reason, "
        "note = excluded.note, fix = excluded.fix, at = excluded.at WHERE choice = 'skip' RETURNING id"
    )
    values = (vote.review, vote.reviewer, vote.stage, vote.choice, vote.reason, vote.note, vote.fix, vote.at)
    return int(tx.value(sql, values))


def last_vote(tx: Tx, review: int, reviewer: int) -> ReviewVote | None:
    """The newest thing that this reviewer said about it."""
    sql = f"SELECT {VOTE} FROM review_vote WHERE review = ? AND reviewer = ? ORDER BY stage DESC LIMIT 1"
    row = tx.one(sql, (review, reviewer))
    return ReviewVote(*row) if row else None


def delete_vote(tx: Tx, vote: int) -> None:
    """The reviewer took it back before it took effect."""
    tx.run("DELETE FROM review_vote WHERE id = ? AND effective = 0", (vote,))


def votes_on(tx: Tx, review: int, stage: int) -> list[ReviewVote]:
    """What reviewers said at that stage, skips aside, oldest first."""
    sql = f"SELECT {VOTE} FROM review_vote WHERE review = ? AND stage = ? AND choice <> 'skip' ORDER BY id"
    return [ReviewVote(*row) for row in tx.all(sql, (review, stage))]


def judged_by(tx: Tx, review: int) -> set[int]:
    """Everybody who has said something about it, skips aside."""
    sql = "SELECT DISTINCT reviewer FROM review_vote WHERE review = ? AND choice <> 'skip'"
    return {row[0] for row in tx.all(sql, (review,))}


def due_votes(tx: Tx, before: int, limit: int) -> list[ReviewVote]:
    """Votes from before that time (ms) that have not taken effect."""
    sql = f"SELECT {VOTE} FROM review_vote WHERE effective = 0 AND choice <> 'skip' AND at <= ? ORDER BY at, id LIMIT ?"
    return [ReviewVote(*row) for row in tx.all(sql, (before, limit))]


def make_effective(tx: Tx, vote: int) -> None:
    """It can no longer be undone."""
    tx.run("UPDATE review_vote SET effective = 1 WHERE id = ?", (vote,))


def last_told(tx: Tx, job: int, kind: str) -> int:
    """When people were last told that work of that kind waits in a job (ms); 0 for never."""
    row = tx.one("SELECT at FROM review_notice WHERE job = ? AND kind = ?", (job, kind))
    return int(row[0]) if row else 0


def mark_told(tx: Tx, job: int, kind: str, now: int) -> None:
    """They are told now."""
    tx.run("INSERT OR REPLACE INTO review_notice(job, kind, at) VALUES(?, ?, ?)", (job, kind, now))


def panel_votes(tx: Tx, task: int, person: int) -> list[Row]:
    """How many of the others said what on a task: (label, answers), most first."""
    sql = (
        "SELECT label, count(*) AS n FROM assignment WHERE task = ? AND person <> ? AND state = 'SUBMITTED' "
        "AND control = 0 GROUP BY label ORDER BY n DESC, label"
    )
    return tx.all(sql, (task, person))
