"""What callers hear while a tool is waited for, and what tools cost the other calls of a process.

Whole calls: the webhook, the media stream, real HTTP to a system of its own process; a model whose
first token takes 350 or 1200 ms (twice in a reply with a tool), and a voice whose first byte takes
180. Silences are measured at the caller's ear, from the decision to the answer's end.

    .venv/bin/python -m bench.http_tools            # both parts
    .venv/bin/python -m bench.http_tools waits      # tools of 0.8, 3 and 6 s: what is heard when
    .venv/bin/python -m bench.http_tools frames     # 40 calls with tools of 800 ms and 40 without
    .venv/bin/python -m bench.http_tools frames --calls 10 --pairs 1
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, product
from math import nan
from statistics import median

os.environ |= {
    "BENCH_WRITER": "bench.tool_answers.ToolAnswerer",
    "BENCH_SPEAKER": "bench.tool_answers.PacedVoice",
    "TOOL_HOSTS": "127.0.0.1",
}

from bench import rig
from bench.load import SPEECH, CallerOnALine, Place, Server, measure, on_core, recorded
from bench.load_table import Step
from bench.tool_system import system
from calls.http_tools import addresses, tool_use
from calls.http_tools.http_tool import HttpTool
from calls.models import Call
from calls.process.log import call_in_hand
from calls.services import NO_NUMBER
from calls.services.tools import InHand, in_hand
from calls.simulator.caller import SILENT_FRAME, Caller, Say
from calls.simulator.dialling import CallResult, Dialled, place_call
from calls.simulator.earpiece import Sound
from calls.simulator.table import Column, render
from calls.telephony.phone_number import PhoneNumber

TOOL_MS, WAITS_MS, FIRST_TOKENS_MS = 800, (800, 3000, 6000), (350, 1200)
FIRST_LIMIT_MS, SILENCE_LIMIT_MS = 1000, 2000
LINES, AT_ONCE, PATIENT_MS = 4, 3, 3000
USES = 300


def number(digits: int, tool_at: str = "", *, acts: bool = False, first_token_ms: int = 350) -> str:
    """One with this tool, or without any; as it is dialled."""
    made = PhoneNumber.objects.create(
        number=f"+97277{digits:07}", name=f"bench {digits}", business=f"{first_token_ms}"
    )
    if tool_at:
        method = HttpTool.Method.POST if acts else HttpTool.Method.GET
        HttpTool.objects.create(
            number=made, name="ask", description="bench", address=tool_at, method=method,
            reads_only=not acts, paths="$.free[*]", deadline_s=10,
        )  # fmt: skip
    return made.number


# What is heard.


@dataclass(frozen=True, slots=True)
class Wait:
    """One turn at the caller's ear, in ms."""

    first_ms: float
    """From the decision to the first sound."""
    silence_ms: float
    """The longest, from the decision to the answer's end."""


class PatientCaller(CallerOnALine):
    """Who takes no filler for the answer."""

    def _hear_out(self) -> Iterator[bytes]:
        while True:
            yield from super()._hear_out()
            if self.now_ms >= max(self.ear.ends_ms, self._listens_from_ms) + PATIENT_MS:
                return
            yield from self._frame(SILENT_FRAME)


async def hold(server: Server, called: str) -> list[tuple[CallResult, list[Sound]]]:
    speech = [rig.speech(name) for name in SPEECH]

    async def call(place: int) -> tuple[CallResult, list[Sound]]:
        await asyncio.sleep(0.5 * place)
        said = [Say(speech[(place + line) % len(speech)]) for line in range(LINES)]
        caller = PatientCaller(said, seed=place)
        result = await place_call(caller, Dialled(webhook=server.webhook, called=called))
        return result, caller.ear.sounds

    return list(await asyncio.gather(*map(call, range(AT_ONCE))))


def waits_of(call: Call, sounds: Sequence[Sound]) -> Iterator[Wait]:
    """Of its turns with a tool. The two clocks begin with the stream, some ms apart."""
    turns = list(call.turns.exclude(decided_ms=None))
    decided_ms = [turn.decided_ms or 0.0 for turn in turns]
    until_ms = [*decided_ms[1:], float("inf")]
    for turn, begins_ms, ends_ms in zip(turns, decided_ms, until_ms, strict=True):
        heard = [each for each in sounds if begins_ms <= each.from_ms < ends_ms]
        if turn.tool_time is not None and heard:
            silent_from = [begins_ms, *(each.until_ms for each in heard)]
            gaps = [each.from_ms - ms for each, ms in zip(heard, silent_from, strict=False)]
            yield Wait(gaps[0], max(gaps))


def waited(server: Server, called: str) -> list[Wait]:
    held = asyncio.run(hold(server, called))
    calls = {call.call_sid: call for call in recorded([result for result, _sounds in held])}
    for error in {error for result, _sounds in held for error in result.errors}:
        print(f"! {error}", file=sys.stderr)
    return [
        wait
        for result, sounds in held
        if result.call_sid in calls
        for wait in waits_of(calls[result.call_sid], sounds)
    ]


def waits(core: int, address: str, first_tokens_ms: Sequence[int]) -> str:
    rows = list[list[str]]()
    server = Server(core, "server-waits.log")
    try:
        server.wait()
        for first_ms, acts, wait_ms in product(first_tokens_ms, (False, True), WAITS_MS):
            at = f"{address}/wait/{wait_ms}"
            heard = waited(server, number(1000 + len(rows), at, acts=acts, first_token_ms=first_ms))
            firsts = [each.first_ms for each in heard] or [nan]
            silences = [each.silence_ms for each in heard] or [nan]
            over = sum(
                each.first_ms > FIRST_LIMIT_MS or each.silence_ms > SILENCE_LIMIT_MS
                for each in heard
            )
            figures = median(firsts), max(firsts), median(silences), max(silences)
            what = [f"{wait_ms / 1000:g}", "acts" if acts else "looks", f"{first_ms}"]
            rows.append([*what, f"{len(heard)}", *(f"{ms:.0f}" for ms in figures), f"{over}"])
            print(*rows[-1], file=sys.stderr)
    finally:
        server.stop()
    headings = (
        ("tool,", "s"), ("it", ""), ("first", "token"), ("turns",), ("first sound", "p50"),
        ("", "worst"), ("longest silence", "p50"), ("", "worst"), ("over", "limits"),
    )  # fmt: skip
    columns = [Column(each, is_number=place != 1) for place, each in enumerate(headings)]
    return render(columns, rows, 0)


# What it costs.


def placed(server: Server, *called: str) -> Place:
    """Calls to these numbers in turn."""
    numbers = cycle(called)

    async def place(caller: Caller) -> CallResult:
        return await place_call(caller, Dialled(webhook=server.webhook, called=next(numbers)))

    return place


def frames(core: int, address: str, count: int, pairs: int) -> str:
    """By turns, each on a server of its own, the second pair the other way round."""
    at = f"{address}/wait/{TOOL_MS}"
    kinds = {"none": [number(1)], "tools": [number(2, at), number(3, at, acts=True)]}
    found: dict[str, list[Step]] = {kind: [] for kind in kinds}
    for pair in range(pairs):
        for kind in sorted(kinds, reverse=bool(pair % 2)):
            server = Server(core, f"server-{kind}-{pair}.log")
            try:
                server.wait()
                found[kind].append(measure(count, server, placed(server, *kinds[kind])))
            finally:
                server.stop()
            print(f"{count} calls, {kind}: done", file=sys.stderr)
    rows = list[list[str]]()
    for kind, steps in found.items():
        for step in steps:
            figures = (
                step.late_p50, step.late_p99, step.late_worst, step.cpu_all,
                step.caller_late_p99, step.cpu_others,
            )  # fmt: skip
            rows.append([kind, f"{step.turns}", *(f"{each:.1f}" for each in figures)])
    headings = (
        ("tools",), ("turns",), ("frames late", "p50, ms"), ("", "p99"), ("", "worst"),
        ("CPU", "%"), ("caller late", "p99, ms"), ("others'", "CPU, %"),
    )  # fmt: skip
    columns = [Column(each, is_number=bool(place)) for place, each in enumerate(headings)]
    with_tools, without = (
        median(step.late_p99 for step in found[kind]) for kind in ("tools", "none")
    )
    uses = tool_use.ToolUse.objects.filter(outcome="done").count()
    remarks = {
        f"! {kind}: {each}" for kind, steps in found.items() for step in steps
        for each in step.remarks
    }  # fmt: skip
    return "\n".join(
        [
            render(columns, rows, 0),
            *sorted(remarks),
            f"{uses} uses of tools answered; frames late (p99) with tools / without: "
            f"{with_tools:.1f} / {without:.1f} ms = {with_tools / without:.2f}",
        ]
    )


def cost(address: str) -> str:
    """CPU of this process, its threads included, for one use after another."""
    called = PhoneNumber.objects.get(number=number(9, f"{address}/wait/0"))
    Call.ring("CAbench", "+972501234567", called.number)
    (tool,) = called.tools()
    call_in_hand.set("CAbench")

    async def use(turns: bool) -> float:
        await tool.run(NO_NUMBER, {})  # makes the connection
        began_s = time.process_time()
        for each in range(USES):
            if turns:
                in_hand.set(InHand(each, f"{each}"))
            await tool.run(NO_NUMBER, {})
        await tool_use.all_kept()
        took_ms = 1000 * (time.process_time() - began_s) / USES
        await addresses.aclose()
        return took_ms

    bare, kept = asyncio.run(use(False)), asyncio.run(use(True))
    return f"CPU of one use: {bare:.2f} ms; with the row that is kept of it (SQLite): {kept:.2f} ms"


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("part", nargs="?", choices=("waits", "frames"))
    options.add_argument("--calls", type=int, default=40)
    options.add_argument("--pairs", type=int, default=2, help="so many times with and without")
    options.add_argument("--first-tokens", type=int, nargs="+", default=FIRST_TOKENS_MS, help="ms")
    chosen = options.parse_args()
    rig.prepare()
    callers_core, *rest = sorted(os.sched_getaffinity(0))
    core = rest[0] if rest else callers_core
    with on_core(callers_core), system() as address:
        if chosen.part != "frames":
            print(waits(core, address, chosen.first_tokens), flush=True)
        if chosen.part != "waits":
            print(frames(core, address, chosen.calls, chosen.pairs))
            print(cost(address))
    print(rig.machine())


if __name__ == "__main__":
    main()
