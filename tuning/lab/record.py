"""A recorded call, looked through once: what its caller did next, and how long its services took.

Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tuning.lab.pauses import WENT_ON
from tuning.lab.tried import LocalJudge, Timing
from tuning.turns.endpointing import NO_VERDICT
from tuning.turns.events import (
    JUDGED,
    Action,
    CallBegan,
    Event,
    Heard,
    JudgedByModel,
    JudgedLocally,
    Prompt,
    Reply,
    ReplyBegan,
    ReplyEnded,
    Resume,
    Retuned,
    StopReply,
    Think,
)
from tuning.turns.profile import Profile

USUAL = Timing(makes_ms=900, heard_after_ms=100, latency_ms=None)
"""Where nothing is known of a call's services."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A recorded decision, and when its answer would be sent, going by what services took."""

    decided_ms: int
    spoke_until_ms: int
    first_audio_ms: float


class Record:
    def __init__(
        self,
        entries: Sequence[Event | Action],
        timings: dict[int, Timing],
        judge: LocalJudge | None,
    ) -> None:
        self.entries, self._timings, self._judge = entries, timings, judge
        self.went_on: set[int] = set()
        """Turns whose caller went on, into the answer or before it was heard."""
        self.answers: dict[int, Answer] = {}
        self.decided: set[int] = set()
        """Turns that the caller finished."""
        self.unanswered: set[tuple[int, Think]] = set()
        """Questions for a verdict that never came, each with its time."""
        self.lasts_ms: dict[int, int] = {}
        """Replies that were heard to their end, by turn."""
        self._local: dict[str, list[JudgedLocally]] = defaultdict(list)
        self._verdicts: dict[str, list[tuple[int, str, int]]] = defaultdict(list)
        """By words: asked at, verdict, how long it took."""
        self._computed: dict[tuple[str, str], JudgedLocally] = {}
        self._usual = _usual(list(timings.values()))
        self.profiles: list[Profile] = []
        """That it ran on, one after the other."""
        self._look_through()
        heard = [each.speech for each in entries if isinstance(each, Heard) and each.speech]
        self.has_model = not heard or any(speech & JUDGED for speech in heard)
        """Silero's model has heard the call, too."""
        took_ms = [took for each in self._verdicts.values() for _at, _verdict, took in each]
        self.verdict_ms = round(median(took_ms)) if took_ms else 0
        """How long a verdict takes in this call; none is given at once where there is no model."""
        found = {verdict for each in self._verdicts.values() for _at, verdict, _took in each}
        self.has_verdicts = bool(found - {NO_VERDICT})

    def _look_through(self) -> None:
        at_ms = 0
        asked: dict[str, int] = {}
        began: dict[int, int] = {}
        questions: list[tuple[int, Think]] = []
        for entry in self.entries:
            match entry:
                case CallBegan() | Retuned():
                    self.profiles.append(entry.profile)
                case JudgedLocally():
                    self._local[entry.text].append(entry)
                case JudgedByModel():
                    since_ms = asked.get(entry.text, entry.at_ms)
                    self._verdicts[entry.text].append(
                        (since_ms, entry.verdict, entry.at_ms - since_ms)
                    )
                case ReplyBegan():
                    began[entry.turn] = entry.at_ms
                case ReplyEnded() if entry.turn in began:
                    self.lasts_ms[entry.turn] = entry.at_ms - began[entry.turn]
                case Think():
                    asked[entry.text] = at_ms
                    questions.append((at_ms, entry))
                case Reply():
                    since_ms = asked.get(entry.text, at_ms) if entry.prepared else at_ms
                    ready_ms = since_ms + self.timing(entry.turn).makes_ms
                    first_audio_ms = max(at_ms + entry.delay_ms, ready_ms)
                    self.answers[entry.turn] = Answer(at_ms, entry.spoke_until_ms, first_audio_ms)
                    self.decided.add(entry.turn)
                case Prompt(spoke_until_ms=int()):
                    self.decided.add(entry.turn)
                case StopReply(why=why) if why in WENT_ON:
                    self.went_on.add(entry.turn)
                case Resume():
                    self.went_on.discard(entry.turn)
            at_ms = getattr(entry, "at_ms", at_ms)
        self.unanswered = {each for each in questions if each[1].text not in self._verdicts}

    def timing(self, turn: int) -> Timing:
        """As recorded, else as it usually was in this call."""
        return self._timings.get(turn, self._usual)

    def latency_ms(self, turn: int) -> float | None:
        """The response latency that was measured."""
        return self._timings[turn].latency_ms if turn in self._timings else None

    def verdict(self, text: str, at_ms: int) -> tuple[str, int] | None:
        """What the model said of these words, and after how long; None: it never did."""
        found = self._verdicts.get(text)
        if not found:
            return None
        _at, verdict, took_ms = min(found, key=lambda each: abs(each[0] - at_ms))
        return verdict, took_ms

    def local_verdict(self, text: str, at_ms: int, turn: int) -> JudgedLocally | None:
        """What the local judge said of these words, or would say of them after this turn."""
        if found := self._local.get(text):
            return min(found, key=lambda each: abs(each.at_ms - at_ms))
        if self._judge is None or not text:
            return None
        question = self._timings[turn].answered if turn in self._timings else ""
        if (question, text) not in self._computed:
            self._computed[question, text] = self._judge(question, text)
        return self._computed[question, text]


def _usual(timings: Sequence[Timing]) -> Timing:
    if not timings:
        return USUAL
    makes_ms = median(each.makes_ms for each in timings)
    return Timing(makes_ms, median(each.heard_after_ms for each in timings), None)
