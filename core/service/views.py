"""How things look as cards: a task, its receipt, a session's end, a job's preview and progress, an alert."""

from __future__ import annotations

from collections.abc import Callable

from core.messages import Button, Card
from core.model import TEXT, Example, JobSpec, JobState, Option
from core.service import waiting
from core.service.house import Desk
from core.store import jobs, people, texts
from core.store.cards import CardRow
from core.store.jobs import Job
from core.store.people import Session
from core.store.tasks import Task
from core.texts import money, span

SHORT_ROW = 24
"""Up to three options whose texts together stay below this share one row; else two per row (one if a text is long)."""
LONG_TEXT = 18
RECEIPT_ITEM = 60
LEAST_STEP = 10
"""Tasks done from one figure in the channel to the next, at least, in a job with control tasks."""


def item_text(columns: dict[str, str]) -> str:
    """An item as a worker reads it: the bare text when there is one column, else one line per column."""
    if len(columns) == 1:
        return next(iter(columns.values()))
    return "\n".join(f"{name}: {text}" for name, text in columns.items())


def option_rows(options: tuple[Option, ...], make: Callable[[str, str], Button]) -> tuple[tuple[Button, ...], ...]:
    """Buttons for the options: choice "0", "1", … with the option's text, laid out for a phone."""
    buttons = [make(str(number), option.text) for number, option in enumerate(options)]
    longest = max(len(option.text) for option in options)
    if len(buttons) <= 3 and sum(len(option.text) for option in options) <= SHORT_ROW:
        width = 3
    elif len(buttons) == 5 and longest <= 2:
        width = 5
    else:
        width = 2 if longest <= LONG_TEXT else 1
    return tuple(tuple(buttons[at : at + width]) for at in range(0, len(buttons), width))


def task_card(desk: Desk, row: CardRow, lang: str, job: Job, task: Task, session: Session) -> Card:
    """A task as the worker sees it: header, item, question, options, and Skip · Can't tell · Report last."""
    header = desk.say(
        lang,
        "task.header",
        job=job.title,
        i=max(0, session.done) + 1,
        n=session.size,
        earned=money(max(0, session.earned), job.asset),
    )
    typed = job.spec.kind == TEXT
    options = () if typed else option_rows(job.spec.options, lambda choice, text: desk.button(row, choice, text))
    last = desk.buttons(row, *((verb, desk.say(lang, f"button.{verb}")) for verb in ("skip", "cant", "report")))
    hint = _typing(desk, lang, task) if typed else ""
    return Card(
        title=header, text=hint, quote=item_text(task.columns), question=job.spec.question, rows=(*options, last)
    )


def _typing(desk: Desk, lang: str, task: Task) -> str:
    """How a typed answer is given; and the text to improve, when one did not pass."""
    failed = texts.failed_on(desk.tx, task.id)
    hint = desk.say(lang, "text.type")
    return f"{desk.say(lang, 'text.improve', text=failed)}\n\n{hint}" if failed else hint


def receipt_card(desk: Desk, row: CardRow, lang: str, task: Task, said: str) -> Card:
    """The pressed message afterwards: one line with what was answered, and Undo."""
    item = " ".join(item_text(task.columns).split())
    short = item if len(item) <= RECEIPT_ITEM else item[: RECEIPT_ITEM - 1] + "…"
    return Card(
        text=desk.say(lang, "receipt", said=said, item=short),
        rows=(desk.buttons(row, ("undo", desk.say(lang, "button.undo"))),),
    )


def summary_card(desk: Desk, row: CardRow, lang: str, job: Job, session: Session, payable: int) -> Card:
    """The end of a session: what was done and earned, and Continue / Stop."""
    text = desk.say(
        lang,
        "session.summary",
        done=session.done,
        earned=money(session.earned, job.asset),
        total=money(payable, job.asset),
    )
    verbs = (("continue", desk.say(lang, "button.continue")), ("stop", desk.say(lang, "button.stop")))
    return Card(title=desk.say(lang, "session.title"), text=text, rows=(desk.buttons(row, *verbs),))


def consent_card(desk: Desk, row: CardRow, lang: str) -> Card:
    """The agreement with Accept / Decline, and a row to read it in another language."""
    text, _ = desk.house.agreement(lang)
    verbs = (("accept", desk.say(lang, "button.accept")), ("decline", desk.say(lang, "button.decline")))
    languages = desk.house.texts.languages()
    pairs = [(f"lang{number}", name) for number, (_, name) in enumerate(languages)]
    rows = tuple(desk.buttons(row, *pairs[at : at + 3]) for at in range(0, len(pairs), 3)) if len(pairs) > 1 else ()
    title = desk.say(lang, "agreement.title", version=desk.house.agreement_version)
    return Card(title=title, text=text, rows=(desk.buttons(row, *verbs), *rows))


def guide_card(desk: Desk, lang: str, spec: JobSpec) -> Card:
    """A job's instructions with its good and bad examples."""
    parts = [spec.instructions] if spec.instructions else []
    for good in (True, False):
        chosen = [example for example in spec.examples if example.good is good]
        if chosen:
            parts.append(desk.say(lang, "guide.good" if good else "guide.bad"))
            names = {option.id: option.text for option in spec.options}
            parts += [_example(example, names.get(example.label, example.label)) for example in chosen]
    if spec.review:
        days = {"days": _days(spec.review.accept_after_seconds), "appeal": _days(spec.review.appeal_seconds)}
        parts.append(desk.say(lang, "guide.review", **days))
    return Card(title=spec.title, text="\n\n".join(parts) or desk.say(lang, "guide.none"), question=spec.question)


def _days(seconds: int) -> str:
    return f"{seconds / 86_400:g}"


def _example(example: Example, label: str) -> str:
    why = f" ({example.why})" if example.why else ""
    return f"“{example.text}” → {label}{why}"


def in_steps(desk: Desk, job: Job) -> bool:
    """Whether a channel sees the tasks done in steps only: a tap that moves nothing would be known as a control's."""
    hidden = job.state != JobState.CLOSED and job.controls > 0 and job.spec.control_share > 0
    return hidden and job.place != people.get_person(desk.tx, job.requester).home


def progress_card(desk: Desk, job: Job, *, exact: bool = False) -> Card:
    """A job's progress: a bar, answers, money, state; for its channel, or `exact` for those who own it.

    Answers and money count control tasks alike; the tasks done, and what waits for experts, do not.
    """
    steps = not exact and in_steps(desk, job)
    done = jobs.get_job(desk.tx, job.id).progress_shown if steps else job.done
    share = done / job.tasks if job.tasks else 1.0
    filled = round(share * 20)
    spent = waiting.spent(desk, job)
    text = desk.say(
        "en",
        "job.progress",
        bar="█" * filled + "░" * (20 - filled),
        percent=f"{share:.0%}",
        done=done,
        tasks=job.tasks,
        answers=job.bought,
        spent=money(spent, job.asset),
        budget=money(job.budget, job.asset),
        seconds=f"{job.mean_ms / 1000:.1f}",
    )
    state = desk.say("en", f"state.{job.state}")
    more = desk.say("en", "job.progress.steps") if steps else waiting.line(desk, job)
    return Card(title=f"#{job.id} {job.title} · {state}", text=f"{text}\n{more}" if more else text)


def call_card(desk: Desk, job: Job) -> Card:
    """The call to workers in the channel: what, how many, how long, how much, and Start in the private chat."""
    known = desk.say("en", "job.seconds", seconds=span(job.mean_ms))
    seconds = known if job.bought else desk.say("en", "job.seconds.unknown")
    text = desk.say("en", "job.call", tasks=job.tasks, pay=money(job.pay, job.asset), seconds=seconds)
    start = Button(desk.say("en", "button.start"), start=f"j{job.id}")
    return Card(title=job.title, text=text, question=job.spec.question, rows=((start,),))
