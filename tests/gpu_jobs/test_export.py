"""What leaves the store for a batch run: hashed, the same again, and nobody's name."""

from __future__ import annotations

from pathlib import Path

from builders import Town, make_items, make_spec, worker

from core.store import batches, jobs
from core.store.snapshots import snapshot
from gpu_jobs import contract, tables
from gpu_jobs.contract import Limits
from gpu_jobs.export import PSEUDONYM_BITS, export, pseudonym


async def answered(town: Town, gold: tuple[int, ...] = ()) -> int:
    """A job with an answer of one worker to each of its tasks; the job."""
    job = await town.publish(make_items(3, gold))
    await town.join(worker(1))
    for _ in range(3):
        await town.press(worker(1), "Bread")
    return job


async def write(town: Town, job: int, folder: Path) -> Path:
    run = await town.read(batches.queue_run, "aggregate", job, folder.name, True, town.now)
    row = await town.read(batches.get_run, run)
    facts = await town.read(jobs.get_job, job), await town.read(snapshot, job)
    export(folder, row, *facts, town.house.secret, Limits())
    return folder


async def test_the_inputs_match_their_hashes_and_the_answers(town: Town, tmp_path: Path) -> None:
    folder = await write(town, await answered(town, gold=(1,)), tmp_path / "run")
    spec = contract.read_job(folder)
    assert set(spec.inputs) == {contract.TASKS_FILE, contract.ANSWERS_FILE}, "both tables are named"
    assert contract.mismatches(folder / contract.IN, spec.inputs) == [], "with the hashes of what was written"
    answers = tables.read_table(folder / contract.IN / contract.ANSWERS_FILE, tables.ANSWERS).to_pydict()
    assert answers["label"] == [1, 1, 1], "labels are positions of the options"
    tasks = tables.read_table(folder / contract.IN / contract.TASKS_FILE, tables.TASKS).to_pydict()
    assert tasks["gold"] == [-1, -1, -1, 1] and tasks["control"] == [False, False, False, True], "controls are marked"
    assert spec.params.classes == ("a", "b"), "classes are the options' ids"
    assert spec.params.method == "auto", "a job that names no method gets the blend"


async def test_a_requester_names_the_method(town: Town, tmp_path: Path) -> None:
    job = await town.publish(make_items(3, ()), make_spec(method="one-coin"))
    params = contract.read_job(await write(town, job, tmp_path / "run")).params
    assert params.method == "one-coin", "the job file's method is the run's"


async def test_the_same_export_gives_the_same_files(town: Town, tmp_path: Path) -> None:
    job = await answered(town)
    one, two = [contract.read_job(await write(town, job, tmp_path / name)).inputs for name in ("one", "two")]
    assert one == two, "a run that is taken up again works on the same input"


async def test_workers_are_pseudonyms_that_nobody_can_link(town: Town, tmp_path: Path) -> None:
    workers = []
    for name in ("one", "two"):
        folder = await write(town, await answered(town), tmp_path / name)
        column = tables.read_table(folder / contract.IN / contract.ANSWERS_FILE, tables.ANSWERS)["worker"]
        workers.append(set(column.to_pylist()))
    assert [len(names) for names in workers] == [1, 1], "one worker has one name in a job"
    assert not workers[0] & workers[1], "and another one in the next job"


def test_pseudonyms_depend_on_the_secret_and_fit_their_column() -> None:
    names = {pseudonym(secret, job, person) for secret in (b"a", b"b") for job in range(20) for person in range(50)}
    assert len(names) == 2000, "no two are alike"
    assert max(names) < 2**PSEUDONYM_BITS, "they fit a signed 64-bit column"
