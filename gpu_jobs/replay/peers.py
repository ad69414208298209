"""Published figures of another tool's stopping rule on a recorded crowd, to print beside ours."""

from __future__ import annotations

POTATO = {
    ("rte", "any"): ((4.45, 0.911), (4.77, 0.921), (5.01, 0.923), (5.60, 0.924)),
    ("rte", "sessions"): ((2.86, 0.899), (3.02, 0.898), (3.25, 0.906)),
}
"""potato-annotation 2.12.1, its own IRTModel and rank_items, thresholds 0.8, 0.9, 0.95 (default), 0.99, one or two
replays each: measured on this crowd only."""


def peer_of(dataset: str, arrivals: str) -> str | None:
    """A sentence with what Potato's stop reaches on this crowd, where it was measured."""
    found = POTATO.get((dataset, "sessions" if arrivals == "sessions" else "any"))
    if found is None:
        return None
    return "Potato's stop, measured: " + "; ".join(f"{cost:.2f} -> {accuracy:.3f}" for cost, accuracy in found)
