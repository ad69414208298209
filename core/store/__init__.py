"""The only place that speaks SQL: a database that runs whole units of work, and one file of statements per noun."""

from core.store.sqlite import Database, connect_readonly, connect_store

__all__ = ["Database", "connect_readonly", "connect_store"]
