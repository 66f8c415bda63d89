"""The embedded Writer: a small deterministic receptionist, whose words are the language's dialogue.

Rule: the state of the dialogue is a pure function of what has been said so far: of the caller's
lines, and of the agent's only that nobody has come whom the caller asked for. Every answer replays
the lines from the first, so an interrupted or resumed turn needs no undo.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import cache, partial, reduce

from calls.language.language import Language
from calls.services import (
    NO_NUMBER,
    Availability,
    By,
    CalledNumber,
    Expect,
    Farewell,
    HistoryLine,
    Message,
    PersonWanted,
    Piece,
)
from calls.services.known import Looked
from calls.services.receptionist.desk import AtDesk, BookingDesk, serves_own
from calls.services.receptionist.person import AsksForPerson
from calls.services.receptionist.questions import KINDS, ExpectedAnswer, Question, kept, meant
from calls.services.tool_use.acts import Acts
from calls.services.tool_use.tool_rounds import Rounds

Known = Callable[[str], Looked | None]
"""As Knowledge.without_model."""
ANYWHERE = "anywhere"
"""The group of answers that every question understands."""
MOST_WORDINGS = 30
"""Of the business's own questions, among the phrases that a transcriber chooses from."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The state of the dialogue after one of the caller's lines, and what is said on reaching
    it."""

    question: str
    say: str
    notes: dict[str, str] = field(default_factory=dict)
    missed: int = 0
    """Lines not understood in a row."""
    does: Message | PersonWanted | Looked | None = None
    """What is done besides."""


class Dialogue:
    """The questions of a language's dialogue. ValueError names what the file gets wrong."""

    def __init__(
        self, language: Language, *, takes_message: bool = False, has_person: bool = False
    ) -> None:
        """takes_message: it only takes one. has_person: one can be asked for."""
        path, self._digits = language.dialogue, language.words.digits
        data = tomllib.loads(path.read_text("utf-8"))
        self._asks_for_person, self._has_person = AsksForPerson(data["person"]), has_person
        self.person_called = language.prompts["person_called"]
        self._nobody, self._nobody_came = data["person"]["nobody"], language.prompts["nobody_came"]
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
        self._message: str = data["first_when_closed"]
        """The question that takes one."""
        self.first: str = data["first_when_closed" if takes_message else "first"]
        self._instead = {data["first"]: data["last_when_closed"]} if takes_message else {}
        self.greeting: str = data["greeting"]
        self.desk = BookingDesk.of(language, data["booking"]) if "booking" in data else None
        """What it does where a number has tools for it."""
        self._sorry = (data["not_understood"], data["still_not_understood"])
        self._not_known: str = data["not_known"]
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
        known: Known = lambda heard: None,
    ) -> Moment:
        opening = Moment(
            self.first, f"{greeting or self.greeting} {self.questions[self.first].ask}"
        )
        return reduce(partial(self._after_line, known), history, opening)

    def beside(
        self,
        desk: BookingDesk,
        history: Sequence[HistoryLine],
        known: Known = lambda heard: None,
    ) -> tuple[list[HistoryLine], bool]:
        """The lines that the questions are asked for, and whether the caller's last one is for the
        desk instead, which takes what it understands unless anything may be said."""
        asked, said, is_for_desk = list[HistoryLine](), list[str](), False
        for line in history:
            is_callers = line.by is By.CALLER
            if is_callers:
                said.append(line.text)
                is_answer = self.question(asked, known).listen == "answers"
                is_for_desk = is_answer and desk.understands(said)
            if not (is_callers and is_for_desk):
                asked.append(line)
        return asked, is_for_desk

    def question(
        self, history: Sequence[HistoryLine], known: Known = lambda heard: None
    ) -> Question:
        """The question that waits for an answer."""
        return self.questions[self.moment(history, known=known).question]

    def _after_line(self, known: Known, moment: Moment, line: HistoryLine) -> Moment:
        if line.by is By.CALLER:
            return self._after(known, moment, line.text)
        if (
            line.by is By.AGENT and line.text and self._nobody_came.startswith(line.text)
        ):  # as much of it as was heard
            return Moment(self._message, line.text, moment.notes)
        return moment

    def _after(self, known: Known, moment: Moment, heard: str) -> Moment:
        question = self.questions[moment.question]
        looked = known(heard) if question.listen == "answers" else None
        if looked and looked.passages:
            again = self._ask(moment.question, "", moment.notes, moment.question)
            return replace(again, say=f"{looked.passages[0].words} {again.say}", does=looked)
        answer = meant(question, heard)
        if (answer and answer.asks_person) or self._asks_person(question, heard):
            return self._person(moment, question)
        if answer is not None:
            notes = moment.notes | answer.note
            following = self._next(moment.question, answer)
            asked = self._ask(following, answer.reply, notes, moment.question)
            return replace(asked, does=_message(notes)) if answer.keeps else asked
        if (given := kept(question, heard, self._digits)) is not None:
            return self._ask(question.then, "", moment.notes | {question.keep: given}, "")
        if looked:
            return Moment(moment.question, self._not_known, moment.notes, does=looked)
        return self._sorry_for(moment, question)

    def _asks_person(self, question: Question, heard: str) -> bool:
        asks = self._asks_for_person
        return asks.whole(heard) if question.listen == "anything" else asks.anywhere(heard)

    def _person(self, moment: Moment, question: Question) -> Moment:
        """The question stays open."""
        if self._has_person:
            return Moment(moment.question, self.person_called, moment.notes, does=PersonWanted())
        say = f"{self._nobody} {question.again or question.ask}".format_map(moment.notes)
        return Moment(moment.question, say, moment.notes)

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


def _message(notes: Mapping[str, str]) -> Message:
    return Message(name="", number=notes.get("phone", ""), reason=notes.get("message", ""))


@cache
def dialogue(
    language: Language, *, takes_message: bool = False, has_person: bool = False
) -> Dialogue:
    return Dialogue(language, takes_message=takes_message, has_person=has_person)


class Receptionist:
    """The Writer of a machine without credentials."""

    name = "embedded receptionist (fixed dialogue)"
    gives_verdicts = False
    takes_whispers = False
    openers: Sequence[str] = ()

    def __init__(self, called: CalledNumber = NO_NUMBER) -> None:
        """The dialogue is fixed, but for its opening."""
        self._usual = dialogue(called.language)
        self._dialogue = dialogue(
            called.language,
            takes_message=called.takes_message,
            has_person=called.person_wait_s > 0,
        )
        self._greeting = called.opening(self._dialogue.greeting)
        keys = called.language.search_keys
        self._known = cache(partial(called.knowledge.without_model, keys=keys))
        wordings = [each.wording for each in called.knowledge.questions]
        self._wordings = wordings[:MOST_WORDINGS]
        self._called, self._acts = called, Acts(called.language.instructions)
        self._desk = self._dialogue.desk if serves_own(called.own_tools) else None

    @classmethod
    async def warm_up(cls) -> None:
        dialogue(NO_NUMBER.language)

    @classmethod
    def availability(cls) -> Availability:
        return Availability(cls.name, cls.name)

    def fixed_phrases(self) -> Sequence[str]:
        says = (each for tool in self._called.own_tools for each in tool.phrases)
        return self._usual.moment(()).say, self._usual.person_called, *says

    async def write(
        self, history: Sequence[HistoryLine], *, with_verdict: bool = False
    ) -> AsyncGenerator[Piece, None]:
        said = [line.text for line in history if line.by is By.CALLER]
        desk, notes = self._desk, self._acts.notes
        asked, is_for_desk = history, False
        if desk:
            asked, is_for_desk = self._dialogue.beside(desk, history, self._known)
        moment = self._dialogue.moment(asked, self._greeting, self._known)
        question, does = self._dialogue.questions[moment.question], moment.does
        if isinstance(does, Looked):
            yield does
        # First, so that a caller who interrupts the question is already listened for.
        phrases = question.phrases and (*question.phrases, *self._wordings)
        if phrases and desk:
            phrases = tuple(dict.fromkeys((*desk.phrases(said, notes), *phrases)))
        yield Expect(phrases, KINDS[question.listen])
        if desk and is_for_desk:
            rounds = Rounds(self._called.own_tools, self._called, self._acts)
            async with aclosing(rounds.reply(AtDesk(desk, said, notes))) as pieces:
                async for piece in pieces:
                    yield piece
            return
        for word in _pieces(moment.say):
            yield word
        if does and not isinstance(does, Looked):
            yield does
        if question.ends:
            yield Farewell()


def _pieces(text: str) -> Iterator[str]:
    """Word by word with its spaces, as a language model streams."""
    return iter(re.findall(r"\S+\s*", text))
