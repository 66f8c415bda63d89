"""Is that an interruption? Backchannels, noise, and replies that were stopped by mistake. Pure.

Rules: a backchannel over a reply is no interruption, unless it answers what the reply asks; voice
without words stops a reply, which continues if no words follow; words stop it at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tuning.turns import completion
from tuning.turns.agent import Agent, Floor
from tuning.turns.completion import Asked
from tuning.turns.heard import CallerVoice
from tuning.turns.profile import Profile
from tuning.turns.words import LanguageWords

LONGEST_BACKCHANNEL = 3
"""Words: "כן כן הבנתי"."""
NOISE_PATIENCES = 2
"""Sound that lasts this many times false_interruption_ms without a word is not speech."""
CUT_IN_MS = 1500
"""A caller who goes on speaking this soon after a reply began was cut in on."""


def is_backchannel(text: str, asked: Asked, language: LanguageWords) -> bool:
    """Is it only a sign of listening: "אהה", "כן כן", "הבנתי"? Not if it answers a question."""
    words = completion.plain(text)
    if len(words) > LONGEST_BACKCHANNEL:
        return False
    if not set(words) <= language.backchannel | language.hesitation:
        return False
    return asked.kind in ("", "open") or not completion.answers(text, asked, language)


@dataclass(frozen=True, slots=True)
class SpokenOver:
    """What has been transcribed of the voice over a reply, and what that reply asks."""

    text: str
    asked: Asked
    language: LanguageWords

    @property
    def takes_floor(self) -> bool:
        return bool(self.text) and not is_backchannel(self.text, self.asked, self.language)


def is_interruption(
    over: SpokenOver,
    voice: CallerVoice,
    agent: Agent,
    now_ms: int,
    profile: Profile,
    is_cut_in: bool,
) -> bool:
    """Must the agent stop at once? is_cut_in: the caller had not finished when it was decided."""
    lasts_ms = voice.stretch_ms if voice.ended_ms == now_ms else 0
    if agent.is_undisturbed:
        return over.takes_floor
    if agent.floor is Floor.THINKING:
        # Over a prompt there is nothing to resume.
        return lasts_ms >= (profile.barge_in_ms if agent.is_prompting else profile.resume_ms)
    if not profile.false_interruption_ms:
        return lasts_ms >= profile.barge_in_ms
    if over.text:
        return over.takes_floor
    if agent.is_protected(now_ms, profile):
        return is_cut_in and lasts_ms >= max(profile.resume_ms, profile.barge_in_ms)
    return lasts_ms >= profile.barge_in_ms


@dataclass(frozen=True, slots=True)
class HeldReply:
    """A reply that was stopped by voice alone. asked: what it asks; why: as in StopReply."""

    asked: Asked = field(default_factory=Asked)
    why: str = ""
    at_ms: int = 0

    def goes_on(self, over: SpokenOver, now_ms: int, voice: CallerVoice, profile: Profile) -> str:
        """Why the reply should continue; "" while that is not known."""
        quiet_ms = now_ms - voice.ended_ms
        if not over.text:
            wordless_ms = now_ms - self.at_ms
            patience_ms = profile.false_interruption_ms
            is_noise = quiet_ms >= patience_ms or wordless_ms >= NOISE_PATIENCES * patience_ms
            return "no words" if is_noise else ""
        is_all = quiet_ms >= profile.vad_hangover_ms and not over.takes_floor
        return "backchannel" if is_all else ""
