"""Rules and their evidence as people read them: in a job's preview, in an alert, in the log."""

from __future__ import annotations

from collections.abc import Iterable

from core.rules.values import Action, Rule, Value

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def lasting(seconds: int | None) -> str:
    """A time in the largest unit that divides it, such as 2 d."""
    if seconds is None:
        return "for good"
    unit, name = next(((unit, name) for unit, name in UNITS if seconds % unit == 0), (1, "s"))
    return f"{seconds // unit} {name}"


def action_text(action: Action) -> str:
    """What an action does, in a few words."""
    match action.type:
        case "restrict":
            return f"restrict {action.scope} {lasting(action.seconds)}"
        case "set_skill":
            to = action.from_field or str(action.value)
            return f"set skill {action.skill} to {to}" + (f" for {lasting(action.seconds)}" if action.seconds else "")
        case "change_overlap":
            return f"overlap {action.delta:+d}"
        case _:
            return action.type.replace("_", " ")


def rule_text(rule: Rule) -> str:
    """A rule in one phrase, such as wrong (GoldenSet of 20: correct_answers_rate < 0.6 → restrict pool 1 d)."""
    of = f" of {rule.history_size}" if rule.history_size else ""
    conditions = " and ".join(map(str, rule.conditions))
    return f"{rule.name} ({rule.collector}{of}: {conditions} → {action_text(rule.action)})"


def rules_line(rules: Iterable[Rule]) -> str:
    """All rules in one line."""
    return "; ".join(rule_text(rule) for rule in rules)


def figures(evidence: dict[str, Value]) -> str:
    """Evidence in one line: whole numbers as such, shares with two digits; bounds and second names are left out."""
    shown = {k: v for k, v in evidence.items() if not k.endswith(("_lower", "_upper")) and "golden_set_" not in k}
    return ", ".join(f"{name} {_figure(value)}" for name, value in shown.items())


def _figure(value: Value) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.0f}" if value == int(value) else f"{value:.2f}"


ALERT_KINDS: dict[str, tuple[str, dict[str, str]]] = {
    "control": (
        "GoldenSet",
        {"n": "total_answers_count", "low": "correct_answers_rate_lower", "high": "correct_answers_rate_upper"},
    ),
    "fast": (
        "AssignmentSubmitTime",
        {"fast": "fast_submitted_count", "n": "total_submitted_count", "seconds": "mean_seconds"},
    ),
    "skips": ("SkippedInRow", {"skips": "skipped_count", "n": "total_count", "row": "skipped_in_row_count"}),
}
"""Alerts with a text of their own: the collector that they are about, and what the text calls its fields."""


def alert_evidence(rule: Rule, evidence: dict[str, Value]) -> tuple[str, dict[str, Value]]:
    """The kind of the alert that a rule raises, and what its text shows; any other kind shows its figures.

    Such a kind says nothing about the finding, so the collector's name goes along: a restriction rests on that.
    """
    kind = rule.action.kind
    if kind not in ALERT_KINDS:
        return "rule", {"rule": rule.name, "figures": figures(evidence), "collector": rule.collector}
    shown: dict[str, Value] = {short: evidence[name] for short, name in ALERT_KINDS[kind][1].items()}
    if kind == "control":
        shown["ok"] = round(float(evidence["correct_answers_rate"]) * float(shown["n"]))
    return kind, shown
