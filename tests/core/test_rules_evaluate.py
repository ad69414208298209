"""A rule fires when all its conditions hold; values of rules survive the store; words say what a rule does.

Proves core.rules.evaluate, core.rules.values and core.rules.words.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from config.settings import default_rules
from core.rules.evaluate import due, evaluate, in_force, skill_value
from core.rules.facts import Counts, Facts
from core.rules.values import OPERATORS, Action, Condition, Event, Firing, Rule, dump_rule, load_rule
from core.rules.words import action_text, alert_evidence, figures, lasting, rule_text, rules_line

DEFAULT = {rule.name: rule for rule in default_rules()}
WRONG = Rule(
    "wrong",
    "GoldenSet",
    (Condition("total_answers_count", ">=", 5), Condition("correct_answers_rate", "<", 0.6)),
    Action("restrict", "pool", 86_400),
)


def controls(ok: int, n: int) -> Facts:
    return Facts(Counts(answers=n, controls=n, control_ok=ok))


@pytest.mark.parametrize(("ok", "n", "fires"), [(0, 4, False), (3, 5, False), (2, 5, True), (50, 100, True)])
def test_all_conditions_must_hold(ok: int, n: int, fires: bool) -> None:
    assert (evaluate(WRONG, controls(ok, n)) is not None) is fires, f"{ok} of {n} control tasks right"


def test_a_firing_carries_its_evidence() -> None:
    firing = evaluate(WRONG, controls(2, 6))
    assert firing is not None and firing.evidence["total_answers_count"] == 6, "all that its collector saw"


@pytest.mark.parametrize(("op", "fires"), [(">", 0), (">=", 1), ("==", 1), ("!=", 0), ("<", 0), ("<=", 1)])
def test_each_operator_compares(op: str, fires: bool) -> None:
    assert Condition("n", op, 3).holds({"n": 3}) is bool(fires), f"3 {op} 3"


@pytest.mark.parametrize("op", OPERATORS)
def test_what_is_not_known_holds_for_nothing(op: str) -> None:
    assert not Condition("correct_answers_rate", op, 0.5).holds({}), "no evidence, no firing"


def test_words_are_compared_as_words() -> None:
    condition = Condition("assessment_event", "==", "REJECT")
    assert condition.holds({"assessment_event": "REJECT"}), "the word itself"
    assert not condition.holds({"assessment_event": "ACCEPT"}), "not another"


@pytest.mark.parametrize(
    ("counts", "names"),
    [
        (Counts(), set()),
        (Counts(controls=4, answers=4), set()),
        (Counts(controls=5, answers=5), {"wrong-controls"}),
        (Counts(controls=20, control_ok=12, answers=20), set()),
        (Counts(answers=9, fast=9), set()),
        (Counts(answers=10, fast=5), {"too-fast"}),
        (Counts(answers=10, fast=4), set()),
        (Counts(answers=5, skips=5), {"skips-often"}),
        (Counts(answers=100, skips=8, skips_in_row=8), {"skips-in-row"}),
        (Counts(answers=6, skips=4, skips_in_row=4), set()),
    ],
)
def test_the_default_rules_need_enough_evidence(counts: Counts, names: set[str]) -> None:
    assert {name for name, rule in DEFAULT.items() if evaluate(rule, Facts(counts))} == names, f"{counts}"


def test_only_the_rules_that_an_event_can_change_are_due() -> None:
    rules = tuple(DEFAULT.values())
    assert {rule.name for rule in due(rules, (), Event.ANSWER)} == {"too-fast"}, "an answer without a known truth"
    assert {rule.name for rule in due(rules, (), Event.SKIP)} == {"skips-in-row", "skips-often"}, "a skip"


def test_a_jobs_rule_takes_the_place_of_the_houses_of_the_same_name() -> None:
    own = replace(WRONG, name="too-fast")
    rules = in_force(default_rules(), (own, WRONG))
    assert [rule for rule in rules if rule.name == "too-fast"] == [own], "one of each name"
    assert len(rules) == len(DEFAULT) + 1, "the others stay, and new ones join them"


@pytest.mark.parametrize(
    ("action", "evidence", "value"),
    [
        (Action("set_skill", skill="s", value=70), {}, 70),
        (Action("set_skill", skill="s", from_field="correct_answers_rate"), {"correct_answers_rate": 0.876}, 88),
        (Action("set_skill", skill="s", from_field="total_answers_count"), {"total_answers_count": 240}, 100),
        (Action("set_skill", skill="s", from_field="correct_answers_rate"), {}, None),
    ],
)
def test_a_skill_is_fixed_or_from_a_field(action: Action, evidence: dict[str, float], value: int | None) -> None:
    firing = Firing(replace(WRONG, action=action), dict(evidence))
    assert skill_value(firing) == value, "a rate becomes 0 to 100; a count is cut at 100"


@pytest.mark.parametrize("rule", [*DEFAULT.values(), WRONG], ids=lambda rule: rule.name)
def test_a_rule_survives_being_stored(rule: Rule) -> None:
    assert load_rule(json.loads(json.dumps(dump_rule(rule)))) == rule, "JSON brings the very same rule back"


def test_a_rule_in_words() -> None:
    text = "wrong (GoldenSet: total_answers_count >= 5 and correct_answers_rate < 0.6 → restrict pool 1 d)"
    assert rule_text(WRONG) == text, "what it counts, when it fires, what it does"
    assert rules_line([WRONG, WRONG]) == f"{text}; {text}", "several in one line"


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (Action("restrict", "all"), "restrict all for good"),
        (Action("set_skill", skill="cats", value=80, seconds=7200), "set skill cats to 80 for 2 h"),
        (Action("change_overlap", delta=1), "overlap +1"),
        (Action("approve_all"), "approve all"),
        (Action("alert"), "alert"),
    ],
)
def test_an_action_in_words(action: Action, text: str) -> None:
    assert action_text(action) == text, "short enough for a preview"


@pytest.mark.parametrize(("seconds", "text"), [(None, "for good"), (90, "90 s"), (120, "2 min"), (86_400, "1 d")])
def test_times_in_words(seconds: int | None, text: str) -> None:
    assert lasting(seconds) == text, "the largest unit that divides it"


def test_alerts_of_the_house_keep_their_figures() -> None:
    firing = evaluate(DEFAULT["wrong-controls"], controls(1, 6))
    assert firing is not None
    kind, shown = alert_evidence(firing.rule, firing.evidence)
    assert (kind, shown["ok"], shown["n"]) == ("control", 1, 6), "an admin sees what was counted"


def test_any_other_alert_shows_all_figures() -> None:
    firing = evaluate(replace(WRONG, action=Action("alert")), controls(2, 6))
    assert firing is not None
    kind, shown = alert_evidence(firing.rule, firing.evidence)
    line = "total_answers_count 6, correct_answers_rate 0.33, incorrect_answers_rate 0.67"
    told = {"rule": "wrong", "figures": line, "collector": "GoldenSet"}
    assert (kind, shown) == ("rule", told), "by the names that the rule uses"
    assert figures({"assessment_event": "REJECT"}) == "assessment_event REJECT", "words as they are"
