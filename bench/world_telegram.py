"""Telegram's side of the tap benchmark: Bot API calls in, webhook deliveries out."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import ClientSession

from bench.world import Json, World, choice

TOKEN, SECRET = "123456:BENCH", "bench-secret"
HEADERS = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET}
BOT = {"id": 123456, "is_bot": True, "first_name": "b", "username": "b_bot"}
DATE = 1_700_000_000


class TelegramWorld(World):
    """Workers are user ids, which are their chats' ids as well."""

    def __init__(self, workers: list[str], *, calls: tuple[str, ...], frees: str) -> None:
        super().__init__(workers, calls=calls, frees=frees)
        self._pressed: dict[str, float] = {}

    def canned(self, worker: str) -> Json:
        row = [{"text": text, "callback_data": f"t1:{text}"} for text in ("cat", "dog")]
        return {**self._message(worker, "Label?"), "reply_markup": {"inline_keyboard": [row]}}

    async def tap(self, session: ClientSession, url: str, worker: str, message: Json) -> None:
        update = self._update(worker, message)
        self._pressed[update["callback_query"]["id"]] = time.perf_counter()
        async with session.post(url, data=json.dumps(update), headers=HEADERS) as response:
            assert response.status == 200, f"the bot answered {response.status}"

    def _update(self, worker: str, message: Json) -> Json:
        number = next(self.numbers)
        button = message["reply_markup"]["inline_keyboard"][0][choice(message["text"])]
        user = {"id": int(worker), "is_bot": False, "first_name": "w", "language_code": "en"}
        query = {"id": str(number), "chat_instance": "1", "data": button["callback_data"], "from": user}
        return {"update_id": number, "callback_query": {**query, "message": message}}

    def obey(self, method: str, body: bytes, kind: str) -> bytes:
        form = kind == "application/x-www-form-urlencoded"
        given = dict(parse_qsl(body.decode())) if form else json.loads(body or b"{}")
        return json.dumps({"ok": True, "result": self._result(method, given)}).encode()

    def _result(self, method: str, given: Json) -> Any:
        if method == "getMe":
            return BOT
        if method == "answerCallbackQuery":
            self.load.answered.append(time.perf_counter() - self._pressed.pop(given["callback_query_id"]))
        if method not in ("sendMessage", "editMessageText"):
            return True
        shown = self._message(str(given["chat_id"]), given["text"], int(given.get("message_id", 0)))
        if method == self.frees == "editMessageText":
            self.free(str(given["chat_id"]), self.canned(str(given["chat_id"])))
        elif method == self.frees and given.get("reply_markup"):
            self.free(str(given["chat_id"]), {**shown, "reply_markup": json.loads(given["reply_markup"])})
        return shown

    def _message(self, chat: str, text: str, number: int = 0) -> Json:
        where = {"id": int(chat), "type": "private", "first_name": "w"}
        return {"message_id": number or next(self.numbers), "date": DATE, "chat": where, "text": text, "from": BOT}
