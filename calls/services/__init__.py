"""What a call needs from the world, one Protocol each; a folder per vendor implements them.

A vendor's class is named by its dotted path in settings (TRANSCRIBER, WRITER, SPEAKER); each call
makes one, with its CalledNumber. Whatever is expensive (models, clients, channels) belongs to the
process: the class makes it lazily, and its `warm_up` prepares it at start-up.

Rules for every implementation: `push` never waits; deadlines are kept here; a service that is late
or fails raises ServiceLate or ServiceFailed with a reason that a person can act on. No failure is
hidden by returning an empty text.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from calls.language.language import Language, spoken
from calls.services.known import NOTHING_KNOWN, Knowledge
from calls.services.pieces import Busy as Busy
from calls.services.pieces import Expect as Expect
from calls.services.pieces import Farewell as Farewell
from calls.services.pieces import Message as Message
from calls.services.pieces import Outside as Outside
from calls.services.pieces import PersonWanted as PersonWanted
from calls.services.pieces import Piece as Piece
from calls.services.pieces import Requested as Requested
from calls.services.pieces import WhenDecided as WhenDecided
from calls.services.verdict_keeping import Missing

if TYPE_CHECKING:
    from calls.services.tools import Tool


class ServiceFailed(Exception):
    """A service refused or broke. The message says what to do about it."""


class ServiceLate(ServiceFailed):
    """A service did not answer within its deadline."""


@dataclass(frozen=True, slots=True)
class CalledNumber:
    """What the called number requires of the services; empty: as in the settings."""

    greeting: str = ""
    business: str = ""
    """What the writer should know of the business, and do for it."""
    voice: str = ""
    hints: tuple[str, ...] = ()
    """Words that callers of this number are likely to say; few."""
    pronunciations: Mapping[str, str] = field(default_factory=dict)
    """How words are said that the voice would say wrongly."""
    notice: str = ""
    """Said before the greeting, so that who interrupts that has heard it: the call is recorded."""
    takes_message: bool = False
    """The business is closed: only take a message."""
    person_wait_s: int = 0
    """How long a caller waits for a person they ask for; 0: nobody can be asked for."""
    own_openers: tuple[str, ...] = ()
    """Short beginnings of replies; none: those of the language."""
    knowledge: Knowledge = NOTHING_KNOWN
    person_notice: str = ""
    """Said once in a call, before a person listens or speaks."""
    own_tools: tuple[Tool, ...] = ()
    """Of this number alone, offered beside those of every number (calls.services.tools)."""

    @property
    def openers(self) -> tuple[str, ...]:
        return self.own_openers or self.language.openers

    @property
    def language(self) -> Language:
        """What its calls are held in: as yet the same for every number."""
        return spoken()

    def opening(self, usual_greeting: str) -> str:
        """What a caller hears first."""
        return f"{self.notice} {self.greeting or usual_greeting}".strip()


NO_NUMBER = CalledNumber()


@dataclass(frozen=True, slots=True)
class Availability:
    """What a service was asked to use (model, language, voice), what it uses, and why they differ.

    As learned in this process so far. in_use is empty if nothing works; why is empty if they are
    the same. no_verdicts: how a model was found out that leaves them out."""

    asked_for: str
    in_use: str
    why: str = ""
    no_verdicts: Missing | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words of one segment of speech; see tuning.turns.events.Transcribed.

    until_ms: how far into the caller's audio the words reach, on the clock of `push`.
    chosen_from: how many expected phrases the words were chosen from; 0 if none of those offered
        fitted (the words are then as recognised freely); None if none were offered.
    """

    text: str
    until_ms: int
    final: bool = False
    stability: float = 0.0
    chosen_from: int | None = None


class Transcriber(Protocol):
    """The caller's words."""

    name: str
    """What the dashboard and the log call it."""
    dropped_frames: int
    """Frames of 20 ms that its full queue has thrown away, the oldest first."""
    replaced: int
    """Streams given up because the caller spoke and nothing came back."""

    @classmethod
    async def warm_up(cls) -> None:
        """Make what is expensive and really try it. Raises ServiceFailed."""

    @classmethod
    def availability(cls) -> Availability: ...

    def push(self, audio: bytes, until_ms: int) -> None:
        """Take the next stretch of 8 kHz mu-law, which ends at `until_ms`. Never waits."""

    def expect(self, phrases: Sequence[str]) -> None:
        """The likely answers to what was just asked; empty: anything."""

    def transcripts(self) -> AsyncIterator[Transcript]:
        """Partials and finals, until closed. Raises ServiceFailed when there will be no more."""

    async def recognise(self, audio: bytes, until_ms: int) -> Transcript | None:
        """One utterance, whole (streaming off). None: no words in it."""

    async def aclose(self) -> None: ...


class By(Enum):
    """Who said a line of a call, or to whom."""

    CALLER = "caller"
    OVERHEARD = "overheard"
    """The caller, to a person who had the floor."""
    AGENT = "agent"
    PERSON = "person"
    WHISPER = "whisper"
    """A person to the agent: how the next reply is to be, and only that."""
    NOTE = "note"
    """The same, of the rest of the call."""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing said in the call, as far as it was heard, or told to the agent."""

    by: By
    text: str

    @property
    def is_callers(self) -> bool:
        return self.by in (By.CALLER, By.OVERHEARD)

    @property
    def is_heard(self) -> bool:
        """By the caller."""
        return self.by in (By.AGENT, By.PERSON)


class Writer(Protocol):
    """What to answer."""

    name: str
    openers: Sequence[str]
    """What it was told to begin with where it fits: short, among its fixed phrases, and heard as
    soon as it is written; none: its replies begin as they do."""
    takes_whispers: bool
    """Can it do what a person tells it to, in any words?"""

    @classmethod
    async def warm_up(cls) -> None: ...

    @classmethod
    def availability(cls) -> Availability: ...

    def fixed_phrases(self) -> Sequence[str]:
        """What it says word for word, again and again: kept ready to be heard."""

    @property
    def gives_verdicts(self) -> bool:
        """Can it say whether the caller has finished, as things stand?"""

    def write(
        self, history: Sequence[HistoryLine], *, with_verdict: bool = False
    ) -> AsyncGenerator[Piece, None]:
        """The answer to the last line, in pieces of text as they come; an empty history asks for
        the greeting. Closed (aclose) when the reply is interrupted.

        with_verdict: whether the caller has finished comes first, once; if not, nothing follows.
        """


class Voice(Protocol):
    """What a call speaks with."""

    name: str

    def speak(self, texts: AsyncIterator[str]) -> AsyncGenerator[str | bytes, None]:
        """A reply, whose texts (an opening clause, then whole sentences) come as they are written:
        8 kHz mu-law without any header, in chunks of any size as they come, and each text where,
        as far as the voice can tell, its audio begins. What the texts raise is raised."""


class Speaker(Voice, Protocol):
    """A vendor's voice."""

    @classmethod
    async def warm_up(cls) -> None: ...

    @classmethod
    def availability(cls) -> Availability: ...
