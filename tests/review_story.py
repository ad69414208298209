"""People of a reviewed job who do whatever a property test draws: taps, undos, reviews, appeals, bans, waiting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from builders import CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from hypothesis import strategies as st
from states import MemoryStore, live, memory_town, token_for

from core.model import TEXT, TEXT_OPTIONS, Check, Experts, Handle, Overlap, Review
from core.service import bans, review
from core.service.house import Desk
from core.store import jobs, people
from core.tokens import mint

WORKERS = 3
REVIEWERS = [Handle("telegram", str(2000 + n)) for n in range(3)]
EXPERT = Handle("telegram", "3001")
DAY = 86_400
POLICY = Review(share=0.8, second=0.3, threshold=0.8, reviewers=tuple(REVIEWERS))
EXPERTS = Experts(people=(EXPERT,), price=50_000, fee=10_000)


@dataclass(frozen=True)
class Step:
    """Somebody does something: `who` is a number among their kind, `how` says what exactly."""

    what: str
    who: int = 0
    how: str = ""


def some(what: str, who: int, *how: str) -> st.SearchStrategy[Step]:
    return st.builds(Step, st.just(what), st.integers(0, who - 1), st.sampled_from(how or ("",)))


STEPS = (
    some("tap", WORKERS, "0", "0", "1", "cant", "skip"),
    some("tap", WORKERS, "0", "1"),
    some("undo", WORKERS),
    some("review", 3, "accept", "r0", "r1", "1", "0", "skip"),
    some("review", 3, "accept", "r0", "1"),
    some("judge", 3, "accept", "r0", "1"),
    some("unreview", 3),
    some("appeal", WORKERS),
    some("expert", 1, "0", "1", "cant", "skip", "undo"),
    some("wait", 1, "5", "61", "61", "61", str(2 * DAY), str(3 * DAY)),
    some("ban", WORKERS),
    some("lift", 1),
    some("rule", WORKERS, "approve_all", "reject_all", "withdraw_rejections"),
    some("cancel", 1),
)


def typed_spec() -> Any:
    check = Check(price=3_000, min=1, max=2, rounds=2)
    return make_spec(
        kind=TEXT, options=TEXT_OPTIONS, overlap=Overlap("fixed", 1, 1), review=POLICY, check=check, experts=EXPERTS
    )


async def busy_town(*, typed: bool = False) -> Town:
    """A reviewed job with experts; `typed` adds one of typed answers that others check."""
    town = memory_town()
    spec = make_spec(
        review=POLICY, experts=EXPERTS, overlap=Overlap("dynamic", 1, 2, 0.8), control_share=0.3, budget=1_000_000
    )
    await town.publish(make_items(3, gold=[0, 1]), spec)
    if typed:
        await town.publish(make_items(2), typed_spec())
    for number in range(WORKERS):
        await town.join(worker(number))
    for who in (*REVIEWERS, EXPERT):
        await town.join(who)
    return town


class Story:
    """The town and what its people remember."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.taps: dict[Handle, list[int]] = {}
        self.bans: list[int] = []
        self.rejected_at = 0

    async def act(self, step: Step) -> None:
        self.town.now += 700
        await getattr(self, step.what)(step)

    async def tap(self, step: Step, who: Handle | None = None) -> None:
        who = who or worker(step.who)
        if await live(self.town, who) is None:
            await self.town.say(who, "next")
        lease = await live(self.town, who)
        if lease is not None:
            await self.town.press_token(who, await token_for(self.town, who, lease.id, step.how))
            self.taps.setdefault(who, []).append(lease.id)

    async def send(self, step: Step) -> None:
        """Type something, and send it if it was taken for an answer."""
        who = worker(step.who)
        if await live(self.town, who) is None:
            await self.town.say(who, "next")
        lease = await live(self.town, who)
        await self.town.type(who, f"words {self.town.now}")
        drafts = await self.town.read(lambda tx: tx.all("SELECT assignment FROM draft"))
        if lease is not None and (lease.id,) in drafts:
            await self.press(who, ("draft",), "send")
            self.taps.setdefault(who, []).append(lease.id)

    async def undo(self, step: Step, who: Handle | None = None) -> None:
        who = who or worker(step.who)
        mine = self.taps.get(who, [])
        if mine and await self.town.read(
            lambda tx: tx.one("SELECT 1 FROM card WHERE kind = 'task' AND ref = ?", mine[-1:])
        ):
            await self.town.press_token(who, await token_for(self.town, who, mine[-1], "undo"))

    async def expert(self, step: Step) -> None:
        await (self.undo(step, EXPERT) if step.how == "undo" else self.tap(step, EXPERT))

    async def press(self, who: Handle, kinds: tuple[str, ...], choice: str) -> None:
        """Press a button of the newest card of those kinds that this person has."""
        marks = ",".join("?" * len(kinds))
        sql = (
            "SELECT nonce, person FROM card WHERE person = (SELECT id FROM person WHERE user = ?) "
            f"AND kind IN ({marks}) ORDER BY id DESC LIMIT 1"
        )
        row = await self.town.read(lambda tx: tx.one(sql, (who.user, *kinds)))
        if row is not None:
            await self.town.press_token(who, mint(self.town.house.secret, row[0], row[1], choice))

    async def review(self, step: Step) -> None:
        await self.town.say(REVIEWERS[step.who], "review")
        await self.press(REVIEWERS[step.who], ("review", "recheck"), step.how)

    async def judge(self, step: Step) -> None:
        """A review that nobody takes back."""
        await self.review(step)
        await self.town.tick(61)

    async def unreview(self, step: Step) -> None:
        await self.press(REVIEWERS[step.who], ("review", "recheck"), "undo")

    async def appeal(self, step: Step) -> None:
        await self.press(worker(step.who), ("rejection", "rejections"), "appeal")

    async def wait(self, step: Step) -> None:
        await self.town.tick(float(step.how))

    async def at_desk(self, unit: Any) -> Any:
        def run(tx: Any) -> Any:
            desk = Desk(tx, self.town.house, self.town.now)
            found = unit(desk)
            self.town.hear(desk.reply)
            return found

        return await self.town.read(run)

    async def ban(self, step: Step) -> None:
        def unit(desk: Desk) -> int:
            person = people.select_person(desk.tx, worker(step.who))
            assert person is not None
            return bans.impose(desk, person, reason="-", actor=0, kind="control")

        self.bans.append(await self.at_desk(unit))

    async def lift(self, step: Step) -> None:
        if self.bans:
            number = self.bans.pop()
            await self.at_desk(lambda desk: bans.lift(desk, number, 0))

    async def rule(self, step: Step) -> None:
        def unit(desk: Desk) -> int:
            person = people.select_person(desk.tx, worker(step.who))
            assert person is not None
            more = {"approve_all": (), "reject_all": ("Too fast",), "withdraw_rejections": (self.rejected_at,)}[
                step.how
            ]
            count: int = getattr(review, step.how)(desk, person, jobs.get_job(desk.tx, 1), *more)
            return count

        if await self.at_desk(unit) and step.how == "reject_all":
            self.rejected_at = self.town.now

    async def cancel(self, step: Step) -> None:
        await self.town.say(REQUESTER, "canceljob", "", CHANNEL)


def check(town: Town, step: Step) -> None:
    store: Any = town.database
    assert isinstance(store, MemoryStore)
    faults = store.faults()
    assert faults == [], f"after {step}: {faults}"
