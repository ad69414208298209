"""Alerts open once per key, close and open again; decisions are journaled."""

from __future__ import annotations

import json
import sqlite3

import pytest

from core.store import alerts
from core.store.tx import Tx


def test_an_alert_opens_once_and_counts_repeats(tx: Tx) -> None:
    first = alerts.raise_alert(tx, "fast:1:1", "fast", (1, 1), {"n": 10}, 0)
    assert first is not None and first.evidence == {"n": 10}, "the first time it opens with its evidence"
    assert alerts.raise_alert(tx, "fast:1:1", "fast", (1, 1), {"n": 11}, 1) is None, "then it is only counted"
    assert alerts.get_alert(tx, first.id).times == 2, "and the count is kept"


def test_a_decision_is_kept_and_can_be_taken_back(tx: Tx) -> None:
    alert = alerts.raise_alert(tx, "k", "skips", (1, 1), {}, 0)
    assert alert is not None
    alerts.close_alert(tx, alert.id, "ignore", None, 1, 5)
    assert alerts.get_alert(tx, alert.id).state == "ignored", "ignored is decided"
    alerts.reopen_alert(tx, alert.id)
    assert alerts.get_alert(tx, alert.id) == alert, "an undo leaves it as it was"


def test_an_event_says_who_did_what_to_whom(tx: Tx) -> None:
    alerts.insert_event(tx, "skill", 7, actor=1, job=2, person=3, name="ümlaut")
    at, kind, actor, job, person, body = tx.one("SELECT at, kind, actor, job, person, body FROM event") or ()
    assert (at, kind, actor, job, person) == (7, "skill", 1, 2, 3), "the journal line has its columns"
    assert json.loads(body) == {"name": "ümlaut"}, "and the rest as JSON"


def test_an_alerts_view_and_log_are_kept(tx: Tx) -> None:
    alert = alerts.raise_alert(tx, "k", "copying", (1, 1), {}, 5)
    assert alert is not None
    alerts.set_view(tx, alert.id, {"n": 2}, "▁█", 9)
    alerts.log_act(tx, alert.id, alerts.Act(10, 1, "day", 1))
    shown = alerts.get_alert(tx, alert.id)
    assert (shown.evidence, shown.chart, shown.shown_at) == ({"n": 2}, "▁█", 9), "what its cards show, and since when"
    assert alerts.acts_of(tx, alert.id, 5) == [alerts.Act(10, 1, "day", 1)], "who did what when"
    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        tx.run("DELETE FROM alert_log")


def test_held_alerts_wait_in_their_order(tx: Tx) -> None:
    raised = [alerts.raise_alert(tx, key, "skips", (1, 1), {}, 0) for key in "abc"]
    for alert in raised[:2]:
        assert alert is not None
        alerts.hold(tx, alert.id, True)
    assert [alert.key for alert in alerts.held_alerts(tx)] == ["a", "b"], "oldest first, and only those that wait"
