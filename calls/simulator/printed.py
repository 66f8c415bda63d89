"""What `make call` prints: a call's turns beside what its caller heard, or a summary of many calls.

The latencies are from the record; `voice to voice` is what this caller measured by ear.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from django.utils import translation

from calls.http_tools.tool_use import ToolUse
from calls.measures.latency import percentile
from calls.models import Turn
from calls.simulator.caller import LineOutcome
from calls.simulator.media_stream import CallResult
from calls.simulator.table import Column, render

SLACK_MS = 100
"""The server's clock of a call may be this far behind the caller's."""
LATE_MS = 20
"""A caller whose frames (99 of 100) leave later than this cannot measure by ear any more."""
KNEW = Column(("found in what", "the number knows"), is_flexible=True)
"""Where that was asked for any reply."""
KNEW_WORDS = {"nothing": "nothing found", "late": "late", "told": "all, in the prompt"}
WORDS = (
    Column(("#",), is_number=True),
    Column(("said",), is_flexible=True),
    Column(("answered, as far as heard",), is_flexible=True),
    Column(("rule",)),
    Column(("outcome",)),
    Column(("chosen", "from"), is_number=True),
)
MOMENTS = (
    Column(("#",), is_number=True),
    Column(("end_of", "_turn", "_delay"), is_number=True),
    Column(("trans", "cription", "_delay"), is_number=True),
    Column(("llm", "_ttft"), is_number=True),
    Column(("llm", "_ttfs"), is_number=True),
    Column(("tts", "_ttfb"), is_number=True),
    Column(("turn", "_laten", "cy"), is_number=True),
    Column(("TURN", "_LATEN", "CY"), is_number=True),
    Column(("re", "sponse", "_laten", "cy"), is_number=True),
    Column(("con", "tent", "_laten", "cy"), is_number=True),
    Column(("voice", "to", "voice"), is_number=True),
)
TOOL_TIME = Column(("tools",), is_number=True)
"""Beside the others, where any were used."""
TOOLS = (
    Column(("#",), is_number=True),
    Column(("tool",)),
    Column(("asked",), is_flexible=True),
    Column(("what came of it",), is_flexible=True),
    Column(("HTTP",), is_number=True),
    Column(("ms",), is_number=True),
)
LEGEND = (
    "All in ms. end_of_turn_delay, transcription_delay, response_latency, content_latency (the "
    "first sound\nthat is no opener or filler) and voice to voice count from the caller's last "
    "sound; turn_latency and\nTURN_LATENCY from the decision. voice to voice was measured by this "
    "caller's ear; the rest by the server."
)


def turns_text(turns: Sequence[Turn], lines: Sequence[LineOutcome], cells: int) -> str:
    """Two tables of the same turns: the words with the rules, and the latencies."""
    waits = {turn.number: line.voice_to_voice_ms for line, turn in _answers(turns, lines)}
    words = [
        [
            f"{turn.number}",
            turn.said or "–",
            turn.answered or (f"[{_prompt(turn.prompt)}]" if turn.prompt else "–"),
            turn.why,
            turn.outcome,
            _chosen(turn.chosen_from),
        ]
        for turn in turns
    ]
    columns = [*WORDS]
    if any(turn.knew for turn in turns):
        columns.append(KNEW)
        for row, turn in zip(words, turns, strict=True):
            row.append(_knew(turn))
    has_tools = any(turn.tool_time is not None for turn in turns)
    timed = (*MOMENTS, TOOL_TIME) if has_tools else MOMENTS
    moments = [
        (
            f"{turn.number}",
            _ms(turn.end_of_turn_delay),
            _ms(turn.transcription_delay),
            _ms(turn.llm_ttft),
            _ms(turn.llm_ttfs),
            _ms(turn.tts_ttfb),
            _ms(turn.turn_latency),
            _ms(turn.field_turn_latency),
            _ms(turn.response_latency),
            _ms(turn.content_latency),
            _ms(waits.get(turn.number)),
            *((_ms(turn.tool_time),) if has_tools else ()),
        )
        for turn in turns
    ]
    return "\n\n".join((render(columns, words, cells), render(timed, moments, cells), LEGEND))


def tools_text(uses: Sequence[ToolUse], cells: int) -> str:
    """What a call's tools were asked, by turn, and what came of it."""
    rows = [
        (
            f"{use.turn}",
            use.name,
            ", ".join(f"{name}: {value}" for name, value in use.given.items()) or "–",
            _why(use) or use.Outcome(use.outcome).value,
            "–" if use.status is None else f"{use.status}",
            _ms(use.took_ms),
        )
        for use in uses
    ]
    return render(TOOLS, rows, cells)


def forbidden(uses: Sequence[ToolUse]) -> list[str]:
    """The hosts, as far as they were noted, that the server was not allowed to ask."""
    told = (use.why_said[1] for use in uses if use.outcome == use.Outcome.FORBIDDEN)
    return sorted({*told})


def remarks(results: Sequence[CallResult]) -> list[str]:
    """What the callers would complain of, and whether their measurements hold."""
    lines = [line for result in results for line in result.lines]
    found = [f"not answered: {line.text}" for line in lines if not line.answered]
    found += [f"the agent cut in on: {line.text}" for line in lines if line.cut_in]
    late = [ms for result in results for ms in result.late_ms]
    if late and (late_ms := percentile(late, 99)) > LATE_MS:
        found.append(
            f"the caller itself was late (p99 {late_ms:.0f} ms): this machine is too busy, so "
            "voice to voice is not to be trusted"
        )
    return found


def summary_text(results: Sequence[CallResult], turns: Mapping[str, Sequence[Turn]]) -> str:
    """Many calls; `turns` of those that this machine's database has, by their sid.

    A prompt ("I did not hear") is no answer: it is counted by its name, and not timed.
    """
    lines = [line for result in results for line in result.lines]
    answers = [
        answer
        for result in results
        for answer in _answers(turns.get(result.call_sid, ()), result.lines)
    ]
    prompts = Counter(_prompt(turn.prompt) for _line, turn in answers if turn.prompt)
    prompted = {id(line) for line, turn in answers if turn.prompt}
    waits = [
        line.voice_to_voice_ms
        for line in lines
        if line.voice_to_voice_ms is not None and id(line) not in prompted
    ]
    late = [ms for result in results for ms in result.late_ms]
    errors = Counter(error for result in results for error in result.errors)
    figures = [
        ("calls", f"{len(results)}"),
        ("with errors", f"{sum(bool(result.errors) for result in results)}"),
        ("lines said", f"{len(lines)}"),
        ("not answered", f"{sum(not line.answered for line in lines)}"),
        *((f"got the prompt [{name}]", f"{count}") for name, count in prompts.most_common()),
        ("cut in on", f"{sum(line.cut_in for line in lines)}"),
        ("voice to voice p50", f"{percentile(waits, 50):.0f} ms" if waits else "–"),
        ("voice to voice p95", f"{percentile(waits, 95):.0f} ms" if waits else "–"),
        ("caller's frames late p99", f"{percentile(late, 99):.1f} ms" if late else "–"),
        *((f"error, {count} times", error) for error, count in errors.most_common()),
    ]
    longest = max(len(name) for name, _figure in figures)
    return "\n".join(f"{name.ljust(longest)}  {figure}" for name, figure in figures)


def _answers(
    turns: Sequence[Turn], lines: Sequence[LineOutcome]
) -> Iterator[tuple[LineOutcome, Turn]]:
    """The lines that were answered, each with the turn whose sound was the first after it.

    What is still to be heard of a turn before the line, or of one without a record, is no match.
    """
    sounds = [
        (turn.first_audio_ms if turn.filled_ms is None else turn.filled_ms, turn) for turn in turns
    ]
    sent = {at_ms: turn for at_ms, turn in sounds if at_ms is not None}
    for line in lines:
        if line.voice_to_voice_ms is not None:
            from_ms = line.ended_ms - SLACK_MS
            until_ms = line.ended_ms + line.voice_to_voice_ms + SLACK_MS
            if since := [at_ms for at_ms in sent if from_ms <= at_ms <= until_ms]:
                yield line, sent[max(since)]


def _prompt(name: str) -> str:
    """Its name as words: not heard, no input."""
    return name.replace("_", " ")


def _why(use: ToolUse) -> str:
    """In English, like all that is printed."""
    with translation.override("en"):
        return " ".join(filter(None, use.why_said))


def _knew(turn: Turn) -> str:
    """Of a passage, what it stands under, or its words."""
    found = (passage["heading"] or passage["words"] for passage in turn.knowledge or ())
    return " | ".join(found) or KNEW_WORDS.get(turn.knew, "–")


def _chosen(chosen_from: int | None) -> str:
    return "–" if chosen_from is None else f"{chosen_from}" if chosen_from else "none fits"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"
