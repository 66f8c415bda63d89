"""What `judge_model` prints: how often a language model's verdicts were right, when, for how much.

An answer without a marker counts as a call would take it: the caller has finished. A share is of
the lines that were answered, and has its 95 % interval (Wilson's).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calls.measures.latency import percentile
from calls.measures.shares import wilson
from calls.services.judging import Judged, Tokens
from calls.services.verdicts import Verdict
from calls.simulator.table import Column, render

NAMES = {
    Verdict.WHOLE: "whole",
    Verdict.CUT_SHORT: "cut short",
    Verdict.NEEDS_TIME: "needs time",
}
MOST_WRONG = 20
"""Lines shown; `--json` has all."""
MOST_FAILURES = 3
MILLION = 1_000_000
NUMBERS = (
    Column(("lines",), is_number=True),
    Column(("right",), is_number=True),
    Column(("wrong",), is_number=True),
    Column(("share", "right"), is_number=True),
    Column(("95 %",), is_number=True),
)
CONFUSION = (
    Column(
        ("the truth", "is"),
    ),
    *(Column(("said", f"{verdict.value} {NAMES[verdict]}"), is_number=True) for verdict in Verdict),
    Column(("no", "marker"), is_number=True),
    Column(("no", "answer"), is_number=True),
)
WRONG = (
    Column(("is",)),
    Column(("said",)),
    Column(("business",)),
    Column(("question",), is_flexible=True),
    Column(("the caller's words",), is_flexible=True, keeps_end=True),
)


@dataclass(frozen=True, slots=True)
class Prices:
    """Of a million tokens, in any currency; cached: None where it costs as much as read."""

    read: float
    written: float
    cached: float | None = None

    def of(self, tokens: Tokens) -> float:
        cached = self.read if self.cached is None else self.cached
        read = (tokens.read - tokens.cached) * self.read + tokens.cached * cached
        return (read + tokens.written * self.written) / MILLION


def tables(judged: Sequence[Judged], prices: Prices | None, cells: int) -> str:
    """All of it, for a terminal of so many cells."""
    kinds = {_name(truth): _of_kind(judged, truth) for truth in Verdict} | {"all": [*judged]}
    businesses = defaultdict[str, list[Judged]](list)
    for each in judged:
        businesses[each.line.business].append(each)
    parts = [
        _shares("business", businesses, cells),
        _shares("kind", kinds, cells),
        render(CONFUSION, [_said(judged, truth) for truth in Verdict], cells),
        "\n".join(_figures(judged, prices)),
    ]
    if wrong := [each for each in judged if each.verdict and not each.is_right]:
        more = f", the first {MOST_WRONG}" if len(wrong) > MOST_WRONG else ""
        rows = [_wrong(each) for each in wrong[:MOST_WRONG]]
        parts.append(f"{len(wrong)} wrong{more}:\n{render(WRONG, rows, cells)}")
    return "\n\n".join(parts)


def _name(verdict: Verdict) -> str:
    return f"{verdict.value} {NAMES[verdict]}"


def _of_kind(judged: Sequence[Judged], truth: Verdict) -> list[Judged]:
    return [each for each in judged if each.line.truth is truth]


def _shares(heading: str, groups: Mapping[str, Sequence[Judged]], cells: int) -> str:
    rows = []
    for name, group in groups.items():
        right, of = _right(group)
        share, interval = "–", "–"
        if of:
            low, high = wilson(right, of)
            share, interval = f"{right / of:.1%}", f"{low:.1%} to {high:.1%}"
        rows.append((name, f"{of}", f"{right}", f"{of - right}", share, interval))
    return render((Column((heading,)), *NUMBERS), rows, cells)


def _right(group: Sequence[Judged]) -> tuple[int, int]:
    answered = [each for each in group if each.verdict]
    return sum(each.is_right for each in answered), len(answered)


def _said(judged: Sequence[Judged], truth: Verdict) -> list[str]:
    group = _of_kind(judged, truth)
    said = Counter(each.verdict for each in group if each.is_given)
    unmarked = sum(each.verdict is not None and not each.is_given for each in group)
    failed = sum(each.verdict is None for each in group)
    counts = [*(said[verdict] for verdict in Verdict), unmarked, failed]
    return [_name(truth), *map(str, counts)]


def _figures(judged: Sequence[Judged], prices: Prices | None) -> Iterator[str]:
    times = [each.ms for each in judged if each.ms is not None]
    if times:
        p50, p95 = percentile(times, 50), percentile(times, 95)
        yield f"to the marker   p50 {p50:.0f} ms, p95 {p95:.0f} ms ({len(times)} answers)"
    took = [each.tokens for each in judged if each.tokens]
    if took:
        read, cached, written = _sums(took)
        yield (
            f"tokens a line   {read / len(took):.0f} in ({cached / read if read else 0:.0%} of "
            f"them cached), {written / len(took):.1f} out ({len(took)} answers)"
        )
        if prices:
            cost = sum(map(prices.of, took))
            each_thousand = cost / len(took) * 1000
            yield f"cost            {cost:.4f} in all, {each_thousand:.4f} a thousand lines"
    else:
        yield "tokens a line   the server does not tell"
    if unmarked := sum(each.verdict is not None and not each.is_given for each in judged):
        yield f"no marker       {unmarked} answers; a call takes each as {Verdict.WHOLE.value}"
    if went_on := sum(each.goes_on for each in judged):
        waits = f"{Verdict.CUT_SHORT.value} or {Verdict.NEEDS_TIME.value}"
        yield f"went on         {went_on} answers after {waits}; a call drops their words"
    failures = Counter(each.failure for each in judged if each.failure).most_common()
    for failure, count in failures[:MOST_FAILURES]:
        yield f"no answer       {count} times: {failure}"
    if others := sum(count for _failure, count in failures[MOST_FAILURES:]):
        yield f"no answer       {others} times for other reasons"


def _sums(took: Sequence[Tokens]) -> tuple[int, int, int]:
    return (
        sum(each.read for each in took),
        sum(each.cached for each in took),
        sum(each.written for each in took),
    )


def _wrong(each: Judged) -> tuple[str, ...]:
    line = each.line
    said = each.verdict.value if each.verdict and each.is_given else "–"
    return line.truth.value, said, line.business, line.question, line.text


def as_json(judged: Sequence[Judged], prices: Prices | None) -> dict[str, Any]:
    """The same for programs: every line, and the sums."""
    right, answered = _right(judged)
    times = [each.ms for each in judged if each.ms is not None]
    took = [each.tokens for each in judged if each.tokens]
    read, cached, written = _sums(took)
    return {
        "right": right,
        "answered": answered,
        "interval": wilson(right, answered) if answered else None,
        "marker_ms_p50": percentile(times, 50) if times else None,
        "marker_ms_p95": percentile(times, 95) if times else None,
        "tokens": {"in": read, "cached": cached, "out": written} if took else None,
        "cost": sum(map(prices.of, took)) if prices and took else None,
        "lines": [_object(each) for each in judged],
    }


def _object(each: Judged) -> dict[str, Any]:
    line, tokens = each.line, each.tokens
    return {
        "business": line.business,
        "question": line.question,
        "text": line.text,
        "truth": line.truth.value,
        "verdict": each.verdict.value if each.verdict else None,
        "is_given": each.is_given,
        "goes_on": each.goes_on,
        "marker_ms": each.ms,
        "tokens": {"in": tokens.read, "cached": tokens.cached, "out": tokens.written}
        if tokens
        else None,
        "failure": each.failure or None,
    }
