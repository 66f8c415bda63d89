"""One reply on its way to the caller's ear: what was sent, what was heard. Pure.

"Speaking" means still being heard: Twilio's marks say how far the caller has come. Their names
carry the turn, so that a mark flushed by `clear` is never taken for one that was heard.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from calls.audio import BYTES_PER_MS


@dataclass(slots=True)
class Playout:
    turn: int
    sentences: list[tuple[str, int]] = field(default_factory=list)
    """Text, and the bytes of audio sent for it so far."""
    is_complete: bool = False
    """Everything has been sent, the end mark too."""
    says_farewell: bool = False
    first_chunk_ms: int = 0
    sent_at_ms: float | None = None
    """Wall time at which the first audio was sent, a filler's too."""
    answer_at_ms: float | None = None
    """Wall time at which the first audio of the answer itself was sent."""
    heard_at_ms: float | None = None
    """Wall time at which the caller began to hear it."""
    plays_until_ms: float = 0.0
    """Wall time at which everything sent so far will have been played."""
    marks: int = 0

    @property
    def text(self) -> str:
        return " ".join(text for text, _size in self.sentences)

    @property
    def audio_ms(self) -> int:
        return sum(size for _text, size in self.sentences) // BYTES_PER_MS

    def begin_sentence(self, text: str) -> None:
        self.sentences.append((text, 0))

    def add(self, audio: bytes) -> None:
        text, size = self.sentences[-1]
        self.sentences[-1] = text, size + len(audio)
        self.first_chunk_ms = self.first_chunk_ms or len(audio) // BYTES_PER_MS

    def fill(self, text: str, audio: bytes) -> None:
        """A filler comes before everything else."""
        self.sentences.insert(0, (text, len(audio)))
        self.first_chunk_ms = len(audio) // BYTES_PER_MS

    def send(self, now_ms: float, audio_ms: float, is_filler: bool = False) -> None:
        """So much of it goes to the caller now."""
        self.sent_at_ms = now_ms if self.sent_at_ms is None else self.sent_at_ms
        if self.answer_at_ms is None and not is_filler:
            self.answer_at_ms = now_ms
        self.plays_until_ms = max(self.plays_until_ms, now_ms) + audio_ms

    def next_mark(self) -> str:
        self.marks += 1
        return f"{self.turn}:{self.marks}"

    @property
    def end_mark(self) -> str:
        return f"{self.turn}:end"

    def heard_text(self, wall_ms: float) -> str:
        """The words heard by now: whole sentences, and the last by the share of it played."""
        if self.heard_at_ms is None:
            return ""
        played_bytes = (wall_ms - self.heard_at_ms) * BYTES_PER_MS
        heard: list[str] = []
        for text, size in self.sentences:
            if not size:
                break
            if played_bytes < size:
                words = text.split()
                heard += words[: int(len(words) * played_bytes / size)]
                break
            heard.append(text)
            played_bytes -= size
        return " ".join(heard)


def turn_of(mark: str) -> int | None:
    """The turn that a mark's name belongs to."""
    turn, _colon, _rest = mark.partition(":")
    return int(turn) if turn.isdecimal() else None
