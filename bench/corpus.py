"""Hebrew telephone calls with their truth: what is said, when, where a turn really ends.

Two halves (corpus.toml): "weights" to tune on, "unseen" to judge on, which share no text, voice or
speed. Rules: half and seed determine every byte; the truth is measured on the clean audio and by
how it was joined, never guessed from the noisy one.

A pause is silence within one speaker's talk (Heldner & Edlund, "Pauses, gaps and overlaps in
conversations", J. Phonetics 38, 2010). Lengths are far from normal and are drawn as log-normal:
called (under 200 ms: left out here), medium (200-1,000 ms) and, in spontaneous speech only, long
ones (Campione & Véronis, "A large-scale multilingual study of silent pause duration", Speech
Prosody 2002). The medians and spreads of PAUSES are ours, chosen to fit that: half of the thinking
pauses are over 500 ms, one in fourteen over 1.5 s. A caller's habit scales all of them: speakers
differ, and keep the ratio between kinds of pause (Lundholm Fors, "Production and perception of
pauses in speech", 2015).
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from bench import corpus_audio
from bench.corpus_audio import Phrase, Voice, Wave, on_the_line, rms, silence
from calls.audio.codec import BYTES_PER_MS
from calls.language.hebrew import HEBREW
from calls.simulator.virtual.line import Word
from tuning.turns.completion import Asked

LISTS = Path(__file__).with_name("corpus.toml")
HALVES = ("weights", "unseen")
PAUSES = {
    "thinking": (500, 0.75),
    "number": (450, 0.45),
    "trailing": (800, 0.6),
}
"""Median (ms) and sigma of the logarithm."""
SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS = 200, 3000
FLOOR_MS, CORRECTION_MS = (1000, 2500), (400, 900)
"""The pause after "רגע", and before "בעצם לא": drawn evenly."""
HABIT = (0.7, 1.4)
CURT = (1, 1.5)
"""How much faster than the rest a yes or a no is said: some last 130 ms."""
OVER_AGENT_MS = (500, 3000)
FAINTER_DB = (12, 20)
"""How much fainter than the caller a person in the background is."""
DIGITS = [
    next(
        word for word, value in HEBREW.words.digits.items() if value == str(digit) and word != "אחד"
    )
    for digit in range(10)
]
OVER_AGENT = ("backchannel", "cough", "interruption", "background")
PAUSE_MARK = re.compile(r" (//?) ")


@dataclass(frozen=True, slots=True)
class CallerTurn:
    """kind: one of corpus.toml's counts; asked: what the agent's words before it ask.

    text, words: a perfect transcript, its words spread over their phrase by number of letters; no
    words for coughs and people in the background.
    audio: 8 kHz mu-law in whole frames, from at most 40 ms before the first sound.
    speech_ends_ms: where the turn really ends. pauses: its silences of 200 ms and more.
    over_agent_ms: begins so long after the agent's words began; None: the agent has finished.
    takes_floor: the agent must stop for it, or answer it.
    """

    kind: str
    asked: Asked
    text: str
    words: tuple[Word, ...]
    audio: bytes
    speech_ends_ms: int
    pauses: tuple[tuple[int, int], ...]
    over_agent_ms: int | None
    takes_floor: bool


@dataclass(frozen=True, slots=True)
class CallerCall:
    """One caller on one line. noise: its background, to be looped between turns; mu-law."""

    name: str
    half: str
    voice: str
    line: str
    turns: tuple[CallerTurn, ...]
    noise: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """A turn before it has a place on a line."""

    kind: str
    asked: Asked
    wave: Wave
    words: tuple[Word, ...]
    ends_ms: int
    pauses: tuple[tuple[int, int], ...]


def calls(half: str, seed: int = 1) -> list[CallerCall]:
    """Every call of a half. Raises KeyError for another half, ServiceFailed without espeak-ng."""
    listed = lists()[half]
    rng = Random(f"{half} {seed}")
    scripts = list(_scripts(listed, rng))
    rng.shuffle(scripts)
    count = listed["calls"]
    return [_call(f"{half}-{at + 1:02}", half, scripts[at::count], at, rng) for at in range(count)]


@cache
def lists() -> dict[str, Any]:
    return tomllib.loads(LISTS.read_text("utf-8"))


def complete_share(half: str) -> float:
    """Share of the half's thinking pauses that come after words that could be all of it."""
    listed = lists()[half]
    texts = listed["story"] + listed["trailing"]
    marks = Counter(mark for text in texts for mark in PAUSE_MARK.findall(text))
    return marks["//"] / marks.total()


def _scripts(listed: dict[str, Any], rng: Random) -> Iterator[tuple[str, Asked, str]]:
    """Kind, question and text of every turn: each text once before any comes again."""
    for kind, count in lists()["counts"].items():
        match kind:
            case "number":
                texts = [_number(listed, rng) for _ in range(count)]
            case "cough":
                texts = [(Asked(), f"{length_ms}") for length_ms in listed["noises_ms"]]
            case "short" | "correction":
                texts = [
                    (Asked(group["asked"], tuple(group.get("phrases", ()))), text)
                    for group in listed[kind]
                    for text in group["texts"]
                ]
            case _:
                texts = [(_asked(kind), text) for text in listed[kind]]
        rng.shuffle(texts)
        for at in range(count):
            yield kind, *texts[at % len(texts)]


def _asked(kind: str) -> Asked:
    if kind in OVER_AGENT:
        return Asked()
    return Asked("yes_no" if kind == "yes_no" else "open")


def _number(listed: dict[str, Any], rng: Random) -> tuple[Asked, str]:
    """A mobile number (ten digits) or an identity number (nine), in groups."""
    sizes = [int(size) for size in rng.choice(listed["groupings"]).split()]
    digits = [rng.randrange(10) for _ in range(sum(sizes))]
    is_telephone = len(digits) == 10
    if is_telephone:
        digits[:2] = 0, 5
    rest = iter(DIGITS[digit] for digit in digits)
    groups = " / ".join(" ".join(next(rest) for _ in range(size)) for size in sizes)
    asked = Asked("number", digits=0 if is_telephone else len(digits))
    return asked, f"{rng.choice(listed['number_openings'])} {groups}".strip()


def _call(
    name: str, half: str, scripts: Sequence[tuple[str, Asked, str]], at: int, rng: Random
) -> CallerCall:
    """Every other call is clean; the others go through the half's lines in turn."""
    listed = lists()[half]
    voice = Voice(*(rng.choice(listed[each]) for each in ("voices", "speeds", "pitches")))
    line = "clean" if at % 2 else listed["lines"][at // 2 % len(listed["lines"])]
    habit = rng.uniform(*HABIT)
    said = [_said(*script, voice, habit, listed["around"], rng) for script in scripts]
    noise = _noise(line, rms(_voiced(said)), tuple(listed["around"]), rng)
    turns = tuple(_turn(each, noise, rng) for each in said)
    return CallerCall(name, half, voice.name, line, turns, on_the_line(noise, silence(0)))


def _said(
    kind: str, asked: Asked, text: str, voice: Voice, habit: float, around: list[str], rng: Random
) -> Said:
    if kind == "cough":
        length_ms = int(text)
        burst = corpus_audio.cough(length_ms, np.random.default_rng(rng.getrandbits(32)))
        return Said(kind, asked, burst, (), length_ms, ())
    if kind == "background":
        other = corpus_audio.phrase(text, Voice(rng.choice(around), voice.speed, voice.pitch))
        wave = other.wave / 10 ** (rng.uniform(*FAINTER_DB) / 20)
        return Said(kind, asked, wave, (), other.until_ms, ())
    if kind == "yes_no":
        voice = replace(voice, speed=round(voice.speed * rng.uniform(*CURT)))
    texts = PAUSE_MARK.sub("|", text).split("|")
    phrases = [corpus_audio.phrase(each, voice) for each in texts]
    waits_ms = [_pause_ms(kind, at, habit, rng) for at in range(len(phrases) - 1)]
    return _joined(kind, asked, phrases, waits_ms)


def _pause_ms(kind: str, at: int, habit: float, rng: Random) -> int:
    """The length of a turn's pause number `at`."""
    if kind in ("floor", "correction") and not at:
        return round(rng.uniform(*(FLOOR_MS if kind == "floor" else CORRECTION_MS)))
    median_ms, sigma = PAUSES[kind if kind in PAUSES else "thinking"]
    drawn_ms = habit * rng.lognormvariate(math.log(median_ms), sigma)
    return round(min(max(drawn_ms, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS))


def _joined(kind: str, asked: Asked, phrases: list[Phrase], waits_ms: list[int]) -> Said:
    """The phrases with each wait from the end of speech in one to its beginning in the next."""
    waves, words, pauses = [phrases[0].wave], _words(phrases[0], 0), []
    at_ms, ends_ms = len(phrases[0].wave) // BYTES_PER_MS, phrases[0].until_ms
    for wait_ms, phrase in zip(waits_ms, phrases[1:], strict=True):
        begins_ms = ends_ms + wait_ms
        start_ms = begins_ms - phrase.from_ms
        waves += [silence(start_ms - at_ms), phrase.wave]
        words += _words(phrase, start_ms)
        pauses.append((ends_ms, begins_ms))
        at_ms = start_ms + len(phrase.wave) // BYTES_PER_MS
        ends_ms = start_ms + phrase.until_ms
    return Said(kind, asked, np.concatenate(waves), tuple(words), ends_ms, tuple(pauses))


def _words(phrase: Phrase, start_ms: int) -> list[Word]:
    texts = phrase.text.split()
    ends = np.cumsum([len(text) for text in texts]) / sum(map(len, texts))
    length_ms = phrase.until_ms - phrase.from_ms
    edges = [start_ms + phrase.from_ms + round(length_ms * end) for end in (0, *ends)]
    return [Word(text, *span) for text, span in zip(texts, pairwise(edges), strict=True)]


def _voiced(said: Sequence[Said]) -> Wave:
    """What a call's caller says, without the pauses: the level that a line's noise relates to."""
    parts = [
        each.wave[word.from_ms * BYTES_PER_MS : word.until_ms * BYTES_PER_MS]
        for each in said
        for word in each.words
    ]
    return np.concatenate(parts)


def _noise(line: str, speech_rms: float, around: tuple[str, ...], rng: Random) -> Wave:
    """line: "clean", or the kind of noise and how far below the speech's RMS it is."""
    if line == "clean":
        return silence(corpus_audio.LOOP_MS)
    kind, below_db, _ = line.split()
    loop = corpus_audio.background(kind, around, np.random.default_rng(rng.getrandbits(32)))
    return loop * speech_rms / 10 ** (float(below_db) / 20)


def _turn(said: Said, noise: Wave, rng: Random) -> CallerTurn:
    """A quarter of the coughs and of the talk in the background come while nobody speaks."""
    audio = on_the_line(said.wave, noise, rng.randrange(corpus_audio.LOOP_MS))
    over = said.kind in OVER_AGENT
    if said.kind in ("cough", "background"):
        over = rng.random() < 0.75
    return CallerTurn(
        kind=said.kind,
        asked=said.asked,
        text=" ".join(word.text for word in said.words),
        words=said.words,
        audio=audio,
        speech_ends_ms=said.ends_ms,
        pauses=said.pauses,
        over_agent_ms=round(rng.uniform(*OVER_AGENT_MS)) if over else None,
        takes_floor=said.kind not in ("backchannel", "cough", "background"),
    )
