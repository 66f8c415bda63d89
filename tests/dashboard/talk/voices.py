"""What the agent says and the caller's microphone hears while the Talk page is tested."""

from __future__ import annotations

import wave
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import numpy as np

from calls.audio.codec import FRAME_BYTES, RATE, to_mulaw, to_pcm
from calls.simulator import utterances
from tests.fakes import FakeSpeaker, FakeWriter, tuned

Talkative = tuned(FakeWriter, answer=("בשמחה. ", "אפשר להגיע אלינו בכל יום בין תשע לחמש. " * 3))
HUM = to_mulaw((8000 * np.sin(2 * np.pi * 500 * np.arange(FRAME_BYTES) / RATE)).astype(np.int16))


class Hum(FakeSpeaker):
    """A tone that a loudspeaker of 8 kHz carries."""

    async def speak(self, texts: AsyncIterator[str]) -> AsyncGenerator[str | bytes, None]:
        async for part in super().speak(texts):
            yield part if isinstance(part, str) else HUM


def write_microphone(path: Path, said: list[float | str]) -> None:
    """What a microphone will hear: seconds of silence, and utterances by their names."""
    parts = [
        np.zeros(int(each * RATE), np.int16)
        if isinstance(each, float)
        else to_pcm(utterances.load(each).audio)
        for each in said
    ]
    with wave.open(f"{path}", "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.concatenate(parts).astype("<i2").tobytes())
