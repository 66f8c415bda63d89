"""What a candidate would have done to recorded calls, from a terminal: for CI of a profile, too.

Rule: a guard whose figure is not known is broken. It needs no worker and no Redis.
"""

from __future__ import annotations

import json
import multiprocessing
import re
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils import translation
from django.utils.html import strip_tags

from calls.lab.comparison import Comparison, Estimate
from calls.lab.recorded import CannotTry
from calls.lab.replay import NEWEST, Candidate
from calls.lab.replaying import try_call
from calls.lab.summing_up import summed_up
from calls.lab.tried_rows import Sides
from dashboard.calls.call_filter import CallFilter
from dashboard.lab.candidates import cannot_judge, preset
from dashboard.lab.sentence import sentence
from tuning.models import TimingProfile
from tuning.presets import PRESETS
from tuning.turns.profile import Profile, ProfileError

ROWS = (
    ("cut-ins", "cut_ins", "%"),
    ("dropped short answers", "dropped", "%"),
    ("p50 after short utterances", "p50_short", "ms"),
    ("p95 after short utterances", "p95_short", "ms"),
    ("p50 after long utterances", "p50_long", "ms"),
    ("p95 after long utterances", "p95_long", "ms"),
)


@dataclass(frozen=True, slots=True)
class Guard:
    """What the candidate's figure may be at most; value None: it is not known."""

    figure: str
    at_most: float
    value: float | None
    unit: str

    @property
    def holds(self) -> bool:
        return self.value is not None and self.value <= self.at_most

    def as_json(self) -> dict[str, Any]:
        """In its unit."""
        scale = 100 if self.unit == "%" else 1
        value = None if self.value is None else self.value * scale
        scaled = {"value": value, "at_most": self.at_most * scale}
        return asdict(self) | scaled | {"holds": self.holds}

    def __str__(self) -> str:
        is_known = self.value is not None
        found = _amount(self.value or 0.0, self.unit) if is_known else "not known: too few"
        at_most = _amount(self.at_most, self.unit)
        return f"{self.figure} at most {at_most}: {found}{'' if self.holds else '  BROKEN'}"


class Command(BaseCommand):
    help = (
        "Replay recorded calls under a candidate beside a profile's live revision. Exits with 1 "
        "where a given guard is broken, or its figure is not known; with 2 where nothing could be "
        "replayed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--candidate",
            required=True,
            metavar="FILE|NAME",
            help="a revision's JSON, a profile's name, profile@r3, or a preset's name",
        )
        parser.add_argument("--profile", help="whose live revision it stands beside: its name")
        parser.add_argument(
            "--calls",
            metavar="FILTER",
            help="as the address of the list of calls says it, like since=2026-11-18&cut_ins=on",
        )
        parser.add_argument("--newest", type=int, default=NEWEST, help="at most so many of them")
        parser.add_argument("--json", action="store_true", help="print one object instead")
        parser.add_argument("--processes", type=int, default=1)
        parser.add_argument(
            "--cut-ins-at-most", type=_share, metavar="2%", help="guard: turns that are cut in on"
        )
        parser.add_argument(
            "--p95-at-most",
            type=float,
            metavar="MS",
            help="guard: response latency, after short utterances and after long ones",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("en"):
            self._handle(options)

    def _handle(self, options: dict[str, Any]) -> None:
        profile = _profile(options["profile"])
        live = profile.newest
        candidate = _candidate(options["candidate"], profile)
        calls = CallFilter.of_query(
            options["calls"] or f"profile={profile.pk}&real=on", sees_personal=True
        )
        if unknown := set(calls.data) - set(calls.fields):
            known = ", ".join(calls.fields)
            raise _wrong(f"--calls: there is no {', '.join(sorted(unknown))}, only {known}")
        if not calls.is_valid():
            wrong = (f"{name}: {' '.join(map(str, each))}" for name, each in calls.errors.items())
            raise _wrong(f"--calls: {'; '.join(wrong)}")
        if options["newest"] < 1:
            raise _wrong("--newest must be at least 1")
        found = list(calls.found().values_list("pk", "rang_at")[: options["newest"]])
        if not found:
            raise _wrong("No recorded call matches. Choose others with --calls.")
        tried, skipped = _tried(
            [pk for pk, _rang_at in found],
            [live.values, candidate.profile],
            live.values.short_utterance_ms,
            options["processes"],
        )
        if not tried:
            raise _wrong(f"None of these calls can be replayed: {_counts(skipped)}")
        (result,) = summed_up([candidate.name], tried)
        comparison = Comparison.from_json(result["comparison"])
        guards = list(_guards(comparison, options))
        told = {
            "live": f"{live}",
            "candidate": candidate.name,
            "calls": len(tried),
            "since": found[-1][1].isoformat(),
            "until": found[0][1].isoformat(),
            "skipped": skipped,
            "cannot_judge": cannot_judge(live.values, candidate.profile),
            "guards": [each.as_json() for each in guards],
        }
        if options["json"]:
            self.stdout.write(json.dumps(told | result, ensure_ascii=False, indent=2))
        else:
            said = sentence(comparison, candidate.name, found[-1][1], found[0][1])
            self.stdout.write(unescape(strip_tags(said)))
            self.stdout.write("\n".join(_table(comparison, told)))
            for guard in guards:
                self.stdout.write(f"{guard}")
        if broken := [f"{guard}" for guard in guards if not guard.holds]:
            raise CommandError("; ".join(broken))


def _wrong(why: str) -> CommandError:
    """Exits with 2, as wrong arguments do: 1 is for a guard."""
    return CommandError(why, returncode=2)


def _share(raw: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?\s?%", raw):
        raise ArgumentTypeError(f"{raw!r} must be a percentage, like 2%")
    return float(raw.rstrip("% ")) / 100


def _profile(name: str | None) -> TimingProfile:
    if name is None:
        return TimingProfile.objects.get(is_default=True)
    found = TimingProfile.objects.filter(name=name).first()
    if found is None:
        known = ", ".join(TimingProfile.objects.values_list("name", flat=True))
        raise _wrong(f"--profile: there is no {name!r}, only {known}")
    return found


def _candidate(given: str, profile: TimingProfile) -> Candidate:
    path = Path(given)
    if path.is_file():
        return _from_file(path)
    name, at, revision = given.partition("@r")
    if found := TimingProfile.objects.filter(name=name).first():
        if not at:
            return Candidate(f"{found.newest}", found.newest.values)
        number = int(revision) if revision.isdecimal() else 0
        if one := found.revisions.filter(number=number).first():
            return Candidate(f"{one}", one.values)
        raise _wrong(f"--candidate: {name} has no r{revision}, only up to {found.newest}")
    if preset_on_live := preset(given, profile):
        return preset_on_live
    raise _wrong(
        f"--candidate: {given!r} is no file, no profile and no preset ({', '.join(PRESETS)})"
    )


def _from_file(path: Path) -> Candidate:
    """As a revision's page exports it."""
    try:
        stored = json.loads(path.read_text("utf-8"))
        return Candidate(path.name, Profile.stored(stored["knobs"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, ProfileError):
            raise _wrong(f"{path}: no call may run on it: {error}") from error
        raise _wrong(
            f"{path}: not a revision as its page exports it: JSON with its knobs"
        ) from error


def _tried(
    pks: list[int], profiles: list[Profile], short_ms: int, processes: int
) -> tuple[list[tuple[int, Sides]], dict[str, list[int]]]:
    """The calls that can be tried, and the others by why they cannot."""
    work = partial(_try, profiles=profiles, short_ms=short_ms)
    if processes > 1:
        connections.close_all()  # each process opens its own
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            return _sorted(pool.imap(work, pks, chunksize=4))
    return _sorted(map(work, pks))


def _try(pk: int, *, profiles: list[Profile], short_ms: int) -> tuple[int, Sides | str]:
    try:
        return pk, try_call(pk, profiles, short_ms=short_ms)
    except CannotTry as error:
        return pk, error.why


def _sorted(
    done: Iterable[tuple[int, Sides | str]],
) -> tuple[list[tuple[int, Sides]], dict[str, list[int]]]:
    tried: list[tuple[int, Sides]] = []
    skipped: dict[str, list[int]] = {}
    for pk, found in done:
        if isinstance(found, str):
            skipped.setdefault(f"{found}", []).append(pk)
        else:
            tried.append((pk, found))
    return tried, skipped


def _guards(comparison: Comparison, options: dict[str, Any]) -> Iterator[Guard]:
    for name, figure, unit in ROWS:
        wished = {"cut_ins": "cut_ins_at_most", "p95_short": "p95_at_most"}
        wished["p95_long"] = "p95_at_most"
        if figure in wished and (at_most := options[wished[figure]]) is not None:
            after = comparison[figure].after
            yield Guard(name, at_most, after.value if after else None, unit)


def _table(comparison: Comparison, told: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield f"{'':28}{told['live']:>18}{told['candidate']:>22}   difference (95 %)"
    for name, figure, unit in ROWS:
        found = comparison[figure]
        if found.before is None or found.after is None or found.difference is None:
            yield f"{name:28}{'too few to tell':>18}"
            continue
        before, after = (_amount(each.value, unit) for each in (found.before, found.after))
        yield f"{name:28}{before:>18}{after:>22}   {_difference(found.difference, unit)}"
    yield ""
    unknown = ", ".join(f"{why} {count}" for why, count in comparison.after.unknown.items())
    yield f"turns that the record cannot tell: {comparison.unknown}" + f" ({unknown})" * bool(
        unknown
    )
    yield f"turns that wait longer than was recorded: {comparison.after.unseen}"
    if told["skipped"]:
        yield f"calls that cannot be replayed: {_counts(told['skipped'])}"
    if told["cannot_judge"]:
        yield f"knobs whose effect a record cannot tell: {', '.join(told['cannot_judge'])}"


def _difference(found: Estimate, unit: str) -> str:
    """Of two shares in points."""
    value, low, high = (
        f"{each * 100:+.1f}" if unit == "%" else f"{each:+,.0f}"
        for each in (found.value, found.low, found.high)
    )
    return f"{value} {'points' if unit == '%' else unit} ({low} to {high})"


def _amount(value: float, unit: str) -> str:
    return f"{value * 100:.1f} %" if unit == "%" else f"{value:,.0f} ms"


def _counts(skipped: dict[str, list[int]]) -> str:
    return ", ".join(f"{why} {len(pks)}" for why, pks in skipped.items())
