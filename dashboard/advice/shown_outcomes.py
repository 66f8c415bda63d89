"""What was predicted and what happened, as pages show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise

from calls.lab.prediction import Cell, Outcome, Prediction
from calls.measures.shares import wilson
from dashboard.lab.shown_replay import TILES

TITLES = {name: title for name, title, _is_share in TILES}
SHARES = {name for name, _title, is_share in TILES if is_share}


@dataclass(frozen=True, slots=True)
class Kept:
    """Of how many figures the prediction held; low, high: the 95 % interval of that share."""

    cells: int
    agree: int
    inside: int

    @classmethod
    def of(cls, cells: Iterable[Cell]) -> Kept:
        every = list(cells)
        return cls(
            len(every), sum(one.agrees for one in every), sum(one.is_inside for one in every)
        )

    @property
    def share(self) -> float:
        return self.agree / self.cells

    @property
    def sure(self) -> tuple[float, float]:
        return wilson(self.agree, self.cells)


@dataclass(frozen=True, slots=True)
class ShownOutcome:
    """What came of a publication within so many days."""

    outcome: Outcome
    cells: tuple[tuple[Cell, Promise, bool], ...]
    """Each with its title, and whether it is a share of turns."""

    @classmethod
    def of(cls, outcome: Outcome) -> ShownOutcome:
        rows = ((cell, TITLES[cell.name], cell.name in SHARES) for cell in outcome.cells)
        return cls(outcome, tuple(rows))

    @property
    def kept(self) -> Kept:
        return Kept.of(cell for cell, _title, _is_share in self.cells)


def shown(prediction: Prediction) -> list[ShownOutcome]:
    return [ShownOutcome.of(each) for each in prediction.outcomes.all()]
