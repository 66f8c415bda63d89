"""The tables of bench.turns, in Markdown. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench import turn_scores as scores
from bench.phone_call import Outcome
from calls.measures.latency import bootstrap

Policies = Mapping[str, Sequence[Sequence[Outcome]]]


def policy_table(policies: Policies) -> str:
    """Delays as p50 / p95 in ms, shares in percent with their 95 % intervals."""
    heads = [
        "policy",
        "cut-ins",
        "decided early",
        *scores.CLASSES,
        "last sound to reply",
        "false interruptions",
        "missed",
        "voice to stop",
        "no answer to a short one",
        "begun ahead, forgotten",
    ]
    rows = [[name, *_figures(calls)] for name, calls in policies.items()]
    return _markdown(heads, rows)


def ablated_table(policies: Policies) -> str:
    heads = ["evidence", "cut-ins", "decided early", *scores.CLASSES, "last sound to reply"]
    return _markdown(heads, [[name, *_figures(calls)[:7]] for name, calls in policies.items()])


def _figures(calls: Sequence[Sequence[Outcome]]) -> list[str]:
    turns = [outcome for call in calls for outcome in call]
    return [
        _percent(calls, scores.cut_in_share),
        _percent(calls, scores.early_share),
        *(_delay(calls, kind) for kind in scores.CLASSES),
        _pair(scores.response_ms(turns)),
        _percent(calls, scores.false_share),
        _percent(calls, scores.missed_share),
        _pair(scores.stop_ms(turns)),
        _percent(calls, scores.unanswered_share),
        f"{sum(each.thought for each in turns)}, {sum(each.forgotten for each in turns)}",
    ]


def _percent(calls: Sequence[Sequence[Outcome]], figure: scores.Figure) -> str:
    found = scores.estimate(calls, figure)
    if found.value is None:
        return "–"
    if found.low is None or found.high is None:
        return f"{found.value:.1%}"
    return f"{found.value:.1%} ({found.low:.1%}–{found.high:.1%})"


def _delay(calls: Sequence[Sequence[Outcome]], of_class: str) -> str:
    found = [values for call in calls if (values := scores.delays_ms(call, of_class))]
    text = _pair([ms for values in found for ms in values])
    if len(found) < 2:
        return text
    low, high = bootstrap(found, (95,))[95]
    return f"{text} ({low:.0f}–{high:.0f}; n={sum(map(len, found))})"


def _pair(values: Sequence[float]) -> str:
    middle, high = scores.p50(values), scores.p95(values)
    return "–" if middle is None or high is None else f"{middle:.0f} / {high:.0f}"


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
