"""What workers must not read goes to one person in private; the job's channel is told that it did."""

from __future__ import annotations

from core.errors import Refused
from core.messages import Card, Priority, Said
from core.model import Place
from core.service.house import Desk
from core.store.jobs import Job
from core.store.people import Person


def secluded(desk: Desk, command: Said) -> bool:
    """Whether no worker reads along where that was said: in private, or in a channel of the admins."""
    return command.private or command.place in desk.house.admin_places


def place_for(desk: Desk, job: Job, person: Person, said: Said, key: str) -> Place:
    """Where that person alone gets the answer to a command; the job's channel reads the text `key` if asked in it."""
    if secluded(desk, said):
        return said.place
    must_reach(job, person, said.verb)
    tell(desk, job, person, key)
    return person.home


def must_reach(job: Job, person: Person, verb: str) -> None:
    """Refused where the bot may not write to them: in Telegram to nobody who has not pressed Start."""
    if not person.reachable:
        raise Refused("private.start_first", who=person.handle, job=job.id, command=f"/{verb} #{job.id}")


def tell(desk: Desk, job: Job, person: Person, key: str, **values: object) -> None:
    """Say in the job's channel where something is."""
    if person.home != job.place:
        text = desk.say("en", key, job=job.id, who=person.handle, **values)
        desk.send(job.place, Card(text=text), priority=Priority.NOTICE)
