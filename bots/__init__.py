"""The chat side of tapcrowd: platform adapters, the outbox, the command line and the sandbox."""
