"""The parts of a job file about review and experts (core.intake.reviewform): what they mean, what is refused."""

from __future__ import annotations

import pytest
from builders import Town, make_items

from core.errors import BadUpload
from core.intake.jobfile import read_jobfile
from core.model import Experts, Handle, Review
from core.store import jobs

NOW = 1_800_000_000_000
BASE = "title: T\nquestion: Q?\noptions: [a, b]\nprice: 0.02 USD\n"
DAY = 86_400


def test_a_job_without_review_has_none() -> None:
    spec = read_jobfile(BASE, NOW)
    assert (spec.review, spec.experts) == (None, None), "such a job pays at once"


def test_everything_about_review_is_taken_as_written() -> None:
    spec = read_jobfile(
        BASE
        + """
review:
  share: 10 %
  blind: false
  threshold: 0.8
  second: 0.2
  appeal_days: 5
  accept_after_days: 1.5
  fix: pay
  reviewers: [telegram:5, slack:U6]
""",
        NOW,
    )
    people = (Handle("telegram", "5"), Handle("slack", "U6"))
    assert spec.review == Review(0.1, False, 0.8, 0.2, 5 * DAY, 129_600, True, people), "shares, days and people"


@pytest.mark.parametrize(
    ("text", "share"), [("review: all", 1.0), ("review: 0.25", 0.25), ("review: {share: all}", 1.0)]
)
def test_short_forms_of_review(text: str, share: float) -> None:
    assert read_jobfile(BASE + text, NOW).review == Review(share=share), f"{text} names the share alone"


@pytest.mark.parametrize(
    ("text", "experts"),
    [
        ("experts: {topics: 80}\nexpert_price: 0.10 USD", Experts(skills=(("topics", 80),), price=100_000)),
        ("experts: [telegram:5]", Experts(people=(Handle("telegram", "5"),), price=20_000)),
        ("experts: {a: 1}\nexpert_weight: 0.9", Experts(skills=(("a", 1),), price=20_000, weight=0.9)),
    ],
)
def test_experts_are_skills_or_people_at_their_price(text: str, experts: Experts) -> None:
    assert read_jobfile(BASE + text, NOW).experts == experts, "without a price of their own they get the ordinary one"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("review: {share: most}", "review, share: 'most' is not a number from 0 to 1"),
        ("review: {blind: maybe}", "review, blind: 'maybe' is not one of true, false"),
        ("review: {fix: keep}", "review, fix: 'keep' is not one of reject, pay"),
        ("review: {appeal_days: 31}", "review, appeal_days: '31' is not between 0 and 30"),
        ("review: {reviewers: [bob]}", "'bob' is not a handle"),
        ("review: {shares: all}", "review, shares: is not a field"),
        ("experts: bob", "experts: must be lines of 'skill: lowest value'"),
        ("experts: {topics: 101}", "'101' is not a whole number from 0 to 100"),
        ("experts: {a: 1}\nexpert_price: 0.1 EUR", "expert_price: is in EUR, the price is in USD"),
    ],
)
def test_what_is_wrong_is_said_in_words(text: str, told: str) -> None:
    with pytest.raises(BadUpload) as refusal:
        read_jobfile(BASE + text, NOW)
    assert any(told in problem for problem in refusal.value.problems), f"{refusal.value.problems} must say {told!r}"


async def test_a_stored_job_keeps_its_policy_and_fixes_the_experts_fee(town: Town) -> None:
    spec = read_jobfile(BASE + "review: {reviewers: [telegram:5]}\nexperts: [telegram:6]\nexpert_price: 0.10 USD", NOW)
    job = await town.read(jobs.get_job, await town.post(make_items(1), spec))
    assert job.spec.review == spec.review, "the policy is stored as it was read"
    assert (job.price_of(1).pay, job.price_of(1).fee) == (100_000, 20_000), "the fee is that of the day of posting"
    assert job.price_of(0).pay == 20_000, "others are paid the ordinary price"
