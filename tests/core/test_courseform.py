"""Training, exam and limits in a job file: read as people write them, every fault told (core.intake.courseform)."""

from __future__ import annotations

import pytest

from core.errors import BadUpload
from core.intake.jobfile import read_jobfile
from core.intake.upload import read_upload
from core.model import Exam, Handle, JobSpec, Limits, Training
from core.store.jobs import dump_spec, load_spec

HEAD = "title: Topics\nquestion: Which?\noptions: [a, b]\n"


def spec_of(text: str) -> JobSpec:
    return read_jobfile(HEAD + text, 0)


def test_a_training_and_an_exam_in_full() -> None:
    spec = spec_of(
        "training: {tasks: 4, pass_score: 50 %, attempts: 5, cooldown: 10 min, feedback: true, paid: true}\n"
        "exam: {questions: 6, pass_score: 80, attempts: 1, cooldown_hours: 12, valid_days: 30, skill: topics}\n"
    )
    assert spec.training == Training(4, 50, 5, 600, True, True), "every field of a training is read"
    assert spec.exam == Exam(6, 80, 1, 43_200, 30 * 86_400, "topics"), "every field of an exam is read"
    assert load_spec(dump_spec(spec)) == spec, "and comes back from the store"


def test_a_bare_number_is_how_many() -> None:
    spec = spec_of("training: 3\nexam: 5\n")
    assert spec.training is not None and spec.training.tasks == 3, "training: 3 is three tasks"
    assert spec.exam is not None and spec.exam.questions == 5, "exam: 5 is five questions"


def test_limits_stand_in_the_job_file_itself() -> None:
    spec = spec_of(
        "max_answers: 50\nmax_share: 20 %\nhours: 08:00-20:00\ntimezone: Europe/Berlin\n"
        "unavailable_for: [telegram:7, slack:U1]\nquality: 0.5\nhold: 2 h\n"
    )
    people = (Handle("telegram", "7"), Handle("slack", "U1"))
    assert spec.limits == Limits(50, 0.2, (480, 1200), "Europe/Berlin", people, 0.5, 7200), "every limit is read"
    assert load_spec(dump_spec(spec)) == spec, "and comes back from the store"
    assert spec_of("").limits is None, "a job without limits costs nothing to check"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("exam: {question: 3}", "exam, question: is not a field of a job file; did you mean 'questions'"),
        ("exam: {pass_score: 120}", "exam, pass_score: '120' is not a whole number from 1 to 100"),
        ("exam: {skill: 'a b'}", "is not the name of a skill"),
        ("training: {paid: maybe}", "'maybe' is not one of true, false"),
        ("training: {cooldown: soon}", "is not a time such as"),
        ("training: {cooldown: 3 years}", "is not a time such as"),
        ("hours: 25:00-30:00", "is not a span of hours such as 08:00-20:00"),
        ("hours: all day", "is not a span of hours"),
        ("hours: 08:75-20:00", "is not a span of hours"),
        ("timezone: Mars/Base", "is not a time zone such as Europe/Berlin"),
        ("unavailable_for: [bob]", "is not a handle such as telegram:1001"),
        ("quality: 2", "is not between 0 and 0.95"),
        ("max_share: 0", "max_share: '0' is not between"),
    ],
)
def test_a_fault_names_its_field_and_what_is_meant(text: str, part: str) -> None:
    with pytest.raises(BadUpload) as caught:
        spec_of(text + "\n")
    assert part in str(caught.value), f"the requester is told: {caught.value}"


def test_more_questions_than_known_answers_are_refused() -> None:
    files = [("job.yaml", (HEAD + "training: 1\nexam: 3\n").encode()), ("items.csv", b"id,text,gold\nx,x,a\ny,y,\n")]
    with pytest.raises(BadUpload) as caught:
        read_upload(files, "", 0)
    assert "exam: asks 3 questions, 1 items have a known answer" in str(caught.value), "it says what is missing"
