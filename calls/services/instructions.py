"""What a language model is told: its instructions, and the call so far. Pure.

Rule: what comes first is the same, byte for byte, in every request, so that the provider's prompt
cache serves it: first the language's rules of speech (one of two texts: with a verdict before the
answer, and without), then the business's own text, what it knows and its openers, then what belongs
to one call, and last what was looked up for one answer. The model is told what was heard, never
what was only written; and what the business knows as data, between signs that these cannot close.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from calls.language.language import Instructions
from calls.services import By, HistoryLine, Message
from calls.services.known import Knowledge, KnownPassage

MOST_LINES, LINES_DROPPED_AT_ONCE = 40, 10
MOST_BYTES = 8000
"""Of the history. It is cut in steps, because each cut is a beginning that no cache knows yet."""
SIGNS = re.compile("<<+|>>+")
ROLES = {By.CALLER: "user", By.OVERHEARD: "user", By.AGENT: "assistant"}


def system(
    texts: Instructions, business: str, notes: Sequence[str] = (), *, with_verdict: bool = False
) -> str:
    """The instructions; what was done in this call comes last."""
    rules = texts.rules_with_verdict if with_verdict else texts.rules
    about = f"{texts.about_business}\n{business or texts.business}"
    return "\n\n".join([rules, about, *notes])


def note_of(texts: Instructions, message: Message) -> str:
    """For later turns: it was kept."""
    return texts.message_kept.format(
        name=message.name, number=message.number, reason=message.reason
    )


def with_openers(texts: Instructions, business: str, openers: Sequence[str]) -> str:
    """The business's text, and what replies begin with: the same in all calls of a number."""
    told = texts.openers.format(openers=" ".join(f'"{each}"' for each in openers))
    return f"{business or texts.business}\n\n{told}" if openers and told else business


def with_own_tools(texts: Instructions, business: str) -> str:
    """The business's text, and how its own tools are used."""
    return f"{business or texts.business}\n\n{texts.outside.rules}"


def with_moment(texts: Instructions, business: str, at: datetime) -> str:
    """The business's text, and when the call began: the same in all its requests."""
    return f"{business or texts.business}\n\n{texts.moment(at)}"


def with_knowledge(texts: Instructions, business: str, knowledge: Knowledge) -> str:
    """The business's text, and what it knows, or that it is looked up: no business that knows
    nothing, then."""
    if knowledge.told:
        told = texts.known.format(known=as_data(knowledge.told))
    else:
        told = texts.looked_up if knowledge.search else ""
    return f"{business}\n\n{told}".strip() if told else business


def last_call(texts: Instructions, summary: str) -> str:
    """What the caller's last call was about, as it stands in the business's text."""
    return texts.after_call.last_call.format(summary=as_data(summary)) if summary else ""


def found(texts: Instructions, passages: Sequence[KnownPassage]) -> list[str]:
    """What was looked up for this answer, as the last of the notes."""
    told = "\n\n".join(f"{each.heading}\n{each.words}".strip() for each in passages)
    return [texts.found.format(found=as_data(told))] if told else []


def as_data(text: str) -> str:
    """Without the signs between which it is told."""
    return SIGNS.sub("", text)


def only_message(texts: Instructions, business: str) -> str:
    """The business's text while it is closed."""
    return f"{business or texts.business}\n\n{texts.only_message}"


def messages(
    texts: Instructions,
    business: str,
    history: Sequence[HistoryLine],
    notes: Sequence[str] = (),
    *,
    with_verdict: bool = False,
) -> list[dict[str, Any]]:
    """The instructions and the call, each side's lines in a row made one. What persons said or
    want stands in its place among them, as instructions do.

    with_verdict: the answer is to begin with one (calls.services.verdicts).
    """
    told_first = system(texts, business, notes, with_verdict=with_verdict)
    told: list[dict[str, Any]] = [{"role": "system", "content": told_first}]
    for role, lines in groupby(recent(history), key=lambda line: ROLES.get(line.by, "system")):
        told.append({"role": role, "content": " ".join(_told(texts, line) for line in lines)})
    return told


def _told(texts: Instructions, line: HistoryLine) -> str:
    wording = {By.PERSON: texts.person_said, By.WHISPER: texts.whispered, By.NOTE: texts.noted}
    return wording.get(line.by, "{text}").format(text=line.text)


def recent(history: Sequence[HistoryLine]) -> Sequence[HistoryLine]:
    """The end of the history, within both bounds; the last line always."""
    excess = max(0, len(history) - MOST_LINES)
    dropped = -(-excess // LINES_DROPPED_AT_ONCE) * LINES_DROPPED_AT_ONCE
    kept = history[dropped:]
    while len(kept) > 1 and sum(len(line.text.encode()) for line in kept) > MOST_BYTES:
        kept = kept[min(LINES_DROPPED_AT_ONCE, len(kept) - 1) :]
    return kept
