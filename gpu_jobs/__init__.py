"""Batch jobs: the bot exports a snapshot, a subprocess works on it with Accelerate, the bot ingests the result."""
