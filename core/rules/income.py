"""What a worker earned in the last 24 hours, in the job's asset."""

from __future__ import annotations

from core.rules.collector import WORKING, Collector, said

FIELD = "income_sum_for_last_24_hours"
DAY_MS = 86_400_000

COLLECTOR = Collector("Income", (FIELD,), WORKING, said(FIELD), reason="income", spends=False, rest_ms=DAY_MS)
