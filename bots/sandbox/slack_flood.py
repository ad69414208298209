"""Slack's rate limits as token buckets: one a second per channel, so many a minute per method and workspace."""

from __future__ import annotations

import math

from bots.sandbox import slack_limits as limits
from core.ports import Clock

MINUTE = 60.0
KEPT_CHANNEL_BUCKETS = 10_000  # our choice: a full bucket may be forgotten


class Bucket:
    """`capacity` calls at once, refilled at `per_second` of the sandbox's clock."""

    __slots__ = ("_at", "_capacity", "_left", "_per_second")

    def __init__(self, per_second: float, capacity: float, now_ms: int) -> None:
        self._per_second = per_second
        self._capacity = capacity
        self._left = capacity
        self._at = now_ms

    def wait(self, now_ms: int) -> float:
        """Seconds until the next call fits; 0 when it fits now."""
        self._left = min(self._capacity, self._left + (now_ms - self._at) / 1000 * self._per_second)
        self._at = now_ms
        return 0.0 if self._left >= 1 else (1 - self._left) / self._per_second

    def spend(self) -> None:
        """Take one call out."""
        self._left -= 1


class Floods:
    """Decides whether a call comes too soon; a refused call spends nothing."""

    def __init__(self, clock: Clock, *, post_per_minute: float | None, update_per_minute: float | None) -> None:
        self._clock = clock
        self._tiers = {method: float(tier) for method, tier in limits.METHOD_TIERS.items()}
        if post_per_minute is not None:
            self._tiers["chat.postMessage"] = post_per_minute
        if update_per_minute is not None:
            self._tiers["chat.update"] = update_per_minute
        self._methods: dict[str, Bucket] = {}
        self._channels: dict[tuple[str, str], Bucket] = {}

    def retry_after(self, method: str, channel: str) -> int:
        """Whole seconds to wait, as in Retry-After; 0 lets the call through and spends it."""
        now = self._clock.now()
        buckets = [b for b in (self._of_method(method, now), self._of_channel(method, channel, now)) if b]
        wait = max((bucket.wait(now) for bucket in buckets), default=0.0)
        if wait > 0:
            return max(1, math.ceil(wait))
        for bucket in buckets:
            bucket.spend()
        return 0

    def _of_method(self, method: str, now: int) -> Bucket | None:
        if method not in self._methods:
            if (tier := self._tiers.get(method)) is None:
                return None
            burst = max(tier, limits.TIER_1_BURST)
            self._methods[method] = Bucket(tier / MINUTE, burst, now)
        return self._methods[method]

    def _of_channel(self, method: str, channel: str, now: int) -> Bucket | None:
        if method not in ("chat.postMessage", "chat.update") or not channel:
            return None
        key = (method, channel)
        if key not in self._channels:
            if len(self._channels) >= KEPT_CHANNEL_BUCKETS:
                del self._channels[next(iter(self._channels))]
            self._channels[key] = Bucket(limits.POST_PER_SECOND, limits.POST_BURST, now)
        return self._channels[key]
