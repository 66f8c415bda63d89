"""One reply on its way to the caller's ear: what has been sent, and what has been heard. Pure.

"Speaking" means still being heard: the carrier's marks say how much the caller has heard. Their
names include the turn, so that a mark flushed by `clear` is never mistaken for one that was heard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from calls.audio.codec import BYTES_PER_MS


class Sound(Enum):
    """What a caller hears."""

    ANSWER = "answer"
    OPENER = "opener"
    """Of an answer, before what it says."""
    FILLER = "filler"
    """While the answer is not there yet."""


@dataclass(slots=True)
class Sentence:
    text: str
    sound: Sound = Sound.ANSWER
    audio: bytearray = field(default_factory=bytearray)
    """What the voice has brought of it so far."""


@dataclass(slots=True)
class Playout:
    turn: int
    is_held: bool = False
    """Nothing of it goes out: it is not decided yet, or was stopped and may go on."""
    sentences: list[Sentence] = field(default_factory=list)
    """From the one that plays, or will play, first."""
    is_written: bool = False
    """Nothing will be added."""
    is_complete: bool = False
    """Everything has been sent, the end mark too."""
    says_farewell: bool = False
    first_chunk_ms: int = 0
    sent_at_ms: float | None = None
    """Wall time at which the first audio was sent, a filler's too."""
    answer_at_ms: float | None = None
    """Wall time at which the first audio of the answer itself was sent, its opener's too."""
    heard_at_ms: float | None = None
    """Wall time at which the caller began to hear `sentences`."""
    plays_until_ms: float = 0.0
    """Wall time at which everything sent so far will have been played."""
    marks: int = 0
    take: int = 0
    """How often it was stopped: the marks of an earlier take mean nothing."""
    _before: list[Sentence] = field(default_factory=list)
    """Heard, before it was stopped and went on."""
    _lag_ms: float = 0.0
    """Sent -> heard."""
    _heard: str = ""
    """The words heard when it was stopped."""
    _spoken_ms: float = 0.0
    """What the caller heard of the earlier takes."""
    _content_at_ms: float | None = None
    """Wall time at which the first sound that is neither opener nor filler begins."""

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in (*self._before, *self.sentences))

    @property
    def audio_ms(self) -> int:
        sentences = (*self._before, *self.sentences)
        return sum(len(sentence.audio) for sentence in sentences) // BYTES_PER_MS

    @property
    def is_only_opener(self) -> bool:
        """Nothing has come of it but an opener."""
        sounds = {sentence.sound for sentence in (*self._before, *self.sentences)}
        return Sound.OPENER in sounds and Sound.ANSWER not in sounds

    def content_at_ms(self, now_ms: float) -> float | None:
        """Wall time at which the first sound began that is neither opener nor filler; None: not
        yet. An answer that is nothing but an opener began with it."""
        if self.is_written and self.is_only_opener:
            return self.answer_at_ms
        at_ms = self._content_at_ms
        return at_ms if at_ms is not None and at_ms <= now_ms else None

    def begin_sentence(self, text: str, *, may_open: bool = False, is_filler: bool = False) -> None:
        """may_open: it is an opener, if it is the first of the answer."""
        before = (*self._before, *self.sentences)
        is_first = all(sentence.sound is Sound.FILLER for sentence in before)
        sound = Sound.OPENER if may_open and is_first else Sound.ANSWER
        self.sentences.append(Sentence(text, Sound.FILLER if is_filler else sound))

    def add(self, audio: bytes) -> None:
        self.sentences[-1].audio += audio
        self.first_chunk_ms = self.first_chunk_ms or len(audio) // BYTES_PER_MS

    def fill(self, text: str, audio: bytes) -> None:
        """A filler comes before everything else."""
        self.sentences.insert(0, Sentence(text, Sound.FILLER, bytearray(audio)))
        self.first_chunk_ms = len(audio) // BYTES_PER_MS

    def silent_ms(self, now_ms: float) -> float | None:
        """How long the caller has heard nothing of it, after what was sent; None: nothing was."""
        return None if self.sent_at_ms is None else now_ms - self.plays_until_ms

    def send(self, now_ms: float, audio_ms: float, sound: Sound = Sound.ANSWER) -> None:
        """So much of it goes to the caller now, and plays after what was sent before."""
        self.sent_at_ms = now_ms if self.sent_at_ms is None else self.sent_at_ms
        begins_ms = max(self.plays_until_ms, now_ms)
        if self.answer_at_ms is None and sound is not Sound.FILLER:
            self.answer_at_ms = now_ms
        if self._content_at_ms is None and sound is Sound.ANSWER:
            self._content_at_ms = begins_ms
        self.plays_until_ms = begins_ms + audio_ms

    def begin_heard(self, wall_ms: float) -> None:
        self.heard_at_ms = wall_ms
        self._lag_ms = wall_ms - (self.sent_at_ms or wall_ms)

    def hold(self, wall_ms: float) -> None:
        """Stopped; should it go on, then from the beginning of the sentence that was cut."""
        self._heard = self.heard_text(wall_ms)
        self._content_at_ms = self.content_at_ms(wall_ms)
        self._spoken_ms += self._played_ms(wall_ms)
        played_bytes = self._played_ms(wall_ms) * BYTES_PER_MS
        while len(self.sentences) > 1 and played_bytes >= len(self.sentences[0].audio):
            self._before.append(self.sentences.pop(0))
            played_bytes -= len(self._before[-1].audio)
        self.is_held, self.is_complete, self.plays_until_ms = True, False, wall_ms
        self.take += 1

    def release(self, wall_ms: float) -> None:
        """From now on it goes out."""
        self.is_held, self._heard = False, ""
        if self.heard_at_ms is not None:  # it goes on
            self.heard_at_ms = wall_ms + self._lag_ms

    def next_mark(self) -> str:
        self.marks += 1
        return f"{self.turn}:{self.take}:{self.marks}"

    @property
    def end_mark(self) -> str:
        return f"{self.turn}:{self.take}:end"

    def owns(self, mark: str) -> bool:
        """Whether a mark is of what plays now."""
        return mark.startswith(f"{self.turn}:{self.take}:")

    def heard_text(self, wall_ms: float) -> str:
        """The words heard by now: whole sentences, and the last by the share of it played."""
        if self.is_held:
            return self._heard
        if self.heard_at_ms is None:
            return ""
        heard = [sentence.text for sentence in self._before]
        played_bytes = self._played_ms(wall_ms) * BYTES_PER_MS
        for sentence in self.sentences:
            size = len(sentence.audio)
            if not size:
                break
            if played_bytes < size:
                words = sentence.text.split()
                heard += words[: int(len(words) * played_bytes / size)]
                break
            heard.append(sentence.text)
            played_bytes -= size
        return " ".join(heard)

    def spoken_ms(self, wall_ms: float) -> int:
        """How long the caller has heard the agent speak."""
        return round(self._spoken_ms + self._played_ms(wall_ms))

    def _played_ms(self, wall_ms: float) -> float:
        """Of `sentences`."""
        if self.heard_at_ms is None or self.is_held:
            return 0.0
        audio_ms = sum(len(sentence.audio) for sentence in self.sentences) / BYTES_PER_MS
        return min(audio_ms, max(0.0, wall_ms - self.heard_at_ms))
