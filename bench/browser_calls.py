"""Calls as the Talk page makes them: signed in, rung at its button's address, in its words."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from base64 import b64decode
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.test import Client
from websockets.asyncio.client import connect

from calls.simulator.caller import FRAME_MS, Caller
from calls.simulator.media_stream import CallResult, TwilioStream

LONGEST_S = 900.0
CSRF = "c" * 32


class BrowserStream(TwilioStream):
    """The same line, in the words of calls/telephony/browser/messages.py."""

    def _open(self) -> None:
        told = {"call": self._result.call_sid, "stream": self._sid} | self._parameters
        self._outbox.put_nowait(json.dumps({"event": "start"} | told))
        self._began_s = self._loop.time()

    def _hang_up(self) -> None:
        self._outbox.put_nowait('{"event":"stop"}')
        self._outbox.put_nowait(None)

    def _press(self, digit: str) -> None:
        self._outbox.put_nowait(json.dumps({"event": "key", "key": digit}))

    def _media(self, chunk: int, payload: str) -> str:
        return f'{{"event":"media","at":{(chunk - 1) * FRAME_MS},"audio":"{payload}"}}'

    def _return_mark(self, name: str) -> None:
        self._outbox.put_nowait(json.dumps({"event": "mark", "name": name}))

    def _take(self, text: str | bytes) -> None:
        message = json.loads(text)
        self._play(message["event"], b64decode(message.get("audio", "")), message.get("name", ""))


class Talker:
    """Somebody who may talk, in the bench's database."""

    def __init__(self, address: str) -> None:
        self._address = address
        user, _is_new = User.objects.get_or_create(username="talker", is_superuser=True)
        client = Client()
        client.force_login(user)
        session = client.cookies["sessionid"].value
        self._headers = {"Cookie": f"sessionid={session}; csrftoken={CSRF}", "X-CSRFToken": CSRF}

    async def place_call(self, caller: Caller) -> CallResult:
        rung = await asyncio.to_thread(self._ring)
        result = CallResult(rung["call"])
        socket = await connect(
            f"{self._address.replace('http', 'ws')}/talk/media",
            additional_headers={"Cookie": self._headers["Cookie"]},
            origin=self._address,  # type: ignore[arg-type]  # a NewType
            compression=None,
            ping_interval=None,
            proxy=None,
            max_size=None,
        )
        stream = BrowserStream(socket, caller, result, {"token": rung["token"]})
        await stream.run(LONGEST_S)
        result.lines = caller.lines()
        return result

    def _ring(self) -> Any:
        form = urlencode({"called": ""}).encode()
        request = urllib.request.Request(f"{self._address}/talk/ring", form, self._headers)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=15) as answer:
            return json.load(answer)
