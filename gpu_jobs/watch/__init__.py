"""Watches a live model at work: class shares of a stream over time, surges of a class, drift that calls for labels."""
