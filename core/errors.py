"""Every error that tapcrowd raises on purpose; the message is the class docstring unless a better one is given.

TapcrowdError
├── Refused          said kindly to a person: carries a text key and values
├── BadUpload        an upload or job file that cannot be used: names the row and field
├── StoreError
│   ├── StoreLocked
│   ├── StoreTooNew
│   ├── StoreUnreadable
│   └── StoreFull
├── LedgerError
│   ├── NotEnough
│   └── KeyReused
├── SettingsError
└── ChatError        what a platform said to a call
    ├── RetryAfter
    ├── Unreachable
    ├── Gone
    ├── Rejected
    └── Unavailable
"""

from __future__ import annotations


class TapcrowdError(Exception):
    """Something in tapcrowd went wrong."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class Refused(TapcrowdError):
    """The request was understood and refused."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(f"refused: {key}")
        self.key = key
        self.values = values


class BadUpload(TapcrowdError):
    """The upload cannot be used."""

    def __init__(self, problems: list[str], field: str = "") -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
        self.field = field
        """The part of the upload that is to blame, if one is: "items" or "job"."""


class StoreError(TapcrowdError):
    """The store cannot be used."""


class StoreLocked(StoreError):
    """Another tapcrowd process uses this store; stop it first, or give this one its own folder."""


class StoreTooNew(StoreError):
    """The store was written by a newer tapcrowd; update the program before starting it on this store."""


class StoreUnreadable(StoreError):
    """The file is no store of tapcrowd, or a damaged one; `tapcrowd doctor` looks closer."""


class StoreFull(StoreError):
    """The disk is full: nothing more was saved. Free some space; tapcrowd goes on by itself."""


class LedgerError(TapcrowdError):
    """The ledger refused an entry."""


class NotEnough(LedgerError):
    """The account does not hold enough for this entry."""


class KeyReused(LedgerError):
    """An entry with this key exists and says something else."""


class SettingsError(TapcrowdError):
    """The settings cannot be used."""


class ChatError(TapcrowdError):
    """A chat platform refused a call or could not be reached."""


class RetryAfter(ChatError):
    """The platform asks to wait before the next call in this chat."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds:g} s")
        self.seconds = seconds


class Unreachable(ChatError):
    """The person blocked the bot, the bot was removed, or the chat is archived: no further speech is possible there."""


class Gone(ChatError):
    """The message to edit does not exist any more, or is too old to be edited."""


class Rejected(ChatError):
    """The platform will never accept this call; sending it again is useless."""


class Unavailable(ChatError):
    """The platform did not answer, or answered with a server error; the call may be repeated."""
