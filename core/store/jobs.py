"""Jobs: their spec, state, counts and money figures."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache
from typing import Any, NamedTuple

from core.ledger import Price
from core.model import (
    Check,
    Exam,
    Example,
    Experts,
    Handle,
    JobSpec,
    JobState,
    Limits,
    Option,
    Overlap,
    Place,
    Review,
    Training,
)
from core.rules.values import load_rule
from core.store.tx import Tx

JOB = (
    "id, requester, platform, chat, spec, title, state, reason, priority, reserved, price, fee, asset, budget, tasks, "
    "controls, done, answers, control_answers, active, duration_ms, progress_card, progress_shown, opened_at, "
    "deadline, answered_at, closing_at, belief, priors"
)


class Job(NamedTuple):
    """A job as stored; `tasks` without controls, `done` tasks that want no more answers, times in ms."""

    id: int
    requester: int
    platform: str
    chat: str
    spec_text: str
    title: str
    state: str
    reason: str | None
    priority: int
    reserved: int
    pay: int
    fee: int
    asset: str
    budget: int
    tasks: int
    controls: int
    done: int
    answers: int
    control_answers: int
    active: int
    duration_ms: int
    progress_card: int | None
    progress_shown: int
    opened_at: int | None
    deadline: int | None
    answered_at: int | None
    closing_at: int | None
    belief: int = 0
    """The mark of what is believed of its crowd; 0 while nothing is."""
    priors: int = 0
    """How many of its tasks a model has spoken on."""

    @property
    def spec(self) -> JobSpec:
        """The job's spec; parsed once per process."""
        return load_spec(self.spec_text)

    @property
    def price(self) -> Price:
        """What one answer costs here."""
        return Price(self.pay, self.fee, self.asset)

    def price_of(self, expert: int) -> Price:
        """What one answer costs here when an expert gives it, or anybody else."""
        experts = self.spec.experts
        return Price(experts.price, experts.fee, self.asset) if expert and experts else self.price

    @property
    def place(self) -> Place:
        """The channel that owns the job."""
        return Place(self.platform, self.chat)

    @property
    def bought(self) -> int:
        """All answers bought, controls among them."""
        return self.answers + self.control_answers

    @property
    def mean_ms(self) -> float:
        """Mean time of an answer; 0 while there are none."""
        return self.duration_ms / self.bought if self.bought else 0.0


def dump_spec(spec: JobSpec) -> str:
    """A spec as JSON."""
    return json.dumps(asdict(spec), ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=1024)
def load_spec(text: str) -> JobSpec:
    """A spec back from JSON."""
    data: dict[str, Any] = json.loads(text)
    return JobSpec(
        **{
            **data,
            "options": tuple(Option(**o) for o in data["options"]),
            "examples": tuple(Example(**e) for e in data["examples"]),
            "overlap": Overlap(**data["overlap"]),
            "languages": tuple(data["languages"]),
            "skills": tuple((name, value) for name, value in data["skills"]),
            "review": _review(data.get("review")),
            "experts": _experts(data.get("experts")),
            "check": Check(**data["check"]) if data.get("check") else None,
            "rules": tuple(load_rule(rule) for rule in data.get("rules", ())),
            "training": Training(**data["training"]) if data.get("training") else None,
            "exam": Exam(**data["exam"]) if data.get("exam") else None,
            "limits": _limits(data.get("limits")),
        }
    )


def _review(data: dict[str, Any] | None) -> Review | None:
    return Review(**{**data, "reviewers": tuple(Handle(*one) for one in data["reviewers"])}) if data else None


def _experts(data: dict[str, Any] | None) -> Experts | None:
    if not data:
        return None
    people = tuple(Handle(*one) for one in data["people"])
    return Experts(**{**data, "skills": tuple((name, least) for name, least in data["skills"]), "people": people})


def _limits(data: dict[str, Any] | None) -> Limits | None:
    if not data:
        return None
    hours = tuple(data["hours"]) if data["hours"] else None
    return Limits(**{**data, "hours": hours, "unavailable_for": tuple(Handle(*one) for one in data["unavailable_for"])})


def insert_job(
    tx: Tx, source: str, requester: int, place: Place, spec: JobSpec, money: tuple[int, int], now: int
) -> int:
    """A new job in state importing; `money` is fee per answer and budget. Its id."""
    fee, budget = money
    return tx.insert(
        "INSERT INTO job(source, requester, platform, chat, spec, title, state, priority, price, fee, asset, "
        "budget, created_at) VALUES(?, ?, ?, ?, ?, ?, 'importing', ?, ?, ?, ?, ?, ?)",
        (source, requester, *place, dump_spec(spec), spec.title, spec.priority, spec.price, fee, spec.asset)
        + (budget, now),
    )


def job_of_source(tx: Tx, source: str) -> Job | None:
    """The job that this message or form made."""
    row = tx.one(f"SELECT {JOB} FROM job WHERE source = ?", (source,))
    return Job(*row) if row else None


def get_job(tx: Tx, job: int) -> Job:
    """The job with that id; LookupError when there is none."""
    row = tx.one(f"SELECT {JOB} FROM job WHERE id = ?", (job,))
    if row is None:
        raise LookupError(f"no job {job}")
    return Job(*row)


def find_job(tx: Tx, job: int) -> Job | None:
    """The job with that id, or None."""
    row = tx.one(f"SELECT {JOB} FROM job WHERE id = ?", (job,))
    return Job(*row) if row else None


def jobs_in(tx: Tx, *states: JobState) -> list[Job]:
    """Every job in one of these states."""
    marks = ",".join("?" * len(states))
    return [Job(*row) for row in tx.all(f"SELECT {JOB} FROM job WHERE state IN ({marks}) ORDER BY id", states)]


LIVE = "state IN ('open', 'paused', 'closing')"
"""The condition of the index job_open: written out, since an index is not chosen by what a parameter holds."""


def open_jobs(tx: Tx) -> list[Job]:
    """Every job that hands out tasks."""
    return [Job(*row) for row in tx.all(f"SELECT {JOB} FROM job WHERE state = 'open' AND {LIVE} ORDER BY id")]


def jobs_of_chat(tx: Tx, place: Place) -> list[Job]:
    """Every job that this channel owns, newest first."""
    sql = f"SELECT {JOB} FROM job WHERE platform = ? AND chat = ? AND state <> 'importing' ORDER BY id DESC"
    return [Job(*row) for row in tx.all(sql, place)]


def jobs_of_requester(tx: Tx, person: int) -> list[Job]:
    """Every job that this person posted, newest first."""
    sql = f"SELECT {JOB} FROM job WHERE requester = ? AND state <> 'importing' ORDER BY id DESC"
    return [Job(*row) for row in tx.all(sql, (person,))]


def set_job_state(tx: Tx, job: int, state: JobState, reason: str | None = None) -> None:
    """Move a job on; the reason stays when none is given."""
    tx.run("UPDATE job SET state = ?, reason = coalesce(?, reason) WHERE id = ?", (state, reason, job))


def mark_opened(tx: Tx, job: int, now: int, deadline: int | None) -> None:
    """The job is open from now on, until its deadline."""
    tx.run("UPDATE job SET state = 'open', opened_at = ?, deadline = ? WHERE id = ?", (now, deadline, job))


def mark_closing(tx: Tx, job: int, reason: str, now: int) -> None:
    """Nothing more is bought from now on."""
    tx.run("UPDATE job SET state = 'closing', reason = ?, closing_at = ? WHERE id = ?", (reason, now, job))


def mark_closed(tx: Tx, job: int, now: int) -> None:
    """The results are out."""
    tx.run("UPDATE job SET state = 'closed', closed_at = ? WHERE id = ?", (now, job))


def add_budget(tx: Tx, job: int, amount: int) -> None:
    """More budget."""
    tx.run("UPDATE job SET budget = budget + ? WHERE id = ?", (amount, job))


RESERVES, EXCLUDES = 1, 2
"""Bits of Job.reserved: some tasks are for named people only, or kept from named people."""


def set_item_counts(tx: Tx, job: int, tasks: int, controls: int, reserved: int) -> None:
    """What the import brought."""
    tx.run(
        "UPDATE job SET tasks = ?, controls = ?, reserved = ?, state = 'draft' WHERE id = ?",
        (tasks, controls, reserved, job),
    )


def count(
    tx: Tx,
    job: int,
    *,
    answers: int = 0,
    controls: int = 0,
    active: int = 0,
    done: int = 0,
    duration_ms: int = 0,
    at: int | None = None,
) -> None:
    """Add to the job's running counts; `at` moves the time of the last answer."""
    tx.run(
        "UPDATE job SET answers = answers + ?, control_answers = control_answers + ?, active = active + ?, "
        "done = done + ?, duration_ms = duration_ms + ?, answered_at = coalesce(?, answered_at) WHERE id = ?",
        (answers, controls, active, done, duration_ms, at, job),
    )


def set_progress(tx: Tx, job: int, card: int, shown: int) -> None:
    """Which card shows the progress in the channel, and at how many tasks done it was last drawn."""
    tx.run("UPDATE job SET progress_card = ?, progress_shown = ? WHERE id = ?", (card, shown, job))


def delete_half_imported(tx: Tx) -> int:
    """Drop jobs whose import never ended (a crash in the middle); how many."""
    tx.run("DELETE FROM reservation WHERE job IN (SELECT id FROM job WHERE state = 'importing')")
    tx.run("DELETE FROM task WHERE job IN (SELECT id FROM job WHERE state = 'importing')")
    return tx.run("DELETE FROM job WHERE state = 'importing'").rowcount
