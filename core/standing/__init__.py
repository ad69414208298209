"""What is known of a worker, from counts and outcomes: posterior, level, agreement, pace, and tests against chance.

Pure functions of values; core.quality names what the rest of the house uses.
"""
