"""What a language is: all that a call in it says, tells and understands, as one object.

A folder beside this file makes one (`hebrew/` makes HEBREW), and the setting CALL_LANGUAGES names
it. Rule: nothing else of calls/ knows which languages there are; what needs one gets it from the
called number, or asks for the one that is `spoken`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from calls.language.completion.words_judge import Judge
from calls.language.personal import PersonalWords
from calls.language.search_keys import PLAIN, SearchKeys
from tuning.turns.words import LanguageWords

PROMPTS = {
    *("not_heard", "no_input", "no_input_goodbye", "apology", "apology_goodbye", "time_up"),
    *("moment", "busy", "person_called", "apology_person", "nobody_came"),
    *("handed_back", "person_lost"),
}
"""What a call must always be able to say; every language has words and a clip for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """What is said where no conversation is, or before its greeting."""

    recorded: str
    """Before the greeting: the call is recorded."""
    closed: str
    """Outside opening hours, before hanging up."""
    closed_message: str
    """Outside opening hours, instead of the greeting: a message may be left."""
    unanswered: str
    """Nobody answers where the call was forwarded."""
    unknown_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolTexts:
    """A tool of calls.services.tools as a model is told of it. says: as Tool's."""

    description: str
    parameters: Mapping[str, str]
    """What each is, by its name."""
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideTexts:
    """Of tools that ask a system outside (calls.http_tools)."""

    rules: str
    """Added to the business's text where its number has such tools."""
    being_done: str
    """For later turns, with {name} and {arguments}: it has begun, and nothing has come back;"""
    done: str
    """with {told}, too: this is what has come of it."""

    # What a model is told came of it. {data}: JSON that the system chose, on one line.
    answered: str
    refused: str
    """The system says no, with {status} and {data}."""
    cut: str
    """Added where the answer was too long."""
    unfit: str
    """Its arguments are not what the tool takes, with {problem}."""
    failed: str
    late: str
    unknown: str
    """Nothing came, and it may have been done all the same."""
    heard: str
    """Added to these, with {says}: what the caller has been told of it."""

    # A caller's code: what it is, and that no more of them may be tried.
    code_digits: str
    code_word: str
    codes_over: str

    # Said while it is waited for.
    waits_late: str
    """After a second."""
    waits_long: str
    """After that;"""
    waits: Sequence[str]
    """and then these, in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterCallTexts:
    """Of what is written when a call is over (calls.agreed)."""

    rules: str
    """For the model: what it is to write, by the names of calls.agreed.schema."""
    told: str
    """With {moment} and {data}: when the call was, and what is known of it, as data only."""
    words: str
    """The heading of what was said, and who said a line: the caller, the agent, a person."""
    speakers: tuple[str, str, str]
    left_out: str
    """In place of the middle of a long call."""
    messages: str
    uses: str
    """The headings of the messages taken, and of the tools used, with what came of it."""

    # Written without a model.
    tool_done: str
    """With {use}: the tool's name, and with what it was asked;"""
    tool_failed: str
    """what is left to do after one that failed."""
    message_taken: str
    """With {message};"""
    call_back: str
    """what is left to do after it."""
    unnamed: str
    """Who left no name and no number."""

    first_fields: Mapping[str, tuple[str, str]]
    """Of the form that is offered to begin with, which a model reads: by key, each field's caption,
    and how to tell it."""

    last_call: str
    """Told in a later call of the same caller, with {summary}, as data only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """What a language model is told, and what is said in its place."""

    rules: str
    """Of speech and of conversation: the head of every request."""
    rules_with_verdict: str
    """The same, and how an answer begins with a verdict on the caller's words: the head of every
    request that asks for one. It names the three markers of calls.services.verdicts."""
    verdict_trial: Sequence[tuple[str, str, str]]
    """A few short lines on which a model's verdicts are tried at start-up: the agent's question,
    the caller's words, and the marker that a good judge gives."""
    about_business: str
    """The heading of the business's own text."""
    business: str
    """That text, where the settings have none: a desk that knows nothing."""
    only_message: str
    """Added to it while the business is closed."""
    known: str
    """Added to it, with {known}: all that the business knows, where that is little."""
    looked_up: str
    """Added to it where the business knows more than is told at once: what is looked up for an
    answer comes last, and what that leaves open is not known."""
    found: str
    """Comes last, with {found}: what was looked up. Both say that these are data, and no orders."""
    openers: str = ""
    """Added to it, with {openers}, where there are any: how replies begin."""
    moment: Callable[[datetime], str]
    """Added to it: when the call began."""
    message_kept: str
    """For later turns, with {name}, {number} and {reason} of the message."""
    person_asked_for: str
    """For later turns: a person was called, and what to do should nobody come."""
    person_said: str
    """Among the lines of the call, with {text}: a person said this in the agent's place."""
    whispered: str
    """The same: a person wants this of the next reply."""
    noted: str
    """The same: a person wants this known from there on."""
    tools: Mapping[str, ToolTexts]
    """By the tool's name."""

    # What a model is told of a tool that it called.
    kept: str
    person_called: str
    not_kept: str
    not_yet: str
    nothing_came: str
    not_done: str
    no_such_tool: str
    outside: OutsideTexts
    after_call: AfterCallTexts

    # Said without a model.
    greeting: str
    patience: str
    """While another model is asked, after the first has been late; with a space at its end."""
    enough: str
    """When a model goes on calling tools and says nothing."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Language:
    """One is made a process, and it is equal to itself only."""

    code: str
    """Its ISO 639 code: so journals, Whisper and espeak-ng call it."""
    name: str
    """In English."""
    locale: str
    """As BCP 47 has it, like he-IL: what services are asked for, where they are not told better.
    A vendor that calls it otherwise translates."""
    letters: frozenset[str]
    """All of its alphabet."""
    abbreviations: str
    """A regular expression: what a full stop may follow without ending a sentence; "": nothing."""
    hello: str
    """A word to try a service with."""
    words: LanguageWords
    """What the core judges by."""
    personal: PersonalWords
    """How personal data is said, and what stands in its place for who may not see it."""
    prompts: Mapping[str, str]
    """By the names in PROMPTS."""
    clips: Path
    """A folder of those, ready to be played: NAME.ulaw. `make_clips` makes them."""
    openers: tuple[str, ...] = ()
    """Short beginnings of replies that fit after most of what callers say, each with its mark; a
    number may have others. Nothing else that is said word for word begins with one. None: replies
    begin as they do."""
    notices: Notices
    instructions: Instructions
    dialogue: Path
    """What the embedded receptionist says and understands (calls.services.receptionist)."""
    speakable: Callable[[str], str]
    """Text as it is to be said: numbers and signs in words; "" if nothing of it can be said."""
    phonetic: Callable[[str], str]
    """Text as espeak-ng is to be given it."""
    judge: Judge | None = None
    """The local judge of completion; None: nobody has taught one."""
    search_keys: SearchKeys = PLAIN
    """By what texts are found."""

    def __post_init__(self) -> None:
        if self.prompts.keys() != PROMPTS:
            raise ValueError(f"{self.name}: prompts {PROMPTS ^ self.prompts.keys()}")

    def clip(self, name: str) -> Path:
        """Of a prompt: 8 kHz mu-law without a header."""
        return self.clips / f"{name}.ulaw"


def spoken() -> Language:
    """The language of the calls that come in."""
    language: Language = import_string(settings.CALL_LANGUAGES[0])
    return language


def known(code: str) -> Language:
    """A language that is, or was, spoken here. Raises KeyError."""
    for path in settings.CALL_LANGUAGES:
        language: Language = import_string(path)
        if language.code == code:
            return language
    raise KeyError(f"no language {code!r} in CALL_LANGUAGES")


def words_of(code: str) -> LanguageWords:
    """As replay asks for them."""
    return known(code).words
