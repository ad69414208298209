"""Slack's side of the tap benchmark: Web API calls in, signed HTTP deliveries out."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from urllib.parse import parse_qs, urlencode

from aiohttp import ClientSession

from bench.world import Json, World, choice

TOKEN, SECRET = "xoxb-bench", "bench-secret"
AUTH = {"ok": True, "url": "http://x/", "team": "T", "user": "b", "team_id": "T1", "user_id": "UBOT", "bot_id": "B1"}


class SlackWorld(World):
    """Workers are channel ids D…; the user of D1001 is U1001."""

    def canned(self, worker: str) -> Json:
        elements = [
            {"type": "button", "action_id": f"label:{text}", "value": f"t1|{text}", "text": _plain(text)}
            for text in ("cat", "dog")
        ]
        blocks: list[Json] = [
            {"type": "section", "block_id": "s", "text": {"type": "mrkdwn", "text": "Label?"}},
            {"type": "actions", "block_id": "t", "elements": elements},
        ]
        return self._message("Label?", blocks)

    async def tap(self, session: ClientSession, url: str, worker: str, message: Json) -> None:
        body = urlencode({"payload": json.dumps(self._payload(worker, message))})
        stamp = str(int(time.time()))
        seal = hmac.new(SECRET.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={seal}",
        }
        start = time.perf_counter()
        async with session.post(url, data=body, headers=headers) as response:
            assert response.status == 200, f"the bot answered {response.status}"
        self.load.answered.append(time.perf_counter() - start)

    def _payload(self, worker: str, message: Json) -> Json:
        user = "U" + worker[1:]
        block = next(block for block in message["blocks"] if block["type"] == "actions")
        element = block["elements"][choice(message["text"])]
        return {
            "type": "block_actions", "team": {"id": "T1", "domain": "t"}, "api_app_id": "A1", "token": "x",
            "user": {"id": user, "username": user, "team_id": "T1"}, "trigger_id": "1.2",
            "response_url": "http://127.0.0.1:9/x", "channel": {"id": worker, "name": "dm"}, "message": message,
            "container": {"type": "message", "message_ts": message["ts"], "channel_id": worker},
            "actions": [{**element, "block_id": block["block_id"], "action_ts": f"{next(self.numbers)}.1"}],
        }  # fmt: skip

    def obey(self, method: str, body: bytes, kind: str) -> bytes:
        if method == "auth.test":
            return json.dumps(AUTH).encode()
        given = json.loads(body) if kind == "application/json" else _form(body)
        channel = given["channel"]
        shown = self._message(given.get("text", ""), given.get("blocks") or [], given.get("ts", ""))
        if method == self.frees == "chat.update":
            self.free(channel, self.canned(channel))
        elif method == self.frees and any(block["type"] == "actions" for block in shown["blocks"]):
            self.free(channel, shown)
        answer = {"ok": True, "channel": channel, "ts": shown["ts"], "text": shown["text"]}
        return json.dumps(answer if method == "chat.update" else {**answer, "message": shown}).encode()

    def _message(self, text: str, blocks: list[Json], ts: str = "") -> Json:
        ts = ts or f"1700000000.{next(self.numbers):06d}"
        return {"type": "message", "ts": ts, "user": "UBOT", "bot_id": "B1", "text": text, "blocks": blocks}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def _form(body: bytes) -> Json:
    given: Json = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    return {**given, "blocks": json.loads(given.get("blocks", "[]"))}
