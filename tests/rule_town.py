"""A town for rules: quick to make, with only the rules that a test names, and readers of what they did."""

from __future__ import annotations

import json
from typing import Any

from builders import Town, make_items, make_spec, worker
from states import live, memory_town, token_for

from core.model import Handle, Overlap
from core.quality import ChanceTest
from core.rules.values import Action, Condition, Rule
from core.store import people

ADA, BEN, CLEO = worker(1), worker(2), worker(3)
WIDE = Overlap("fixed", 9, 9)
DAY = 86_400


def rule(collector: str, *conditions: str, action: Action, name: str = "r", **parameters: Any) -> Rule:
    parts = [text.split() for text in conditions]
    made = tuple(Condition(field, op, value if value.isupper() else float(value)) for field, op, value in parts)
    return Rule(name, collector, made, action, **parameters)


def town_of(*rules: Rule, **house: Any) -> Town:
    return memory_town(**{"rules": rules, "chance": ChanceTest(error=0), **house})


async def tap(town: Town, who: Handle, choice: str, seconds: float = 5.0) -> int | None:
    """Tap on the live task; its lease, or None when there is none."""
    lease = await live(town, who)
    if lease is None:
        return None
    town.now += int(seconds * 1000)
    await town.press_token(who, await token_for(town, who, lease.id, choice))
    return lease.id


async def open_job(town: Town, items: int = 30, **spec: Any) -> int:
    job = await town.publish(make_items(items), make_spec(**{"overlap": WIDE, "session": 99, **spec}))
    if await town.read(people.select_person, ADA) is None:
        await town.join(ADA)
    return job


async def fired(town: Town) -> list[tuple[str, str, dict[str, Any]]]:
    rows = await town.read(lambda tx: tx.all("SELECT rule, action, evidence FROM firing ORDER BY id"))
    return [(name, action, json.loads(evidence)) for name, action, evidence in rows]


async def skills(town: Town, who: Handle) -> dict[str, int]:
    person = await town.read(people.select_person, who)
    found: dict[str, int] = await town.read(people.skills_of, person.id, town.now)
    return found


async def overlap_added(town: Town) -> dict[str, int]:
    return dict(await town.read(lambda tx: tx.all("SELECT ref, extra FROM task WHERE extra <> 0")))
