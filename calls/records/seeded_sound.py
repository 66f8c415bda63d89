"""Recordings of invented calls: the embedded voice speaks for both sides."""

from __future__ import annotations

from calls.audio.codec import BYTES_PER_MS, SILENCE_BYTE
from calls.models import Call
from calls.records import recording
from calls.records.seeding import SID
from calls.services.espeak.speaker import synthesise


def record(calls: int) -> None:
    """Give so many of the newest a recording."""
    for call in Call.objects.filter(call_sid__startswith=SID).order_by("-rang_at")[:calls]:
        sound = recording.Recording()
        until_ms = 0
        for turn in call.turns.all():
            for from_ms, text, put in (
                (turn.speech_began_ms, turn.said, _hear),
                (turn.heard_ms, turn.answered, recording.Recording.speak),
            ):
                if from_ms is not None and text:
                    audio = synthesise(text)
                    put(sound, round(from_ms), audio)
                    until_ms = max(until_ms, round(from_ms) + len(audio) // BYTES_PER_MS)
        recording.write(recording.path_of(call), *sound.take(until_ms + 500))
        recording.make_peaks(call)


def _hear(sound: recording.Recording, from_ms: int, audio: bytes) -> None:
    audio = audio.ljust(-(-len(audio) // BYTES_PER_MS) * BYTES_PER_MS, SILENCE_BYTE)
    sound.hear(from_ms + len(audio) // BYTES_PER_MS, audio)
