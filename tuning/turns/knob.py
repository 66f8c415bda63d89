"""A knob of a profile: a value with its range, its unit and its meaning. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

FRAME_MS = 20
RULES = ("fixed", "adaptive")
"""The rules that can decide how long to wait: the choices of Profile.endpointing."""

Value = int | bool | str
"""A number of units, a switch, or the name of a choice."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text in both languages of the dashboard."""

    he: str
    en: str

    def in_language(self, code: str) -> str:
        return self.he if code.startswith("he") else self.en


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a knob is called, and what it does."""

    label: Text
    help: Text


@dataclass(frozen=True, slots=True)
class Knob:
    """What a profile's field means, and which values it may take."""

    name: str
    default: Value
    soft: tuple[int, int]
    hard: tuple[int, int]
    step: int
    in_frames: bool
    """Counted in whole frames: a value between two is refused."""
    unit: str
    environ: str
    environ_scale: int
    group: str
    meanings: Mapping[str, Meaning]
    """Its meaning under each rule; under a rule that is missing here it has no effect."""
    choices: Mapping[str, Text]
    """The named values of a knob that has them, and what operators call each."""

    def acts_under(self, rule: str) -> bool:
        return rule in self.meanings

    def under(self, rule: str) -> Meaning:
        """Its meaning under this rule; if it has no effect there, its meaning under the other."""
        return self.meanings.get(rule) or next(iter(self.meanings.values()))

    @property
    def rules(self) -> str:
        """The rules under which it acts: "fixed", "adaptive" or "fixed adaptive"."""
        return " ".join(self.meanings)

    @property
    def texts(self) -> list[tuple[str, Meaning]]:
        """Each meaning once, with the rules to which it applies."""
        found: dict[Meaning, list[str]] = {}
        for rule, meaning in self.meanings.items():
            found.setdefault(meaning, []).append(rule)
        return [(" ".join(rules), meaning) for meaning, rules in found.items()]

    @property
    def words(self) -> str:
        """What it can be found by: its name, and all that is said of it in both languages."""
        texts = (text for each in self.meanings.values() for text in (each.label, each.help))
        return " ".join((self.name, *(f"{text.he} {text.en}" for text in texts)))

    @property
    def is_switch(self) -> bool:
        return isinstance(self.default, bool)

    @property
    def is_number(self) -> bool:
        return not self.is_switch and not self.choices

    def from_environ(self, raw: str) -> Value:
        """The knob's value, read from an environment variable; ValueError says what is allowed."""
        if self.is_switch:
            lowered = raw.strip().lower()
            if lowered in {"1", "true", "yes", "on"}:
                return True
            if lowered in {"0", "false", "no", "off"}:
                return False
            raise ValueError(f"{self.environ}={raw!r} must be true or false")
        if self.choices:
            if (chosen := raw.strip().lower()) in self.choices:
                return chosen
            raise ValueError(f"{self.environ}={raw!r} must be {' or '.join(self.choices)}")
        low, high = (limit / self.environ_scale for limit in self.hard)
        allowed = f"{self.environ}={raw!r} must be a number from {low:g} to {high:g}"
        try:
            value = float(raw)
        except ValueError:
            raise ValueError(allowed) from None
        if not low <= value <= high:
            raise ValueError(allowed)
        return round(value * self.environ_scale)


def knob(
    default: Value,
    *,
    soft: tuple[int, int] = (0, 1),
    hard: tuple[int, int] = (0, 1),
    step: int = 1,
    in_frames: bool = False,
    unit: str = "ms",
    environ: str = "",
    environ_scale: int = 1,
    group: str,
    label: Text,
    help: Text,
    rules: Collection[str] = RULES,
    adaptive: Meaning | None = None,
    choices: Mapping[str, Text] | None = None,
) -> Any:
    """A profile's field. `environ_scale`: how many of our units make one of the variable's.

    `in_frames`: it is counted in whole frames, so its step is one frame.
    `rules`: those under which it acts; `adaptive`: its meaning under that rule, if different.
    """
    usual = Meaning(label, help)
    own = {"adaptive": adaptive or usual}
    return field(
        default=default,
        metadata={
            "default": default,
            "soft": soft,
            "hard": hard,
            "step": FRAME_MS if in_frames else step,
            "in_frames": in_frames,
            "unit": unit,
            "environ": environ,
            "environ_scale": environ_scale,
            "group": group,
            "meanings": {rule: own.get(rule, usual) for rule in rules},
            "choices": choices or {},
        },
    )
