"""Telegram's flood limits: how long a send or an edit must wait, so that an unpaced bot meets its 429 here first."""

from __future__ import annotations

from collections import deque

from bots.sandbox import telegram_limits as limits

SECOND = 1000  # ms
PRIVATE_GAP = SECOND // limits.PRIVATE_PER_SECOND


class Window:
    """At most `limit` events in any `span` ms."""

    __slots__ = ("limit", "span", "stamps")

    def __init__(self, limit: int, span: int) -> None:
        self.limit, self.span = limit, span
        self.stamps: deque[int] = deque()

    def wait(self, now: int, count: int) -> int:
        """Ms until `count` more events fit; 0 when they fit now."""
        stamps = self.stamps
        while stamps and stamps[0] <= now - self.span:
            stamps.popleft()
        over = len(stamps) + count - self.limit
        return stamps[min(over, len(stamps)) - 1] + self.span - now if over > 0 and stamps else 0

    def spend(self, now: int, count: int) -> None:
        """Record `count` events."""
        self.stamps.extend([now] * count)


class Steady:
    """One event per `gap` ms on average, with a burst: the generic cell rate algorithm."""

    __slots__ = ("burst", "due", "gap")

    def __init__(self, gap: int, burst: int) -> None:
        self.gap, self.burst = gap, burst
        self.due = 0

    def wait(self, now: int, count: int) -> int:
        """Ms until `count` more events fit; 0 when they fit now."""
        return max(0, max(self.due, now) + min(count, self.burst) * self.gap - self.burst * self.gap - now)

    def spend(self, now: int, count: int) -> None:
        """Record `count` events."""
        self.due = max(self.due, now) + count * self.gap


class Flood:
    """All the limits of one bot; times are ms of the sandbox's clock."""

    def __init__(self) -> None:
        self._overall = Window(limits.SENDS_PER_SECOND, SECOND)
        self._chats: dict[int, Window | Steady] = {}

    def refuse(self, chat_id: int, now: int, count: int, *, edit: bool) -> int:
        """Whole seconds to wait, at least 1; 0 when the call passes, and then it is counted.

        Edits spend the chat's allowance only; sends spend the overall one as well.
        """
        chat = self._chats.get(chat_id)
        if chat is None:
            chat = (
                Window(limits.GROUP_PER_MINUTE, 60 * SECOND)
                if chat_id < 0
                else Steady(PRIVATE_GAP, limits.PRIVATE_BURST)
            )
            self._chats[chat_id] = chat
        wait = chat.wait(now, count)
        if not edit:
            wait = max(wait, self._overall.wait(now, count))
        if wait > 0:
            return -(-wait // SECOND)
        chat.spend(now, count)
        if not edit:
            self._overall.spend(now, count)
        return 0
