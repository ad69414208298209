"""Jobs keep their spec, counts and state."""

from __future__ import annotations

import sqlite3

import pytest
from builders import CHANNEL, make_items, make_spec

from core.model import Example, Handle, JobState, Overlap, Place
from core.store import jobs, tasks
from core.store.tx import Tx


def test_a_spec_comes_back_as_it_was_stored() -> None:
    spec = make_spec(
        examples=(Example("x", "a", "because", good=False),),
        overlap=Overlap("dynamic", 2, 7, 0.97),
        languages=("en", "de"),
        skills=(("german", 80),),
        deadline_seconds=60,
    )
    assert jobs.load_spec(jobs.dump_spec(spec)) == spec, "every field survives"


def test_one_source_makes_one_job(tx: Tx) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=r"job\.source"):
        jobs.insert_job(tx, "source", 1, CHANNEL, make_spec(), (0, 0), 0)
    found = jobs.job_of_source(tx, "source")
    assert found is not None and found.id == 1, "the job that the message made"


def test_a_channel_sees_its_own_jobs_newest_first(tx: Tx) -> None:
    for source, place in (("b", CHANNEL), ("c", Place("slack", "C1")), ("d", CHANNEL)):
        jobs.set_item_counts(tx, jobs.insert_job(tx, source, 1, place, make_spec(), (0, 0), 0), 1, 0, False)
    assert [job.id for job in jobs.jobs_of_chat(tx, CHANNEL)] == [4, 2, 1], "another channel's job is not among them"


def test_counts_add_up_and_the_mean_follows(tx: Tx) -> None:
    jobs.count(tx, 1, answers=2, duration_ms=3_000, at=7)
    jobs.count(tx, 1, controls=1, active=1)
    job = jobs.get_job(tx, 1)
    assert (job.bought, job.mean_ms, job.active, job.answered_at) == (3, 1_000.0, 1, 7), "controls are bought too"


def test_a_state_that_does_not_exist_is_refused(tx: Tx) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        tx.run("UPDATE job SET state = 'gone'")
    jobs.mark_opened(tx, 1, 5, 9)
    assert [job.id for job in jobs.jobs_in(tx, JobState.OPEN, JobState.PAUSED)] == [1], "found by its state"


def test_a_half_import_is_dropped_whole(tx: Tx) -> None:
    half = jobs.insert_job(tx, "half", 1, CHANNEL, make_spec(), (0, 0), 0)
    item = make_items(1)[0]
    tasks.insert_tasks(tx, half, 0, [type(item)("r", {"text": "x"}, reserved_for=(Handle("telegram", "1"),))], 2)
    assert jobs.delete_half_imported(tx) == 1, "one job was half way"
    left = tx.one("SELECT (SELECT count(*) FROM task), (SELECT count(*) FROM reservation), (SELECT count(*) FROM job)")
    assert left == (4, 0, 1), "its tasks and reservations went with it, the whole job stayed"
