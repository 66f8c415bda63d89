"""What the core has heard since its last decision: voice, words and keys.

Pure. Decisions are made in turn_taker.py, not here.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from tuning.turns.completion import same_words
from tuning.turns.events import JUDGED, Heard, Pressed, Transcribed
from tuning.turns.profile import FRAME_MS, Profile
from tuning.turns.words import LanguageWords

TRANSCRIPT_SLACK_MS = 250
"""A transcript that ends no more than this before the speech end counts as reaching it: a VAD hangs
on for 118-158 ms after real speech, and transcribers give end times in steps of 100."""
LAG_MARGIN_MS, LAGS_KEPT = 150, 8
JUDGE_LATE_MS = 60
"""The model needs a window or two of a voice, so this much of the sound before its verdict counts
as voice too (`bench.vad`: onsets up to 60 ms late)."""
ECHO_PERCENT = 60
"""A frame with this much of the agent's own voice in it does not count as the caller's."""


def is_sound(frame: Heard, profile: Profile) -> bool:
    """Does the WebRTC gate hear the caller? The agent's own echo does not count."""
    return bool(frame.speech >> profile.vad_aggressiveness & 1) and frame.echo < ECHO_PERCENT


def is_voiced(frame: Heard, profile: Profile) -> bool:
    """Does the profile's detector call the frame speech?"""
    return is_sound(frame, profile) and (profile.vad == "webrtc" or bool(frame.speech & JUDGED))


@dataclass(slots=True)
class CallerVoice:
    """The caller's voice, frame by frame. A run too short to be speech does not count."""

    began_ms: int = -1
    """The start of the first voiced frame; -1: no speech yet."""
    ended_ms: int = -1
    """The end of the last voiced frame: the speech end."""
    stretch_ms: int = 0
    """Voice in the current stretch, whose gaps are shorter than the hangover."""
    pause_ms: int = 0
    """The caller's pause that this frame ended."""
    _run_began_ms: int = -1
    _sound_began_ms: int = 0
    _heard_ms: int = -1

    @property
    def is_heard(self) -> bool:
        return self.began_ms >= 0

    @property
    def span_ms(self) -> int:
        """From the first voice to the last."""
        return self.ended_ms - self.began_ms

    def anew(self) -> CallerVoice:
        """Start again without speech; a run of voice that has just begun continues."""
        return CallerVoice(
            _run_began_ms=self._run_began_ms,
            _sound_began_ms=self._sound_began_ms,
            _heard_ms=self._heard_ms,
        )

    def hear(self, frame: Heard, profile: Profile) -> None:
        at_ms = frame.at_ms
        is_next = at_ms - self._heard_ms <= 2 * FRAME_MS  # no frame was lost in between
        self._heard_ms, self.pause_ms = at_ms, 0
        if not is_sound(frame, profile) or not is_next:
            self._sound_began_ms = at_ms
        if not is_voiced(frame, profile):
            self._run_began_ms = -1
            return
        if self._run_began_ms < 0 or not is_next:
            sounds_ms = min(at_ms - self._sound_began_ms, JUDGE_LATE_MS + FRAME_MS)
            self._run_began_ms = at_ms - max(FRAME_MS, sounds_ms)
        run_ms = at_ms - self._run_began_ms
        if run_ms < profile.min_speech_ms:
            return
        if not self.is_heard:
            self.began_ms = self._run_began_ms
        elif self.ended_ms <= self._run_began_ms:
            self.pause_ms = self._run_began_ms - self.ended_ms
        if self.ended_ms <= self._run_began_ms:  # the run counts from this frame on, whole
            is_new_stretch = self._run_began_ms - self.ended_ms >= profile.vad_hangover_ms
            self.stretch_ms = run_ms + (0 if is_new_stretch else self.stretch_ms)
        else:
            self.stretch_ms += at_ms - self.ended_ms
        self.ended_ms = at_ms


@dataclass(slots=True)
class CallerWords:
    """The words since the last decision: closed segments, and a partial that has held still."""

    language: LanguageWords
    answered: str = ""
    """The words of the turn just answered, until something new is said."""
    _finals: list[str] = field(default_factory=list)
    _finals_until_ms: int = -1
    _stood: str = ""
    """The partial, once it counts."""
    _partial: str = ""
    _partial_since_ms: int = 0
    _changed_ms: int = 0
    _partial_until_ms: int = -1
    _lags_ms: deque[int] = field(default_factory=lambda: deque(maxlen=LAGS_KEPT))
    """How late the latest partials came."""
    _skip: int = 0
    """Words of the open segment that an earlier decision has dealt with."""
    _closed: str = ""

    @property
    def text(self) -> str:
        return " ".join(filter(None, (*self._finals, self._stood)))

    @property
    def until_ms(self) -> int:
        """How far into the audio the counted words reach."""
        return self._partial_until_ms if self._stood else self._finals_until_ms

    @property
    def newest(self) -> str:
        """The words with the latest partial, however briefly it has stood."""
        return " ".join(filter(None, (*self._finals, self._partial)))

    def reach(self, voice: CallerVoice) -> bool:
        """Do the words reach the speech end?"""
        return bool(self.text) and self.until_ms >= voice.ended_ms - TRANSCRIPT_SLACK_MS

    @property
    def partials_come(self) -> bool:
        """Does the transcriber send words while they are being said? Only then does its silence
        mean anything."""
        return bool(self._lags_ms)

    def cover(self, voice: CallerVoice, now_ms: int) -> bool:
        """Are these all the words? Either they reach the speech end or, since not every transcriber
        repeats itself, any others would have come by now."""
        if not self.text or not self.partials_come:
            return self.reach(voice)
        late_ms = max(self._lags_ms) + LAG_MARGIN_MS
        return self.reach(voice) or now_ms - voice.ended_ms >= late_ms

    @property
    def is_final(self) -> bool:
        """Every segment is closed."""
        return bool(self._finals) and not self._partial

    def stood_ms(self, now_ms: int) -> int:
        """How long the newest words have stood unchanged."""
        return now_ms - self._changed_ms if self.newest else 0

    def take(self, event: Transcribed) -> None:
        """A partial replaces the one before it; a final closes the segment and counts at once."""
        self.answered = ""
        before = self.newest
        text = " ".join(event.text.split()[self._skip :])
        self._take(event, text)
        if not same_words(self.newest, before, self.language):
            self._changed_ms = event.at_ms

    def _take(self, event: Transcribed, text: str) -> None:
        if event.final:
            self.add(text, event.until_ms)
            self._stood = self._partial = ""
            self._skip = 0
            return
        self._partial_until_ms = event.until_ms
        self._lags_ms.append(event.at_ms - event.until_ms)
        if text != self._partial:
            self._partial, self._partial_since_ms, self._stood = text, event.at_ms, ""

    def add(self, text: str, until_ms: int) -> None:
        """Add words or digits that will not change."""
        if text:
            self._finals.append(text)
            self._finals_until_ms = max(self._finals_until_ms, until_ms)

    def settle(self, now_ms: int, debounce_ms: int) -> None:
        """A partial counts once it has stood unchanged for `debounce_ms`."""
        if self._partial and now_ms - self._partial_since_ms >= debounce_ms:
            self._stood = self._partial

    def answer(self) -> None:
        """Mark these words as answered: later versions of them amend the record."""
        closed, answered = " ".join(self._finals), self.text
        self.forget()
        self._closed, self.answered = closed, answered

    def forget(self) -> None:
        """Start again, without counting the words of the open segment twice."""
        self._skip += len(self._partial.split())
        self._finals, self._stood, self._partial, self.answered = [], "", "", ""
        self._finals_until_ms = -1

    def amended(self, late: Transcribed) -> str:
        """The answered words as corrected by a late transcript; "": there is no correction."""
        if not late.final:
            return ""
        is_open, self._skip = bool(self._skip), 0
        if not self.answered:
            return ""
        parts = (self._closed, late.text) if is_open else (self.answered, late.text)
        text = " ".join(filter(None, parts))
        changed, self.answered, self._closed = text != self.answered, text, text
        return text if changed else ""

    def copy(self) -> CallerWords:
        return replace(self, _finals=list(self._finals), _lags_ms=self._lags_ms)


@dataclass(slots=True)
class Keys:
    """The digits pressed on the telephone; `#` ends the number."""

    digits: str = ""
    began_ms: int = -1
    ended_ms: int = -1

    @property
    def is_pressed(self) -> bool:
        return self.began_ms >= 0

    def press(self, event: Pressed) -> None:
        if self.began_ms < 0:
            self.began_ms = event.at_ms
        self.ended_ms = event.at_ms
        self.digits += event.digit.rstrip("#")
