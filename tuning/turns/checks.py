"""What is wrong with a set of knobs, or risky about it. Pure.

Rules: no call may run on a set with an error; everything else is a warning. Warnings concern only
knobs that act under the chosen rule, and no shipped profile has any.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tuning.turns.knob import FRAME_MS, Knob, Text, Value

CLIFF_MS = 2000
"""The widest gap between short and long silence in any shipped profile (`unhurried`)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a set of knobs is refused (`is_error`), or what it risks."""

    knobs: tuple[str, ...]
    text: Text
    is_error: bool = True


def problems(knobs: Mapping[str, Knob], values: Mapping[str, Value]) -> list[Problem]:
    """Everything that is wrong with these values, or risky about them; errors first."""
    found = list(_range_problems(knobs, values))
    refused = {name for problem in found if problem.is_error for name in problem.knobs}
    # What a refused value adds up to with others says nothing.
    found += [each for each in _cross_problems(knobs, values) if refused.isdisjoint(each.knobs)]
    return sorted(found, key=lambda problem: not problem.is_error)


def _range_problems(knobs: Mapping[str, Knob], values: Mapping[str, Value]) -> Iterable[Problem]:
    rule = f"{values['endpointing']}"
    for each in knobs.values():
        value, label = values[each.name], each.under(rule).label
        if each.choices and value not in each.choices:
            allowed = ", ".join(each.choices)
            yield Problem(
                (each.name,),
                Text(
                    f"{label.he}: אין ערך כזה: {value}; יש: {allowed}",
                    f"{label.en}: no such value: {value}; there are: {allowed}",
                ),
            )
        if not each.is_number or each.soft[0] <= int(value) <= each.soft[1]:
            continue
        is_error = not each.hard[0] <= int(value) <= each.hard[1]
        if not is_error and not each.acts_under(rule):
            continue
        low, high = each.hard if is_error else each.soft
        he, en = ("חייב להיות", "it must be") if is_error else ("מומלץ", "advised:")
        text = Text(
            f"{label.he}: הערך {value}; {he} בין {low} ל־{high}",
            f"{label.en}: {value}; {en} from {low} to {high}",
        )
        yield Problem((each.name,), text, is_error)


def _cross_problems(knobs: Mapping[str, Knob], given: Mapping[str, Value]) -> Iterable[Problem]:
    rule = f"{given['endpointing']}"
    values = {name: value for name, value in given.items() if isinstance(value, int)}
    yield from _of_fixed(values) if rule == "fixed" else _of_adaptive(values)
    if values["response_delay_min_ms"] > values["response_delay_max_ms"]:
        yield Problem(
            ("response_delay_min_ms", "response_delay_max_ms"),
            Text(
                "השהיית התשובה המזערית לא יכולה לעלות על המרבית",
                "the shortest response delay must not exceed the longest",
            ),
        )
    if values["reply_refractory_ms"] < values["response_delay_max_ms"] + 200:
        yield Problem(
            ("reply_refractory_ms", "response_delay_max_ms"),
            Text(
                "ההפוגה אחרי תשובה צריכה לעלות על השהיית התשובה המרבית ב־200 לפחות",
                "the refractory time must exceed the longest response delay by at least 200 ms",
            ),
        )
    for each in knobs.values():
        if each.in_frames and values[each.name] % FRAME_MS:
            label = each.under(rule).label
            yield Problem(
                (each.name,),
                Text(
                    f"{label.he}: הערך נספר במסגרות וצריך להתחלק ב־{FRAME_MS}",
                    f"{label.en}: counted in frames, so a multiple of {FRAME_MS}",
                ),
            )


def _of_fixed(values: Mapping[str, int]) -> Iterable[Problem]:
    short, long = values["end_silence_short_ms"], values["end_silence_long_ms"]
    if short > long:
        yield Problem(
            ("end_silence_short_ms", "end_silence_long_ms"),
            Text(
                "השתיקה אחרי אמירה קצרה לא יכולה להיות ארוכה מזו שאחרי אמירה ארוכה",
                "the silence after a short utterance must not be longer than after a long one",
            ),
        )
    if long - short > CLIFF_MS:
        yield Problem(
            ("end_silence_long_ms", "short_utterance_ms"),
            Text(
                f"בגבול בין קצרה לארוכה ההמתנה קופצת ב־{long - short} אלפיות שנייה",
                f"the wait jumps by {long - short} ms at the boundary between short and long",
            ),
            is_error=False,
        )
    if values["stt_partial_debounce_ms"] < values["stt_batch_ms"]:
        yield Problem(
            ("stt_partial_debounce_ms", "stt_batch_ms"),
            Text(
                "השהיית התמלול החלקי קצרה ממנת השמע, ולכן כמעט אין לה השפעה",
                "the debounce is shorter than one message of audio, so it has hardly any effect",
            ),
            is_error=False,
        )


def _of_adaptive(values: Mapping[str, int]) -> Iterable[Problem]:
    if values["finished_silence_ms"] > values["end_silence_long_ms"]:
        yield Problem(
            ("finished_silence_ms", "end_silence_long_ms"),
            Text(
                "השתיקה הקצרה ביותר ארוכה מהארוכה ביותר, ולכן דבר אינו מקצר את ההמתנה",
                "the shortest silence is longer than the longest, so nothing shortens the wait",
            ),
            is_error=False,
        )
    elif not (
        values["finished_silence_ms"]
        <= values["middle_silence_ms"]
        <= values["end_silence_long_ms"]
    ):
        yield Problem(
            ("middle_silence_ms", "finished_silence_ms", "end_silence_long_ms"),
            Text(
                "שתיקת הביניים אינה בין הקצרה ביותר לארוכה ביותר, ופועלת כמו הקרובה אליה",
                "the middle silence is not between the shortest and the longest, so it acts as the "
                "nearer one",
            ),
            is_error=False,
        )
