"""How long a silence must last to end a turn, and what that length is made up of.

Pure. There are two rules; the profile chooses. Fixed: the hangover plus the short or the long
silence, counted no earlier than min_utterance_ms after speech began. Adaptive: counted from the
speech end, one of three silences, by what two judges say of the words:

                            the model that answers says
    the local judge says    whole       nothing     cut short   needs time
    whole, and is sure      shortest    shortest    middle      longest, and time
    whole, but is not sure  shortest    middle      longest     longest, and time
    nothing                 middle      middle      longest     longest, and time
    cut short               middle      longest     longest     longest, and time

The local judge says whole where that is likelier than not, and is sure from `sure_percent` on. A
certain rule (must_go_on in completion.py) says cut short in its place, and only lengthens. Where a
caller has asked for time in as many words, the model can only take the extra time away. The model
says nothing where it is not asked, is asked for no verdict, or is late (an answer without a verdict
counts as whole): while it is being asked, a turn
ends no sooner than its verdict, or `verdict_wait_ms` after the question. That costs nothing that a
caller could hear, because the verdict is the first token of the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tuning.turns.completion import ASKED_FOR_TIME
from tuning.turns.heard import CallerVoice, CallerWords
from tuning.turns.profile import FRAME_MS, Profile

FIRST_WORD_MS = 600
"""From the start of speech to its first word, if the transcriber is keeping up."""
LIKELY = 0.5
"""Probability from which a judge says whole."""
WHOLE, CUT_SHORT, NEEDS_TIME, NO_VERDICT = "whole", "cut_short", "needs_time", "none"
VERDICTS = (WHOLE, CUT_SHORT, NEEDS_TIME, NO_VERDICT)
"""What the model that answers can say. None: it was asked, but will not say."""
WORDS = {WHOLE: "whole", CUT_SHORT: "cut short", NEEDS_TIME: "needs time"}
"""How a verdict is named in a silence's parts."""


@dataclass(frozen=True, slots=True)
class Silence:
    """The silence that ends a turn. parts: its components by name; they add up to asked_ms."""

    asked_ms: int
    why: str
    parts: dict[str, int]

    def as_waited(self, waited_ms: int, is_stalled: bool) -> Silence:
        """`why` names what was waited for last. waited_ms: since the silence was long enough."""
        if is_stalled:
            return replace(self, why="line stalled")
        if waited_ms >= FRAME_MS and "longest" not in self.parts:
            return replace(self, why="transcriber")
        return self


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of whether the words are all.

    rule: why they cannot be, as must_go_on finds it. whole: how likely it is that they are, by the
    local judge, 0 to 1; None: it has not judged them.
    """

    rule: str = ""
    whole: float | None = None

    @property
    def is_likely(self) -> bool:
        """Is there nothing against their being all?"""
        return not self.rule and (self.whole is None or self.whole >= LIKELY)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model that answers says of these words. verdict: one of VERDICTS, "" while it is
    being asked; at_ms: since when it is known, or asked."""

    verdict: str = NO_VERDICT
    at_ms: int = 0

    @property
    def asks_to_wait(self) -> bool:
        return self.verdict in (CUT_SHORT, NEEDS_TIME)


NO_OPINION = Opinion()


def fixed(profile: Profile, voice: CallerVoice) -> Silence:
    parts = profile.wait_parts_ms(voice.span_ms)
    del parts["delay"]
    is_short = voice.span_ms < profile.short_utterance_ms
    return Silence(sum(parts.values()), "short silence" if is_short else "long silence", parts)


def examples(profile: Profile) -> dict[str, Silence]:
    """The adaptive rule's silence by what the judges say."""
    sure, unsure, cut = Reading(whole=1.0), Reading(whole=LIKELY), Reading(whole=0.0)
    known = {
        "both say whole": (sure, Opinion(WHOLE)),
        "the local judge is sure": (sure, NO_OPINION),
        "the local judge is not sure": (unsure, NO_OPINION),
        "the judges disagree": (cut, Opinion(WHOLE)),
        "both say cut short": (cut, Opinion(CUT_SHORT)),
        "asked for time": (Reading(rule=ASKED_FOR_TIME), Opinion(NEEDS_TIME)),
    }
    found = {name: adaptive(profile, *each) for name, each in known.items()}
    return found | {"words missing": uncovered(profile)}


def adaptive(
    profile: Profile, said: Reading, model: Opinion = NO_OPINION, speech_ended_ms: int = 0
) -> Silence:
    """The adaptive rule's silence after words that reach the speech end: the table above."""
    longest_ms, more_ms = profile.end_silence_long_ms, profile.asked_for_time_ms
    parts = {"longest": longest_ms}
    local_ms = _by(profile, said, NO_VERDICT)
    parts[f"rule: {said.rule}" if said.rule else f"local: {_local(profile, said)}"] = (
        local_ms - longest_ms
    )
    asks_time = said.rule == ASKED_FOR_TIME
    if model.verdict in WORDS:
        parts[f"model: {WORDS[model.verdict]}"] = _by(profile, said, model.verdict) - local_ms
        asks_time = model.verdict == NEEDS_TIME or (asks_time and model.verdict != WHOLE)
    known_ms = model.at_ms if model.verdict else model.at_ms + profile.verdict_wait_ms
    if (awaited_ms := known_ms - speech_ended_ms - sum(parts.values())) > 0:
        parts["model: awaited"] = awaited_ms
    if asks_time and more_ms:
        parts[ASKED_FOR_TIME] = more_ms
    return Silence(sum(parts.values()), _why(profile, asks_time, sum(parts.values())), parts)


def verdict_in(parts: Mapping[str, int]) -> str:
    """The name of the part that is the model's verdict; "": it had none to add."""
    names = (f"model: {words}" for words in WORDS.values())
    return next((name for name in names if name in parts), "")


def _by(profile: Profile, said: Reading, verdict: str) -> int:
    """A cell of the table, without the time that was asked for."""
    shortest_ms, longest_ms = profile.finished_silence_ms, profile.end_silence_long_ms
    shortest_ms = min(shortest_ms, longest_ms)
    middle_ms = min(max(shortest_ms, profile.middle_silence_ms), longest_ms)
    if said.rule == ASKED_FOR_TIME:
        return longest_ms
    is_sure = _local(profile, said) == "whole"
    match verdict:
        case "whole":
            return shortest_ms if said.is_likely and said.whole is not None else middle_ms
        case "none":
            return shortest_ms if is_sure else middle_ms if said.is_likely else longest_ms
        case "cut_short":
            return middle_ms if is_sure else longest_ms
    return longest_ms


def _local(profile: Profile, said: Reading) -> str:
    """What the local judge says, or a certain rule in its place."""
    if said.rule:
        return "cut short"
    if said.whole is None:
        return "none"
    if said.whole < LIKELY:
        return "cut short"
    return "whole" if said.whole * 100 >= profile.sure_percent else "not sure"


def _why(profile: Profile, asks_time: bool, asked_ms: int) -> str:
    if asks_time:
        return ASKED_FOR_TIME
    return "finished words" if asked_ms < profile.end_silence_long_ms else "unfinished words"


def uncovered(profile: Profile) -> Silence:
    """The silence while words are missing; after it the transcriber has transcript_wait_ms more."""
    parts = {
        "hangover": profile.vad_hangover_ms,
        "silence": profile.end_silence_short_ms,
    }
    return Silence(sum(parts.values()), "transcriber", parts)


def is_noise_after(words: CallerWords, voice: CallerVoice, profile: Profile) -> bool:
    """On a line that is never silent only the transcriber can tell that the caller has finished:
    it has closed the segment, and the sound since then has brought no words."""
    if profile.endpointing == "fixed" or not words.is_final or not words.partials_come:
        return False
    sounds_ms = voice.ended_ms - max(words.until_ms, voice.ended_ms - voice.stretch_ms)
    return sounds_ms >= FIRST_WORD_MS + profile.transcript_wait_ms


def by_words(profile: Profile) -> Silence:
    waited_ms = FIRST_WORD_MS + profile.transcript_wait_ms
    return Silence(waited_ms, "transcriber", {"transcript": waited_ms})
