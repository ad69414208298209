"""`python -m bots` is the same as `tapcrowd`."""

from __future__ import annotations

from bots.cli import main

if __name__ == "__main__":
    main()
