"""Callers' audio with its ground truth: what is said, and where speech begins and ends.

The list is in utterances.toml; the audio is made by the embedded voice and kept in VAR_DIR. Rule:
the truth is measured on the audio itself, not taken from what the synthesiser was asked for.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from calls.audio.codec import BYTES_PER_MS, SILENCE_BYTE, to_pcm
from calls.language.language import spoken
from calls.services.espeak.speaker import speech_bounds, synthesise

LIST = Path(__file__).with_name("utterances.toml")


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing that a caller says or keys in.

    parts: the text between its pauses.
    audio: 8 kHz mu-law, with at most 40 ms of silence at either end; empty if keys are pressed.
    speech_from_ms, speech_until_ms: where speech begins and ends in it, to 10 ms.
    outside: not one of the answers expected at that point of the conversation.
    """

    name: str
    parts: tuple[str, ...]
    audio: bytes = b""
    speech_from_ms: int = 0
    speech_until_ms: int = 0
    keys: str = ""
    outside: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.parts)


def names() -> list[str]:
    return list(_listed()["utterances"])


def conversations() -> list[str]:
    return list(_listed()["conversations"])


def beginning(name: str) -> str:
    """The first lines of a conversation's caller, pauses as dots: two begin with the same wish."""
    entries = [_listed()["utterances"][each] for each in _listed()["conversations"][name][:2]]
    return " · ".join(" … ".join(each.get("parts") or [each["text"]]) for each in entries)


def with_tools() -> list[str]:
    """Conversations that only a number with tools for them understands."""
    return list(_listed()["with_tools"])


def conversation(name: str) -> list[Utterance]:
    """What one caller says in a call, in order. Raises KeyError for an unknown name."""
    known = _listed()["conversations"] | _listed()["with_tools"]
    return [load(each) for each in known[name]]


def load(name: str) -> Utterance:
    """Raises KeyError for an unknown name, ServiceFailed without espeak-ng."""
    entry = _listed()["utterances"][name]
    parts: Sequence[str] = entry.get("parts") or [entry["text"]]
    keys, outside = entry.get("keys", ""), entry.get("outside", False)
    if keys:
        return Utterance(name, tuple(parts), keys=keys, outside=outside)
    audio = _audio(name, parts, entry)
    begin_ms, end_ms = speech_bounds(to_pcm(audio))
    return Utterance(name, tuple(parts), audio, begin_ms, end_ms, outside=outside)


@cache
def _listed() -> dict[str, Any]:
    return tomllib.loads(LIST.read_text("utf-8"))


def _audio(name: str, parts: Sequence[str], entry: dict[str, Any]) -> bytes:
    voice = {key: entry[key] for key in ("voice", "speed", "pitch") if key in entry}
    pause_ms = entry.get("pause_ms", 0)
    inputs = repr(([spoken().phonetic(part) for part in parts], sorted(voice.items()), pause_ms))
    digest = hashlib.sha256(inputs.encode()).hexdigest()[:12]
    kept = Path(settings.VAR_DIR) / "utterances" / f"{name}-{digest}.ulaw"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        made = kept.with_suffix(".part")
        made.write_bytes(_joined([synthesise(part, **voice) for part in parts], pause_ms))
        made.replace(kept)
    return kept.read_bytes()


def _joined(parts: Sequence[bytes], pause_ms: int) -> bytes:
    """The parts with `pause_ms` from the end of speech in one to its beginning in the next."""
    audio = parts[0]
    for part in parts[1:]:
        ended_ms = speech_bounds(to_pcm(audio))[1]
        begins_ms = speech_bounds(to_pcm(part))[0]
        silent_ms = len(audio) // BYTES_PER_MS - ended_ms + begins_ms
        audio += SILENCE_BYTE * ((pause_ms - silent_ms) * BYTES_PER_MS) + part
    return audio
