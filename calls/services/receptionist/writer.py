"""The embedded Writer: a small deterministic receptionist, whose words are the language's dialogue.

Rule: the state of the dialogue is a pure function of what the caller has said so far. Every answer
replays the caller's lines from the first, so an interrupted or resumed turn needs no undo.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial, reduce
from typing import Literal

from calls.language.language import Language
from calls.services import NO_NUMBER, Availability, CalledNumber, Expect, Farewell, HistoryLine
from calls.services.known import KnownPassage, Looked
from tuning.turns.completion import VOWEL_MARKS

KINDS = {"answers": "choice", "anything": "open", "number": "number"}
"""What a question listens for, as tuning.turns.completion.Asked calls it."""
ANYWHERE = "anywhere"
"""The group of answers that every question understands."""
PHONE_DIGITS = range(9, 13)
MOST_WORDINGS = 30
"""Of the business's own questions, among the phrases that a transcriber chooses from."""


@dataclass(frozen=True, slots=True)
class ExpectedAnswer:
    """One thing that a caller may mean, recognised by any of its phrases or by its key."""

    hear: tuple[str, ...]
    key: str = ""
    reply: str = ""
    note: dict[str, str] = field(default_factory=dict)
    then: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the answers it understands; the fields are those of the file."""

    ask: str
    again: str = ""
    answers: tuple[ExpectedAnswer, ...] = ()
    then: str = ""
    listen: Literal["answers", "anything", "number"] = "answers"
    keep: str = ""
    hint: str = ""
    keypad: str = ""
    ends: bool = False

    @property
    def phrases(self) -> tuple[str, ...]:
        """What the transcriber should choose from; nothing where anything may be said."""
        if self.listen != "answers":
            return ()
        return tuple(phrase for answer in self.answers for phrase in answer.hear)


@dataclass(frozen=True, slots=True)
class Moment:
    """The state of the dialogue after one of the caller's lines, and what is said on reaching
    it."""

    question: str
    say: str
    notes: dict[str, str] = field(default_factory=dict)
    missed: int = 0
    """Lines not understood in a row."""
    passage: KnownPassage | None = None
    """What the business knows, where that was asked."""


class Dialogue:
    """The questions of a language's dialogue. ValueError names what the file gets wrong."""

    def __init__(self, language: Language, *, takes_message: bool = False) -> None:
        """takes_message: it only takes one."""
        path, self._digits = language.dialogue, language.words.digits
        data = tomllib.loads(path.read_text("utf-8"))
        groups = {
            group: tuple(
                ExpectedAnswer(**{**answer, "hear": tuple(answer["hear"])}) for answer in answers
            )
            for group, answers in data.pop("answers").items()
        }
        self.questions: dict[str, Question] = {}
        for name, question in data.pop("questions").items():
            names = (*question.pop("answers", ()), ANYWHERE)
            if unknown := set(names) - set(groups):
                raise ValueError(f"{path.name}: question {name}: no answers named {unknown}")
            answers = tuple(answer for group in names for answer in groups[group])
            self.questions[name] = Question(**question, answers=answers)
        self.first: str = data["first_when_closed" if takes_message else "first"]
        self._instead = {data["first"]: data["last_when_closed"]} if takes_message else {}
        self.greeting: str = data["greeting"]
        self._sorry = (data["not_understood"], data["still_not_understood"])
        for name, question in self.questions.items():
            for answer in question.answers:
                if (following := self._next(name, answer)) not in self.questions:
                    raise ValueError(
                        f"{path.name}: question {name}: {answer.hear[0]!r} leads to "
                        f"{following!r}, which is no question"
                    )

    def moment(
        self,
        history: Sequence[HistoryLine],
        greeting: str = "",
        known: Callable[[str], KnownPassage | None] = lambda heard: None,
    ) -> Moment:
        """known: the business's own answer to what was heard, where it is certain."""
        opening = Moment(
            self.first, f"{greeting or self.greeting} {self.questions[self.first].ask}"
        )
        heard = (line.text for line in history if line.by_caller)
        return reduce(partial(self._after, known), heard, opening)

    def question(self, history: Sequence[HistoryLine]) -> Question:
        """The question that waits for an answer."""
        return self.questions[self.moment(history).question]

    def _after(
        self, known: Callable[[str], KnownPassage | None], moment: Moment, heard: str
    ) -> Moment:
        question = self.questions[moment.question]
        if question.listen == "answers" and (passage := known(heard)):
            again = self._ask(moment.question, "", moment.notes, moment.question)
            return replace(again, say=f"{passage.words} {again.say}", passage=passage)
        if (answer := _meant(question, heard)) is not None:
            notes = moment.notes | answer.note
            following = self._next(moment.question, answer)
            return self._ask(following, answer.reply, notes, moment.question)
        if (kept := _kept(question, heard, self._digits)) is not None:
            return self._ask(question.then, "", moment.notes | {question.keep: kept}, "")
        return self._sorry_for(moment, question)

    def _next(self, name: str, answer: ExpectedAnswer) -> str:
        following = answer.then or self.questions[name].then
        return name if following == "same" else following

    def _ask(self, name: str, reply: str, notes: dict[str, str], before: str) -> Moment:
        name = self._instead.get(name, name)
        question = self.questions[name]
        is_again = name in (before, self.first)
        words = (reply, question.again if is_again and question.again else question.ask)
        return Moment(name, " ".join(filter(None, words)).format_map(notes), notes)

    def _sorry_for(self, moment: Moment, question: Question) -> Moment:
        is_first = moment.missed == 0
        say = f"{self._sorry[not is_first]} {question.hint if is_first else question.keypad}"
        return Moment(moment.question, say, moment.notes, moment.missed + 1)


def _meant(question: Question, heard: str) -> ExpectedAnswer | None:
    """The answer whose key or phrase was heard; else, unless anything may be said, the one with
    the longest phrase in what was heard. A single word counts only where it comes first."""
    words = plain(heard)
    longest, meant = "", None
    for answer in question.answers:
        if (answer.key and heard.strip() == answer.key) or words in answer.hear:
            return answer
        for phrase in answer.hear if question.listen == "answers" else ():
            is_in = f" {phrase} " in f" {words} " and (" " in phrase or words.startswith(phrase))
            if is_in and len(phrase) > len(longest):
                longest, meant = phrase, answer
    return meant


def _kept(question: Question, heard: str, digit_words: Mapping[str, str]) -> str | None:
    if question.listen == "anything":
        return heard
    if question.listen == "number":
        digits = "".join(digit_words.get(word, "") or word for word in plain(heard).split())
        digits = re.sub(r"\D", "", digits)
        return digits if len(digits) in PHONE_DIGITS else None
    return None


def plain(text: str) -> str:
    """Words and single spaces: no capitals, no vowel marks, no punctuation."""
    text = VOWEL_MARKS.sub("", text.casefold())
    return " ".join(re.findall(r"\w+", re.sub("[\"'׳״]", "", text)))


@cache
def dialogue(language: Language, *, takes_message: bool = False) -> Dialogue:
    return Dialogue(language, takes_message=takes_message)


class Receptionist:
    """The Writer of a machine without credentials."""

    name = "embedded receptionist (fixed dialogue)"
    gives_verdicts = False
    openers: Sequence[str] = ()

    def __init__(self, called: CalledNumber = NO_NUMBER) -> None:
        """The dialogue is fixed, but for its opening."""
        self._usual = dialogue(called.language)
        self._dialogue = dialogue(called.language, takes_message=called.takes_message)
        self._greeting = called.opening(self._dialogue.greeting)
        keys = called.language.search_keys
        self._known = cache(partial(called.knowledge.certain, keys=keys))
        wordings = [each.wording for each in called.knowledge.questions]
        self._wordings = wordings[:MOST_WORDINGS]

    @classmethod
    async def warm_up(cls) -> None:
        dialogue(NO_NUMBER.language)

    @classmethod
    def availability(cls) -> Availability:
        return Availability(cls.name, cls.name)

    def fixed_phrases(self) -> Sequence[str]:
        return (self._usual.moment(()).say,)

    async def write(
        self, history: Sequence[HistoryLine], *, with_verdict: bool = False
    ) -> AsyncIterator[str | Expect | Farewell | Looked]:
        moment = self._dialogue.moment(history, self._greeting, self._known)
        if moment.passage:
            yield Looked((moment.passage,))
        question = self._dialogue.questions[moment.question]
        # First, so that a caller who interrupts the question is already listened for.
        phrases = question.phrases and (*question.phrases, *self._wordings)
        yield Expect(phrases, KINDS[question.listen])
        for piece in _pieces(moment.say):
            yield piece
        if question.ends:
            yield Farewell()


def _pieces(text: str) -> Iterator[str]:
    """Word by word with its spaces, as a language model streams."""
    return iter(re.findall(r"\S+\s*", text))
