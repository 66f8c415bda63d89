"""The embedded Speaker: espeak-ng, fed what the language makes of a text for it.

Rules: espeak-ng is GPL, so it runs as a separate program and is never linked; text reaches it on
its standard input, never through a shell. An interrupted reply leaves no process behind.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncGenerator, AsyncIterator

import numpy as np

from calls.audio import riff
from calls.audio.codec import BYTES_PER_MS, Samples, chunks, resample, to_mulaw
from calls.language.language import spoken
from calls.services import (
    NO_NUMBER,
    Availability,
    CalledNumber,
    ServiceFailed,
    ServiceLate,
    reply_texts,
)
from calls.services.reply_texts import audio_of

PEAK = 0.5
"""Loudest sample, of full scale: -6 dBFS, as loud as a telephone voice is."""
STEP_MS, SPEECH_DB = 10, 35
"""A step is speech when it is at most this much fainter than the loudest one."""
KEPT_SILENCE_MS = 30
DEADLINE_S = 2.0
"""A sentence takes about 10 ms; longer than this and something is wrong with the machine."""


def command(program: str, voice: str, speed: int, pitch: int) -> list[str]:
    """espeak-ng reading standard input into a WAV on standard output.

    voice: a language's code, or CODE+VARIANT; speed: words a minute (80-450); pitch: 0-99.
    """
    return [program, "-v", voice, "-s", f"{speed}", "-p", f"{pitch}", "--stdin", "--stdout"]


def synthesise(text: str, *, voice: str = "", speed: int = 150, pitch: int = 50) -> bytes:
    """8 kHz mu-law of the text, waited for: for callers' audio and prepared clips."""
    language = spoken()
    if not (spelled := language.phonetic(text)):
        return b""
    arguments = command(EspeakSpeaker.program, voice or language.code, speed, pitch)
    try:
        ended = subprocess.run(
            arguments, input=spelled.encode(), capture_output=True, timeout=DEADLINE_S
        )
    except FileNotFoundError:
        raise _missing(EspeakSpeaker.program) from None
    except subprocess.TimeoutExpired:
        raise _late(EspeakSpeaker.program) from None
    return _telephone(_checked(ended.returncode, ended.stdout, ended.stderr))


def _missing(program: str) -> ServiceFailed:
    return ServiceFailed(f"{program} is not installed: apt-get install espeak-ng")


def _late(program: str) -> ServiceLate:
    return ServiceLate(f"{program} was silent for {DEADLINE_S:g} s")


def _checked(status: int, wav: bytes, errors: bytes) -> riff.Sound:
    said = errors.decode(errors="replace").strip()
    try:
        if not status:
            return riff.read(wav)
    except riff.Unreadable as error:
        said = said or f"no audio: {error}"
    raise ServiceFailed(f"espeak-ng ended with {status}: {said or 'no audio'}")


def _telephone(sound: riff.Sound) -> bytes:
    """A whole sentence at once: 4 ms for 7 s of speech, so no part of it need be streamed."""
    samples = resample(sound.samples, sound.rate)
    loudest = int(np.abs(samples.astype(np.int32)).max(initial=0))
    if not loudest:
        return b""
    begin_ms, end_ms = speech_bounds(samples)
    begin = max(0, begin_ms - KEPT_SILENCE_MS) * BYTES_PER_MS
    kept = samples[begin : (end_ms + KEPT_SILENCE_MS) * BYTES_PER_MS]
    return to_mulaw((kept * (PEAK * 32767 / loudest)).astype(np.int16))


def speech_bounds(samples: Samples) -> tuple[int, int]:
    """Where speech begins and ends in 8 kHz audio that is not all silence (ms), by level."""
    step = STEP_MS * BYTES_PER_MS
    steps = np.pad(samples.astype(np.float64), (0, -len(samples) % step)).reshape(-1, step)
    power = (steps**2).mean(axis=1)
    speech = np.flatnonzero(power > power.max() / 10 ** (SPEECH_DB / 10))
    return int(speech[0]) * STEP_MS, int(speech[-1] + 1) * STEP_MS


class EspeakSpeaker:
    """The Speaker of a machine without credentials: a robot's voice, and labelled as one."""

    name = "embedded espeak-ng (development voice)"
    program = "espeak-ng"
    speed, pitch = 150, 50

    def __init__(self, called: CalledNumber = NO_NUMBER) -> None:
        self._language = called.language

    @classmethod
    async def warm_up(cls) -> None:
        await audio_of(cls().speak(reply_texts.of(spoken().hello)))

    @classmethod
    def availability(cls) -> Availability:
        return Availability(cls.name, cls.name)

    async def speak(self, texts: AsyncIterator[str]) -> AsyncGenerator[str | bytes, None]:
        async for text in texts:
            yield text
            spelled = self._language.phonetic(text)
            audio = _telephone(await self._sound(spelled)) if spelled else b""
            for chunk in chunks(audio):
                yield chunk

    async def _sound(self, text: str) -> riff.Sound:
        try:
            process = await asyncio.create_subprocess_exec(
                *command(self.program, self._language.code, self.speed, self.pitch),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except FileNotFoundError:
            raise _missing(self.program) from None
        try:
            async with asyncio.timeout(DEADLINE_S):
                wav, errors = await process.communicate(text.encode())
        except TimeoutError:
            raise _late(self.program) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return _checked(process.returncode or 0, wav, errors)
