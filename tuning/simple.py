"""Three questions in words, for who does not want to turn every knob. Pure.

Rules: a question sets only the knobs it names under the rule in use, and reads its answer from them
alone; nothing moves until somebody answers. A place is a set of values within the advised ranges,
from less to more of what is asked; each is valid with any place of the other questions. Knobs that
stand on no place are between two, and shown so.

Which knobs, and why these values:

- Every shipped profile stands on a place of each question: `adaptive` on the fourth (it waits for
  who thinks, is easily interrupted and quick), `brisk`, `balanced` and `unhurried` on the first,
  third and fifth of who thinks and on the fourth, third and first of short answers.
- A knob that all turns share, as vad_hangover_ms, belongs to no question: it would answer two. Nor
  does the border between short and long: moving it would sort the figures anew, and no before could
  be held against its after.
- From 1000 ms of silence after short utterances on, 3000 ms after long ones are no cliff; with less
  the form warns that the wait jumps. That warning is true, so it is not avoided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tuning.turns.knob import Text, Value

PLACES = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question's knobs stand. number: the nearest place, from 1. at: where to show it, half
    way to the next where it is between two."""

    number: int
    at: float

    @property
    def is_between(self) -> bool:
        return self.at != self.number


@dataclass(frozen=True, slots=True)
class Question:
    """knobs: by rule, what it sets, and to what at each place; the knob that says most is first.
    places: what operators call each. trade: what more of it brings, and what it costs."""

    name: str
    text: Text
    trade: Text
    places: tuple[Text, ...]
    knobs: Mapping[str, Mapping[str, tuple[int, ...]]]

    def at(self, rule: str, number: int) -> dict[str, Value]:
        """The knobs of a place, from 1."""
        return {name: values[number - 1] for name, values in self.knobs[rule].items()}

    def place_of(self, knobs: Mapping[str, Value]) -> Place:
        """As static/js/questions.js finds it."""
        table = self.knobs[f"{knobs['endpointing']}"]
        parts = [
            # From 0 at the first place to 1 at the last.
            (
                _share(int(knobs[name]), values),
                [_share(value, values) for value in values],
            )
            for name, values in table.items()
        ]
        away = [sum(abs(own - each[n]) for own, each in parts) for n in range(PLACES)]
        nearest = away.index(min(away))
        if all(int(knobs[name]) == values[nearest] for name, values in table.items()):
            return Place(nearest + 1, nearest + 1)
        side = sum(own - each[nearest] for own, each in parts)
        at = nearest + 1 + (0.5 if side > 0 else -0.5)
        return Place(nearest + 1, min(max(at, 1.5), PLACES - 0.5))


def _share(value: int, values: tuple[int, ...]) -> float:
    return (value - values[0]) / (values[-1] - values[0])


THINKERS = Question(
    "thinkers",
    Text("כמה לחכות למי שעוצרים לחשוב", "How long to wait for callers who think"),
    Text(
        "יותר: פחות קטיעות, ותשובות מאוחרות יותר אחרי אמירות ארוכות או לא גמורות.",
        "More: fewer cut-ins, and later answers to long or unfinished utterances.",
    ),
    (
        Text("מעט מאוד", "very briefly"),
        Text("מעט", "briefly"),
        Text("בינוני", "medium"),
        Text("הרבה", "long"),
        Text("הרבה מאוד", "very long"),
    ),
    {
        # The three shipped silences, and one between each two.
        "fixed": {"end_silence_long_ms": (1200, 1500, 1800, 2400, 3000)},
        # The longest silence is waited for words that are cut short, the middle one where the
        # judges are of two minds, the extra time after "one moment": all are waits for who thinks.
        "adaptive": {
            "end_silence_long_ms": (1400, 1800, 2200, 2600, 3000),
            "middle_silence_ms": (700, 800, 900, 1000, 1200),
            "asked_for_time_ms": (600, 900, 1200, 1500, 2000),
        },
    },
)
INTERRUPTED = Question(
    "interrupted",
    Text("כמה קל לקטוע את הסוכן", "How easily to be interrupted"),
    Text(
        "יותר: הסוכן מפנה את רשות הדיבור מיד, ויש פחות קטיעות; גם רעש עוצר אותו.",
        "More: the agent gives way at once, and fewer callers are cut in on; noise stops it, too.",
    ),
    (
        Text("קשה מאוד", "hardly ever"),
        Text("קשה", "barely"),
        Text("בינוני", "medium"),
        Text("קל", "easily"),
        Text("קל מאוד", "very easily"),
    ),
    {
        # Voice alone decides; nothing continues after a false interruption unless the operator has
        # said so, and that stays as it is.
        "fixed": {
            "barge_in_ms": (600, 440, 300, 240, 200),
            "resume_ms": (600, 440, 300, 200, 100),
        },
        # Words always stop the agent: this is about voice without words. Less than 200 ms of it is
        # a click, so the last two differ in what protects the start of a reply, and in how long a
        # stopped reply waits for words before it continues.
        "adaptive": {
            "barge_in_ms": (500, 400, 300, 200, 200),
            "resume_ms": (300, 240, 160, 100, 80),
            "false_interruption_ms": (900, 1100, 1300, 1500, 2000),
            "protect_ms": (800, 700, 600, 500, 200),
        },
    },
)
ANSWERS = Question(
    "answers",
    Text("כמה מהר לענות על תשובות קצרות", "How quickly to answer short answers"),
    Text(
        "יותר: „כן” ו„לא” נענים מוקדם יותר, ויותר קטיעות של מי שעוד רצו להוסיף.",
        "More: “yes” and “no” are answered sooner, and more callers who had more to say are cut "
        "in on.",
    ),
    (
        Text("לאט מאוד", "very slowly"),
        Text("לאט", "slowly"),
        Text("בינוני", "medium"),
        Text("מהר", "quickly"),
        Text("מהר מאוד", "very quickly"),
    ),
    {
        # The shipped silences, and the shortest utterance that each goes with.
        "fixed": {
            "end_silence_short_ms": (1000, 750, 500, 400, 350),
            "min_utterance_ms": (800, 700, 600, 600, 400),
        },
        # A full answer ends with the shortest silence; without the model's verdict that is for the
        # local judge to say, from a certainty that falls with the wait.
        "adaptive": {
            "finished_silence_ms": (600, 480, 400, 340, 280),
            "sure_percent": (97, 96, 94, 92, 85),
        },
    },
)
QUESTIONS = (THINKERS, INTERRUPTED, ANSWERS)
