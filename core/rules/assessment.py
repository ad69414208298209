"""A reviewer has just accepted or rejected an answer: what stands on its task now."""

from __future__ import annotations

from core.rules.collector import Collector, said
from core.rules.values import Event

COUNTS = ("pending_assignments_count", "accepted_assignments_count", "rejected_assignments_count")
EVENT = "assessment_event"

COLLECTOR = Collector(
    "AssignmentsAssessment",
    COUNTS,
    frozenset({Event.REVIEW}),
    said(*COUNTS, EVENT),
    words={EVENT: ("ACCEPT", "REJECT")},
    reason="rejected",
    bad_work=True,
    spends=False,
)
