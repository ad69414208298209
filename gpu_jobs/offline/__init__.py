"""Aggregation from files on the command line: answers in, labels, workers and a report out; no bot, no store."""
