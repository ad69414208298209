"""The answers behind a finding, laid out for a small chart: whose labels, on which tasks, when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core.charts import letter, rates, sparkline
from core.detection.polls import Polls, leads

SHOWN = 40
"""Answers that a chart shows, the newest ones."""
HOUR_MS = 3_600_000
DAYS_SHOWN = 2


class Odd(NamedTuple):
    """Where the first of a pair departs from everybody else: the answers of both, and the others' leading one."""

    first: list[int]
    second: list[int]
    others: list[int]


def newest_labels(polls: Polls, person: int) -> list[int]:
    """The worker's newest answers, oldest first."""
    return [tap.label for tap in polls.by_person[person][-SHOWN:]]


def odd_answers(polls: Polls, pair: Sequence[int]) -> Odd:
    """What a pair said where the first departs from the third parties, the newest such tasks."""
    first, second = pair
    found = []
    for tap in polls.by_person[first]:
        third = polls.others(tap.task, first, second)
        if second in polls.said[tap.task] and third.total() and not leads(third, tap.label):
            found.append((tap.label, polls.said[tap.task][second].label, third.most_common(1)[0][0]))
    shown = found[-SHOWN:]
    return Odd(*([row[column] for row in shown] for column in range(3)))


def row_of(labels: Sequence[int]) -> str:
    """Labels as letters without gaps, so that rows stand below each other."""
    return "".join(letter(label) for label in labels)


def arrivals_line(times: Sequence[int], start: int, end: int) -> str:
    """First answers per quarter of an hour."""
    return sparkline(rates(times, start, end, max(1, 4 * (end - start) // HOUR_MS)), 0)


def hours_line(polls: Polls, person: int, until: int) -> str:
    """Answers by the hour in the days before `until`."""
    times = [tap.at for tap in polls.by_person[person]]
    return sparkline(rates(times, until - 24 * DAYS_SHOWN * HOUR_MS, until, 24 * DAYS_SHOWN), 0)
