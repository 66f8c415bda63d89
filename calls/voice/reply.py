"""One reply, from its decision (or before, if it is prepared ahead) until the caller has heard it.

It is written, spoken and sent as it comes: writer -> sentences -> voice -> chunks of 100 ms or
more. A mark follows the first chunk and each sentence, and comes back when the caller has heard
that far.
Rules: no part of a reply is heard, and it has no effect, before it is decided. A reply that is held
(prepared ahead, or stopped by what may be no interruption) is made and kept, and is sent when it is
released. A reply that fails is heard as far as it was sent, and then there is an apology: nobody is
left with its opener. While one of its tools takes long (calls.voice.meanwhile), words fill the
silence.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from calls.audio.codec import BYTES_PER_MS, CHUNK_BYTES
from calls.language.language import Language
from calls.language.openers import NO_OPENERS, Openers
from calls.records.turn_in_progress import CallRecord, TurnInProgress
from calls.services import (
    Busy,
    Expect,
    Farewell,
    HistoryLine,
    Message,
    Outside,
    PersonWanted,
    Piece,
    Requested,
    ServiceFailed,
    ServiceLate,
    Transcriber,
    Voice,
    WhenDecided,
    Writer,
)
from calls.services.deadlines import within
from calls.services.known import Looked
from calls.services.tools import InHand, in_hand
from calls.services.verdicts import Verdict
from calls.voice import prompts
from calls.voice.audio_out import AudioOut, in_chunks
from calls.voice.clock import CallClock
from calls.voice.meanwhile import Meanwhile
from calls.voice.playout import Playout, Sound
from calls.voice.sentences import SENTENCE_ENDS, Sentences
from tuning.turns import events
from tuning.turns.agent import NOBODY_CAME
from tuning.turns.completion import Asked
from tuning.turns.endpointing import NO_VERDICT
from tuning.turns.stepping_in import NOTICE
from tuning.turns.turn_taker import TurnTaker

logger = logging.getLogger(__name__)

AHEAD_SENTENCES = 1
"""So much is spoken of a reply that is not decided yet, besides its opener, which is there: the
rest would be paid for in vain."""
WRITER_S = 4.0
"""Deadline for the first and for every next piece, where the writer has none of its own that is
shorter: longer silence than this is worse than an apology. A voice has its own."""
HEARD_AFTER_MS = 100
"""What is sent is heard so much later, or less."""
MARK_GRACE_MS = 2000
"""A mark this overdue was lost: the reply counts as heard."""


@dataclass(frozen=True, slots=True)
class Means:
    """What all replies of a call need. turns: the core, used only for its clock and knobs; tasks:
    those of the call."""

    language: Language
    openers: Openers
    writer: Writer
    speaker: Voice
    transcriber: Transcriber
    record: CallRecord
    clock: CallClock
    out: AudioOut
    turns: TurnTaker
    tasks: asyncio.TaskGroup


class Withheld(Exception):
    """The writer says that the caller has not finished: there is nothing to be heard."""


class Reply:
    """One thing that the agent says."""

    def __init__(
        self,
        number: int,
        history: Sequence[HistoryLine],
        means: Means,
        report: Callable[[events.Event], None],
        opener_before: str = "",
    ) -> None:
        """number: of its turn. history: what it answers is the last line. report: is told what
        becomes of it, as the core is to be told. opener_before: the one that the caller heard
        last."""
        self.turn = TurnInProgress(number, means.turns.revision)
        self.playout = Playout(number)
        self.history = history
        self._opener_before = opener_before
        self.is_broken = False
        """Nothing to be heard came of it."""
        self._judges = ""
        """The words on which a verdict is wanted first; "": none is, or it has been given."""
        self._means, self._clock, self._out, self._report = means, means.clock, means.out, report
        self._wanted = asyncio.Event()
        """Set once it is decided."""
        self._not_before_ms = 0.0
        """Wall time; its first audio goes out no earlier."""
        self._limit_ms = 0
        """No sentence begins after so much of it; 0: no limit."""
        self._text = ""
        """What it is, word for word; "": the writer writes it."""
        self._meanwhile = Meanwhile()
        self._sentences = 0
        """So many have been handed to the voice, besides an opener."""
        self._wants_person = False
        """It says that a person is called, who is as soon as it is heard."""
        self._ends_open = False
        """Its writer has stopped, and not after a sentence."""
        self._jobs: list[asyncio.Task[None]] = []

    # From its beginning to the decision, and to its end.

    def begin_ahead(self, order: events.Think) -> None:
        """Make it, and hold it until it is decided."""
        self.playout.is_held = True
        self._judges = order.text if order.with_verdict else ""
        self._do(self._make())

    def decide(self, decision: events.Reply | events.Prompt | events.Say) -> None:
        """It is decided: what there is of it, and what is still made, may be heard."""
        self._wanted.set()
        self._meanwhile.begin(self._clock.wall_ms)
        match decision:
            case events.Prompt(name="greeting"):
                self._do(self._make())
            case events.Prompt(name=name):
                self._say_prepared(name)
            case events.Say(text=text):
                self._text = text
                self._do(self._make())
            case events.Reply(limit_ms=limit_ms, delay_ms=delay_ms):
                self._limit_ms = limit_ms
                if self.playout.is_held:
                    self.turn.is_prepared = True
                    self._do(self._release_after(delay_ms))
                else:
                    self._not_before_ms = self._clock.wall_ms + delay_ms
                    self._do(self._make())

    def hold(self) -> None:
        """Fall silent, and keep what is left, and still comes, of it."""
        self.playout.hold(self._clock.wall_ms)
        self._out.clear()

    def resume(self) -> None:
        """It was stopped for nothing: it goes on."""
        self.turn.resumed += 1
        self._release()

    def fill(self) -> None:
        """Say that it will come, unless it just has."""
        if self.playout.audio_ms:
            return
        self.turn.filled_ms = self._clock.wall_ms
        audio = prompts.clip(self._means.language, "moment", self._means.speaker.name)
        self.playout.fill(self._means.language.prompts["moment"], audio)
        self._out.play(self.playout, audio, Sound.FILLER)
        self._out.mark(self.playout.next_mark())

    def forget(self) -> None:
        """Nothing more is made of it."""
        for job in self._jobs:
            job.cancel()

    def stop(self) -> None:
        """Nothing more of it is made, or heard."""
        self.forget()
        if not self.playout.is_held:
            self._out.clear()

    def close(self, outcome: str) -> TurnInProgress:
        """It is over: what became of it."""
        self.forget()
        return self._heard_of(self.turn, outcome)

    def so_far(self) -> TurnInProgress:
        """What became of it, should the process die now."""
        return self._heard_of(replace(self.turn), "no reply")

    def while_heard(self) -> TurnInProgress | None:
        """As it stands while the caller hears it, without an outcome; None: not yet."""
        if self.playout.heard_at_ms is None:
            return None
        return replace(
            self.turn,
            answered=self.playout.text,
            outcome="",
            first_audio_ms=self.playout.answer_at_ms,
            first_content_ms=self.playout.content_at_ms(self._clock.wall_ms),
            spoken_ms=self.playout.spoken_ms(self._clock.wall_ms),
        )

    def _heard_of(self, turn: TurnInProgress, outcome: str) -> TurnInProgress:
        """The record, with its words as far as they were heard."""
        playout, wall_ms = self.playout, self._clock.wall_ms
        is_whole = outcome == "completed"
        turn.answered = playout.text if is_whole else playout.heard_text(wall_ms)
        turn.ended_ms, turn.first_audio_ms = wall_ms, playout.answer_at_ms
        turn.first_content_ms = playout.content_at_ms(wall_ms)
        turn.spoken_ms = playout.audio_ms if is_whole else playout.spoken_ms(wall_ms)
        was_heard = turn.heard_ms is not None
        turn.outcome = "interrupted" if outcome == "no reply" and was_heard else outcome
        return turn

    def _do(self, job: Coroutine[Any, Any, None]) -> None:
        self._jobs.append(self._means.tasks.create_task(job))

    # Made: written and spoken.

    async def _make(self) -> None:
        """Whatever goes wrong is reported to the core, never left as dead air."""
        in_hand.set(InHand(self.turn.number))
        try:
            await self._say()
        except Withheld:
            self.is_broken = True
        except Exception as error:
            reason, self.is_broken = reason_of(error), True
            self._judged(NO_VERDICT)
            logger.warning("Turn %d: %s", self.turn.number, reason, exc_info=is_ours(error))
            if self._wanted.is_set():  # a reply that is not is asked for again, should it be
                self.turn.failure = reason
                await self._played_out()
                kind = events.ReplyLate if isinstance(error, ServiceLate) else events.ReplyFailed
                self._report(kind(self._means.turns.now_ms, self.turn.number, reason))

    async def _say(self) -> None:
        """Raises ServiceLate and ServiceFailed."""
        turn, playout, speaker = self.turn, self.playout, self._means.speaker
        sentences, has_begun = self._written(), False
        async with aclosing(sentences), aclosing(speaker.speak(sentences)) as parts:
            async for part in in_chunks(self._timed(parts)):
                if isinstance(part, str):
                    if self._limit_ms and playout.audio_ms >= self._limit_ms:
                        turn.is_limited = True
                        break
                    if has_begun and not playout.is_held:
                        self._out.mark(playout.next_mark())
                    is_filler = self._meanwhile.is_filler(part)
                    playout.begin_sentence(
                        part, may_open=self._is_opener(part), is_filler=is_filler
                    )
                    if playout.heard_at_ms is not None:
                        self._means.record.changed()  # there is more to read of it
                    continue
                has_begun = True
                self._meanwhile.came()
                if turn.ready_ms is None and playout.sentences[-1].sound is not Sound.FILLER:
                    turn.ready_ms = self._clock.wall_ms
                await asyncio.sleep(max(0.0, self._not_before_ms - self._clock.wall_ms) / 1000)
                self._play(part)
        if turn.ready_ms is None:
            raise ServiceFailed(f"{self._means.writer.name} or {speaker.name} brought no reply")
        if self._ends_open and playout.is_only_opener and not playout.says_farewell:
            raise ServiceFailed(f"{self._means.writer.name} stopped after the opener")
        playout.is_written = True
        if not playout.is_held:
            self._out.mark(playout.next_mark())
            self._finish()

    async def _played_out(self) -> None:
        """Wait until what was sent of it has been heard, unless it is held."""
        playout, now_ms = self.playout, self._clock.wall_ms
        all_played_ms = (playout.sent_at_ms or now_ms) + playout.audio_ms
        left_ms = max(playout.plays_until_ms, all_played_ms) + HEARD_AFTER_MS - now_ms
        if playout.audio_ms and not playout.is_held:
            await asyncio.sleep(max(0.0, left_ms) / 1000)

    def _is_opener(self, sentence: str) -> bool:
        """Or what is said while another model is asked."""
        texts = self._means.language.instructions
        is_patience = sentence == texts.patience.strip()
        return is_patience or self._means.openers.opening(sentence) == sentence

    async def _written(self) -> AsyncGenerator[str, None]:
        turn, text = self.turn, ""
        openers = self._means.openers if self.history else NO_OPENERS  # a greeting has none
        whole = Sentences(self._means.language, openers, self._opener_before)
        expected: Expect | None = None
        is_told = False
        turn.asked_ms = self._clock.wall_ms
        async with aclosing(self._pieces()) as pieces:
            async for piece in pieces:
                match piece:
                    case Requested():
                        turn.requests += 1
                    case Looked():
                        turn.looked(piece, self._clock.wall_ms)
                    case Expect():
                        expected = piece
                    case Farewell():
                        self.playout.says_farewell = True
                    case WhenDecided():
                        await self._wanted.wait()
                    case Outside(is_over=is_over):
                        turn.asked_outside(self._clock.wall_ms, is_over=is_over)
                    case Busy(meanwhile=words) if words:
                        for sentence in whole.rest():
                            yield await self._hand_over(sentence)
                        if self._is_silent() and (filler := self._meanwhile.next(words)):
                            turn.characters += len(filler)
                            yield filler
                    case Message():
                        await self._wanted.wait()
                        self._means.record.keep_message(piece)
                    case PersonWanted():
                        await self._wanted.wait()
                        self._wants_person = True
                        self._call_person()
                    case str():
                        text += piece
                        turn.tokens += 1
                        if turn.first_token_ms is None:
                            turn.first_token_ms = self._clock.wall_ms
                        for sentence in whole.add(piece):
                            yield await self._hand_over(sentence)
                if expected and not is_told and self._wanted.is_set():
                    is_told = True
                    self._expect(expected)
        self._ends_open = not text.rstrip().endswith(SENTENCE_ENDS)
        for sentence in whole.rest():
            yield await self._hand_over(sentence)
        await self._wanted.wait()
        if not is_told and self.turn.why != NOTICE:  # what was asked before it still is
            self._expect(expected or Expect.of(text, self._means.language.words))

    def _is_silent(self) -> bool:
        """Whether the caller has heard nothing for so long that something is to be said."""
        is_out = self._wanted.is_set() and not self.playout.is_held
        now_ms = self._clock.wall_ms
        return is_out and self._meanwhile.is_due(now_ms, self.playout.silent_ms(now_ms))

    async def _pieces(self) -> AsyncGenerator[Piece, None]:
        """What the writer writes. Its verdict is for the core, and no part of that; where it asks
        to wait there is nothing more, unless the reply has been decided meanwhile."""
        if self._text:
            yield self._text
            return
        if self._judges and not self._means.writer.gives_verdicts:
            self._judged(NO_VERDICT)
        if self._judges:
            verdict = Verdict.WHOLE
            async with aclosing(self._write(with_verdict=True)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Verdict):
                        verdict, self.turn.verdict_ms = piece, self._clock.wall_ms
                        self._judged(piece.name.lower())
                    else:
                        yield piece
            if verdict is Verdict.WHOLE:
                return
            if not self._wanted.is_set():
                raise Withheld
        async with aclosing(self._write(with_verdict=False)) as pieces:
            async for piece in pieces:
                yield piece

    def _write(self, *, with_verdict: bool) -> AsyncGenerator[Piece, None]:
        writer = self._means.writer
        pieces = writer.write(self.history, with_verdict=with_verdict)
        return within(pieces, first_s=WRITER_S, next_s=WRITER_S, what=writer.name)

    def _judged(self, verdict: str) -> None:
        text, self._judges = self._judges, ""
        if text:
            now_ms, number = self._means.turns.now_ms, self.turn.number
            self._report(events.JudgedByModel(now_ms, number, text, verdict))

    async def _hand_over(self, sentence: str) -> str:
        if self._sentences >= AHEAD_SENTENCES:
            await self._wanted.wait()
        self._meanwhile.handed_over()
        self._sentences += not self._is_opener(sentence)
        self.turn.hand_over(sentence, self._clock.wall_ms)
        return sentence

    def _expect(self, expected: Expect) -> None:
        """Tell the transcriber and the core what it asks the caller."""
        self._means.transcriber.expect(expected.phrases)
        if (asked := expected.asked) != Asked():
            self._report(events.Asks(self._means.turns.now_ms, self.turn.number, asked))

    async def _timed(self, parts: AsyncIterator[str | bytes]) -> AsyncIterator[str | bytes]:
        """The same; the first byte is a moment of the turn."""
        async for part in parts:
            is_answer = self.turn.first_sentence_ms is not None
            if self.turn.first_byte_ms is None and is_answer and isinstance(part, bytes):
                self.turn.first_byte_ms = self._clock.wall_ms
            yield part

    # Sent.

    def _say_prepared(self, name: str) -> None:
        """Say something prepared, at once."""
        language, voice = self._means.language, self._means.speaker.name
        audio, begins = prompts.clip(language, name, voice), 0
        if name == NOBODY_CAME:  # other prompts leave open what was asked before them
            self._means.transcriber.expect(())
            begins = CHUNK_BYTES  # the core is told when it is first heard, not only when it ends
        self.playout.begin_sentence(language.prompts[name])
        for part in filter(None, (audio[:begins], audio[begins:])):
            self._play(part)
        self._finish()

    def _play(self, audio: bytes) -> None:
        is_first = not self.playout.audio_ms
        self.playout.add(audio)
        if self.playout.is_held:
            return
        self._out.play(self.playout, audio, self.playout.sentences[-1].sound)
        if is_first:
            self._out.mark(self.playout.next_mark())

    async def _release_after(self, delay_ms: int) -> None:
        await asyncio.sleep(delay_ms / 1000)
        self._release()

    def _release(self) -> None:
        """What was held goes out, and what is still made of it follows."""
        playout = self.playout
        playout.release(self._clock.wall_ms)
        for sentence in playout.sentences:
            audio, begins = bytes(sentence.audio), 0
            if not audio:  # it is still to come: nothing of it went out
                continue
            if playout.heard_at_ms is None and sentence is playout.sentences[0]:
                begins = playout.first_chunk_ms * BYTES_PER_MS
                self._out.play(playout, audio[:begins], sentence.sound)
                self._out.mark(playout.next_mark())
            if audio[begins:]:
                self._out.play(playout, audio[begins:], sentence.sound)
            self._out.mark(playout.next_mark())
        if playout.is_written:
            self._finish()

    def _finish(self) -> None:
        self.playout.is_written = self.playout.is_complete = True
        self._out.mark(self.playout.end_mark)

    # Heard.

    def marked(self, name: str) -> None:
        """The carrier has played (or, after `clear`, flushed) everything before this mark."""
        playout = self.playout
        if not playout.owns(name):
            return
        if playout.heard_at_ms is None:
            began_ms = self._clock.wall_ms - playout.first_chunk_ms
            self._begin_heard(max(began_ms, playout.sent_at_ms or 0.0))
        if name == playout.end_mark:
            self._end_heard()

    def miss_marks(self) -> None:
        """Those that are overdue were lost."""
        playout = self.playout
        if playout.sent_at_ms is None or playout.is_held:
            return
        since_ms = self._clock.wall_ms - MARK_GRACE_MS
        if playout.heard_at_ms is None and since_ms > playout.sent_at_ms + playout.first_chunk_ms:
            self._begin_heard(playout.sent_at_ms)
        if playout.is_complete and since_ms > playout.plays_until_ms:
            self._end_heard()

    def _begin_heard(self, wall_ms: float) -> None:
        self.playout.begin_heard(wall_ms)
        self.turn.heard_ms = wall_ms
        self._report(events.ReplyBegan(self._means.turns.now_ms, self.turn.number))
        self._call_person()

    def _call_person(self) -> None:
        if self._wants_person and self.playout.heard_at_ms is not None:
            self._wants_person = False
            self._report(events.PersonWanted(self._means.turns.now_ms, "asked"))

    def _end_heard(self) -> None:
        now_ms, says_farewell = self._means.turns.now_ms, self.playout.says_farewell
        self._report(events.ReplyEnded(now_ms, self.turn.number, says_farewell))


def reason_of(error: Exception) -> str:
    return f"{error}" if isinstance(error, ServiceFailed) else f"{error!r}"


def is_ours(error: Exception) -> bool:
    """Whether an error is a fault in the code, which wants its traceback, and no service's."""
    return not isinstance(error, ServiceFailed)
