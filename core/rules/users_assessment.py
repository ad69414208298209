"""A worker has just lost the access to a job: by a restriction, or because a skill fell below what the job asks for."""

from __future__ import annotations

from core.rules.collector import Collector, said
from core.rules.values import Event

REASON, SKILL = "pool_access_revoked_reason", "skill_id"

COLLECTOR = Collector(
    "UsersAssessment",
    (),
    frozenset({Event.REVOKED}),
    said(REASON, SKILL),
    words={REASON: ("RESTRICTION", "SKILL_CHANGE"), SKILL: ()},
    spends=False,
)
