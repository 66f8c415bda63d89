"""What a language model says first, where it is told to: whether the caller has finished. Pure.

The markers are those of pipecat 1.14. Rules: the verdict comes before any text; no marker is ever
in the text, wherever the model wrote it; whoever gives no verdict says that the caller has
finished, so a model that does not keep to it costs an answer nothing. What is written after a
verdict that asks to wait is dropped: nobody is to hear it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum


class Verdict(Enum):
    """Of the caller's words so far."""

    WHOLE = "●"
    """The caller has finished: the answer follows."""
    CUT_SHORT = "◐"
    """More must come."""
    NEEDS_TIME = "○"
    """The caller has asked for time, is thinking, or is looking for something."""


_MARKERS = frozenset(verdict.value for verdict in Verdict)
_UNSEEN = r"\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff"
"""Written around signs: directions, joiners, and how a sign is to be drawn."""
_BEFORE = re.compile(rf"\A[\s{_UNSEEN}]+")
_NEVER_SAID = re.compile(rf"[{''.join(sorted(_MARKERS))}\ufe0e\ufe0f]")


class VerdictReader:
    """Reads one answer, piece by piece; how it is cut into pieces changes nothing."""

    def __init__(self) -> None:
        self.verdict: Verdict | None = None
        """None until it is known."""
        self.is_given = False
        """The model gave it; else it is supposed."""
        self.is_missing = False
        """Words came instead; a tool says neither."""
        self.goes_on = False
        """Words came after a verdict after which there should be none."""
        self._has_text = False

    @property
    def asks_to_wait(self) -> bool:
        return self.verdict not in (None, Verdict.WHOLE)

    def read(self, piece: str) -> Iterator[Verdict | str]:
        """The verdict once, as soon as it is known; then the text."""
        if not self._has_text:
            piece = _BEFORE.sub("", piece)
        if not piece:
            return
        if self.verdict is None:
            self.is_given = piece[0] in _MARKERS
            self.is_missing = not self.is_given
            self.verdict = Verdict(piece[0]) if self.is_given else Verdict.WHOLE
            yield self.verdict
        text = _NEVER_SAID.sub("", piece)
        if not self._has_text:
            text = _BEFORE.sub("", text)
        if not text:
            return
        self._has_text = True
        if self.verdict is Verdict.WHOLE:
            yield text
        else:
            self.goes_on = True

    def end(self) -> Iterator[Verdict]:
        """The answer is over, or goes on without text: with a tool. The verdict, if it is still to
        be told. If more is read after all, it begins anew, but the verdict stands."""
        self._has_text = False
        if self.verdict is None:
            self.verdict = Verdict.WHOLE
            yield self.verdict


def read(pieces: Iterable[str]) -> tuple[Verdict, str]:
    """A whole answer: its verdict, and what is to be said."""
    reader = VerdictReader()
    found = [part for piece in pieces for part in reader.read(piece)]
    found += reader.end()
    verdict, *texts = found
    assert isinstance(verdict, Verdict)
    return verdict, "".join(text for text in texts if isinstance(text, str))
