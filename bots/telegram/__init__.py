"""The Telegram adapter: updates in, cards out; it decides nothing and never lets the bot token out."""

import os

# The library's RetryAfter warns about its own future unless this is set, and our tests take warnings for errors.
os.environ.setdefault("PTB_TIMEDELTA", "true")
