"""Hebrew text as it is to be spoken."""

from __future__ import annotations

from heb_tts_normalizer import normalize


def speakable(text: str) -> str:
    return normalize(text)
