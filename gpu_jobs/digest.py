"""The digest job: draws the plots of each page of the weekly digest, away from the bot process."""

from __future__ import annotations

from pathlib import Path

from core.digest import loads
from gpu_jobs import contract
from gpu_jobs.contract import BadInput, BatchSpec
from gpu_jobs.events import EventLog

PAGES_FILE = "pages.json"


def main(folder: Path, spec: BatchSpec, log: EventLog) -> dict[str, float | int | str]:
    """Read ``in/pages.json``, write one PNG per page."""
    from gpu_jobs import digest_chart  # matplotlib takes half a second: only once the input is known to be good

    try:
        pages = loads((folder / contract.IN / PAGES_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{PAGES_FILE}: {error}") from error
    log.emit("start", pages=len(pages))
    for page in pages:
        digest_chart.draw(folder / contract.OUT / page.picture, page)
    return {"pages": len(pages)}
