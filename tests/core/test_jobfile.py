"""A job file that is right becomes a JobSpec; one that is wrong is told in full, in sentences, and never crashes.

Proves core.intake.jobfile with core.intake.document, core.intake.jobform and core.intake.faults.
"""

from __future__ import annotations

import string
from decimal import Decimal

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import BadUpload
from core.intake.jobfile import load_template, read_jobfile, template_names
from core.model import Example, JobSpec, Option, Overlap

NOW = 1_800_000_000_000  # 2027-01-15T08:00:00Z in milliseconds
LEAST = "title: Spam\nquestion: Is it spam?\noptions: [spam, not spam]\n"


def _read(more: str = "", least: str = LEAST) -> JobSpec:
    return read_jobfile(least + more, NOW)


def _problems(text: str, name: str = "") -> list[str]:
    with pytest.raises(BadUpload) as caught:
        read_jobfile(text, NOW, name=name)
    return caught.value.problems


def test_least_job_gets_the_defaults() -> None:
    assert _read() == JobSpec(
        title="Spam", question="Is it spam?", options=(Option("spam", "spam"), Option("not spam", "not spam"))
    ), "three fields must be enough, and defaults are those of the model"


def test_every_field() -> None:
    spec = _read("""
instructions: Read twice.
examples:
  good: [{text: Buy now, label: spam, why: An advert.}]
  bad: [{text: See you at five, label: SPAM}]
price: 0.02 USD
overlap: {policy: dynamic, min: 3, max: 7, confidence: 0.95}
control_share: 12 %
deadline: 3 days
budget: 25 USD
languages: [en, no]
skills: {spam hunting: 70}
priority: 9
session: 20
lease: 10 min
min_seconds: 1.5
method: dawid-skene
""")

    assert (spec.price, spec.budget, spec.asset) == (20_000, 25_000_000, "USD"), "money is read in micro-units"
    assert spec.overlap == Overlap("dynamic", 3, 7, 0.95), "the overlap must be taken as written"
    assert spec.method == "dawid-skene", "the requester's aggregation method must be kept"
    assert (spec.control_share, spec.fast_seconds) == (0.12, 1.5), "control_share is another word for gold_share"
    assert (spec.deadline_seconds, spec.lease_seconds) == (259_200, 600), "times are read as seconds"
    assert (spec.languages, spec.skills) == (("en", "no"), (("spam hunting", 70),)), "no is Norwegian, not False"
    assert (spec.priority, spec.session) == (9, 20), "whole numbers must arrive"
    assert spec.examples == (
        Example("Buy now", "spam", "An advert."),
        Example("See you at five", "spam", "", good=False),
    ), "examples carry the id of their option, good ones first"


def test_a_job_may_let_sure_labels_stand_without_people() -> None:
    assert (_read("learn: true").learn, _read("learn: true").auto_accept) == (True, None), "the house's rule holds"
    spec = _read("auto_accept: 95 %")
    assert (spec.learn, spec.auto_accept) == (True, 0.95), "a promised precision needs a model"
    assert _problems(LEAST + "auto_accept: 1") == ["auto_accept: '1' is not between 0.5 and 0.999"], (
        "nothing is certain"
    )


def test_toml_says_the_same_as_yaml() -> None:
    toml = 'title = "Spam"\nquestion = "Is it spam?"\noptions = ["spam", "not spam"]\nprice = 0.02\noverlap = 3\n'

    assert read_jobfile(toml, NOW) == _read("price: 0.02\noverlap: 3"), "TOML is recognised by its look"


def test_toml_date_is_a_deadline() -> None:
    toml = 'title = "a"\nquestion = "b"\noptions = ["x", "y"]\ndeadline = 2027-01-15T09:00:00+01:00\n'

    assert _problems(toml) == ["deadline: is in the past or too soon"], "nine in Paris is now"
    assert read_jobfile(toml.replace("T09", "T10"), NOW).deadline_seconds == 3600, "a date counts from now"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("[yes, no]", [("yes", "yes"), ("no", "no")]),
        ("{a: Apple, b: Pear}", [("a", "Apple"), ("b", "Pear")]),
        ("[{id: a, text: Apple}, {id: b, text: Pear}]", [("a", "Apple"), ("b", "Pear")]),
    ],
)
def test_three_ways_to_write_options(options: str, expected: list[tuple[str, str]]) -> None:
    spec = read_jobfile(f"title: a\nquestion: b\noptions: {options}", NOW)

    assert [(option.id, option.text) for option in spec.options] == expected, "every way must give ids and texts"


@pytest.mark.parametrize(
    ("kind", "ids"),
    [("type: yes_no", ["yes", "no"]), ("type: rating\nscale: [1, 5]", list("12345"))],
)
def test_types_that_know_their_options(kind: str, ids: list[str]) -> None:
    spec = read_jobfile(f"title: a\nquestion: b\n{kind}", NOW)

    assert [option.id for option in spec.options] == ids, "these types need no options"


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [
        ("3", Overlap("fixed", 3, 3)),
        ("{policy: fixed, answers: 4}", Overlap("fixed", 4, 4)),
        ("{max: 3}", Overlap("dynamic", 2, 3)),
        ("{policy: checkpoint, share: 30 %, confidence: 0.8}", Overlap("checkpoint", 2, 5, 0.8, share=0.3)),
        ("{policy: value, worth: 0.10 USD}", Overlap("value", 1, 5, worth=100_000)),
        ("{policy: budget, max: 9}", Overlap("budget", 1, 9)),
    ],
)
def test_overlap_forms(overlap: str, expected: Overlap) -> None:
    assert _read(f"overlap: {overlap}").overlap == expected, "a number alone is a fixed overlap"


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("price: two cents", "price: 'two cents' is not an amount such as 0.02 USD"),
        ("price: 2 cents", "price: '2 cents' is not an amount"),
        ("price: -1", "price: '-1' is not an amount"),
        ("price: 0.0000001", "price: '0.0000001' is not an amount"),
        ("price: 1 USD\nbudget: 5 EUR", "budget: is in EUR, the price is in USD"),
        ("prise: 1 USD", "prise: is not a field of a job file; did you mean 'price'?"),
        ("overlap: 51", "overlap: '51' is not a whole number from 1 to 50"),
        ("overlap: {min: 4, max: 3}", "overlap: min 4 is more than max 3"),
        ("overlap: {mim: 4}", "overlap, mim: is not a field of a job file; did you mean 'min'?"),
        ("overlap: {policy: fixed, min: 2}", "overlap: a fixed overlap has answers"),
        ("overlap: {confidence: 1}", "overlap, confidence: '1' is not between"),
        ("gold_share: 0.6", "gold_share: '0.6' is not between 0 and 0.5"),
        ("gold_share: 0.1\ncontrol_share: 0.1", "control_share: is another name of gold_share"),
        ("deadline: tomorrow", "deadline: 'tomorrow' is not a time such as 3 days"),
        ("deadline: 2027-02-01T10:00", "deadline: '2027-02-01T10:00' needs a time and a zone"),
        ("lease: 2 days", "lease: must be at most 1 day(s)"),
        ("session: 4", "session: '4' is not a whole number from 5 to 50"),
        ("priority: high", "priority: 'high' is not a whole number from 1 to 10"),
        ("languages: English", "languages: 'English' is not a language code"),
        ("overlap: {policy: value}", "overlap: a value overlap needs worth"),
        ("overlap: {policy: budget, confidence: 0.9}", "overlap: a budget overlap has min, max, and no confidence"),
        ("overlap: {policy: guess}", "overlap, policy: 'guess' is not one of fixed, dynamic"),
        ("method: magic", "method: 'magic' is not one of auto, majority-vote"),
        ("skills: {a: 101}", "skills, a: '101' is not a whole number from 0 to 100"),
        ("min_seconds: 601", "min_seconds: '601' is not between 0 and 600"),
        ("scale: [1, 5]", "scale: only a job of type rating has a scale"),
        ("type: choice", "type: 'choice' is not one of single_choice, yes_no, rating"),
        ("examples: {good: [{text: a, label: ham}]}", "examples: label 'ham' is none of the options"),
        ("instructions: " + "x" * 3001, "instructions: has 3001 characters, at most 3000 fit"),
        ('instructions: "a\\0b"', "instructions: holds the control character 0x0000"),
        ('instructions: "\\ud800"', "instructions: holds the control character 0xd800"),
        ("template: sentimant", "template: 'sentimant' is not one of"),
        ("template: ../default", "template: '../default' is not one of"),
    ],
)
def test_wrong_field_is_told(field: str, sentence: str) -> None:
    problems = _problems(LEAST + field)

    assert len(problems) == 1 and problems[0].startswith(sentence), f"the sentence was {problems}"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("[one]", "options: 1 given, a job has 2 to 20"),
        (str(list(range(21))), "options: 21 given, a job has 2 to 20"),
        ("[a, A]", "options: the id 'A' is given twice"),
        ("{a: x, b: X}", "options: the text 'X' is given twice"),
        (f"[a, {'b' * 61}]", "options 2, text: has 61 characters, at most 60 fit"),
        (f"{{a: x, {'b' * 41}: y}}", "options 2, id: has 41 characters, at most 40 fit"),
        ("[]", "options: missing; give 2 to 20 choices"),
    ],
)
def test_wrong_options_are_told(options: str, sentence: str) -> None:
    problems = _problems(f"title: a\nquestion: b\noptions: {options}")

    assert len(problems) == 1 and problems[0].startswith(sentence), f"the sentence was {problems}"


def test_all_faults_at_once() -> None:
    problems = _problems("titel: a\nprice: cheap\nsession: 1\noptions: [x]\ntemplate: nothing")

    fields = [problem.split(":")[0] for problem in problems]
    assert sorted(fields) == ["options", "price", "question", "session", "template", "titel", "title"], (
        f"one round of mending must be enough, told were {problems}"
    )


@pytest.mark.parametrize(
    ("text", "name", "sentence"),
    [
        ("a: &x b\nc: *x", "", "line 1: anchors and aliases"),
        ("- title: a", "", "The job file is a list"),
        ("42", "", "The job file is one text"),
        ("", "", "The job file is empty"),
        ("title: a\ntitle: b", "", "line 2: 'title' is given twice"),
        ("title: a: b", "", "The job file cannot be read as YAML: line 1"),
        ("a: b\n---\na: b", "", "The job file holds two YAML documents"),
        ("[" * 60_000, "x.yaml", "The job file is nested deeper than 8 levels"),
        ("a = " + "[" * 60_000, "", "The job file is nested deeper than 8 levels"),
        ("a." * 30_000 + "a = 1", "", "The job file cannot be read as TOML: a key has too many dots"),
        ("title = ", "", "The job file cannot be read as TOML"),
        ("x" * 65_537, "", "The job file is larger than 64 kB"),
        ('a: "\\UFFFFFFFF"', "", "The job file cannot be read as YAML"),
    ],
)
def test_hostile_text_is_refused_in_one_sentence(text: str, name: str, sentence: str) -> None:
    problems = _problems(text, name)

    assert len(problems) == 1 and problems[0].startswith(sentence), f"the sentence was {problems}"


def test_yaml_tags_build_nothing() -> None:
    spec = _read("instructions: !!python/name:os.system x")

    assert spec.instructions == "x", "a tag is not obeyed; the text behind it is only text"


def test_texts_lose_hidden_marks() -> None:
    assert _read('instructions: "\\u202Eabc\\u200b"').instructions == "abc", "no mark may turn a text around"


@pytest.mark.parametrize("name", template_names())
def test_template_alone_is_a_job(name: str) -> None:
    spec = read_jobfile(f"template: {name}", NOW)

    assert spec.template == name and len(spec.options) >= 2, "a template must be a whole job"
    assert load_template(name).startswith("#"), "a template opens with a comment that says what it is for"


def test_own_fields_win_over_the_template() -> None:
    spec = read_jobfile("template: sentiment\ntitle: Mine\noptions: [good, bad]", NOW)

    assert (spec.title, [option.id for option in spec.options]) == ("Mine", ["good", "bad"]), "what is written wins"
    assert spec.examples == (), "examples for other options would carry labels that do not exist"


@given(st.decimals(min_value=0, max_value=999_999, places=6))
def test_price_is_exact(price: Decimal) -> None:
    assert _read(f"price: {price:f}").price == int(price * 1_000_000), "no amount may pass through a float"


_words = st.text(string.ascii_letters + "äß字 -:'\"#&*!", min_size=1, max_size=30).map(str.strip).filter(bool)


@given(title=_words, options=st.lists(_words, min_size=2, max_size=20, unique_by=str.casefold))
def test_what_is_written_comes_back(title: str, options: list[str]) -> None:
    written = yaml.safe_dump({"title": title, "question": "?", "options": options}, allow_unicode=True)

    spec = read_jobfile(written, NOW)

    assert (spec.title, [option.text for option in spec.options]) == (title, options), "texts stay as typed"


@given(st.text() | st.text(alphabet="a:-[]{}&*!|>'\"#=\n ,?%@`~.0\\u").map(LEAST.__add__))
@example("? ? ?")
@example("\ufeff")
@example("\ud800")
def test_any_text_gives_a_job_or_bad_upload(text: str) -> None:
    try:
        told = [option.id for option in read_jobfile(text, NOW).options]
    except BadUpload as error:
        told = error.problems

    assert told and all(told), "there must be options, or a reason why not"
