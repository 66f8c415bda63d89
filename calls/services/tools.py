"""The tools that a language model may use in a call, each declared once, in `tools_in`; a call is
offered those that its number has a use for (`tools_for`).

Rule: until a reply is decided nothing is done that cannot be undone, so a tool that is not
`safe_ahead` waits for the decision. No tool keeps a caller waiting longer than its deadline, and
none that takes long leaves them in silence.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from calls.language.language import Language
from calls.services import CalledNumber, Message, PersonWanted, Piece, instructions

Json = dict[str, Any]
ASK_FOR_A_PERSON = "ask_for_a_person"
LONGEST_S = 3.0
"""No tool may take longer: with the model's next words that is all that a caller bears;"""
LONGEST_FILLED_S = 62.0
"""but for one that has words for the wait: two attempts of half a minute."""


@dataclass(frozen=True, slots=True)
class InHand:
    """Whose work a tool does: the turn that is being answered, and what the model's call of it is
    named; of nothing: -1 and ""."""

    turn: int = -1
    call: str = ""


NOTHING = InHand()
in_hand: ContextVar[InHand] = ContextVar("in_hand", default=NOTHING)


@dataclass(frozen=True, slots=True)
class Done:
    """A tool's result.

    told: the result for the model. says: what to say about it; None: the tool's own words; "":
    nothing. must_say: although other words have been said. pieces: what the call should know.
    note: what later turns are told about it; only a tool that waits for the decision leaves one,
    because any other may have been run in vain.
    """

    told: str = ""
    says: str | None = None
    pieces: tuple[Piece, ...] = ()
    note: str = ""
    must_say: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """schema: its description and parameters, as JSON Schema has them; `of_texts` makes one.

    run: is given the called number and the model's arguments. If it raises, the model is told of a
        failure. safe_ahead: it only looks things up, so it may run before the reply is decided.
        One that is not is run to its end, whatever becomes of the reply.
    deadline_s: up to LONGEST_S; after that the model is told that there was no result.
    meanwhile: said one after another while it is waited for; with these it may take
        LONGEST_FILLED_S.
    fixed: whatever else it may have said word for word.
    unkept: parameters that no note and no later turn has.
    says: said when it is done, if nothing has been said yet, while the model words the rest.
    ends: the call is over once the reply has been heard, unless the model is told something. It is
        not run together with others, nor after them in one reply: what they did must be heard
        first.
    """

    name: str
    schema: Json
    run: Callable[[CalledNumber, Mapping[str, Any]], Awaitable[Done]]
    safe_ahead: bool
    deadline_s: float
    says: str = ""
    ends: bool = False
    meanwhile: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        longest_s = LONGEST_FILLED_S if self.meanwhile else LONGEST_S
        if not 0 < self.deadline_s <= longest_s:
            raise ValueError(f"{self.name}: deadline_s must be up to {longest_s:g}")

    @property
    def phrases(self) -> tuple[str, ...]:
        """What is said for it word for word."""
        return tuple(filter(None, (self.says, *self.meanwhile, *self.fixed)))

    @property
    def as_function(self) -> Json:
        """As OpenAI and those that follow it are offered a tool."""
        return {"type": "function", "function": {"name": self.name, **self.schema}}


def of_texts(description: str, /, **texts: str) -> Json:
    """The schema of a tool whose parameters are all texts, and all required."""
    parameters = {
        "type": "object",
        "properties": {each: {"type": "string", "description": texts[each]} for each in texts},
        "required": [*texts],
        "additionalProperties": False,
    }
    return {"description": description, "parameters": parameters, "strict": True}


@dataclass(slots=True)
class ToolCall:
    """A tool that the model asks for. arguments: JSON, provided that the model wrote valid JSON."""

    id: str = ""
    name: str = ""
    arguments: str = ""

    @property
    def given(self) -> Json:
        """The arguments; empty if they are no JSON object."""
        try:
            given = json.loads(self.arguments)
        except (ValueError, RecursionError):
            return {}
        return given if isinstance(given, dict) else {}


def _text(given: Mapping[str, Any], name: str) -> str:
    return str(given.get(name) or "").strip()


async def _say_goodbye(called: CalledNumber, given: Mapping[str, Any]) -> Done:
    return Done(says=_text(given, "farewell") or None)


async def _take_message(called: CalledNumber, given: Mapping[str, Any]) -> Done:
    message = Message(*(_text(given, name) for name in ("name", "number", "reason")))
    texts = called.language.instructions
    if not message.reason and not message.number:
        return Done(texts.not_kept, says="")
    return Done(texts.kept, pieces=(message,), note=instructions.note_of(texts, message))


async def _ask_for_a_person(called: CalledNumber, given: Mapping[str, Any]) -> Done:
    texts = called.language.instructions
    return Done(texts.person_called, pieces=(PersonWanted(),), note=texts.person_asked_for)


def tools_for(called: CalledNumber) -> tuple[Tool, ...]:
    """Nobody is called to a number that waits for nobody."""
    every = tools_in(called.language)
    return tuple(each for each in every if called.person_wait_s or each.name != ASK_FOR_A_PERSON)


def tools_in(language: Language) -> tuple[Tool, ...]:
    """All that there are, in the order in which a model is offered them, in its words."""

    def schema(name: str) -> Json:
        texts = language.instructions.tools[name]
        return of_texts(texts.description, **texts.parameters)

    says = {name: texts.says for name, texts in language.instructions.tools.items()}
    return (
        Tool(
            "say_goodbye",
            schema("say_goodbye"),
            _say_goodbye,
            safe_ahead=True,
            deadline_s=1.0,
            says=says["say_goodbye"],
            ends=True,
        ),
        Tool(
            "take_message",
            schema("take_message"),
            _take_message,
            safe_ahead=False,
            deadline_s=1.0,
            says=says["take_message"],
        ),
        Tool(
            ASK_FOR_A_PERSON,
            schema(ASK_FOR_A_PERSON),
            _ask_for_a_person,
            safe_ahead=False,
            deadline_s=1.0,
            says=f"{language.prompts['person_called']} ",
        ),
    )
