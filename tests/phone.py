"""The carrier's part of a call, straight into the consumer: how the tests of the voice loop speak.

`PhoneCall.say("__MMM__")` sends 100 ms of audio a mark, ten times faster than real time; marks are
echoed when their audio would have been played at that speed.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, Self

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import override_settings

from calls.models import Call, Turn
from calls.services.phrase_cache import phrases
from calls.telephony.carrier import Carrier
from calls.telephony.media_socket import MediaConsumer
from calls.telephony.twilio.carrier import TWILIO
from calls.voice import live
from calls.voice.conversation import Conversation
from tests.fakes import CALLERS_TONE, HUSH, FakeSpeaker, FakeTranscriber, FakeWriter, LoudnessVad

FRAME_S = 0.02


def voice_of(mark: str) -> bytes:
    return CALLERS_TONE if mark == "M" else HUSH


@contextmanager
def services(
    transcriber: type = FakeTranscriber, writer: type = FakeWriter, speaker: type = FakeSpeaker
) -> Iterator[None]:
    """Calls talk to these, and nothing is ready that other tests' calls have said."""
    phrases.cache_clear()
    given = {"TRANSCRIBER": transcriber, "WRITER": writer, "SPEAKER": speaker, "VAD": LoudnessVad}
    for name, kind in given.items():
        globals()[f"_{name}"] = kind
    with override_settings(**{name: f"{__name__}._{name}" for name in given}):
        yield


def conversation_of(call_sid: str) -> Conversation:
    """The conversation of a call in progress."""
    conversation = live.calls[call_sid].conversation
    assert conversation is not None
    return conversation


def transcriber_of(call_sid: str) -> FakeTranscriber:
    transcriber = conversation_of(call_sid)._transcriber
    assert isinstance(transcriber, FakeTranscriber)
    return transcriber


class FarEnd(Protocol):
    """The words of a carrier, as its side of a stream says and reads them: whole messages, of which
    the socket makes JSON and back."""

    carrier: Carrier

    def __init__(self, stream_sid: str) -> None: ...

    def begin(self, call_sid: str, token: str) -> list[Any]:
        """Everything up to the first audio."""

    def media(self, at_ms: int, audio: bytes) -> Any: ...

    def mark(self, name: str) -> Any: ...

    def key(self, digit: str) -> Any: ...

    def stop(self) -> Any: ...

    def read(self, message: Any) -> tuple[str, Any]:
        """What the agent said: "media" and the audio, "mark" and its name, "clear", "hang up"."""


class TwilioEnd:
    carrier: Carrier = TWILIO

    def __init__(self, stream_sid: str) -> None:
        self._named = {"streamSid": stream_sid}

    def begin(self, call_sid: str, token: str) -> list[Any]:
        start = {
            **self._named,
            "callSid": call_sid,
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"token": token},
        }
        return [
            {"event": "connected", "protocol": "Call", "version": "1.0.0"},
            {"event": "start", "start": start, **self._named},
        ]

    def media(self, at_ms: int, audio: bytes) -> Any:
        body = {"timestamp": str(at_ms), "payload": b64encode(audio).decode()}
        return {"event": "media", "media": body | {"track": "inbound"}}

    def mark(self, name: str) -> Any:
        return {"event": "mark", **self._named, "mark": {"name": name}}

    def key(self, digit: str) -> Any:
        return {"event": "dtmf", **self._named, "dtmf": {"digit": digit}}

    def stop(self) -> Any:
        return {"event": "stop", **self._named}

    def read(self, message: Any) -> tuple[str, Any]:
        match message["event"]:
            case "media":
                return "media", b64decode(message["media"]["payload"])
            case "mark":
                return "mark", message["mark"]["name"]
        return message["event"], None


class PhoneCall:
    def __init__(
        self,
        call_sid: str = "CA1",
        *,
        speed: float = 10,
        headers: Any = (),
        speaks: type[FarEnd] = TwilioEnd,
    ) -> None:
        self.call_sid, self.stream_sid, self.speed = call_sid, "MZ" + call_sid[2:], speed
        self._end = speaks(self.stream_sid)
        self.sent: list[dict[str, Any]] = []
        """What the agent sent, in order."""
        self.sent_s: list[float] = []
        """When, in loop time."""
        self._kinds: list[str] = []
        self.clock_ms = 0
        self.frame_sent_s: dict[int, float] = {}
        """Loop time at which the frame that ends at this clock was sent."""
        self.close_code: int | None = None
        self._socket = WebsocketCommunicator(
            MediaConsumer.as_asgi(carrier=self._end.carrier),
            f"/{self._end.carrier.socket}",
            headers=list(headers),
        )
        self._socket.scope["client"] = ("127.0.0.1", 50000)
        self._echoes: list[asyncio.TimerHandle] = []
        self._played_s = 0.0

    async def __aenter__(self) -> Self:
        await self.ring()
        await self.connect()
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hang_up()

    async def ring(self) -> None:
        call = await sync_to_async(Call.ring)(self.call_sid, "+972501234567", "+97233333333")
        self.token = call.token

    async def connect(self) -> bool:
        is_connected, _ = await self._socket.connect()
        self._following = asyncio.create_task(live.follow())
        if is_connected:
            self._reader = asyncio.create_task(self._read())
        return bool(is_connected)

    async def start(self, token: str | None = None) -> None:
        for message in self._end.begin(self.call_sid, self.token if token is None else token):
            await self.send(message)

    async def send(self, message: Any) -> None:
        await self._socket.send_json_to(message)

    async def say(self, marks: str) -> None:
        loop = asyncio.get_running_loop()
        next_s = loop.time()
        for mark in marks:
            for _frame in range(5):
                await self.frame(voice_of(mark))
                next_s += FRAME_S / self.speed
                await asyncio.sleep(max(0.0, next_s - loop.time()))

    async def frame(self, audio: bytes) -> None:
        message = self._end.media(self.clock_ms, audio)
        self.clock_ms += len(audio) // 8
        self.frame_sent_s[self.clock_ms] = asyncio.get_running_loop().time()
        await self.send(message)

    async def press(self, digit: str) -> None:
        await self.send(self._end.key(digit))

    async def until(self, condition: Any, marks: str = "_", limit_s: float = 15) -> None:
        """Go on with these marks until something has happened."""
        async with asyncio.timeout(limit_s):
            while not condition():
                await self.say(marks)

    async def until_quiet(self) -> None:
        """Until the agent has been heard to its end (or has closed)."""
        await self.until(self._is_quiet)

    def _is_quiet(self) -> bool:
        call = live.calls.get(self.call_sid)
        is_heard = call and call.conversation and call.conversation.turns.state == "refractory"
        return bool(is_heard) or self.close_code is not None

    def events(self, kind: str) -> list[dict[str, Any]]:
        kinds = zip(self._kinds, self.sent, strict=True)
        return [message for said, message in kinds if said == kind]

    async def hang_up(self) -> None:
        if self.close_code is None:
            await self.send(self._end.stop())
        async with asyncio.timeout(10):
            await self._reader
        for echo in self._echoes:
            echo.cancel()
        await self._socket.wait(10)
        self._following.cancel()

    async def ended(self) -> Call:
        """The call's row, once its end is written."""
        async with asyncio.timeout(10):
            while True:
                call = await Call.objects.select_related("revision").aget(call_sid=self.call_sid)
                if call.ended_at and call.replays is not None:
                    assert call.replays, f"{call} does not replay to itself"
                    return call
                await asyncio.sleep(0.02)

    async def turns(self) -> list[Turn]:
        await self.ended()
        return [
            turn
            async for turn in Turn.objects.filter(call__call_sid=self.call_sid).select_related(
                "revision"
            )
        ]

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            output = await self._socket.receive_output(timeout=60)
            if output["type"] == "websocket.close":
                self.close_code = output.get("code")
                return
            message = json.loads(output["text"])
            self.sent.append(message)
            self.sent_s.append(loop.time())
            kind, told = self._end.read(message)
            self._kinds.append(kind)
            match kind, told:
                case "media", audio:
                    began_s = max(self._played_s, loop.time())
                    self._played_s = began_s + len(audio) / 8000 / self.speed
                case "mark", name:
                    at_s = max(self._played_s, loop.time())
                    self._echoes.append(loop.call_at(at_s, self._echo, name))
                case "clear", _:
                    self._flush()

    def _echo(self, name: str) -> None:
        del self._echoes[0]
        asyncio.get_running_loop().create_task(self.send(self._end.mark(name)))

    def _flush(self) -> None:
        """A carrier echoes all marks that are out after `clear`."""
        self._played_s = 0.0
        names = [self._end.read(each)[1] for each in self.events("mark")][-len(self._echoes) :]
        for handle in self._echoes:
            handle.cancel()
        for name in names if self._echoes else []:
            asyncio.get_running_loop().create_task(self.send(self._end.mark(name)))
        self._echoes.clear()
