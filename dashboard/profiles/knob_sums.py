"""What a set of knobs adds up to, and the differences between two sets. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from dashboard.charts import WaitChart, wait_chart
from tuning.turns import endpointing
from tuning.turns.knob import Knob, Text, Value
from tuning.turns.profile import KNOB, Profile

SHORT_SPAN_MS, LONG_SPAN_MS = 1000, 4000
"""The two utterances for which the page says what the knobs add up to."""


@dataclass(frozen=True, slots=True)
class Change:
    """A knob that differs between two revisions."""

    knob: Knob
    before: Value
    after: Value
    label: Text
    """What it is called under the later's rule, or where it acted before."""
    moves: bool
    """Whether it acts under the rule of either."""


@dataclass(frozen=True, slots=True)
class ExampleWait:
    """The wait after an utterance of this length, or with this evidence."""

    parts: dict[str, int]
    span_ms: int = 0
    is_short: bool = False
    known: str = ""
    """A part of the adaptive rule; "": the length decides."""

    @property
    def total(self) -> int:
        return sum(self.parts.values())

    @property
    def bars(self) -> Iterator[tuple[str, float, float]]:
        """(part, x, width) in per cent of the longest allowed sum that is still readable."""
        x = 0.0
        parts = {"longest": self.total} if self.known else self.parts
        for name, part_ms in parts.items():
            width = round(part_ms / max(self.total, 3000) * 100, 2)
            if width:
                yield name, x, width
            x = round(x + width, 2)


@dataclass(frozen=True, slots=True)
class Sum:
    """The panel beside the form."""

    waits: tuple[ExampleWait, ...]
    chart: WaitChart | None
    """None: the length of the utterance decides nothing."""
    published: Profile

    @classmethod
    def of(cls, profile: Profile, published: Profile) -> Sum:
        if profile.endpointing == "adaptive":
            found = endpointing.examples(profile).items()
            waits = tuple(ExampleWait(wait.parts, known=name) for name, wait in found)
            return cls(waits, None, published)
        waits = tuple(
            ExampleWait(profile.wait_parts_ms(span), span, span < profile.short_utterance_ms)
            for span in (SHORT_SPAN_MS, LONG_SPAN_MS)
        )
        return cls(waits, wait_chart(profile, published), published)


def changes(before: Profile, after: Profile) -> list[Change]:
    """What moves nothing stands last."""
    old, new = asdict(before), asdict(after)
    rules = after.endpointing, before.endpointing
    found = []
    for name in old:
        if old[name] != new[name]:
            knob = KNOB[name]
            acting = [rule for rule in rules if knob.acts_under(rule)]
            label = knob.under((acting or rules)[0]).label
            found.append(Change(knob, old[name], new[name], label, bool(acting)))
    return sorted(found, key=lambda change: not change.moves)
