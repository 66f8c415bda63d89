"""Sets of knobs for common complaints: a first attempt, to be reviewed before it is published.

Pure. A preset changes only the knobs it names, and of those only the ones that act under the rule
then in use; the shipped profiles name every knob.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from tuning.turns.knob import Text, Value
from tuning.turns.profile import KNOB, SHIPPED, Profile


@dataclass(frozen=True, slots=True)
class Preset:
    name: str
    label: Text
    meaning: Text
    knobs: Mapping[str, Value]

    def on(self, knobs: Mapping[str, Value]) -> dict[str, Value]:
        """These knobs with the preset's changes; a knob without effect stays as it is."""
        rule = f"{self.knobs.get('endpointing') or knobs.get('endpointing')}"
        return {**knobs, **{n: v for n, v in self.knobs.items() if KNOB[n].acts_under(rule)}}


def _whole(name: str) -> Mapping[str, Value]:
    return asdict(Profile(**SHIPPED[name]))


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "adaptive",
            Text("מסתגל", "Adaptive"),
            Text(
                "ההמתנה נקבעת לפי מה שנאמר ולפי מה שנשאל.",
                "The wait depends on what was said and what was asked.",
            ),
            _whole("adaptive"),
        ),
        Preset(
            "balanced",
            Text("מאוזן", "Balanced"),
            Text("שתיקות קבועות, באורך בינוני.", "Fixed silences of medium length."),
            _whole("balanced"),
        ),
        Preset(
            "brisk",
            Text("מהיר", "Brisk"),
            Text(
                "תשובות מהירות יותר ויותר קטיעות.",
                "Faster answers, more cut-ins.",
            ),
            _whole("brisk"),
        ),
        Preset(
            "unhurried",
            Text("סבלני", "Unhurried"),
            Text(
                "פחות קטיעות, המתנות ארוכות.",
                "Fewer cut-ins, long waits.",
            ),
            _whole("unhurried"),
        ),
        Preset(
            "noisy",
            Text("קו רועש", "Noisy line"),
            Text(
                "כשרעש נחשב דיבור: זיהוי קפדני יותר, ורק צליל ארוך יותר נחשב.",
                "When noise is taken for speech: stricter detection, and only longer sounds count.",
            ),
            {"vad": "silero", "vad_aggressiveness": 3, "min_speech_ms": 80},
        ),
        Preset(
            "double-talk",
            Text("דיבור כפול", "Double-talk"),
            Text(
                "כשהסוכן עונה פעמיים או מדבר יחד עם המתקשרים: הפוגה ארוכה יותר אחרי תשובה.",
                "When the agent answers twice or talks over the caller: a longer rest after a "
                "reply.",
            ),
            {"reply_refractory_ms": 1400},
        ),
        Preset(
            "syllables",
            Text("הברות נבלעות", "Swallowed syllables"),
            Text(
                "כשבתמלול חסרות התחלות או סופים של מילים.",
                "When the starts or ends of words are missing from the transcript.",
            ),
            {"stt_batch_ms": 70, "stt_partial_debounce_ms": 100, "vad_hangover_ms": 260},
        ),
    )
}
