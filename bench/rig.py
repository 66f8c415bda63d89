"""What the benches share: data of their own, the sound of a line, and how late frames were.

Importing it sets Django up on bench.settings and a temporary VAR_DIR: import it before anything
that needs Django.
"""

from __future__ import annotations

import json
import os
import platform
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import django
import numpy as np

_var = tempfile.TemporaryDirectory(prefix="hevoice-bench-")
VAR_DIR = Path(_var.name)
os.environ |= {"DJANGO_SETTINGS_MODULE": "bench.settings", "VAR_DIR": _var.name}
django.setup()

from django.core.management import call_command  # noqa: E402

from calls.audio.codec import FRAME_BYTES, SILENCE_BYTE, to_mulaw, to_pcm  # noqa: E402
from calls.simulator import utterances  # noqa: E402
from calls.simulator.utterances import Utterance  # noqa: E402

NOISE = 8
"""Standard deviation of a telephone line's soft noise, in 16-bit steps (about -72 dB)."""


def prepare() -> None:
    """The bench's database."""
    call_command("migrate", verbosity=0)


def machine() -> str:
    """This machine, as far as the figures depend on it."""
    names = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    name = names[0] if names else platform.machine()
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}"


def on_a_line(audio: bytes) -> bytes:
    """This audio with the soft noise of a telephone: silence there is never digital, and a VAD has
    to think about it."""
    noise = np.random.default_rng(1).normal(0, NOISE, len(audio)).round()
    return to_mulaw(np.clip(to_pcm(audio) + noise, -32768, 32767).astype(np.int16))


def quiet_frames() -> Iterator[bytes]:
    """A line on which nobody speaks, for ever."""
    return cycle(frames(on_a_line(SILENCE_BYTE * FRAME_BYTES * 500)))


def speech(name: str) -> Utterance:
    """This utterance, on a line."""
    utterance = utterances.load(name)
    return replace(utterance, audio=on_a_line(utterance.audio))


def frames(audio: bytes) -> list[bytes]:
    """The whole frames in it."""
    whole = len(audio) - len(audio) % FRAME_BYTES
    return [audio[at : at + FRAME_BYTES] for at in range(0, whole, FRAME_BYTES)]


def lateness_ms(journal: Iterable[str]) -> list[float]:
    """How much later than the call's most punctual frame each frame was heard.

    Both clocks of the journal begin with the stream, but the caller's audio began before it by an
    unknown constant: the smallest difference stands for it.
    """
    entries = (json.loads(line) for line in journal)
    differences = [e["wall_ms"] - e["at_ms"] for e in entries if e["kind"] == "Heard"]
    return [difference - min(differences) for difference in differences]
