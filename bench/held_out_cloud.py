"""The simulated cloud of bench.voice_to_voice: it knows the lines, their words' times, the truth.

`python -m bench.held_out_cloud KIND LINES WRONG OPENERS` serves like tests.servers.cloud, paced;
when it is ended it prints, as one line of JSON, how often the model was asked about each line ("":
about words of none). The recogniser errs in nothing and has a word 250 ms after it is over, in a
partial every 100 ms. The model puts the next line's question, after words of the caller's own, so
that no answer begins as another; asked for a verdict, it says whole of the newest words if they are
a line, cut short if they begin one, that time is needed at such a place, and of a share WRONG of
all texts the contrary, always of the same ones. If OPENERS is 1 and it is told of openers, it
begins with one by the caller's words, never the last one again. The voice says what answers say at
another pitch than everything else (bench.content_ear).
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from bench.content_ear import CONTENT_HZ, OPENER_HZ
from bench.held_out_lines import HeldLine, Spoken, spoken_calls
from calls.audio.codec import FRAME_BYTES, level_db
from calls.services.verdicts import Verdict
from tests.servers.cloud import Cloud, paced
from tests.servers.hearing import FINAL_MS, FRAME_MS, LOUD_DB, PARTIAL_MS, Heard
from tests.servers.openai_answers import Answer
from tests.servers.openai_verdicts import Verdicts

CONTRARY = {
    Verdict.WHOLE: Verdict.CUT_SHORT,
    Verdict.CUT_SHORT: Verdict.WHOLE,
    Verdict.NEEDS_TIME: Verdict.WHOLE,
}
GO_ON = "אני איתכם, אפשר להמשיך."
GOODBYE = "תודה רבה, ושיהיה יום טוב."
_LETTERS = re.compile(r"[א-ת]+")
_TOLD = re.compile(r'"([^"\n]{2,20},)"')
"""An opener, as the instructions quote it."""


class SoundBook:
    """Where in which line a loud frame stands: each line has a noise of its own."""

    def __init__(self, lines: Sequence[Spoken]) -> None:
        self._places: dict[bytes, tuple[Spoken, int]] = {}
        for line in lines:
            for begin in range(0, len(line.audio), FRAME_BYTES):
                frame = line.audio[begin : begin + FRAME_BYTES]
                if level_db(frame) > LOUD_DB:
                    until_ms = (begin // FRAME_BYTES + 1) * FRAME_MS
                    self._places.setdefault(frame, (line, until_ms))

    def find(self, frame: bytes) -> tuple[Spoken, int] | None:
        """The line, and when this frame of it is over."""
        return self._places.get(frame)


class TimedHearing:
    """One stream's audio, as tests.servers.hearing's; words come when they have been said."""

    def __init__(self, book: SoundBook) -> None:
        self._book, self._now_ms = book, 0
        self._line: Spoken | None = None
        self._from_ms = self._began_ms = self._voiced_until_ms = 0
        self._shown: tuple[str, ...] = ()

    def hear(self, frame: bytes) -> Iterator[Heard]:
        self._now_ms += FRAME_MS
        if level_db(frame) > LOUD_DB:
            self._voiced_until_ms = self._now_ms
            if self._line is None and (found := self._book.find(frame)):
                self._line, until_ms = found
                self._from_ms, self._began_ms = until_ms - FRAME_MS, self._now_ms - until_ms
        if self._line is None:
            return
        if self._now_ms - self._voiced_until_ms >= FINAL_MS:
            yield from self.finish()
        elif (self._now_ms - self._began_ms - self._from_ms) % PARTIAL_MS == 0:
            words = self._words(self._line)
            if words != self._shown:
                self._shown = words
                yield Heard(words, self._now_ms, False, len(words) - 1)

    def finish(self) -> Iterator[Heard]:
        if self._line and (words := self._words(self._line)):
            yield Heard(words, self._voiced_until_ms, True, len(words))
        self._line, self._shown = None, ()

    def _words(self, line: Spoken) -> tuple[str, ...]:
        now_ms = self._now_ms - self._began_ms
        return tuple(word for word, end_ms in line.ends_ms if self._from_ms < end_ms <= now_ms)


class Judge(Verdicts):
    """How the model begins: its verdict is the truth, but for `wrong_share` of the texts."""

    def __init__(
        self, lines: Sequence[HeldLine], wrong_share: float = 0.0, has_openers: bool = True
    ) -> None:
        super().__init__()
        self.lines, self.wrong_share, self.has_openers = lines, wrong_share, has_openers
        self.told: set[str] = set()
        """Openers, ever."""

    def answer(self, messages: Sequence[dict[str, Any]], answer: Answer) -> Answer:
        told = _TOLD.findall(str(messages[0]["content"])) if self.has_openers else []
        self.told.update(told)
        if opener := fitting(told, messages):
            answer = replace(answer, text=f"{opener} {answer.text}")
        return super().answer(messages, answer)

    def of(self, asked: str, said: str) -> Verdict:
        truth = truth_of(said, self.lines, asked)[1]
        is_wrong = zlib.crc32(said.encode()) % 10_000 < 10_000 * self.wrong_share
        return CONTRARY[truth] if is_wrong else truth


def fitting(openers: Sequence[str], messages: Sequence[dict[str, Any]]) -> str:
    """The opener for this conversation; "": there are none."""
    spoken = [str(each["content"] or "") for each in messages if each["role"] == "assistant"]
    free = [each for each in openers if not spoken or not spoken[-1].startswith(each)]
    return free[zlib.crc32(str(messages[-1]["content"]).encode()) % len(free)] if free else ""


def truth_of(
    said: str, lines: Sequence[HeldLine], asked: str = ""
) -> tuple[HeldLine | None, Verdict]:
    """Of the newest words: the line that they are or begin, if any, and what is true of them. Among
    the lines that answer what was asked, if there are such."""
    answering = [line for line in lines if asked.strip().endswith(line.question)] if asked else []
    found = _longest(said.split(), answering) or _longest(said.split(), lines)
    if found is None:
        return None, Verdict.WHOLE
    line, size = found
    words = line.text.split()
    if size == len(words):
        return line, Verdict.WHOLE
    needs_time = " ".join(words[:size]) in line.needs_time
    return line, Verdict.NEEDS_TIME if needs_time else Verdict.CUT_SHORT


def _longest(said: list[str], lines: Sequence[HeldLine]) -> tuple[HeldLine, int] | None:
    """The longest end of the words that begins a line, or is one: that goes before."""
    best, best_rank = None, (0, False)
    for line in lines:
        words = line.text.split()
        for size in range(min(len(said), len(words)), best_rank[0] - 1, -1):
            rank = size, size == len(words)
            if size and rank > best_rank and said[-size:] == words[:size]:
                best, best_rank = (line, size), rank
                break
    return best


def answers(calls: Sequence[Sequence[HeldLine]]) -> dict[str, Answer]:
    """By the caller's words, the longest first: a line may stand in another."""
    texts = {
        line.text: f"{readback(line.text)}רשמתי. {after.question if after else GOODBYE}"
        for lines in calls
        for line, after in zip(lines, [*lines[1:], None], strict=True)
    }
    longest_first = sorted(texts, key=len, reverse=True)
    return {text: Answer(texts[text]) for text in longest_first} | {"": Answer(GO_ON)}


def readback(text: str) -> str:
    """The caller's last two words, if they are of letters alone."""
    words = text.split()[-2:]
    return f"{' '.join(words)}, " if all(map(_LETTERS.fullmatch, words)) else ""


async def serve(kind: str, most: int, wrong_share: float, has_openers: bool) -> None:
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    calls = spoken_calls(kind, most)
    lines = [spoken.line for call in calls for spoken in call]
    book = SoundBook([spoken for call in calls for spoken in call])
    async with Cloud() as cloud:
        paced(cloud)
        cloud.speech.ear = lambda: TimedHearing(book)
        cloud.openai.answers = answers([[spoken.line for spoken in call] for call in calls])
        cloud.openai.verdicts = judge = Judge(lines, wrong_share, has_openers)

        def pitch_hz(text: str) -> float:
            is_fixed = not cloud.openai.requests or text.strip() in judge.told
            return OPENER_HZ if is_fixed else CONTENT_HZ

        cloud.voice.pitch_hz = pitch_hz
        sys.stdout.write(f"{json.dumps(cloud.environ)}\n")
        sys.stdout.flush()
        await over.wait()
    asked = Counter[str]()
    for request in cloud.openai.requests:
        *_before, last = (each for each in request["messages"] if each["role"] == "user")
        line, _verdict = truth_of(str(last["content"]), lines)
        asked[line.text if line else ""] += 1
    sys.stdout.write(f"{json.dumps(asked, ensure_ascii=False)}\n")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hevoice.settings")
    logging.getLogger("calls.language").setLevel(logging.ERROR)  # words are guessed here
    which, count, wrong, openers = sys.argv[1:]
    asyncio.run(serve(which, int(count), float(wrong), openers == "1"))
