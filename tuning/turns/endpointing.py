"""How long a silence must last to end a turn, and what that length is made up of.

Pure. There are two rules; the profile chooses. Fixed: the hangover plus the short or the long
silence, counted no earlier than min_utterance_ms after speech began. Adaptive: counted from the
speech end, the long silence, shortened by each piece of evidence that the caller has finished,
according to its weight, down to finished_silence_ms. Only positive evidence shortens it; words that
cannot be the end undo that; the caller's own pauses may keep it longer. The weights are knobs.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from math import ceil

from tuning.turns.completion import Reading
from tuning.turns.heard import CallerVoice, CallerWords
from tuning.turns.profile import FRAME_MS, Profile
from tuning.turns.words import LanguageWords

SHORTEST_PAUSE_MS = 200
"""Below it a gap is articulation, not a pause (Heldner & Edlund 2010 set 180-200 ms)."""
FIRST_WORD_MS = 600
"""From the start of speech to its first word, if the transcriber is keeping up."""
PAUSES_NEEDED, PAUSES_KEPT = 3, 20


@dataclass(frozen=True, slots=True)
class Silence:
    """The silence that ends a turn. parts: its components by name; they add up to asked_ms."""

    asked_ms: int
    why: str
    parts: dict[str, int]

    def as_waited(self, waited_ms: int, is_stalled: bool) -> Silence:
        """`why` names what was waited for last. waited_ms: since the silence was long enough."""
        if is_stalled:
            return replace(self, why="line stalled")
        if waited_ms >= FRAME_MS and "longest" not in self.parts:
            return replace(self, why="transcriber")
        return self


@dataclass(slots=True)
class CallerPauses:
    """This caller's most recent pauses in mid-utterance."""

    _ms: deque[int] = field(default_factory=lambda: deque(maxlen=PAUSES_KEPT))

    def add(self, pause_ms: int) -> None:
        if pause_ms >= SHORTEST_PAUSE_MS:
            self._ms.append(pause_ms)

    @property
    def usual_ms(self) -> int:
        """Their 90th percentile, by nearest rank; 0 before there are three."""
        if len(self._ms) < PAUSES_NEEDED:
            return 0
        return sorted(self._ms)[ceil(0.9 * len(self._ms)) - 1]


@dataclass(slots=True)
class Endpoint:
    """How long to wait after one caller's utterances."""

    pauses: CallerPauses = field(default_factory=CallerPauses)

    def silence(
        self,
        profile: Profile,
        voice: CallerVoice,
        words: CallerWords,
        said: Reading | None,
        now_ms: int,
    ) -> Silence:
        """said: what the words tell; None while they do not reach the speech end."""
        if profile.endpointing == "fixed":
            return fixed(profile, voice)
        return adaptive(profile, said, words, self.pauses, now_ms) if said else uncovered(profile)


def fixed(profile: Profile, voice: CallerVoice) -> Silence:
    parts = profile.wait_parts_ms(voice.span_ms)
    del parts["delay"]
    is_short = voice.span_ms < profile.short_utterance_ms
    return Silence(sum(parts.values()), "short silence" if is_short else "long silence", parts)


def examples(profile: Profile) -> dict[str, Silence]:
    """The adaptive rule's silence after typical utterances, by what is known about them."""
    words = CallerWords(LanguageWords())
    words.add("-", 0)
    known = {
        "answered": Reading(answers=True),
        "detail": Reading(wishes=True, details=True),
        "wish": Reading(wishes=True),
        "stable": Reading(),
        "unfinished": Reading(dangling="leaning"),
        "asked for time": Reading(asks_for_time=True),
    }
    found = {
        name: adaptive(profile, each, words, CallerPauses(), 0) for name, each in known.items()
    }
    return found | {"words missing": uncovered(profile)}


def adaptive(
    profile: Profile, reading: Reading, words: CallerWords, pauses: CallerPauses, now_ms: int
) -> Silence:
    """The adaptive rule's silence, given words that reach the speech end."""
    longest_ms = profile.end_silence_long_ms
    parts = {"longest": longest_ms}
    if reading.asks_for_time:
        more_ms = profile.asked_for_time_ms
        return Silence(longest_ms + more_ms, "asked for time", parts | {"asked for time": more_ms})
    is_stable = words.is_final or words.stood_ms(now_ms) >= profile.stable_ms
    evidence = {
        "answered": profile.weight_answered if reading.answers else 0,
        "closed": profile.weight_closed if reading.closes else 0,
        "wish": profile.weight_wish if reading.wishes else 0,
        "detail": profile.weight_detail if reading.details else 0,
        "stable": profile.weight_stable if is_stable else 0,
    }
    range_ms = max(0, longest_ms - profile.finished_silence_ms)
    left_ms = range_ms
    for name, weight in evidence.items():
        shorter_ms = min(left_ms, range_ms * weight // 100)
        if shorter_ms:
            parts[name], left_ms = -shorter_ms, left_ms - shorter_ms
    if reading.dangling and left_ms < range_ms:
        parts["unfinished"] = (range_ms - left_ms) * profile.weight_unfinished // 100
    own_ms = 0 if reading.answers else pauses.usual_ms * profile.weight_pauses // 100
    if (missing_ms := min(longest_ms, own_ms) - sum(parts.values())) > 0:
        parts["own pauses"] = missing_ms
    return Silence(sum(parts.values()), _why(parts), parts)


def _why(parts: dict[str, int]) -> str:
    if "unfinished" in parts:
        return "unfinished words"
    return "finished words" if len(parts) > 1 else "long silence"


def uncovered(profile: Profile) -> Silence:
    """The silence while words are missing; after it the transcriber has transcript_wait_ms more."""
    parts = {
        "hangover": profile.vad_hangover_ms,
        "silence": profile.end_silence_short_ms,
    }
    return Silence(sum(parts.values()), "transcriber", parts)


def is_noise_after(words: CallerWords, voice: CallerVoice, profile: Profile) -> bool:
    """On a line that is never silent only the transcriber can tell that the caller has finished:
    it has closed the segment, and the sound since then has brought no words."""
    if profile.endpointing == "fixed" or not words.is_final or not words.partials_come:
        return False
    sounds_ms = voice.ended_ms - max(words.until_ms, voice.ended_ms - voice.stretch_ms)
    return sounds_ms >= FIRST_WORD_MS + profile.transcript_wait_ms


def by_words(profile: Profile) -> Silence:
    waited_ms = FIRST_WORD_MS + profile.transcript_wait_ms
    return Silence(waited_ms, "transcriber", {"transcript": waited_ms})
