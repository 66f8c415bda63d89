"""Is that an interruption? Backchannels, noise, and a reply that was stopped for nothing. Pure.

Rules: a backchannel over a reply is no interruption, unless it answers what the reply asks; voice
without words stops a reply, but if no word follows the reply goes on; words stop it at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from tuning import finished
from tuning.finished import HESITATION, Asked
from tuning.heard import Voice
from tuning.profile import Profile

BACKCHANNELS = finished.listed("backchannel")
LONGEST_BACKCHANNEL = 3
"""Words: "כן כן הבנתי"."""
NOISE_PATIENCES = 2
"""Sound that goes on for so many times false_interruption_ms without a word is no speech."""
CUT_IN_MS = 1500
"""A caller who speaks on so soon after the reply began was cut in on."""


def is_backchannel(text: str, asked: Asked) -> bool:
    """Listening, not speaking: "אהה", "כן כן", "הבנתי"; not if that was asked for."""
    words = finished.plain(text)
    if len(words) > LONGEST_BACKCHANNEL or not set(words) <= BACKCHANNELS | HESITATION:
        return False
    return not finished.answers(text, asked)


@dataclass(frozen=True, slots=True)
class Cut:
    """A reply that was stopped by voice alone. asked: what it asks; why: as StopReply's."""

    asked: Asked
    why: str
    at_ms: int

    def is_false(self, text: str, now_ms: int, voice: Voice, profile: Profile) -> str:
        """Why it should go on; "" while that is not known. text: the newest words since."""
        quiet_ms = now_ms - voice.ended_ms
        if not text:
            wordless_ms = now_ms - self.at_ms
            patience_ms = profile.false_interruption_ms
            is_noise = quiet_ms >= patience_ms or wordless_ms >= NOISE_PATIENCES * patience_ms
            return "no words" if is_noise else ""
        is_all = quiet_ms >= profile.vad_hangover_ms and is_backchannel(text, self.asked)
        return "backchannel" if is_all else ""
