"""From the decision to the first audio: what warm connections and ready phrases save a caller.

As in a call: the writer is asked, its first clause goes to the voice as soon as it is whole, and
the first bytes of sound are waited for. The cloud is ROUND_TRIP_S away; OpenAI is behind TLS, and
Google's voice is not (its client would not trust a local certificate).
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.test import override_settings

from bench import rig
from bench.distance import HOST, far, made_certificate
from calls.language.hebrew import HEBREW
from calls.services import By, HistoryLine, Voice, reply_texts
from calls.services.google import voice as google_voice
from calls.services.google.voice import GoogleSpeaker
from calls.services.openai import api as openai_api
from calls.services.openai.writer import OpenAiWriter
from calls.services.phrase_cache import CachedSpeaker, PhraseCache
from calls.simulator.table import Column, render
from calls.voice.sentences import Sentences

ASKED = [HistoryLine(By.CALLER, "מה שעות הפתיחה")]
ROUND_TRIP_S = 0.03
TRIES = 9


async def opening() -> str:
    """The first clause of the answer, as soon as it is whole."""
    async with aclosing(OpenAiWriter().write(ASKED)) as pieces:
        sentences = Sentences(HEBREW)
        async for piece in pieces:
            if isinstance(piece, str) and (ready := sentences.add(piece)):
                return ready[0]
    return sentences.rest()[0]


async def spoken(voice: Voice, text: str) -> AsyncGenerator[bytes, None]:
    async with aclosing(voice.speak(reply_texts.of(text))) as parts:
        async for part in parts:
            if isinstance(part, bytes):
                yield part


async def first_audio_ms(voice: Voice) -> float:
    began_s = time.perf_counter()
    async with aclosing(spoken(voice, await opening())) as parts:
        async for _part in parts:
            return 1000 * (time.perf_counter() - began_s)
    raise SystemExit("no audio came")


async def first_audios() -> str:
    """A table: warm and cold connections, the opening clause ready or not."""
    certificate = made_certificate(rig.VAR_DIR)
    voice_port = int(settings.GOOGLE_TEXTTOSPEECH_ENDPOINT.rpartition(":")[2])
    openai_port = urlsplit(settings.OPENAI_BASE_URL).port or 0
    os.environ["SSL_CERT_FILE"] = str(certificate)
    async with AsyncExitStack() as stack:
        voice_port = await stack.enter_async_context(far(voice_port, ROUND_TRIP_S))
        openai_port = await stack.enter_async_context(far(openai_port, ROUND_TRIP_S, certificate))
        stack.enter_context(
            override_settings(
                GOOGLE_TEXTTOSPEECH_ENDPOINT=f"{HOST}:{voice_port}",
                OPENAI_BASE_URL=f"https://{HOST}:{openai_port}/v1",
            )
        )
        await hang_up()
        return await _table()


async def _table() -> str:
    cache = PhraseCache(rig.VAR_DIR / "phrases")
    await cache.keep(GoogleSpeaker(), [await opening()])
    ready = CachedSpeaker(GoogleSpeaker(), "CA1", phrase_cache=cache)
    rows = []
    for is_cold in (False, True):
        for name, voice in (("ready", ready), ("not ready", GoogleSpeaker())):
            tries = [await _try(voice, is_cold) for _try_number in range(TRIES)]
            how = "cold" if is_cold else "warm"
            rows.append([how, name, f"{median(tries):.0f}", f"{max(tries):.0f}"])
    columns = [
        Column(("connections",)), Column(("opening", "clause")),
        Column(("first audio", "p50, ms"), is_number=True), Column(("worst", "ms"), is_number=True),
    ]  # fmt: skip
    return render(columns, rows, 0)


async def _try(voice: Voice, is_cold: bool) -> float:
    if is_cold:
        await hang_up()
    else:
        await openai_api.api().warm()
    return await first_audio_ms(voice)


async def hang_up() -> None:
    """Every connection of this process is gone, as after an idle night."""
    await openai_api.aclose()
    client: Any = google_voice.clients.take()
    if client:
        await client.transport.close()
