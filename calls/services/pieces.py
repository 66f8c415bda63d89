"""What a writer yields of a reply: words, and what else the call should know or do."""

from __future__ import annotations

from dataclasses import dataclass

from calls.services.known import Looked
from calls.services.verdicts import Verdict
from tuning.turns.completion import Asked, asked_in
from tuning.turns.words import LanguageWords


@dataclass(frozen=True, slots=True)
class Expect:
    """What a reply asks: the transcriber is told the likely answers, and the core what kind they
    are.

    kind, digits: as in completion.Asked.
    """

    phrases: tuple[str, ...]
    kind: str = ""
    digits: int = 0

    @classmethod
    def of(cls, text: str, language: LanguageWords) -> Expect:
        """What the words of a reply ask, where its writer does not say."""
        asked = asked_in(text, language)
        return cls(asked.phrases, asked.kind, asked.digits)

    @property
    def asked(self) -> Asked:
        kind = self.kind or ("choice" if self.phrases else "")
        return Asked(kind, self.phrases, self.digits)


@dataclass(frozen=True, slots=True)
class Farewell:
    """This reply says goodbye: hang up once it has been heard."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that the caller left, stored with the call."""

    name: str
    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class PersonWanted:
    """The caller asks for a person; the words beside it say that one is called."""


@dataclass(frozen=True, slots=True)
class WhenDecided:
    """The next step must wait until the reply is decided: the reader asks for no more before
    then."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Nothing to say, but the writer is busy: it is having something done, or has just had it
    done. meanwhile: what may be said, one after another, should the caller hear nothing else."""

    meanwhile: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outside:
    """A system outside is being asked, or (is_over) has answered: a stage of the turn."""

    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Requested:
    """A language model is asked, which is paid for: once for most answers, once more after a tool,
    after a verdict without an answer, and where another model is to answer instead."""

    model: str


Piece = (
    str
    | Verdict
    | Expect
    | Farewell
    | Message
    | PersonWanted
    | WhenDecided
    | Busy
    | Outside
    | Requested
    | Looked
)
"""What a Writer yields."""
