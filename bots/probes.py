"""The doctor's calls to the platforms: do they know our tokens, and do their clocks agree with ours."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from bots.findings import Finding, ok, problem, warning
from bots.logs import redact
from bots.slack.client import LOOPBACK
from config.settings import Settings, SlackSettings, TelegramSettings
from core.errors import Unavailable

CALL_SECONDS = 15.0
SERVER_ERROR = 500
SKEW_PROBLEM = 300.0  # seconds; Slack's signatures are refused when older (Slack, verifying requests)
SKEW_WARNING = 30.0  # our choice
BOTFATHER = "ask @BotFather for the token (/mybots) and set [telegram] token"
SLACK_APP = "copy it from the Slack app's page OAuth & Permissions and set [slack] bot_token"
SLACK_SOCKET = "make an app-level token with the scope connections:write (Basic Information) and set [slack] app_token"


@dataclass(slots=True)
class Calls:
    """A platform's session; `skews` gathers by how many seconds the platforms' clocks are ahead of ours."""

    session: aiohttp.ClientSession
    skews: list[float]

    async def ask(self, url: str, token: str = "") -> dict[str, Any]:
        """Call a method; its JSON answer. Unavailable, with no token in its text, when there is none."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        sent = time.time()
        try:
            async with self.session.post(url, headers=headers) as answer:
                self._compare(answer.headers.get("Date", ""), (sent + time.time()) / 2)
                if answer.status >= SERVER_ERROR:
                    raise Unavailable(f"HTTP {answer.status}")
                body = json.loads(await answer.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            failure = redact(f"{type(error).__name__}: {error}", [token] if token else [])
        except ValueError:
            failure = f"HTTP {answer.status} with something else than JSON"
        else:
            if isinstance(body, dict):
                return body
            failure = "an answer that is no object"
        raise Unavailable(failure)

    def _compare(self, date: str, now: float) -> None:
        if date:
            # the header has whole seconds: half a second is its mean error
            self.skews.append(parsedate_to_datetime(date).timestamp() + 0.5 - now)


async def probe(settings: Settings) -> list[Finding]:
    """Ask every platform that has a token whether it is good, and compare clocks."""
    telegram, slack = settings.telegram, settings.slack
    skews: list[float] = []
    async with _session(telegram.base_url) as session:
        other = bool(slack.bot_token.get_secret_value())
        found = await _reach("telegram", telegram.base_url, _telegram(Calls(session, skews), telegram, other))
    async with _session(slack.base_url) as session:
        other = bool(telegram.token.get_secret_value())
        found += await _reach("slack", slack.base_url, _slack(Calls(session, skews), slack, other))
    return [*found, clock_finding(skews)]


async def _reach(subject: str, url: str, questions: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        return await questions
    except Unavailable as error:
        text = f"{url} cannot be reached ({error})"
        return [problem(subject, text, "check network, proxy and base_url in the settings")]


def _session(url: str) -> aiohttp.ClientSession:
    """A proxy of the environment is meant for the internet, not for a server on this machine."""
    timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
    return aiohttp.ClientSession(timeout=timeout, trust_env=URL(url).host not in LOOPBACK)


def _off(subject: str, other: bool, remedy: str) -> Finding:
    """A platform without a token: fine as long as there is another one."""
    if other:
        return ok(subject, "off: no token is set", f"to switch it on, {remedy}")
    return problem(subject, "no token is set, so the bot cannot start", remedy)


async def _telegram(calls: Calls, telegram: TelegramSettings, other: bool) -> list[Finding]:
    token = telegram.token.get_secret_value()
    if not token:
        return [_off("telegram", other, BOTFATHER)]
    answer = await calls.ask(f"{telegram.base_url.rstrip('/')}/bot{quote(token, safe=':')}/getMe")
    if not answer.get("ok"):
        said = answer.get("description", "no reason given")
        return [problem("telegram", f"Telegram refuses the token: {said}", BOTFATHER)]
    found = [ok("telegram", f"the token belongs to @{answer['result'].get('username', '?')}")]
    if telegram.webhook_url and not telegram.webhook_secret.get_secret_value():
        found.append(problem("telegram webhook", "it has no secret", "set [telegram] webhook_secret, 1-256 letters"))
    return found


async def _slack(calls: Calls, slack: SlackSettings, other: bool) -> list[Finding]:
    token = slack.bot_token.get_secret_value()
    if not token:
        return [_off("slack", other, SLACK_APP)]
    answer = await calls.ask(f"{slack.base_url.rstrip('/')}/auth.test", token)
    if not answer.get("ok"):
        return [problem("slack", f"Slack refuses the bot token: {answer.get('error', 'no reason given')}", SLACK_APP)]
    where = ok("slack", f"the token belongs to {answer.get('user', '?')} in {answer.get('team', '?')}")
    return [where, await _delivery(calls, slack)]


async def _delivery(calls: Calls, slack: SlackSettings) -> Finding:
    """How Slack brings its events to us."""
    token = slack.app_token.get_secret_value()
    if not token:
        if slack.signing_secret.get_secret_value():
            return ok("slack events", "come by signed HTTP (/slack/events); the public URL cannot be checked from here")
        return problem("slack events", "neither an app token nor a signing secret is set", SLACK_SOCKET)
    answer = await calls.ask(f"{slack.base_url.rstrip('/')}/apps.connections.open", token)
    if not answer.get("ok"):
        said = answer.get("error", "no reason given")
        return problem("slack events", f"Slack refuses the app token: {said}", SLACK_SOCKET)
    return ok("slack events", "come by Socket Mode")


def clock_finding(skews: list[float]) -> Finding:
    """How far the platforms' clocks are from ours, in seconds ahead of us."""
    if not skews:
        return warning("clock", "not checked: no platform answered", "see the findings above")
    skew = max(skews, key=abs)
    text = f"{abs(skew):.0f} s {'behind' if skew > 0 else 'ahead of'} the platform's"
    if abs(skew) >= SKEW_PROBLEM:
        return problem("clock", f"{text}: Slack's signatures count as expired", "set the clock, by NTP for instance")
    if abs(skew) >= SKEW_WARNING:
        return warning("clock", text, "set the clock, by NTP for instance")
    return ok("clock", "agrees with the platform's")
