"""What the local OpenAI server's model thinks of a caller's words: a simulation. Pure.

It knows the lines that it was taught; of others it only knows what a word list can. So its
verdicts say how the product takes them, and nothing of how well a model judges.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from bench.word_lists import lists
from calls.language.hebrew import HEBREW
from calls.services.judging import Line
from calls.services.verdicts import Verdict
from tests.servers.openai_answers import Answer

MARKERS = {verdict.value for verdict in Verdict}


class Verdicts:
    def __init__(self) -> None:
        self.wrong_share = 0.04
        """Of all words, always the same ones: a verdict of another kind than the truth."""
        self.are_given = True
        """False: as a model that does not keep to it."""
        self.are_bare = False
        """True: as one that gives nothing else, not even the answer."""
        self._truths: dict[tuple[str, str], Verdict] = {}
        self._scripted: list[list[str]] = []

    def teach(self, lines: Iterable[Line]) -> None:
        self._truths |= {(line.question, line.text): line.truth for line in lines}

    def teach_scripted(self, text: str) -> None:
        """A caller's whole line: its beginnings are cut short."""
        self._scripted.append(text.split())

    def answer(self, messages: Sequence[dict[str, Any]], answer: Answer) -> Answer:
        """The same, begun with a verdict if the instructions ask for one, and the last word is the
        caller's."""
        instructions, last = str(messages[0]["content"]), messages[-1]
        is_asked_for = all(marker in instructions for marker in MARKERS)
        is_scripted = bool(MARKERS & set(answer.text))
        if not is_asked_for or not self.are_given or is_scripted or last["role"] != "user":
            return answer
        asked = messages[-2]["content"] if messages[-2]["role"] == "assistant" else ""
        verdict = self.of(f"{asked}", last["content"])
        if verdict is Verdict.WHOLE and not self.are_bare:
            return replace(answer, text=f"{verdict.value} {answer.text}")
        return replace(answer, text=verdict.value, tools=())

    def of(self, asked: str, said: str) -> Verdict:
        truth = self._truth(asked, said)
        chance = zlib.crc32(f"{asked}\n{said}".encode())
        if chance % 1000 >= 1000 * self.wrong_share:
            return truth
        others = [verdict for verdict in Verdict if verdict is not truth]
        return others[chance // 1000 % len(others)]

    def _truth(self, asked: str, said: str) -> Verdict:
        if known := self._truths.get((asked, said)):
            return known
        words = said.split()
        whole = begun = 0
        for line in self._scripted:
            if words[-len(line) :] == line:
                whole = max(whole, len(line))
            beginnings = range(1, min(len(words), len(line) - 1) + 1)
            begun = max([begun, *(size for size in beginnings if words[-size:] == line[:size])])
        if begun > whole:
            return Verdict.CUT_SHORT
        if not whole and any(said.endswith(each) for each in HEBREW.words.floor):
            return Verdict.NEEDS_TIME
        leans = not whole and words[-1:] and words[-1] in lists().leaning
        return Verdict.CUT_SHORT if leans else Verdict.WHOLE
