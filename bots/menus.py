"""The commands that Telegram shows in its menus, per audience; Slack's stand in config/slack_manifest.yaml."""

from __future__ import annotations

from bots.telegram.serve import Menu

IN_NO_MENU = {
    "promote": "the description of /models names it",
    "rollback": "the description of /models names it",
    "cancelrun": "the description of /runs names it",
    "credit": "for admins only",
    "skill": "for admins only",
    "digest": "for admins only",
    "call": "private, and in that menu",
}
"""Commands of a channel that its menu leaves out, and why."""
MENUS = (
    Menu(
        "private",
        (
            ("next", "Your next task"),
            ("pause", "Stop; the task goes back, your pay stays"),
            ("stats", "What you did and earned"),
            ("review", "Judge answers, if you are a reviewer"),
            ("call", "Be called when your help is needed: on or off"),
            ("help", "How it works, and the guide of your job"),
            ("privacy", "What we keep, and how to withdraw"),
            ("start", "Begin"),
        ),
    ),
    Menu(
        "group",
        (
            ("newjob", "Post a job: send a file with this as its caption"),
            ("plan", "What a job will cost, how right it will be, how long it takes"),
            ("status", "Progress of this channel's job"),
            ("quality", "How well the workers agree"),
            ("pausejob", "Hand out nothing more for now"),
            ("resumejob", "Go on"),
            ("canceljob", "End the job; finished work is paid, the rest refunded"),
            ("results", "The labels"),
            ("budget", "What is spent and left; add with an amount"),
            ("gold", "Tasks that could become control tasks; confirm or not"),
            ("audit", "Look for labels that are probably wrong"),
            ("suspects", "Such labels, in your private chat: fix or keep"),
            ("models", "Models of a job that learns; /promote and /rollback decide"),
            ("runs", "Batch runs and their state; /cancelrun ends one"),
        ),
    ),
)
