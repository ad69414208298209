"""Rings: pairs that hang together are one matter, so that ten who copy from each other are not forty-five alerts."""

from __future__ import annotations

from collections.abc import Iterable

from core.detection.values import Found


def rings(pairs: Iterable[Found]) -> list[list[Found]]:
    """Pairs that share people, directly or through others, together; the strongest of each ring first."""
    found: list[tuple[set[int], list[Found]]] = []
    for pair in pairs:
        touched = [ring for ring in found if ring[0] & set(pair.people)]
        found = [ring for ring in found if ring not in touched]
        members = set(pair.people).union(*(people for people, _ in touched))
        found.append((members, [pair, *(one for _, ring in touched for one in ring)]))
    return [sorted(ring, key=lambda one: one.p) for _, ring in found]


def members(ring: Iterable[Found]) -> list[int]:
    """Everybody in a ring."""
    return sorted({person for pair in ring for person in pair.people})
