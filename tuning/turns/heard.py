"""What the core has heard since its last decision: the voice in the frames, words, and keys.

Pure. Nothing here decides; turn_taker.py does.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from tuning.turns.completion import same_words
from tuning.turns.events import JUDGED, Heard, Pressed, Transcribed
from tuning.turns.profile import FRAME_MS, Profile
from tuning.turns.words import LanguageWords

TRANSCRIPT_SLACK_MS = 250
"""A transcript that ends this little before the speech end reaches it: a VAD hangs on for
118-158 ms after real speech, and transcribers give end times in steps of 100."""
LAG_MARGIN_MS, LAGS_KEPT = 150, 8
JUDGE_LATE_MS = 60
"""The model needs a window or two of a voice: so much of the sound before its verdict is the voice
too (`bench.vad`: onsets up to 60 ms late)."""
ECHO_PERCENT = 60
"""A frame with so much of the agent's own voice in it is none of the caller's."""


def is_sound(frame: Heard, profile: Profile) -> bool:
    """Does the gate hear the caller? What the agent itself says is none."""
    return bool(frame.speech >> profile.vad_aggressiveness & 1) and frame.echo < ECHO_PERCENT


def is_voiced(frame: Heard, profile: Profile) -> bool:
    """Is it speech, by the profile's judge?"""
    return is_sound(frame, profile) and (profile.vad == "webrtc" or bool(frame.speech & JUDGED))


@dataclass(slots=True)
class CallerVoice:
    """The caller's voice, frame by frame. A run too short to be speech counts for nothing."""

    began_ms: int = -1
    """Start of the first voiced frame; -1: no speech yet."""
    ended_ms: int = -1
    """End of the last voiced frame: the speech end."""
    stretch_ms: int = 0
    """Voice in the present stretch, whose gaps are shorter than the hangover."""
    pause_ms: int = 0
    """Of the caller's, that this frame ended."""
    _run_began_ms: int = -1
    _sound_began_ms: int = 0
    _heard_ms: int = -1

    @property
    def is_heard(self) -> bool:
        return self.began_ms >= 0

    @property
    def span_ms(self) -> int:
        """From first to last voice."""
        return self.ended_ms - self.began_ms

    def anew(self) -> CallerVoice:
        """No speech yet; a run of voice that has just begun goes on."""
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
    """The words since the last decision: closed segments, and the partial that has stood."""

    language: LanguageWords
    answered: str = ""
    """Words of the turn already answered, while nothing has been said since."""
    _finals: list[str] = field(default_factory=list)
    _finals_until_ms: int = -1
    _stood: str = ""
    """The partial, once it counts."""
    _partial: str = ""
    _partial_since_ms: int = 0
    _changed_ms: int = 0
    _partial_until_ms: int = -1
    _lags_ms: deque[int] = field(default_factory=lambda: deque(maxlen=LAGS_KEPT))
    """How late partials are: of the latest ones."""
    _skip: int = 0
    """Words of the open segment that were dealt with by an earlier decision."""
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
        """With the partial as it stands now, however long."""
        return " ".join(filter(None, (*self._finals, self._partial)))

    def reach(self, voice: CallerVoice) -> bool:
        """Do they reach the speech end?"""
        return bool(self.text) and self.until_ms >= voice.ended_ms - TRANSCRIPT_SLACK_MS

    @property
    def partials_come(self) -> bool:
        """Does the transcriber tell what it hears while it is said? Only then says its silence
        something."""
        return bool(self._lags_ms)

    def cover(self, voice: CallerVoice, now_ms: int) -> bool:
        """Are they all of it? They reach the speech end; or, since not every transcriber repeats
        itself, more of them would have come by now."""
        if not self.text or not self.partials_come:
            return self.reach(voice)
        late_ms = max(self._lags_ms) + LAG_MARGIN_MS
        return self.reach(voice) or now_ms - voice.ended_ms >= late_ms

    @property
    def is_final(self) -> bool:
        """Closed segments, and none open."""
        return bool(self._finals) and not self._partial

    def stood_ms(self, now_ms: int) -> int:
        """How long the newest words have been what they are."""
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
        """Words, or digits, that will not change."""
        if text:
            self._finals.append(text)
            self._finals_until_ms = max(self._finals_until_ms, until_ms)

    def settle(self, now_ms: int, debounce_ms: int) -> None:
        """A partial counts once it has stood unchanged for `debounce_ms`."""
        if self._partial and now_ms - self._partial_since_ms >= debounce_ms:
            self._stood = self._partial

    def answer(self) -> None:
        """These words are being answered: what is still to come of them amends the record."""
        closed, answered = " ".join(self._finals), self.text
        self.forget()
        self._closed, self.answered = closed, answered

    def forget(self) -> None:
        """Begin afresh, without hearing the words of the open segment again."""
        self._skip += len(self._partial.split())
        self._finals, self._stood, self._partial, self.answered = [], "", "", ""
        self._finals_until_ms = -1

    def amended(self, late: Transcribed) -> str:
        """The answered words as a late transcript corrects them; "" if it does not."""
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
    """The digits pressed on the telephone; `#` ends them."""

    digits: str = ""
    began_ms: int = -1
    ended_ms: int = -1

    def press(self, event: Pressed) -> None:
        if self.began_ms < 0:
            self.began_ms = event.at_ms
        self.ended_ms = event.at_ms
        self.digits += event.digit.rstrip("#")
