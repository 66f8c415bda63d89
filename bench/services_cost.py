"""What the clients of Google and OpenAI cost a call, and what the phrase cache saves it.

This process, with the clients, has one core; the scripted cloud has another. Each client is run as
a call runs it, 40 calls at once, and beside it the way of the vendor's own guide, in the same run;
what the pacing itself costs is measured first and taken away.

    .venv/bin/python -m bench.services_cost          # about two minutes
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

from bench import rig
from bench.agents import Cloud
from bench.load import on_core

os.environ["DJANGO_SETTINGS_MODULE"] = "hevoice.settings"

from django.conf import settings
from django.test import override_settings
from google.cloud import speech_v2, texttospeech_v1

from calls import utterances
from calls.audio import BYTES_PER_MS
from calls.services import Line, Voice, google_channels, openai_api
from calls.services import google_speech_pairs as pairs
from calls.services.google_speech import GoogleTranscriber
from calls.services.google_voice import GoogleSpeaker
from calls.services.openai_writer import OpenAiWriter
from calls.services.phrase_cache import CachedSpeaker, PhraseCache
from calls.table import Column, render

CALLS, SECONDS, BATCH_MS = 40, 8, 60
OPENING, SENTENCE = "בשמחה.", "אנחנו פתוחים מיום ראשון עד יום חמישי, משמונה בבוקר עד שבע בערב."
ASKED = [Line(True, "מה שעות הפתיחה")]
TRIES = 9


async def cpu_s(one: Callable[[], Awaitable[None]]) -> float:
    """CPU seconds of this process while so many calls do this at once."""
    began = time.process_time()
    await asyncio.gather(*(one() for _call in range(CALLS)))
    return time.process_time() - began


def audio() -> bytes:
    said = b"".join(utterances.load(name).audio for name in ("hours", "next_week", "price"))
    return (said * 5)[: SECONDS * 1000 * BYTES_PER_MS]


async def batches() -> AsyncIterator[tuple[bytes, int]]:
    """The audio of a call, as it comes."""
    spoken, loop = audio(), asyncio.get_running_loop()
    began_s, step = loop.time(), BATCH_MS * BYTES_PER_MS
    for begin in range(0, len(spoken), step):
        until_ms = (begin + step) // BYTES_PER_MS
        await asyncio.sleep(began_s + until_ms / 1000 - loop.time())
        yield spoken[begin : begin + step], until_ms


async def pacing() -> None:
    async for _batch in batches():
        pass


async def hear() -> None:
    transcriber = GoogleTranscriber()
    taking = asyncio.create_task(_taken(transcriber))
    async for part, until_ms in batches():
        transcriber.push(part, until_ms)
    await transcriber.aclose()
    await taking


async def _taken(transcriber: GoogleTranscriber) -> None:
    async for _transcript in transcriber.transcripts():
        pass


async def hear_by_the_guide() -> None:
    """Google's sample: a generator of request objects, and response objects."""
    pair = pairs.chosen("local")
    with google_channels.leased(pair) as speech:
        opening = speech.opening(pair, "local", ())

        async def requests() -> AsyncIterator[Any]:
            yield opening
            async for part, _until_ms in batches():
                yield speech_v2.StreamingRecognizeRequest(audio=part)

        client = speech._client  # type: ignore[attr-defined]
        async for response in await client.streaming_recognize(requests=requests()):
            for result in response.results:
                _ = result.alternatives[0].transcript


async def write() -> None:
    async with aclosing(OpenAiWriter().write(ASKED)) as pieces:
        async for _piece in pieces:
            pass


async def write_by_the_guide() -> None:
    """OpenAI's sample: typed chunks."""
    client = openai_api.api().client
    messages: Any = [{"role": "user", "content": ASKED[0].text}]
    stream = await client.chat.completions.create(
        model=settings.OPENAI_MODEL, messages=messages, stream=True
    )
    async for chunk in stream:
        if chunk.choices:
            _ = chunk.choices[0].delta.content


async def speak() -> None:
    async with aclosing(GoogleSpeaker().speak(SENTENCE)) as parts:
        async for _part in parts:
            pass


async def speak_by_the_guide() -> None:
    """Google's sample: a generator of requests; here too straight in mu-law."""
    from calls.services import google_voice

    async def requests() -> AsyncIterator[texttospeech_v1.StreamingSynthesizeRequest]:
        voice = texttospeech_v1.VoiceSelectionParams(
            language_code="he-IL", name=settings.GOOGLE_TTS_VOICE
        )
        format_ = texttospeech_v1.StreamingAudioConfig(
            audio_encoding=texttospeech_v1.AudioEncoding.MULAW, sample_rate_hertz=8000
        )
        yield texttospeech_v1.StreamingSynthesizeRequest(
            streaming_config=texttospeech_v1.StreamingSynthesizeConfig(
                voice=voice, streaming_audio_config=format_
            )
        )
        yield texttospeech_v1.StreamingSynthesizeRequest(
            input=texttospeech_v1.StreamingSynthesisInput(text=SENTENCE)
        )

    client = await google_voice._client()
    async for response in await client.streaming_synthesize(requests=requests()):
        _ = response.audio_content


async def costs() -> str:
    """Each client's CPU, against the guide's."""
    for job in (hear, hear_by_the_guide, write, write_by_the_guide, speak, speak_by_the_guide):
        await job()  # connected, imported and compiled
    paced_s = await cpu_s(pacing)
    rows = []
    for what, ours, guide, share, unit in (
        ("Google Speech", hear, hear_by_the_guide, CALLS * SECONDS, "s of call audio"),
        ("OpenAI", write, write_by_the_guide, CALLS, "answer"),
        ("Google's voice", speak, speak_by_the_guide, CALLS, "sentence"),
    ):
        base_s = paced_s if what == "Google Speech" else 0.0
        own_ms = 1000 * (await cpu_s(ours) - base_s) / share
        their_ms = 1000 * (await cpu_s(guide) - base_s) / share
        rows.append([what, unit, f"{own_ms:.2f}", f"{their_ms:.2f}", f"{their_ms / own_ms:.1f}"])
    columns = [
        Column(("client",)), Column(("CPU", "per")), Column(("ours", "ms"), is_number=True),
        Column(("guide", "ms"), is_number=True), Column(("times", ""), is_number=True),
    ]  # fmt: skip
    return render(columns, rows, 0)


async def first_audio_ms(voice: Voice) -> float:
    """From the decision to the first audio: the writer's first sentence, and its first byte."""
    began = time.perf_counter()
    async with aclosing(OpenAiWriter().write(ASKED)) as pieces:
        async for piece in pieces:
            if isinstance(piece, str) and piece.strip():
                break
    async with aclosing(voice.speak(OPENING)) as parts:
        async for _part in parts:
            return 1000 * (time.perf_counter() - began)
    raise SystemExit("no audio came")


async def first_audios() -> str:
    """Warm and cold connections, the opening clause ready or not."""
    cache = PhraseCache(rig.VAR_DIR / "phrases")
    await cache.keep(GoogleSpeaker(), [OPENING])
    ready = CachedSpeaker(GoogleSpeaker(), "CA1", phrase_cache=cache)
    rows = []
    for name, voice, is_cold in (
        ("connections warm, opening ready", ready, False),
        ("connections warm", GoogleSpeaker(), False),
        ("connections cold", GoogleSpeaker(), True),
    ):
        tries = []
        for _try in range(TRIES):
            if is_cold:
                await _hang_up()
            tries.append(await first_audio_ms(voice))
        rows.append([name, f"{median(tries):.0f}", f"{max(tries):.0f}"])
    columns = [
        Column(("decision to first audio",)), Column(("p50", "ms"), is_number=True),
        Column(("worst", "ms"), is_number=True),
    ]  # fmt: skip
    return render(columns, rows, 0)


async def _hang_up() -> None:
    """Every connection of this process is gone, as after an idle night."""
    from calls.services import google_voice

    await openai_api.aclose()
    client: Any = google_voice._clients.pop(asyncio.get_running_loop(), None)
    if client:
        await client.transport.close()


async def measure() -> str:
    return "\n\n".join([await costs(), await first_audios()])


def main() -> None:
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    cloud_core, *rest = sorted(os.sched_getaffinity(0))
    with on_core(cloud_core):
        cloud = Cloud().__enter__()
    try:
        names = ("GOOGLE_SPEECH_ENDPOINT", "GOOGLE_TEXTTOSPEECH_ENDPOINT", "GOOGLE_CLOUD_PROJECT",
                 "OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL")  # fmt: skip
        given: dict[str, Any] = {name: cloud.environ[name] for name in names}
        with (
            on_core(rest[0] if rest else cloud_core),
            override_settings(**given, GOOGLE_INSECURE=True, GCP_STT_MODEL="chirp_3"),
        ):
            print(asyncio.run(measure()))
    finally:
        cloud.__exit__()
    print(f"\nPlain TCP on this machine: TLS and the way to the real ones come on top when cold.\n"
          f"{rig.machine()}")  # fmt: skip


if __name__ == "__main__":
    main()
