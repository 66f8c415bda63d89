"""The telephone of a scripted call, and services that do what its script says. No real time passes.

Every delay here is chosen so that no two things happen at the same moment: frames come at 7 ms
past every 20, and no sum of the others meets them. What is recorded does not depend on the order in
which tasks of one moment run.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from calls.audio.codec import FRAME_BYTES, level_db
from calls.records.turn_in_progress import TurnInProgress
from calls.services import Expect, Farewell, HistoryLine, Message, PersonWanted, Transcript
from calls.services.verdicts import Verdict
from calls.telephony.carrier import Key, Mark, Media
from calls.telephony.twilio.messages import MediaStream, parse
from calls.voice.conversation import Conversation
from tests import fakes
from tests.fakes import CALLERS_TONE, HUSH, LOUD_DB, FakeSpeaker, FakeTranscriber, FakeWriter
from tuning.turns import journal
from tuning.turns.events import Action, CallBegan, Event
from tuning.turns.knob import Value
from tuning.turns.profile import FRAME_MS, Profile

FRAME_S, MARK_FRAMES = FRAME_MS / 1000, 5
FIRST_FRAME_S = 0.007
WAY_S = 0.0411
"""From the agent to the telephone; a mark comes back at once."""
QUIET_S = 0.2
"""So long after the last sound that the agent sent it counts as quiet."""
LONGEST_WAIT_S = 60.0

Step = str | float | Exception | Verdict | Expect | Farewell | Message | PersonWanted
"""What a writer does next: a piece, a wait in seconds, a failure."""


class Transcriber(FakeTranscriber):
    """Hears what the script says: half of the words while they are spoken, all of them after."""

    silence_ms = 120
    delay_s = 0.0933
    partial_after_ms = 400

    def __init__(self) -> None:
        super().__init__()
        self.words: deque[str] = deque()
        """Of each stretch of voice; "": none."""
        self._voiced_ms = 0

    def push(self, audio: bytes, until_ms: int) -> None:
        self.messages.append(len(audio))
        if level_db(audio) > LOUD_DB:
            before_ms = self._voiced_ms
            self._voiced_ms += len(audio) * FRAME_MS // FRAME_BYTES
            self._spoke_until_ms = until_ms
            if before_ms < self.partial_after_ms <= self._voiced_ms and self.words:
                words = self.words[0].split()
                half = " ".join(words[: (len(words) + 1) // 2])
                self._bring(Transcript(half, until_ms, stability=0.9))
        elif self._voiced_ms and until_ms - self._spoke_until_ms >= self.silence_ms:
            self._voiced_ms = 0
            self._bring(self._next(until_ms))

    def _bring(self, transcript: Transcript) -> None:
        if transcript.text:
            loop = asyncio.get_running_loop()
            loop.call_later(self.delay_s, self._heard.put_nowait, transcript)

    def _next(self, until_ms: int) -> Transcript:
        return Transcript(self.words.popleft() if self.words else "", until_ms, final=True)


class Writer(FakeWriter):
    first_token_s = 0.3117

    def __init__(self, answers: Mapping[str, Sequence[Step]]) -> None:
        super().__init__()
        self._answers = answers
        """By what the caller said last; to anything else, the fake writer's own."""
        self.gives_verdicts = any(
            isinstance(step, Verdict) for steps in answers.values() for step in steps
        )

    async def write(
        self, history: Sequence[HistoryLine], *, with_verdict: bool = False
    ) -> AsyncGenerator[Any, None]:
        steps = self._answers.get(history[-1].text if history else "")
        if steps and not with_verdict:
            steps = [step for step in steps if not isinstance(step, Verdict)]
        if not steps or all(isinstance(step, float) for step in steps):
            async for piece in super().write(history, with_verdict=with_verdict):
                yield piece
            return
        await asyncio.sleep(self.first_token_s if history else 0.0)
        for step in steps:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, float):
                await asyncio.sleep(step)
            else:
                yield step


class Speaker(FakeSpeaker):
    """A tone for each character, another for another."""

    name = "recorded speaker"
    first_byte_s = 0.0571
    frames_per_character = 3

    async def speak(self, texts: AsyncIterator[str]) -> AsyncGenerator[str | bytes, None]:
        async for text in texts:
            yield text
            await asyncio.sleep(self.first_byte_s)
            for character in text:
                level = ord(character) % 32
                tone = bytes([level, 0x80 + level]) * (FRAME_BYTES // 2)
                for _frame in range(self.frames_per_character):
                    yield tone


class Record:
    """Keeps the journal and the turns; of the rest the socket says enough."""

    def __init__(self) -> None:
        self.journal: list[str] = []
        self._turns: dict[int, TurnInProgress] = {}

    @property
    def turns(self) -> list[str]:
        """A line each, of what is not empty in it; moments in ms since the stream began."""
        return [
            json.dumps(
                {name: _shown(value) for name, value in asdict(turn).items() if value},
                ensure_ascii=False,
            )
            for _number, turn in sorted(self._turns.items())
        ]

    def note(self, entry: Event | Action, wall_ms: float) -> None:
        self.journal.append(journal.dump(entry, wall_ms))

    def keep(self, turn: TurnInProgress) -> None:
        self._turns[turn.number] = turn

    def keep_message(self, message: Message) -> None: ...

    def changed(self) -> None: ...


def _shown(value: Any) -> Any:
    return round(value, 1) if isinstance(value, float) else value


class Telephone:
    """The caller's end: what a script says that the caller does, and what comes to the ear."""

    def __init__(
        self,
        profile: Profile,
        answers: Mapping[str, Sequence[Step]],
        transcriber: Transcriber,
        person_wait_s: int = 0,
        person_notice: str = "",
    ) -> None:
        self.sent: list[str] = []
        """What the agent sent, a line each."""
        self.record, self.transcriber = Record(), transcriber
        self.conversation = Conversation(
            MediaStream("MZ1"),
            CallBegan(0, 1, profile, seed=1, person_wait_s=person_wait_s),
            vad=fakes.LoudnessVad(),
            transcriber=transcriber,
            writer=Writer(answers),
            speaker=Speaker(),
            record=self.record,
            listeners=(),
            send=self._take,
            persons_transcriber=FakeTranscriber,
            holds=fakes.NobodyHolds(),
            person_notice=person_notice,
        )
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self._next_s = self._began_s + FIRST_FRAME_S
        self._clock_ms, self._plays_until_s = 0, 0.0
        self._echoes: dict[str, asyncio.TimerHandle] = {}
        """By the name of the mark."""

    # What the caller does.

    async def say(self, marks: str, words: str = "") -> None:
        """100 ms a mark: M voice, _ silence; i: a single frame of voice. `words` are what the
        transcriber hears in its first stretch of voice; "": none."""
        if "M" in marks:
            self.transcriber.words.append(words)
        for mark in marks:
            for _frame in range(1 if mark == "i" else MARK_FRAMES):
                await self._frame(HUSH if mark == "_" else CALLERS_TONE)

    async def until_spoken_to(self) -> None:
        """Silent until the agent is heard."""
        await self._until(lambda: self._loop.time() < self._plays_until_s)

    async def until_quiet(self) -> None:
        """Silent until the agent has been heard to its end, for now."""
        await self._until(lambda: self._loop.time() > self._plays_until_s + QUIET_S)

    async def hears_out(self) -> None:
        """Silent until the agent has spoken and is quiet again."""
        await self.until_spoken_to()
        await self.until_quiet()

    async def press(self, digits: str) -> None:
        for digit in digits:
            self._send({"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": digit}})
            await self.say("__")

    async def stall(self, seconds: float) -> None:
        """No frame comes for so long; the telephone's clock goes on."""
        self._next_s += seconds
        self._clock_ms += round(seconds * 1000)

    def retune(self, **knobs: Value) -> None:
        """An operator publishes these knobs."""
        turns = self.conversation.turns
        self.conversation.retune(turns.revision + 1, Profile(**asdict(turns.profile) | knobs))

    # The line.

    async def _until(self, condition: Any) -> None:
        async with asyncio.timeout(LONGEST_WAIT_S):
            while not condition():
                await self._frame(HUSH)

    async def _frame(self, audio: bytes) -> None:
        await asyncio.sleep(self._next_s - self._loop.time())
        self._next_s += FRAME_S
        payload = b64encode(audio).decode()
        body = {"timestamp": str(self._clock_ms), "payload": payload, "track": "inbound"}
        self._clock_ms += FRAME_MS
        self._send({"event": "media", "media": body})

    def _send(self, message: dict[str, Any]) -> None:
        """What the telephone sends reaches the conversation as it does from a socket."""
        match parse(json.dumps(message)):
            case Media() as media:
                self.conversation.hear(media)
            case Mark(name=name):
                self.conversation.marked(name)
            case Key(digit=digit):
                self.conversation.press(digit)

    async def _take(self, text: str) -> None:
        """A message of the agent's: written down, then played."""
        message = json.loads(text)
        now_s = self._loop.time()
        heard_s = now_s + WAY_S
        if message["event"] == "media":
            audio = b64decode(message["media"]["payload"])
            message["media"] = {"bytes": len(audio), "sha256": sha256(audio).hexdigest()[:16]}
            self._plays_until_s = max(self._plays_until_s, heard_s) + len(audio) / 8000
        elif message["event"] == "mark":
            name = message["mark"]["name"]
            played_s = max(self._plays_until_s, heard_s)
            self._echoes[name] = self._loop.call_at(played_s, self._echo, name)
        elif message["event"] == "clear":
            self._plays_until_s = min(self._plays_until_s, heard_s)
            for name, echo in self._echoes.items():
                echo.cancel()
                self._echoes[name] = self._loop.call_at(heard_s, self._echo, name)
        wall_ms = round((now_s - self._began_s) * 1000, 1)
        self.sent.append(json.dumps({"wall_ms": wall_ms} | message))

    def _echo(self, name: str) -> None:
        del self._echoes[name]
        self._send({"event": "mark", "mark": {"name": name}})

    async def live(self, script: Any) -> None:
        """The call, from the first frame until either side hangs up."""

        async def act() -> None:
            try:
                await script(self)
            finally:
                self.conversation.end("caller hung up")

        caller = asyncio.create_task(act())
        await self.conversation.run()
        caller.cancel()
        with suppress(asyncio.CancelledError):
            await caller
