"""Twilio's side of a call's media stream, from `connected` to its close.

A message that is not exactly one of the three legal ones is an error of the call: Twilio would
report it once, in its console, and never tell us. There is one sender and one queue; frames leave
on a schedule that does not drift; a mark comes back when the caller has heard everything before it.
"""

from __future__ import annotations

import asyncio
import binascii
import json
import uuid
from base64 import b64decode, b64encode
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from calls.audio import riff
from calls.simulator.caller import FRAME_MS, Caller, Key, LineOutcome

ACCOUNT_SID = "AC" + "0" * 32
FLUSH_S = 15
"""How long the last messages may take to leave."""
NORMAL_CLOSURE = 1000
BUFFER_LIMIT_MS = 10 * 60_000
"""Twilio discards what goes beyond this (error 31931)."""
FIELDS: dict[str, dict[str, set[str]]] = {
    "media": {"": {"event", "streamSid", "media"}, "media": {"payload"}},
    "mark": {"": {"event", "streamSid", "mark"}, "mark": {"name"}},
    "clear": {"": {"event", "streamSid"}},
}
"""The messages that Twilio accepts, and exactly which fields each has."""


@dataclass(slots=True)
class CallResult:
    call_sid: str
    lines: list[LineOutcome] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """What went wrong: refusals, broken connections, violations of the protocol."""
    ended_by: str = ""
    """caller, agent, or empty when the call never began."""
    after: str = ""
    """The TwiML that the <Connect> action answered once the agent had closed the stream."""
    late_ms: list[float] = field(default_factory=list)
    """How late each frame left, by its schedule."""

    def note(self, error: str) -> None:
        if error not in self.errors:
            self.errors.append(error)


class TwilioStream:
    """The media stream of one call, from `connected` to its close."""

    def __init__(
        self,
        socket: ClientConnection,
        caller: Caller,
        result: CallResult,
        parameters: dict[str, str],
    ) -> None:
        self._socket, self._caller, self._result = socket, caller, result
        self._parameters = parameters
        self._sid = f"MZ{uuid.uuid4().hex}"
        self._loop = asyncio.get_running_loop()
        self._outbox: asyncio.Queue[str | None] = asyncio.Queue()
        self._sequence = 0
        self._marks: deque[tuple[float, str]] = deque()
        self._alarm: asyncio.TimerHandle | None = None

    async def run(self, longest_s: float) -> None:
        self._open()
        sending, speaking, listening = tasks = [
            asyncio.create_task(job) for job in (self._send(), self._speak(), self._listen())
        ]
        try:
            async with asyncio.timeout(longest_s):
                await asyncio.wait({speaking, listening}, return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                self._result.ended_by = "agent"
                if self._socket.close_code != NORMAL_CLOSURE:
                    code, reason = self._socket.close_code, self._socket.close_reason
                    self._result.note(f"the agent closed the stream: {code} {reason}".strip())
                await listening
                return
            await speaking
        except TimeoutError:
            self._result.note(f"the call lasted longer than {longest_s:g} s")
            speaking.cancel()
        finally:
            if not listening.done():
                self._result.ended_by = "caller"
                self._hang_up()
                await asyncio.wait({sending}, timeout=FLUSH_S)
            if self._alarm:
                self._alarm.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._socket.close()
            self._caller.ear.clear(self._now_ms())

    def _now_ms(self) -> float:
        return (self._loop.time() - self._began_s) * 1000

    # To the agent.

    def _open(self) -> None:
        self._outbox.put_nowait('{"event":"connected","protocol":"Call","version":"1.0.0"}')
        self._post(
            "start",
            {
                "accountSid": ACCOUNT_SID,
                "streamSid": self._sid,
                "callSid": self._result.call_sid,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": self._parameters,
            },
        )
        self._began_s = self._loop.time()

    def _hang_up(self) -> None:
        self._post("stop", {"accountSid": ACCOUNT_SID, "callSid": self._result.call_sid})
        self._outbox.put_nowait(None)

    def _post(self, event: str, body: dict[str, Any]) -> None:
        self._sequence += 1
        message = {"event": event, "sequenceNumber": str(self._sequence), "streamSid": self._sid}
        self._outbox.put_nowait(json.dumps(message | {event: body}))

    async def _send(self) -> None:
        try:
            while (text := await self._outbox.get()) is not None:
                await self._socket.send(text)
        except ConnectionClosed:
            return

    async def _speak(self) -> None:
        """Send each frame when its last sample has been spoken."""
        chunk = 0
        for item in self._caller.frames():
            if isinstance(item, Key):
                self._press(item.digit)
                continue
            chunk += 1
            due_s = self._began_s + chunk * FRAME_MS / 1000
            await asyncio.sleep(due_s - self._loop.time())
            self._result.late_ms.append((self._loop.time() - due_s) * 1000)
            self._sequence += 1
            self._outbox.put_nowait(self._media(chunk, b64encode(item).decode()))

    def _press(self, digit: str) -> None:
        self._post("dtmf", {"track": "inbound_track", "digit": digit})

    def _media(self, chunk: int, payload: str) -> str:
        """By hand: at fifty a second and call, json.dumps would be a third of the cost."""
        return (
            f'{{"event":"media","sequenceNumber":"{self._sequence}",'
            f'"streamSid":"{self._sid}","media":{{"track":"inbound","chunk":"{chunk}",'
            f'"timestamp":"{(chunk - 1) * FRAME_MS}","payload":"{payload}"}}}}'
        )

    # From the agent.

    async def _listen(self) -> None:
        try:
            async for text in self._socket:
                self._take(text)
        except ConnectionClosed:
            return

    def _take(self, text: str | bytes) -> None:
        if isinstance(text, bytes):
            self._result.note("31950: a binary message")
            return
        try:
            message = json.loads(text)
            payload = _checked(message, self._sid)
        except ValueError as error:
            self._result.note(f"31951: {error}")
            return
        name = message["mark"]["name"] if message["event"] == "mark" else ""
        self._play(message["event"], payload, name)

    def _play(self, event: str, payload: bytes, name: str) -> None:
        now_ms, ear = self._now_ms(), self._caller.ear
        match event:
            case "media":
                if ear.ends_ms - now_ms > BUFFER_LIMIT_MS:
                    self._result.note("31931: more than 10 minutes of audio are buffered")
                    return
                ear.play(now_ms, payload)
            case "mark":
                self._marks.append((max(now_ms, ear.ends_ms), name))
                self._echo_played()
            case "clear":
                ear.clear(now_ms)
                self._marks = deque((now_ms, name) for _due_ms, name in self._marks)
                self._echo_played()

    def _echo_played(self) -> None:
        """Send back the marks that the play-out has reached, and come back for the next."""
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
        while self._marks and self._marks[0][0] <= self._now_ms():
            self._return_mark(self._marks.popleft()[1])
        if self._marks:
            due_s = self._began_s + self._marks[0][0] / 1000
            self._alarm = self._loop.call_at(due_s, self._echo_played)

    def _return_mark(self, name: str) -> None:
        self._post("mark", {"name": name})


def _checked(message: Any, stream_sid: str) -> bytes:
    """A media message's audio; ValueError says what Twilio would not accept."""
    event = message.get("event") if isinstance(message, dict) else None
    if event not in FIELDS:
        raise ValueError(f"not one of {', '.join(FIELDS)}: {str(message)[:80]}")
    for part, fields in FIELDS[event].items():
        inside = message.get(part) if part else message
        if not isinstance(inside, dict) or set(inside) != fields:
            raise ValueError(f"{event} has other fields than {', '.join(sorted(fields))}")
    if message["streamSid"] != stream_sid:
        raise ValueError(f"{event} carries another streamSid")
    if event == "mark" and not (isinstance(message["mark"]["name"], str)):
        raise ValueError("mark.name is not a string")
    if event != "media":
        return b""
    try:
        payload = b64decode(message["media"]["payload"], validate=True)
    except (binascii.Error, TypeError):
        raise ValueError("media.payload is not base64") from None
    if riff.is_riff(payload):
        raise ValueError("media.payload begins with a file header")
    return payload
