"""What the clients of Google and OpenAI cost a call, and what a ready phrase saves its caller.

This process, with the clients, has one core; the scripted cloud has another. Each client works for
40 calls at once, which are out of step as calls are, and by turns with it the way of the vendor's
own guide; what keeping pace with a caller costs by itself is measured, too, and taken away.

    .venv/bin/python -m bench.services_cost          # three minutes; --rounds 1: one
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from statistics import median
from typing import Any

from django.conf import settings
from django.test import override_settings
from google.cloud import speech_v2, texttospeech_v1

from bench import rig
from bench.agents import Cloud
from bench.first_audio import ASKED, ROUND_TRIP_S, first_audios, spoken
from bench.load import on_core
from calls.audio.codec import BYTES_PER_MS, SILENCE_BYTE
from calls.language.hebrew import HEBREW
from calls.services.google import channels as google_channels
from calls.services.google import speech_pairs as pairs
from calls.services.google import voice as google_voice
from calls.services.google.speech import GoogleTranscriber
from calls.services.google.voice import GoogleSpeaker
from calls.services.openai import api as openai_api
from calls.services.openai.writer import OpenAiWriter
from calls.simulator import utterances
from calls.simulator.table import Column, render

CALLS, SECONDS, BATCH_MS = 40, 10, 60
ROUNDS = 3
SENTENCE = "אנחנו פתוחים מיום ראשון עד יום חמישי, משמונה בבוקר עד שבע בערב."
TURNS_A_MINUTE = 6

Job = Callable[[], Awaitable[None]]


async def cpu_ms(job: Job) -> float:
    """CPU time of this process for each of so many calls that do this at once."""

    async def one(number: int) -> None:
        await asyncio.sleep(number * BATCH_MS / 1000 / CALLS)
        await job()

    began_s = time.process_time()
    await asyncio.gather(*(one(number) for number in range(CALLS)))
    return 1000 * (time.process_time() - began_s) / CALLS


def audio() -> bytes:
    """A short and a long utterance, each with the silence after it."""
    half = SECONDS * 1000 * BYTES_PER_MS // 2
    said = (utterances.load(name).audio for name in ("hours", "call_me"))
    return b"".join(each.ljust(half, SILENCE_BYTE) for each in said)


async def batches() -> AsyncIterator[tuple[bytes, int]]:
    """That, as it comes."""
    heard, loop = audio(), asyncio.get_running_loop()
    began_s, step = loop.time(), BATCH_MS * BYTES_PER_MS
    for begin in range(0, len(heard), step):
        until_ms = (begin + step) // BYTES_PER_MS
        await asyncio.sleep(began_s + until_ms / 1000 - loop.time())
        yield heard[begin : begin + step], until_ms


async def keep_pace() -> None:
    async for _batch in batches():
        pass


async def hear() -> None:
    transcriber = GoogleTranscriber()
    listening = asyncio.create_task(_listen(transcriber))
    async for part, until_ms in batches():
        transcriber.push(part, until_ms)
    await transcriber.aclose()
    await listening
    if transcriber.replaced or transcriber.dropped_frames:
        raise SystemExit("the recogniser could not keep up: what it costs cannot be told")


async def _listen(transcriber: GoogleTranscriber) -> None:
    async for _transcript in transcriber.transcripts():
        pass


async def hear_by_the_guide() -> None:
    """Google's sample: a generator of request objects, and response objects."""
    pair = pairs.chosen(settings.GOOGLE_CLOUD_PROJECT)
    with google_channels.leased(pair) as speech:
        opening = speech.opening(pair, settings.GOOGLE_CLOUD_PROJECT, ())

        async def requests() -> AsyncIterator[speech_v2.StreamingRecognizeRequest]:
            yield opening
            async for part, _until_ms in batches():
                yield speech_v2.StreamingRecognizeRequest(audio=part)

        client = speech._client  # type: ignore[attr-defined]  # the same connections
        async for response in await client.streaming_recognize(requests=requests()):
            for result in response.results:
                _ = result.alternatives[0].transcript


async def write() -> None:
    async with aclosing(OpenAiWriter().write(ASKED)) as pieces:
        async for _piece in pieces:
            pass


async def write_by_the_guide() -> None:
    """OpenAI's sample: typed chunks."""
    messages: Any = [{"role": "user", "content": ASKED[0].text}]
    stream = await openai_api.api().client.chat.completions.create(
        model=settings.OPENAI_MODEL, messages=messages, stream=True
    )
    async for chunk in stream:
        if chunk.choices:
            _ = chunk.choices[0].delta.content


async def speak() -> None:
    async with aclosing(spoken(GoogleSpeaker(), SENTENCE)) as parts:
        async for _part in parts:
            pass


async def speak_by_the_guide() -> None:
    """Google's sample, in mu-law: a generator of request objects, and response objects."""
    voice = texttospeech_v1.VoiceSelectionParams(
        language_code="he-IL", name=google_voice.usual_voice(HEBREW)
    )
    sound = texttospeech_v1.StreamingAudioConfig(
        audio_encoding=texttospeech_v1.AudioEncoding.MULAW, sample_rate_hertz=8000
    )
    config = texttospeech_v1.StreamingSynthesizeConfig(voice=voice, streaming_audio_config=sound)

    async def requests() -> AsyncIterator[texttospeech_v1.StreamingSynthesizeRequest]:
        yield texttospeech_v1.StreamingSynthesizeRequest(streaming_config=config)
        text = texttospeech_v1.StreamingSynthesisInput(text=SENTENCE)
        yield texttospeech_v1.StreamingSynthesizeRequest(input=text)

    client = await google_voice._client()
    async for response in await client.streaming_synthesize(requests=requests()):
        _ = response.audio_content


CLIENTS: tuple[tuple[str, str, Job, Job, float], ...] = (
    ("Google Speech", "s of call", hear, hear_by_the_guide, SECONDS),
    ("OpenAI", "answer", write, write_by_the_guide, 1),
    ("Google's voice", "sentence", speak, speak_by_the_guide, 1),
)


async def costs(rounds: int) -> str:
    """Each client's CPU time, against the guide's."""
    for _name, _unit, ours, guide, _units in CLIENTS:  # connected, imported, compiled
        await ours()
        await guide()
    rows, a_minute_ms = [], 0.0
    for name, unit, ours, guide, units in CLIENTS:
        spent = []
        for _round in range(rounds):
            pace_ms = await cpu_ms(keep_pace) if ours is hear else 0.0
            spent.append([await cpu_ms(job) - pace_ms for job in (ours, guide)])
        own_ms, their_ms = (median(each) / units for each in zip(*spent, strict=True))
        a_minute_ms += own_ms * (60 if ours is hear else TURNS_A_MINUTE)
        rows.append([name, unit, f"{own_ms:.1f}", f"{their_ms:.1f}", f"{own_ms / their_ms:.2f}"])
    columns = [
        Column(("client",)), Column(("CPU time", "per")), Column(("ours", "ms"), is_number=True),
        Column(("guide", "ms"), is_number=True), Column(("ours /", "guide"), is_number=True),
    ]  # fmt: skip
    share = f"{a_minute_ms / 60_000:.1%}"
    reading = f"A call with {TURNS_A_MINUTE} answers of a sentence a minute: {share} of a core."
    return "\n".join([render(columns, rows, 0), "", reading])


async def measure(rounds: int) -> None:
    print(await costs(rounds))
    print(f"\n{await first_audios()}\n")
    print(f"The cloud is {1000 * ROUND_TRIP_S:.0f} ms away and back, OpenAI behind TLS.")
    print(rig.machine())


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = options.parse_args()
    cloud_core, *rest = sorted(os.sched_getaffinity(0))
    with on_core(cloud_core), Cloud() as cloud:
        names = ("GOOGLE_SPEECH_ENDPOINT", "GOOGLE_TEXTTOSPEECH_ENDPOINT", "GOOGLE_CLOUD_PROJECT",
                 "OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL")  # fmt: skip
        given: dict[str, Any] = {name: cloud.environ[name] for name in names}
        with (
            on_core(rest[0] if rest else cloud_core),
            override_settings(**given, GOOGLE_INSECURE=True, GCP_STT_MODEL="chirp_3"),
        ):
            asyncio.run(measure(chosen.rounds))


if __name__ == "__main__":
    main()
