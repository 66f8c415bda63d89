"""Trains the judge of completion and says how good it is: `python -m bench.train_completion`.

`--check` leaves the stored weights as they are and prints the same table. Rules: LEFT_OUT is never
trained on, and no setting below is chosen by it, but by cross-validation over the other authors and
businesses; probabilities are calibrated on authors that were not trained on; the same lines give
the same weights. Every word after which a caller paused is learned as it is
marked; every word between is learned as `midway`, an outcome of its own that is never judged, so
that the way words lean on each other is learned without making the judge expect a caller to stop
anywhere.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.completion_table import auc, table
from calls.language.completion.judge import BUCKETS, OUTCOMES, CompletionJudge, buckets, stored
from calls.language.completion.lines import Line, Place, by_business
from tuning.turns.endpointing import LIKELY
from tuning.turns.profile import DEFAULT, SHIPPED, Profile

LINES = Path(__file__).with_name("lines")
AUTHORS = [each.split() for each in (
    """dental_clinic family_doctor_clinic garage hair_salon law_office pizza_delivery plumber
    restaurant""",
    """bank_branch courier_service electricity_company insurance_agency internet_provider
    municipality_desk online_shop water_utility""",
    """driving_school gym hotel kindergarten music_school real_estate_agency travel_agency
    veterinary_clinic""",
    """accountant air_conditioning_service event_hall lost_property_office moving_company optician
    pension_fund pharmacy theatre_box_office""",
    """adult_education_centre car_rental elevator_maintenance emergency_housing_charity gas_supplier
    orthodontist pet_shop""",
    """bus_company car_wash carpenter_workshop catering_kitchen cosmetics_clinic passport_office
    psychologist_practice""",
    """butcher credit_card_company home_appliance_repair laboratory_results_line
    medical_imaging_centre roofing_contractor wedding_hall_music_band""",
    """cinema employment_agency plant_nursery shoe_repair social_security_office tour_guide_office
    water_heater_service""",
)]  # fmt: skip
"""Who wrote about which businesses, in the order of lines/README.md."""
LEFT_OUT = tuple(AUTHORS[3])
LEARNED = (*OUTCOMES, "midway")
TARGETS = {
    "whole": (1, 0, 0, 0),
    "cut_short": (0, 1, 0, 0),
    "needs_time": (0, 0, 1, 0),
    "open": (0.7, 0.3, 0, 0),
    "midway": (0, 0, 0, 1),
}
"""What a place says of each outcome. An open place could be all: mostly whole."""
MIDWAY_WEIGHT = 0.2
LEANING = 0.2
"""How much of the score of midway is added to that of cut short."""
RAREST = 3
"""A name that is found fewer times is not learned."""
EPOCHS, BATCH, STEP, DROPPED, DECAY = 12, 256, 1e-3, 0.2, 1e-3
FOLDS = 4
SEED = 0

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Examples:
    """A row each. names: buckets, as many as the longest row has; the rest is BUCKETS."""

    names: Whole
    targets: Floats
    weights: Floats
    judged: NDArray[np.bool_]
    business: NDArray[np.str_]

    def of(self, chosen: NDArray[np.bool_]) -> Examples:
        return Examples(
            self.names[chosen],
            self.targets[chosen],
            self.weights[chosen],
            self.judged[chosen],
            self.business[chosen],
        )


def examples(lines: dict[str, list[Line]]) -> Examples:
    rows, kinds, owners = [], [], []
    for business, of_business in lines.items():
        for line in of_business:
            for text, kind in _texts(line):
                rows.append(buckets(line.question, text))
                kinds.append(kind)
                owners.append(business)
    names = np.full((len(rows), max(map(len, rows))), BUCKETS)
    for at, row in enumerate(rows):
        names[at, : len(row)] = row
    return Examples(
        names=names,
        targets=np.array([TARGETS[kind] for kind in kinds], np.float32),
        weights=np.array([MIDWAY_WEIGHT if k == "midway" else 1 for k in kinds], np.float32),
        judged=np.array([kind in OUTCOMES for kind in kinds]),
        business=np.array(owners),
    )


def _texts(line: Line) -> Iterator[tuple[str, str]]:
    marked = {place.text: place.kind for place in line.places}
    for count in range(1, len(line.words) + 1):
        text = " ".join(line.words[:count])
        yield text, marked.get(text, "midway")


def trained(data: Examples) -> tuple[Floats, Floats]:
    """Weights and bias, by Adam on the cross-entropy of a softmax over LEARNED."""
    rng = np.random.default_rng(SEED)
    found = np.bincount(data.names.ravel(), minlength=BUCKETS + 1)
    is_learned = (found >= RAREST) & (np.arange(BUCKETS + 1) < BUCKETS)
    weights = np.zeros((BUCKETS + 1, len(LEARNED)), np.float32)
    bias = np.log(np.average(data.targets, axis=0, weights=data.weights)).astype(np.float32)
    mean, spread = np.zeros_like(weights), np.zeros_like(weights)
    share = data.weights / data.weights.mean()
    steps, step = EPOCHS * -(-len(share) // BATCH), 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(share))
        for begin in range(0, len(order), BATCH):
            step += 1
            batch = order[begin : begin + BATCH]
            names = data.names[batch]
            kept = is_learned[names] & (rng.random(names.shape) > DROPPED)
            scale = 1 / (1 - DROPPED)
            scores = np.einsum("nfk,nf->nk", weights[names], kept.astype(np.float32)) * scale
            error = (_softmax(scores + bias) - data.targets[batch]) * share[batch, None]
            rows, at = np.unique(names[kept], return_inverse=True)
            owner = np.nonzero(kept)[0]
            slope = np.stack(
                [np.bincount(at, error[owner, k], len(rows)) for k in range(len(LEARNED))], axis=1
            )
            slope = slope * scale / len(batch) + DECAY * weights[rows]
            mean[rows] = 0.9 * mean[rows] + 0.1 * slope
            spread[rows] = 0.99 * spread[rows] + 0.01 * slope**2
            pace = STEP * (1 - step / (steps + 1))
            weights[rows] -= pace * mean[rows] / (np.sqrt(spread[rows]) + 1e-7)
    return _leaned(weights), _leaned(bias)


def _leaned(learned: Floats) -> Floats:
    """Where the words lean on a next one, it is more likely that they are cut short."""
    *outcomes, midway = range(len(LEARNED))
    found: Floats = learned[..., outcomes].copy()
    found[..., OUTCOMES.index("cut_short")] += LEANING * learned[..., midway]
    return found


def _softmax(scores: Floats) -> Floats:
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    total: Floats = shares / shares.sum(axis=1, keepdims=True)
    return total


def scores(data: Examples, weights: Floats, bias: Floats) -> Floats:
    total = [weights[row[row < BUCKETS]].sum(axis=0) for row in data.names]
    return np.array(total, np.float32) + bias


def out_of_fold(data: Examples, folds: Sequence[Sequence[str]]) -> Floats:
    """Each business scored by weights that have not seen its fold."""
    found = np.zeros((len(data.names), len(OUTCOMES)), np.float32)
    for fold in folds:
        held = np.isin(data.business, fold)
        if held.any():
            found[held] = scores(data.of(held), *trained(data.of(~held)))
    return found


def calibration(found: Floats, targets: Floats) -> tuple[float, Floats]:
    """By what to multiply scores, and what to add, so that probabilities are shares."""
    factor, added = 1.0, np.zeros(len(OUTCOMES), np.float32)
    for _ in range(3000):
        error = _softmax(found * factor + added) - targets
        factor -= 0.05 * float((error * found).sum(axis=1).mean())
        added -= 0.3 * error.mean(axis=0)
    return factor, added


def trained_on(lines: dict[str, list[Line]]) -> dict[str, list[Line]]:
    return {business: each for business, each in lines.items() if business not in LEFT_OUT}


def train(lines: dict[str, list[Line]]) -> CompletionJudge:
    data = examples(trained_on(lines))
    businesses = sorted(set(data.business))
    targets = data.targets[data.judged, : len(OUTCOMES)]
    factor, added = 1.0, np.zeros(len(OUTCOMES), np.float32)
    for unseen, folds in (
        ("businesses", [businesses[fold::FOLDS] for fold in range(FOLDS)]),
        ("authors", AUTHORS),
    ):
        found = out_of_fold(data, folds)[data.judged]
        factor, added = calibration(found, targets)
        print(f"{unseen} not trained on: {_figures(_softmax(found * factor + added), targets)}")
    weights, bias = trained(data)
    return CompletionJudge(
        (weights[:BUCKETS] * factor).astype(np.float16), (bias * factor + added).astype(np.float32)
    )


def _figures(found: Floats, targets: Floats) -> str:
    """In words: how well outcomes are told apart, and how sure the default profile would be."""
    of = {outcome: targets[:, at] == 1 for at, outcome in enumerate(OUTCOMES)}
    rank = found[:, 0] / (found[:, 0] + found[:, 1])
    right = (found.argmax(axis=1) == targets.argmax(axis=1)).mean()
    rows = [f"AUC {auc(rank[of['whole']], rank[of['cut_short']]):.4f}, right {right:.1%}"]
    sure = Profile(**SHIPPED[DEFAULT]).sure_percent / 100
    for outcome, is_it in of.items():
        share = found[is_it, 0]
        is_sure, is_likely = (share >= sure).mean(), (share >= LIKELY).mean()
        rows.append(
            f"{outcome} ({is_it.sum()}): whole and sure {is_sure:.1%}, "
            f"not sure {is_likely - is_sure:.1%}, not whole {1 - is_likely:.1%}"
        )
    return "\n  ".join(rows)


def places(lines: dict[str, list[Line]]) -> dict[str, list[Place]]:
    """Of the businesses that are left out."""
    return {name: [place for line in lines[name] for place in line.places] for name in LEFT_OUT}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only measure the stored weights")
    parser.add_argument("--no-table", action="store_true", help="leave the left-out lines alone")
    options = parser.parse_args(arguments)
    lines = by_business(LINES)
    if not options.check:
        train(lines).save()
    if not options.no_table:
        print(table(stored(), places(lines)))


if __name__ == "__main__":
    main()
