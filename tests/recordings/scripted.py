"""A scripted call and what it leaves: made anew by running it, and as it was recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from tests import virtual_time
from tests.fakes import tuned
from tests.recordings.line import Step, Telephone, Transcriber
from tests.script import adaptive
from tuning.turns.knob import Value
from tuning.turns.profile import Profile

FOLDER = Path(__file__).parent
FIXED, ADAPTIVE = "fixed", "adaptive"
RULES: Mapping[str, Callable[..., Profile]] = {FIXED: Profile, ADAPTIVE: adaptive}


@dataclass(frozen=True, slots=True)
class Made:
    """What a call has left, line by line."""

    journal: list[str]
    sent: list[str]
    turns: list[str]


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    rule: str
    script: Callable[[Telephone], Awaitable[None]]
    knobs: Mapping[str, Value]
    answers: Mapping[str, Sequence[Step]]
    transcriber: Mapping[str, float]
    """What its transcriber does otherwise than the recordings' own."""
    person_wait_s: int = 0
    person_notice: str = ""

    @property
    def path(self) -> str:
        return f"{self.rule}/{self.name}"

    @property
    def files(self) -> dict[str, Path]:
        """By what Made calls it."""
        return {each.name: FOLDER / f"{self.path}.{each.name}.jsonl" for each in fields(Made)}

    def recorded(self) -> Made:
        return Made(**{name: path.read_text().splitlines() for name, path in self.files.items()})

    @property
    def profile(self) -> Profile:
        """The knobs to record it under."""
        return RULES[self.rule](**self.knobs)

    def make(self, profile: Profile) -> Made:
        async def live() -> Made:
            transcriber: Transcriber = tuned(Transcriber, **self.transcriber)()
            beside = self.person_wait_s, self.person_notice
            telephone = Telephone(profile, self.answers, transcriber, *beside)
            await telephone.live(self.script)
            record = telephone.record
            return Made(record.journal, telephone.sent, record.turns)

        return virtual_time.run(live())


CALLS: list[Call] = []


@dataclass(frozen=True, slots=True)
class recorded:  # noqa: N801 - a decorator
    """Keep recordings of this script, one by each rule."""

    rules: Sequence[str] = (FIXED, ADAPTIVE)
    knobs: Mapping[str, Value] = field(default_factory=dict)
    answers: Mapping[str, Sequence[Step]] = field(default_factory=dict)
    transcriber: Mapping[str, float] = field(default_factory=dict)
    person_wait_s: int = 0
    person_notice: str = ""

    def __call__(self, script: Callable[[Telephone], Awaitable[None]]) -> None:
        for rule in self.rules:
            name, beside = script.__name__, (self.person_wait_s, self.person_notice)
            kept = self.knobs, self.answers, self.transcriber, *beside
            CALLS.append(Call(name, rule, script, *kept))
