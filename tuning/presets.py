"""Sets of knobs for what goes wrong on calls: a first try, to be looked at before it is published.

Pure. A preset changes what it names and leaves the rest, and of that only what acts under the rule
that then decides; the shipped profiles name everything.
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
        """These knobs with the preset's in their place; what would move nothing stays."""
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
                "The wait follows what was said and what was asked.",
            ),
            _whole("adaptive"),
        ),
        Preset(
            "balanced",
            Text("מאוזן", "Balanced"),
            Text("שתיקות קבועות, באמצע הדרך.", "Fixed silences, midway."),
            _whole("balanced"),
        ),
        Preset(
            "brisk",
            Text("מהיר", "Brisk"),
            Text(
                "תשובות מהירות יותר ויותר קטיעות.",
                "Sooner answers, and more cut-ins.",
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
                "כשרעש נחשב דיבור: זיהוי קפדני, ורק צליל ארוך יותר נחשב.",
                "Where noise is taken for speech: stricter detection of longer sounds.",
            ),
            {"vad": "silero", "vad_aggressiveness": 3, "min_speech_ms": 80},
        ),
        Preset(
            "double-talk",
            Text("דיבור כפול", "Double-talk"),
            Text(
                "כשהסוכן עונה פעמיים או מדבר יחד עם המתקשר: הפוגה ארוכה יותר אחרי תשובה.",
                "Where the agent answers twice or over the caller: longer rest after a reply.",
            ),
            {"reply_refractory_ms": 1400},
        ),
        Preset(
            "syllables",
            Text("הברות נבלעות", "Swallowed syllables"),
            Text(
                "כשחסרות התחלות או סופים של מילים בתמלול.",
                "Where the transcript lacks beginnings or ends of words.",
            ),
            {"stt_batch_ms": 70, "stt_partial_debounce_ms": 100, "vad_hangover_ms": 260},
        ),
    )
}
