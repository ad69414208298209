"""What the demo shows at its end, as numbers: labels as they were posted, answers and money as the store has them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core import ledger
from core.model import CANT_TELL, MICRO
from core.store import connect_readonly, jobs, journal
from core.store.jobs import Job
from core.store.snapshots import JobSnapshot, snapshot
from core.store.tx import Tx
from core.store.verify import verify

JOBS = (1, 2)
"""The demo's jobs by number: Telegram's, then Slack's, in a fresh store."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One demo in numbers; money in whole units of `asset`, shares between 0 and 1."""

    tasks: int
    answers: int
    answers_per_task: float
    control_answers: int
    workers: int
    accuracy: float
    majority_accuracy: float
    asset: str
    deposited: float
    paid: float
    fee: float
    refunded: float
    ledger_ok: bool
    ledger_faults: tuple[str, ...]
    ended: tuple[str, ...]


def facts_of(database: Path, posted: Iterable[bytes], truth: Mapping[str, str]) -> Facts:
    """Read everything once, after the service has stopped; `posted` are the CSV files from the chats."""
    connection = connect_readonly(database)
    try:
        faults = tuple(verify(connection))
        tx = Tx(connection)
        found = [jobs.get_job(tx, number) for number in JOBS]
        shots = [snapshot(tx, job.id) for job in found]
        asset = found[0].asset
        money = _money(tx, found, asset)
    finally:
        connection.close()
    answers, tasks = sum(job.answers for job in found), sum(job.tasks for job in found)
    labels = {ref: label for file in posted for ref, label in _labels(file)}
    return Facts(
        tasks=tasks,
        answers=answers,
        answers_per_task=round(answers / max(1, tasks), 3),
        control_answers=sum(job.control_answers for job in found),
        workers=len({person for shot in shots for _, person, *_ in shot.answers}),
        accuracy=_share(sum(labels.get(task) == label for task, label in truth.items()), len(truth)),
        majority_accuracy=_share(
            sum(_majority(job, shot, truth) for job, shot in zip(found, shots, strict=True)), len(truth)
        ),
        asset=asset,
        **money,
        ledger_ok=not faults,
        ledger_faults=faults,
        ended=tuple(job.reason or job.state for job in found),
    )


def facts_of_job(database: Path, number: int, posted: bytes, truth: Mapping[str, str]) -> dict[str, float | int | bool]:
    """One job in numbers: tasks, answers, and the share of posted labels that are right."""
    connection = connect_readonly(database)
    try:
        job = jobs.get_job(Tx(connection), number)
        faults = verify(connection)
    finally:
        connection.close()
    labels = dict(_labels(posted))
    return {
        "tasks": job.tasks,
        "answers": job.answers,
        "control_answers": job.control_answers,
        "answers_per_task": round(job.answers / max(1, job.tasks), 3),
        "accuracy": _share(sum(labels.get(task) == label for task, label in truth.items()), len(truth)),
        "ledger_ok": not faults,
    }


def _money(tx: Tx, found: list[Job], asset: str) -> dict[str, float]:
    requesters = {job.requester for job in found}
    purses = [ledger.requester(person) for person in requesters]
    paid = sum(amount for _, unit, amount in journal.balances(tx, "worker:") if unit == asset)
    micro = {
        "deposited": sum(journal.turnover(tx, "deposit", purse, asset) for purse in purses),
        "paid": paid,
        "fee": journal.balance(tx, ledger.FEE, asset),
        "refunded": sum(journal.turnover(tx, "refund", purse, asset) for purse in purses),
    }
    return {name: amount / MICRO for name, amount in micro.items()}


def _labels(file: bytes) -> list[tuple[str, str]]:
    rows = csv.DictReader(io.StringIO(file.decode("utf-8-sig")))
    return [(row["id"].removeprefix("'"), row["label"].removeprefix("'")) for row in rows]


def _majority(job: Job, shot: JobSnapshot, truth: Mapping[str, str]) -> float:
    """Tasks that a majority of the very same answers gets right; among tied classes it draws lots (expected value)."""
    refs = {task: ref for task, ref, *_ in shot.tasks}
    classes = [option.id for option in job.spec.options]
    votes: dict[str, Counter[str]] = {}
    for task, _, label, control, *_ in shot.answers:
        if not control and label != CANT_TELL:
            votes.setdefault(refs[task], Counter())[classes[label]] += 1
    return sum(_chance(count, truth[ref]) for ref, count in votes.items() if ref in truth)


def _chance(votes: Counter[str], right: str) -> float:
    best = max(votes.values())
    tied = [label for label, count in votes.items() if count == best]
    return (right in tied) / len(tied)


def _share(part: float, whole: int) -> float:
    return round(part / max(1, whole), 4)
