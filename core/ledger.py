"""Every way that money moves, as double entries: pure values; core.store.journal writes them, the schema enforces them.

    world → requester → job escrow → reserved → worker payable + platform fee
                            ↑____________│ (expiry, skip: release)      │ (undo: the accept entry reversed)
                            ↑____________│ (rejected for good: forfeit; under review it stays reserved)
    requester ←── refund of what is left in escrow when the job closes

Amounts are integer micro-units of one asset. A leg (account, +amount) credits the account; legs sum to zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Leg = tuple[str, int]


class Entry(NamedTuple):
    """One balanced entry: `key` makes it happen once, `reverses` names the entry that it takes back."""

    key: str
    kind: str
    asset: str
    legs: tuple[Leg, ...]
    reverses: str | None = None


class Price(NamedTuple):
    """What one answer costs: the worker's pay and the platform's fee."""

    pay: int
    fee: int
    asset: str

    @property
    def total(self) -> int:
        """Pay and fee together: what is reserved per assignment."""
        return self.pay + self.fee


def fee_of(pay: int, fee_ppm: int) -> int:
    """The platform's fee on one answer, rounded half up to a micro-unit."""
    return (pay * fee_ppm + 500_000) // 1_000_000


def outside(rail: str) -> str:
    """The world beyond the ledger, seen through one payment rail; the only account that may go negative."""
    return f"world:{rail}"


def requester(person: int) -> str:
    """A requester's purse."""
    return f"requester:{person}"


def escrow(job: int) -> str:
    """What a job has left to promise."""
    return f"job:{job}:escrow"


def reserved(job: int) -> str:
    """What a job has promised for tasks in workers' hands."""
    return f"job:{job}:reserved"


def payable(person: int) -> str:
    """What a worker has earned."""
    return f"worker:{person}:payable"


FEE = "platform:fee"


def deposit(ref: str, rail: str, person: int, amount: int, asset: str) -> Entry:
    """Money from outside into a requester's purse."""
    return Entry(f"dep:{ref}", "deposit", asset, ((outside(rail), -amount), (requester(person), amount)))


def fund(job: int, person: int, amount: int, asset: str) -> Entry:
    """A requester's budget into the job's escrow."""
    return Entry(f"job:{job}:fund", "fund", asset, ((requester(person), -amount), (escrow(job), amount)))


def top_up(job: int, person: int, amount: int, asset: str, ref: str) -> Entry:
    """More budget for a job that is under way."""
    return Entry(f"job:{job}:topup:{ref}", "fund", asset, ((requester(person), -amount), (escrow(job), amount)))


def reserve(assignment: int, turn: int, job: int, price: Price) -> Entry:
    """Promise pay and fee when a task is handed out; `turn` counts the answers this assignment has seen."""
    legs = ((escrow(job), -price.total), (reserved(job), price.total))
    return Entry(f"as:{assignment}:{turn}:reserve", "reserve", price.asset, legs)


def release(assignment: int, turn: int, job: int, price: Price) -> Entry:
    """Take a promise back: the task expired, was skipped, or went back to the pool."""
    legs = ((reserved(job), -price.total), (escrow(job), price.total))
    return Entry(f"as:{assignment}:{turn}:release", "release", price.asset, legs)


def accept(answer: int, job: int, worker: int, price: Price) -> Entry:
    """Pay an answer out of what was reserved."""
    legs: list[Leg] = [(reserved(job), -price.total), (payable(worker), price.pay)]
    if price.fee:
        legs.append((FEE, price.fee))
    return Entry(f"an:{answer}:accept", "accept", price.asset, tuple(legs))


def teach(attempt: int, position: int, job: int, worker: int, price: Price) -> Entry:
    """Pay one training answer, where a job pays for its training."""
    legs: list[Leg] = [(escrow(job), -price.total), (payable(worker), price.pay)]
    if price.fee:
        legs.append((FEE, price.fee))
    return Entry(f"tr:{attempt}:{position}:teach", "teach", price.asset, tuple(legs))


def forfeit(answer: int, job: int, price: Price) -> Entry:
    """A rejected answer is not paid: what was reserved for it goes back into escrow."""
    legs = ((reserved(job), -price.total), (escrow(job), price.total))
    return Entry(f"an:{answer}:forfeit", "forfeit", price.asset, legs)


def reverse(entry: Entry, key: str) -> Entry:
    """The entry that takes `entry` back, leg by leg."""
    legs = tuple((account, -amount) for account, amount in entry.legs)
    return Entry(key, "reverse", entry.asset, legs, entry.key)


def refund_key(job: int) -> str:
    """The key of the entry that gives back what a job did not spend."""
    return f"job:{job}:refund"


def refund(job: int, person: int, left: int, asset: str) -> Entry:
    """What a closed job did not spend, back to its requester."""
    return Entry(refund_key(job), "refund", asset, ((escrow(job), -left), (requester(person), left)))


def balanced(legs: Sequence[Leg]) -> bool:
    """Whether the legs sum to zero and no account appears twice."""
    return sum(amount for _, amount in legs) == 0 and len({account for account, _ in legs}) == len(legs)
