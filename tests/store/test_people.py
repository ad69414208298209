"""People, their consent, skills, bans, sessions and counts."""

from __future__ import annotations

import sqlite3

import pytest

from core.model import Handle, Place
from core.store import assignments, people
from core.store.people import Change
from core.store.tx import Tx


def test_a_person_is_made_once(tx: Tx) -> None:
    first = people.ensure_person(tx, Handle("slack", "U1"), 0)
    assert people.ensure_person(tx, Handle("slack", "U1"), 9) == first, "the same handle is the same person"
    assert people.ensure_person(tx, Handle("telegram", "U1"), 0) != first, "on another platform it is another one"


def test_home_is_the_known_chat_else_what_the_platform_opens(tx: Tx) -> None:
    slack = people.ensure_person(tx, Handle("slack", "U1"), 0)
    assert slack.home == Place("slack", "@U1"), "slack opens a direct chat with a user when first needed"
    people.set_chat(tx, slack.id, "D1")
    assert people.get_person(tx, slack.id).home == Place("slack", "D1"), "then it is known"
    assert people.get_person(tx, 1).home == Place("telegram", "1"), "on telegram the user is the chat"


@pytest.mark.parametrize(("place", "found"), [(("telegram", "1"), True), (("telegram", "-5"), False)])
def test_a_private_chat_has_its_person(tx: Tx, place: tuple[str, str], found: bool) -> None:
    assert (people.person_at(tx, Place(*place)) is not None) is found, "a group is nobody's private chat"


def test_the_newest_decision_is_the_one_in_force(tx: Tx) -> None:
    people.insert_consent(tx, 1, 3, "digest", "en", "accept", 0)
    assert people.get_person(tx, 1).agreed == 3, "the version accepted"
    people.insert_consent(tx, 1, 3, "digest", "en", "decline", 1)
    assert people.get_person(tx, 1).agreed == 0, "taken back"
    assert tx.value("SELECT count(*) FROM consent") == 2, "both decisions stay on record"


def test_a_skill_runs_out(tx: Tx) -> None:
    people.set_skill(tx, 1, "german", 80, 1_000)
    people.set_skill(tx, 1, "maths", 5, None)
    assert people.skills_of(tx, 1, 999) == {"german": 80, "maths": 5}, "both are in force"
    assert people.skills_of(tx, 1, 1_000) == {"maths": 5}, "one has run out"
    with pytest.raises(sqlite3.IntegrityError):
        people.set_skill(tx, 1, "german", 101, None)


def test_a_ban_ends_by_time_or_by_being_lifted(tx: Tx) -> None:
    timed = people.insert_restriction(tx, 1, 1_000, "why", 1, 0)
    lasting = people.insert_restriction(tx, 1, None, "why", 1, 0)
    assert [ban.id for ban in people.restrictions_of(tx, 1, 999)] == [timed, lasting], "both hold"
    assert [ban.id for ban in people.restrictions_of(tx, 1, 1_000)] == [lasting], "time ends one"
    people.lift_restriction(tx, lasting, 5)
    assert people.restrictions_of(tx, 1, 1_000) == [], "an admin the other"


def test_a_new_session_starts_at_zero_and_keeps_its_card(tx: Tx) -> None:
    people.start_session(tx, 1, 1, 15, 0)
    people.add_to_session(tx, 1, 1, 20)
    people.set_live_card(tx, 1, 7)
    people.start_session(tx, 1, 1, 9, 0)
    session = people.get_session(tx, 1)
    assert session is not None and (session.done, session.earned, session.size, session.live_card) == (0, 0, 9, 7), (
        "counts begin anew, the card with live buttons stays known"
    )


def test_a_change_and_its_negation_cancel_out(tx: Tx) -> None:
    people.insert_standing(tx, 1, 1, (150, 200))
    before = people.get_standing(tx, 1, 1)
    change = Change(answers=1, cant=1, controls=1, control_ok=1, skips=2, fast=1, duration_ms=900)
    people.change_standing(tx, 1, 1, change, 3)
    people.change_standing(tx, 1, 1, change.negated(), 0)
    assert people.get_standing(tx, 1, 1) == before, "every field of a change is negated"


def test_only_an_unused_standing_is_dropped(tx: Tx) -> None:
    people.insert_standing(tx, 1, 1, (0, 0))
    lease = assignments.insert_assignment(tx, 1, 1, 1, 0, (0, 9))
    people.drop_unused_standing(tx, 1, 1)
    assert people.get_standing(tx, 1, 1) is not None, "a task in hand keeps it"
    assignments.delete_assignment(tx, lease)
    people.drop_unused_standing(tx, 1, 1)
    assert people.get_standing(tx, 1, 1) is None, "without task and counts it goes"
