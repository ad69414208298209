"""A rule is read from a job file or the settings exactly, or refused with a sentence that names rule and field.

Proves core.intake.ruleform.
"""

from __future__ import annotations

import pytest

from config.settings import default_rules, load
from core.errors import BadUpload, SettingsError
from core.intake.jobfile import read_jobfile
from core.intake.ruleform import rules_of
from core.rules.values import Action, Condition, Rule

JOB = "title: T\nquestion: Q?\noptions: [a, b]\n"
RULE = """
  - name: wrong
    collector: GoldenSet
    history_size: 20
    conditions: [total_answers_count >= 10, correct_answers_rate < 60 %]
    action: {type: restrict, scope: requester, duration: 2 days, reason: Please read the guide.}
"""


def rules(text: str) -> tuple[Rule, ...]:
    return read_jobfile(f"{JOB}rules:\n{text}", 0, name="job.yaml").rules


def one(collector: str = "GoldenSet", conditions: str = "total_answers_count >= 1", action: str = "type: alert") -> str:
    return f"  - name: r\n    collector: {collector}\n    conditions: ['{conditions}']\n    action: {{{action}}}\n"


def test_a_job_file_may_have_rules() -> None:
    (rule,) = rules(RULE)
    conditions = (Condition("total_answers_count", ">=", 10), Condition("correct_answers_rate", "<", 0.6))
    action = Action("restrict", "requester", 172_800, "Please read the guide.")
    assert rule == Rule("wrong", "GoldenSet", conditions, action, history_size=20), "just as written"


@pytest.mark.parametrize(
    ("action", "wanted"),
    [
        ("type: restrict, duration: permanent", Action("restrict", "pool", None)),
        ("type: restrict, duration: 90 min", Action("restrict", "pool", 5400)),
        ("type: set_skill, skill: cats, value: 80", Action("set_skill", skill="cats", value=80)),
        (
            "type: set_skill, skill: cats, from_field: correct_answers_rate, ttl: 30 days",
            Action("set_skill", skill="cats", from_field="correct_answers_rate", seconds=2_592_000),
        ),
        ("type: change_overlap, delta: +2", Action("change_overlap", delta=2)),
        ("type: change_overlap, delta: -1", Action("change_overlap", delta=-1)),
        ("type: approve_all", Action("approve_all")),
        ("type: reject_all, reason: Careless", Action("reject_all", reason="Careless")),
        ("type: alert, kind: control", Action("alert", kind="control")),
    ],
)
def test_every_action_is_read(action: str, wanted: Action) -> None:
    assert rules(one(action=action))[0].action == wanted, f"{action} in a job file"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (one("GoldSet"), "rules, r, collector: 'GoldSet' is not one of"),
        (one("GoldSet"), "did you mean 'GoldenSet'?"),
        (one(conditions="corect_answers_rate < 1"), "rules, r, conditions: 'corect_answers_rate' is not a field of"),
        (one(conditions="correct_answers_rate < 60"), "rules, r, conditions: '60' is not between 0 and 1"),
        (one(conditions="correct_answers_rate > 100 %"), "correct_answers_rate > 1 never holds"),
        (one(conditions="correct_answers_rate < 0"), "correct_answers_rate is not below 0"),
        (
            one().replace(": r\n", ": r\n    history_size: 5\n", 1).replace(">= 1", ">= 6"),
            "is at most 5 (history_size)",
        ),
        (one(conditions="many mistakes"), "'many mistakes' is not a condition such as"),
        (one("SkippedInRow", "correct_answers_rate < 1"), "is not a field of SkippedInRow"),
        (one("AssignmentsAssessment", "assessment_event == MAYBE"), "is ACCEPT or REJECT, not 'MAYBE'"),
        (one("AssignmentsAssessment", "assessment_event > ACCEPT"), "compare it with == or !="),
        (one(action="type: ban"), "rules, r, action, type: 'ban' is not one of restrict"),
        (one(action="type: restrict"), "restrict needs a duration"),
        (one(action="type: restrict, duration: 5 s"), "is not between 1 min and 366 days"),
        (one(action="type: alert, scope: pool"), "alert has no scope"),
        (one(action="type: set_skill, skill: cats"), "either its value (0 to 100) or a from_field"),
        (one(action="type: set_skill, skill: c, from_field: x"), "from_field: 'x' is not a field of GoldenSet"),
        (one(action="type: change_overlap"), "change_overlap needs a delta"),
        (one(action="type: alert, kind: fast"), "kind: 'fast' is not an alert about GoldenSet"),
        (one(action="type: restrict, scope: all, duration: 1 day"), "r: only the operator can restrict from all jobs"),
        (one() + one(), "the rule 'r' is given twice"),
        (one().replace("name: r", "name: ''"), "rule 1 needs a name"),
        (one().replace("name: r", "name: r\n    histroy_size: 3"), "rules, r, histroy_size: is not a field of a"),
        (one().replace("name: r", "name: r\n    history_size: 0"), "rules, r, history_size: '0' is not a whole number"),
        (one("Income", "income_sum_for_last_24_hours > 1").replace(": r\n", ": r\n    history_size: 3\n", 1), "has no"),
        (one().replace("conditions: ['total_answers_count >= 1']", "conditions: []"), "rules, r, conditions"),
        ("  wrong", "must be a list of rules"),
    ],
)
def test_a_fault_names_the_rule_and_the_field(text: str, part: str) -> None:
    with pytest.raises(BadUpload) as caught:
        rules(text)
    assert any(part in problem for problem in caught.value.problems), f"{caught.value.problems}"


def test_a_run_of_skips_may_be_longer_than_the_history() -> None:
    long = one("SkippedInRow", "skipped_in_row_count >= 20").replace("name: r", "name: r\n    history_size: 9")
    assert rules(long)[0].conditions[0].value == 20, "it is counted, not looked up in the newest nine"


def test_a_limit_of_its_own_needs_a_history() -> None:
    slow = one("AssignmentSubmitTime", "fast_submitted_count > 3")
    with pytest.raises(BadUpload) as caught:
        rules(slow.replace("name: r", "name: r\n    fast_submit_threshold_seconds: 2"))
    assert "fast_submit_threshold_seconds: needs a history_size" in caught.value.problems[0], "counts hold no times"
    parameters = "name: r\n    history_size: 9\n    fast_submit_threshold_seconds: 2"
    assert rules(slow.replace("name: r", parameters))[0].fast_submit_threshold_seconds == 2, "with one it is read"


# ---- the settings -------------------------------------------------------------------------------------------------


def test_the_default_rules_only_tell_an_admin() -> None:
    assert {rule.action.type for rule in default_rules()} == {"alert"}, "nobody is restricted without a person's word"


def test_an_operator_changes_one_rule_and_keeps_the_others() -> None:
    text = "[rules.too-fast]\nconditions = ['total_submitted_count >= 50', 'fast_submitted_rate >= 90 %']"
    found = {rule.name: rule for rule in rules_of(load(text, {}).rules)}
    assert found["too-fast"].conditions[0].value == 50, "the operator's word"
    assert len(found) == len(default_rules()), "the others stay"


def test_an_operator_replaces_an_action_as_a_whole() -> None:
    text = "[rules.wrong-controls]\naction = { type = 'restrict', scope = 'all', duration = '7 days' }"
    found = {rule.name: rule for rule in rules_of(load(text, {}).rules)}
    assert found["wrong-controls"].action == Action("restrict", "all", 604_800), "no trace of the alert is left"


def test_an_operator_switches_a_rule_off_and_adds_one() -> None:
    text = """[rules.too-fast]\nenabled = false
    [rules.new]\ncollector = "Income"\nconditions = ["income_sum_for_last_24_hours > 20"]
    action = { type = "restrict", duration = "6 h" }"""
    names = {rule.name for rule in rules_of(load(text, {}).rules)}
    assert "too-fast" not in names and "new" in names, "what runs is what the operator wants"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[rules.mine]\ncollector = 'GoldenSet'", "rules.mine.conditions"),
        ("[rules.too-fast]\nconditions = ['fast >= 1']", "rules.too-fast.conditions: Value error, 'fast' is not"),
        ("[rules.too-fast.action]\ntype = 'alarm'", "rules.too-fast.action.type"),
    ],
)
def test_a_fault_in_the_settings_names_the_rule_and_the_field(text: str, part: str) -> None:
    with pytest.raises(SettingsError, match=part):
        load(text, {})
