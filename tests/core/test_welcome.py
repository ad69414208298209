"""The way in and out: agreement, language, deep links, pause, privacy, leaving.

Proves core.service.welcome.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import CHANNEL, Town, find_button, make_items, make_spec, worker
from states import everything, live, logical, texts_at, token_for

from core.messages import Left, Said
from core.store import people

ADA = worker(1)


async def person(town: Town) -> people.Person:
    found: people.Person = await town.read(people.select_person, ADA)
    return found


async def test_the_agreement_shows_its_version_and_both_buttons(town: Town) -> None:
    await town.say(ADA, "start")
    card = town.last(ADA)
    assert "version 1" in card.title and "help@example.org" in card.text, "version and contact are in it"
    assert [b.text for b in card.rows[0]] == ["Accept", "Decline"], "and the decision is one tap"


async def test_without_the_agreement_nothing_is_handed_out(town: Town) -> None:
    await town.publish(make_items(2))
    await town.say(ADA, "next")
    assert "/start" in town.last(ADA).text, "the way in is told"
    assert await live(town, ADA) is None, "and no task is given"


async def test_accepting_is_recorded_with_text_and_language(town: Town) -> None:
    await town.join(ADA)
    rows = await town.read(lambda tx: tx.all("SELECT version, digest, lang, decision FROM consent"))
    _, digest = town.house.agreement("en")
    assert rows == [(1, digest, "en", "accept")], "what was shown can be proven"


async def test_declining_keeps_only_the_decision(town: Town) -> None:
    await town.publish(make_items(2))
    await town.say(ADA, "start")
    await town.press(ADA, "Decline")
    assert (await person(town)).agreed == 0 and await live(town, ADA) is None, "no consent, no task"
    assert "/start" in town.last(ADA).text, "and how to change one's mind"


@pytest.mark.parametrize(("first", "second", "words"), [("Accept", "Decline", "already"), ("Decline", "Accept", "old")])
async def test_a_decided_agreement_cannot_be_decided_again(town: Town, first: str, second: str, words: str) -> None:
    await town.say(ADA, "start")
    card = town.last(ADA)
    await town.press(ADA, first, card=card)
    before = await town.read(everything)
    for text in (first, second):
        reply = await town.press(ADA, text, card=card)
        assert reply.alert and words in reply.toast, "a press on an old keyboard is told kindly"
    assert await town.read(everything) == before, "and the decision stands"


async def test_the_agreement_can_be_read_in_another_language(town: Town) -> None:
    await town.say(ADA, "start")
    shown = await town.press(ADA, "Español")
    (edit,) = shown.speeches
    assert edit.op == "edit" and edit.card.text == town.house.agreement("es")[0], "the same message, translated"
    await town.press(ADA, find_button(edit.card, town.house.texts.say("es", "button.accept")).text)
    assert (await person(town)).lang == "es", "and that language is spoken from now on"


async def test_the_clients_language_is_taken_when_it_is_spoken(town: Town) -> None:
    said = Said(key="k", who=ADA, chat=ADA.user, private=True, verb="start", lang="es")
    await town.obey(said)
    assert town.last(ADA).text == town.house.agreement("es")[0], "nobody has to search for their language"


async def test_a_changed_agreement_is_asked_again_before_the_next_task(town: Town) -> None:
    await town.publish(make_items(5))
    await town.join(ADA)
    town.house = replace(town.house, agreement_version=2)
    reply = await town.press(ADA, "Apples")
    assert reply.toast == "✓ Apples", "the task in hand may be finished"
    assert await live(town, ADA) is None and "/start" in town.last(ADA).text, "the next one waits for the agreement"
    await town.say(ADA, "start")
    assert "version 2" in town.last(ADA).title, "the new text is shown"
    await town.press(ADA, "Accept")
    assert (await person(town)).agreed == 2 and await live(town, ADA) is not None, "then work goes on"


@pytest.mark.parametrize("decision", ["Accept", "Decline"])
async def test_a_changed_agreement_takes_nothing_from_what_was_earned(town: Town, decision: str) -> None:
    await town.publish(make_items(5))
    await town.join(ADA)
    await town.press(ADA, "Apples")
    held = "SELECT code, balance FROM account WHERE code GLOB 'worker:*'"
    earned = await town.read(lambda tx: tx.all(held))
    town.house = replace(town.house, agreement_version=2)
    await town.say(ADA, "start")
    await town.press(ADA, decision)
    assert await town.read(lambda tx: tx.all(held)) == earned and earned[0][1] == 20_000, "what was earned stays"
    await town.say(ADA, "stats")
    assert "Earned in all: 0.02 USD" in town.last(ADA).text, "and is told as before"


async def test_an_outdated_agreement_shows_the_new_one(town: Town) -> None:
    await town.say(ADA, "start")
    old = town.last(ADA)
    town.house = replace(town.house, agreement_version=2)
    reply = await town.press(ADA, "Accept", card=old)
    assert reply.alert and "changed" in reply.toast, "an old text cannot be accepted any more"
    assert "version 2" in town.last(ADA).title and (await person(town)).agreed == 0, "the new one is asked"


async def test_a_deep_link_leads_to_its_job_through_the_agreement(town: Town) -> None:
    await town.publish(make_items(3))
    second = await town.publish(make_items(3), make_spec(title="Fruit"))
    await town.say(ADA, "start", f"j{second}")
    await town.press(ADA, "Accept")
    lease = await live(town, ADA)
    assert lease is not None and lease.job == second, "the job that was chosen comes first"


@pytest.mark.parametrize("payload", ["j999", "x", "j", "j1; DROP TABLE job", "j٣", "j" + "9" * 40])
async def test_a_strange_deep_link_does_no_harm(town: Town, payload: str) -> None:
    await town.publish(make_items(3))
    await town.say(ADA, "start", payload)
    await town.press(ADA, "Accept")
    assert await live(town, ADA) is not None, "the worker gets a task all the same"


async def test_pause_gives_the_task_back_and_next_takes_up_again(town: Town) -> None:
    await town.publish(make_items(3))
    before = await town.read(lambda tx: tx.all("SELECT ref, want, active FROM task"))
    await town.join(ADA)
    await town.say(ADA, "pause")
    after = await town.read(lambda tx: tx.all("SELECT ref, want, active FROM task"))
    assert after == before, "the task is in the pool as if it had never been out"
    assert (await person(town)).state == "paused", "and nothing is sent"
    await town.say(ADA, "next")
    assert await live(town, ADA) is not None and (await person(town)).state == "active", "until the worker asks"


async def test_withdrawing_ends_everything_but_keeps_the_pay(town: Town) -> None:
    await town.publish(make_items(3))
    await town.join(ADA)
    await town.press(ADA, "Apples")
    await town.say(ADA, "privacy")
    await town.press(ADA, "Withdraw consent")
    assert (await person(town)).agreed == 0 and await live(town, ADA) is None, "no task any more"
    await town.say(ADA, "stats")
    assert "0.02 USD" in town.last(ADA).text, "what was earned stays"
    events = await town.read(lambda tx: tx.all("SELECT kind FROM event WHERE kind = 'consent.withdrawn'"))
    assert len(events) == 1, "the journal has it"


async def test_withdrawing_twice_is_recorded_once(town: Town) -> None:
    await town.join(ADA)
    await town.say(ADA, "privacy")
    first = town.last(ADA)
    await town.say(ADA, "privacy")
    await town.press(ADA, "Withdraw consent", card=first)
    before = await town.read(everything)
    for card in (first, town.last(ADA)):
        button = next((b for row in card.rows for b in row), None)
        if button:
            reply = await town.press_token(ADA, button.token)
            assert reply.alert, "a second press is told that it is done"
    assert await town.read(everything) == before, "and changes nothing"


async def test_who_withdrew_can_come_back(town: Town) -> None:
    await town.publish(make_items(3))
    await town.join(ADA)
    await town.say(ADA, "privacy")
    await town.press(ADA, "Withdraw consent")
    await town.join(ADA)
    assert await live(town, ADA) is not None, "consent can be given again"


async def test_who_blocks_the_bot_frees_the_task_and_hears_nothing(town: Town) -> None:
    await town.publish(make_items(3))
    await town.join(ADA)
    heard = len(texts_at(town, ADA))
    await town.obey(Left(key="k", who=ADA, chat=ADA.user, private=True))
    assert await live(town, ADA) is None and len(texts_at(town, ADA)) == heard, "the task is free, no word is lost"
    assert (await person(town)).state == "gone", "nothing more is sent"
    await town.say(ADA, "next")
    assert (await person(town)).state == "active", "until they speak again"


async def test_stats_and_help_and_privacy_change_nothing(town: Town) -> None:
    await town.publish(make_items(3), make_spec(instructions="Look closely"))
    await town.join(ADA)
    before = await town.read(logical)
    for verb in ("stats", "help", "privacy"):
        await town.say(ADA, verb)
    assert await town.read(logical) == before, "asking is free"
    assert any("Look closely" in text for text in texts_at(town, ADA)[-4:]), "help shows the guide of the job in hand"


async def test_an_unknown_command_is_told_in_private_and_ignored_in_a_channel(town: Town) -> None:
    await town.say(ADA, "dance")
    assert "dance" in town.last(ADA).text and "/help" in town.last(ADA).text, "in private there is an answer"
    reply = await town.say(ADA, "dance", "", CHANNEL)
    assert reply.speeches == [], "in a channel it may be meant for another bot"


async def test_a_workers_command_in_a_channel_is_sent_to_the_private_chat(town: Town) -> None:
    await town.say(ADA, "stats", "", CHANNEL)
    assert "in private" in town.last(CHANNEL).text, "what somebody earned is not for the channel"


async def test_a_task_shown_again_is_the_same_task(town: Town) -> None:
    await town.publish(make_items(3))
    await town.join(ADA)
    first = await live(town, ADA)
    await town.say(ADA, "next")
    assert await live(town, ADA) == first, "/next with a task in hand shows it once more"
    assert first is not None
    reply = await town.press_token(ADA, await token_for(town, ADA, first.id, "0"))
    assert reply.toast == "✓ Apples", "and its buttons are the same"


@pytest.mark.parametrize("text", ["Accept", "Decline"])
async def test_a_second_agreement_card_is_old_once_one_is_accepted(town: Town, text: str) -> None:
    await town.say(ADA, "start")
    second = town.last(ADA)
    await town.join(ADA)
    before = await town.read(everything)
    reply = await town.press(ADA, text, card=second)
    assert reply.alert and "/privacy" in reply.toast, "withdrawing has its own way, and it is told"
    assert await town.read(everything) == before, "a stray tap takes no consent back"
