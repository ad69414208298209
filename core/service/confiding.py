"""What workers must not read goes to one person in private; the job's channel is told that it did."""

from __future__ import annotations

from core.messages import Card, Priority, Said
from core.service.house import Desk
from core.store.jobs import Job
from core.store.people import Person


def secluded(desk: Desk, command: Said) -> bool:
    """Whether no worker reads along where that was said: in private, or in a channel of the admins."""
    return command.private or command.place in desk.house.admin_places


def confides(desk: Desk, job: Job, person: Person, key: str, command: str, **values: object) -> bool:
    """Whether the bot may write to that person; the channel reads the text `key`, or what they have to do first.

    Telegram lets a bot write to nobody who has not pressed Start; then `command` gets them what they missed.
    """
    if not person.reachable:
        key, values = "private.start_first", {"command": f"{command} #{job.id}"}
    if person.home != job.place:
        text = desk.say("en", key, job=job.id, who=person.handle, **values)
        desk.send(job.place, Card(text=text), priority=Priority.NOTICE)
    return person.reachable
