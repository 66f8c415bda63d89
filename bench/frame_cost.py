"""What one frame of the caller's audio costs on its way from the socket to the core.

The same conversation behind a stock Channels consumer and behind our own MediaConsumer, in one
process and by turns; where our microseconds go; and how late frames get in each when somebody
else in the process makes a slow query.

    .venv/bin/python -m bench.frame_cost
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import logging
import os
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from asgiref.sync import sync_to_async

from bench import rig
from bench.stock import StockConsumer
from calls.audio.codec import BYTES_PER_MS, SILENCE_BYTE, level_db
from calls.audio.vad import JudgedVad
from calls.language.hebrew import HEBREW
from calls.measures.latency import percentile
from calls.models import Call
from calls.process.server_process import this_process
from calls.records.record_line import RecordLine, RecordPart, encode
from calls.records.recorder import Recorder
from calls.records.unwritten import SPOOL_S
from calls.simulator.utterances import load
from calls.telephony.carrier import Media
from calls.telephony.media_socket import MediaConsumer
from calls.telephony.twilio.carrier import TWILIO
from calls.voice.audio_in import AudioIn
from calls.voice.clock import CallClock
from tests.fakes import FakeTranscriber
from tuning.turns.events import Heard
from tuning.turns.profile import FRAME_MS, Profile
from tuning.turns.turn_taker import TurnTaker

ROUNDS, FRAMES, WARM_UP_FRAMES = 7, 3000, 100
CALLS, PACED_FRAMES, SETTLING_FRAMES = 10, 200, 50
QUERY_AT_S, QUERY_S = 2.5, 0.3
SPEECH = ("book", "price", "yes", "hours")
PAUSE_MS = 1500
Message = dict[str, Any]


CONSUMERS: tuple[Any, ...] = (StockConsumer.as_asgi(), MediaConsumer.as_asgi(carrier=TWILIO))


def conversation_messages(call: Call, frames: Sequence[bytes], count: int) -> Iterator[str]:
    """What Twilio sends in a call of so many frames."""
    yield json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})
    start = {
        "streamSid": "MZ1",
        "callSid": call.call_sid,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": call.token},
    }
    yield json.dumps({"event": "start", "sequenceNumber": "1", "start": start, "streamSid": "MZ1"})
    for number in range(count):
        yield media_message(number, frames[number % len(frames)])
    yield json.dumps({"event": "stop", "sequenceNumber": f"{count + 2}", "streamSid": "MZ1"})


def media_message(number: int, frame: bytes) -> str:
    media = {"track": "inbound", "chunk": f"{number + 1}", "timestamp": f"{number * FRAME_MS}"}
    media["payload"] = b64encode(frame).decode()
    return json.dumps(
        {"event": "media", "sequenceNumber": f"{number + 2}", "media": media, "streamSid": "MZ1"}
    )


async def serve(consumer: Any, receive: Callable[[], Any]) -> None:
    """One socket of this consumer, until its end."""

    async def send(_message: Message) -> None:
        return None

    scope = {"type": "websocket", "path": "/", "headers": [], "client": ("127.0.0.1", 5000)}
    await consumer(scope, receive, send)


async def cost_us(consumer: Any, frames: Sequence[bytes]) -> float:
    """CPU time of the process for each frame. The next arrives when the last has been dealt with,
    in another round of the event loop, as from a server."""
    call = await sync_to_async(Call.ring)(f"CA{time.monotonic_ns()}", "", "")
    texts = iter([*conversation_messages(call, frames, WARM_UP_FRAMES + FRAMES)])
    began_after = 2 + WARM_UP_FRAMES
    queue: asyncio.Queue[Message] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    marks_s: list[float] = []
    asked = 0

    async def receive() -> Message:
        nonlocal asked
        asked += 1
        if asked == 1:
            return {"type": "websocket.connect"}
        if asked - 2 in (began_after, began_after + FRAMES):
            marks_s.append(time.process_time())
        text = next(texts, None)
        if text is None:
            return {"type": "websocket.disconnect", "code": 1000}
        loop.call_soon(queue.put_nowait, {"type": "websocket.receive", "text": text})
        return await queue.get()

    await serve(consumer, receive)
    return (marks_s[1] - marks_s[0]) / FRAMES * 1e6


async def paced_call(consumer: Any, frames: Sequence[bytes], number: int) -> list[float]:
    """How late each frame of a call in real time was heard."""
    call = await sync_to_async(Call.ring)(f"CA{time.monotonic_ns()}", "", "")
    queue: asyncio.Queue[Message] = asyncio.Queue()
    queue.put_nowait({"type": "websocket.connect"})
    serving = asyncio.create_task(serve(consumer, queue.get))
    loop = asyncio.get_running_loop()
    due_s = loop.time() + 0.5 + number * FRAME_MS / 1000 / CALLS
    for text in conversation_messages(call, frames, PACED_FRAMES):
        if '"media"' in text:
            await asyncio.sleep(due_s - loop.time())
            due_s += FRAME_MS / 1000
        queue.put_nowait({"type": "websocket.receive", "text": text})
    queue.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await serving
    late = rig.lateness_ms(await sync_to_async(lambda: list(call.journal()))())
    return late[SETTLING_FRAMES:]


async def lateness(consumer: Any, frames: Sequence[bytes], with_query: bool) -> list[float]:
    async def slow_query() -> None:
        """As any view or task of the process may make one."""
        await asyncio.sleep(QUERY_AT_S)
        await sync_to_async(time.sleep)(QUERY_S)

    beside = asyncio.create_task(slow_query()) if with_query else None
    late = await asyncio.gather(*(paced_call(consumer, frames, n) for n in range(CALLS)))
    if beside:
        await beside
    return [ms for call in late for ms in call]


# Where our microseconds go.


class Deaf(FakeTranscriber):
    """Takes audio and brings no word."""

    def push(self, audio: bytes, until_ms: int) -> None:
        return None


def each_us(job: Callable[[int], object]) -> float:
    """CPU time of one call of the job, which is given the frame's number; median of the rounds."""
    rounds = []
    for _round in range(ROUNDS):
        began_s = time.process_time()
        for number in range(FRAMES):
            job(number)
        rounds.append((time.process_time() - began_s) / FRAMES * 1e6)
    return median(rounds)


async def parts_us(frames: Sequence[bytes]) -> dict[str, float]:
    """Each part of a frame's way by itself, on the same frames."""
    frames = [frames[number % len(frames)] for number in range(FRAMES)]
    texts = [media_message(number, frame) for number, frame in enumerate(frames)]
    vad, turns, profile, clock = (
        JudgedVad(),
        TurnTaker(HEBREW.words),
        Profile(),
        CallClock(lambda: 0.0),
    )
    audio_in = AudioIn(Deaf(), clock)
    heard = [Heard((n + 1) * FRAME_MS, vad(f), level_db(f)) for n, f in enumerate(frames)]
    recorder = Recorder(Call(), lambda: None, lambda _revision: None, lambda: None)

    def listen(number: int) -> None:
        if not number:
            clock.at_ms = 0
        for at_ms, frame in audio_in.frames(Media(number * FRAME_MS, frames[number])):
            audio_in.forward(at_ms, frame, profile)

    def decide(number: int) -> str:
        turns.feed(heard[number])
        return turns.state

    lines: list[RecordLine] = []
    part_of = round(SPOOL_S * 1000 / FRAME_MS)
    """Frames that go into the spool together."""

    def spool(number: int) -> None:
        if number % part_of == 0:
            entries = [(entry.at_ms + 0.5, entry) for entry in heard[number : number + part_of]]
            lines.append(encode("CA1", number, RecordPart(list(entries)), this_process()))

    def write(number: int) -> None:
        if not number:
            entries = [
                entry for line in lines[-FRAMES // part_of :] for entry in line.values["entries"]
            ]
            gzip.compress("\n".join(entries).encode())

    return {
        "parse the message": each_us(lambda number: TWILIO.parse(texts[number])),
        "audio in: frames, batches, count": each_us(listen),
        "VAD: four modes, level, model": each_us(lambda number: vad(frames[number])),
        "level": each_us(lambda number: level_db(frames[number])),
        "core: feed and state": each_us(decide),
        "journal: note": each_us(lambda number: recorder.note(heard[number], 0.5)),
        "journal: into the spool, on its own thread": each_us(spool),
        "journal: into the database, on its own thread": each_us(write),
    }


@dataclass(frozen=True, slots=True)
class Report:
    machine: str
    stock_us: float
    ours_us: float
    parts_us: dict[str, float]
    late_ms: dict[str, dict[str, float]]

    def __str__(self) -> str:
        lines = [
            f"One frame, CPU time (median of {ROUNDS} rounds of {FRAMES} frames, by turns)",
            _line("stock consumer", self.stock_us),
            _line("MediaConsumer", self.ours_us)
            + f"   {self.stock_us / self.ours_us:.1f} times less",
            "",
            "Ours, part by part (each by itself)",
            *(_line(name, us) for name, us in self.parts_us.items()),
            _line(
                "the rest: event loop, queue, driver", self.ours_us - sum(self.parts_us.values())
            ),
            "",
            f"How late frames are heard, {CALLS} calls in real time, ms",
            f"  {'':42} {'p50':>8} {'p99':>8} {'worst':>8}",
            *(
                f"  {name:42} {late['p50']:8.1f} {late['p99']:8.1f} {late['worst']:8.1f}"
                for name, late in self.late_ms.items()
            ),
            "",
            self.machine,
        ]
        return "\n".join(lines)


def _line(name: str, us: float) -> str:
    return f"  {name:42} {us:8.1f} µs"


async def measure() -> Report:
    pause = SILENCE_BYTE * PAUSE_MS * BYTES_PER_MS
    frames = rig.frames(rig.on_a_line(b"".join(pause + load(name).audio for name in SPEECH)))
    costs: dict[Any, list[float]] = {consumer: [] for consumer in CONSUMERS}
    for _round in range(ROUNDS):
        for consumer in CONSUMERS:
            costs[consumer].append(await cost_us(consumer, frames))
    stock_us, ours_us = (median(costs[consumer]) for consumer in CONSUMERS)
    late_ms = {}
    for consumer, name in zip(CONSUMERS, ("stock consumer", "MediaConsumer"), strict=True):
        for with_query in (False, True):
            what = f"{name}, one query of {QUERY_S} s elsewhere" if with_query else name
            late = await lateness(consumer, frames, with_query)
            late_ms[what] = {
                "p50": percentile(late, 50),
                "p99": percentile(late, 99),
                "worst": max(late),
            }
    return Report(rig.machine(), stock_us, ours_us, await parts_us(frames), late_ms)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--json", action="store_true")
    is_json = options.parse_args().json
    logging.disable(logging.WARNING)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rig.prepare()
    report = asyncio.run(measure())
    print(json.dumps(asdict(report), indent=1) if is_json else report)


if __name__ == "__main__":
    main()
