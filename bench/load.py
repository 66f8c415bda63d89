"""Many calls at once on one core: what a caller waits for, how late frames get, what a call costs.

The server is daphne as deployed, with services of fixed delays, on a core of its own; the callers
(the webhook, the stream, real speech on a line with soft noise) are on another.

    .venv/bin/python -m bench.load
    .venv/bin/python -m bench.load --carrier browser    # the same callers at the Talk page's socket
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import psutil

from bench import rig, services
from bench.browser_calls import Talker
from bench.load_table import Step, table
from calls.measures.latency import percentile
from calls.models import Call, Turn
from calls.records.post_call import settle
from calls.simulator.caller import SILENT_FRAME, Caller, Key, Say
from calls.simulator.dialling import Dialled, place_call
from calls.simulator.media_stream import CallResult
from tuning.turns import journal
from tuning.turns.events import Reply

STEPS = (1, 10, 40, 80)
SPEECH = ("hours", "tuesday", "leave_message", "nine", "price", "cancel", "where", "thursday")
LINES = 5
"""What each caller says: so many of these, beginning with another one each."""
ARRIVE_S, SETTLE_S, WINDOW_S = 4.0, 2.0, 18.0
"""Calls begin within the first; after the second, cost is measured for the third."""
IDLE_S = 3.0
READY_S, RECORDED_S = 60.0, 30.0


class CallerOnALine(Caller):
    """Silent with the line's noise."""

    def frames(self) -> Iterator[bytes | Key]:
        quiet = rig.quiet_frames()
        return (next(quiet) if item == SILENT_FRAME else item for item in super().frames())


@dataclass(frozen=True, slots=True)
class Cost:
    """The server's share of its core and its memory, before the calls or during them."""

    cpu_s: float
    others_cpu_s: float
    at_s: float
    memory_mb: float


class Server:
    """daphne on one core."""

    def __init__(self, core: int, log: str) -> None:
        self._core = core
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.webhook = f"{self.address}/twilio/voice"
        self._log = rig.VAR_DIR / log
        with on_core(core), self._log.open("w") as output:
            self.process = psutil.Popen(
                [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", f"{port}",
                 "hevoice.asgi:application"],
                stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def wait(self) -> None:
        until_s = time.monotonic() + READY_S
        while time.monotonic() < until_s and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.address}/healthz", timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise SystemExit(f"the server did not start:\n{self._log.read_text()[-2000:]}")

    def cost(self) -> Cost:
        times, core = self.process.cpu_times(), psutil.cpu_times(percpu=True)[self._core]
        own_s = times.user + times.system
        busy_s = sum(core) - core.idle - core.iowait - core.guest - core.guest_nice
        memory_mb = self.process.memory_info().rss / 1e6
        return Cost(own_s, busy_s - own_s, time.monotonic(), memory_mb)

    def stop(self) -> None:
        if self.process.is_running():
            self.process.kill()
        self.process.wait()


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """What is started here stays on this core."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)


Place = Callable[[Caller], Awaitable[CallResult]]


def placed_by(carrier: str, server: Server) -> Place:
    """What places a call: as a telephone's carrier, or as a browser."""
    dialled = Dialled(webhook=server.webhook)
    talker = Talker(server.address) if carrier == "browser" else None
    return talker.place_call if talker else lambda caller: place_call(caller, dialled)


async def hold_calls(
    count: int, server: Server, place: Place
) -> tuple[list[CallResult], Cost, Cost]:
    """So many calls at once, with the server's cost at both ends of the window."""
    speech = [rig.speech(name) for name in SPEECH]
    chance = random.Random(count)

    async def call(number: int) -> CallResult:
        await asyncio.sleep(ARRIVE_S * number / count + chance.uniform(0, 0.02))
        said = [Say(speech[(number + line) % len(speech)]) for line in range(LINES)]
        return await place(CallerOnALine(said, seed=number))

    calls = [asyncio.create_task(call(number)) for number in range(count)]
    await asyncio.sleep(ARRIVE_S + SETTLE_S)
    before = server.cost()
    await asyncio.sleep(WINDOW_S)
    after = server.cost()
    gone = sum(task.done() for task in calls)
    results = list(await asyncio.gather(*calls))
    for result in results[:gone]:
        result.note("some calls were over before the end of the window")
    return results, before, after


def recorded(results: Sequence[CallResult]) -> list[Call]:
    """The calls' rows, when the last of them has been written."""
    sids = [result.call_sid for result in results]
    until_s = time.monotonic() + RECORDED_S
    while True:
        written = Call.objects.filter(call_sid__in=sids, ended_at__isnull=False)
        if len(written) == len(sids) or time.monotonic() > until_s:
            return list(written)
        time.sleep(0.2)


def floors_ms(call: Call) -> dict[int, float]:
    """By turn, what the profile and the services' fixed delays impose on its response latency."""
    policy_ms = dict(Turn.objects.filter(call=call).values_list("number", "policy_ms"))
    return {
        entry.turn: policy_ms[entry.turn]
        - entry.delay_ms
        + services.after_decision_ms(entry.delay_ms)
        for entry in journal.read(call.journal())
        if isinstance(entry, Reply)
    }


def frames_late_ms(call: Call, result: CallResult) -> list[float]:
    """The caller's own lateness taken away, frame by frame."""
    late = rig.lateness_ms(call.journal())
    on_the_way = [ms - left for ms, left in zip(late, result.late_ms, strict=False)]
    return [ms - min(on_the_way) for ms in on_the_way]


def measure(count: int, server: Server, place: Place) -> Step:
    idle = server.cost()
    time.sleep(IDLE_S)
    idle_until = server.cost()
    results, before, after = asyncio.run(hold_calls(count, server, place))
    calls = {call.call_sid: call for call in recorded(results)}
    for call in calls.values():  # no worker serves the bench
        settle(call.pk)
        call.refresh_from_db()
    errors = Counter(error for result in results for error in result.errors)
    errors["calls not recorded"] = len(results) - len(calls)
    errors["calls that do not replay"] = sum(not call.replays for call in calls.values())
    errors["malformed messages"] = sum(call.malformed_messages for call in calls.values())
    errors["frames dropped"] = sum(
        frames
        for call in calls.values()
        for why, frames in call.frames_dropped.items()
        if why != "not yet sent"
    )
    errors["failures"] = sum(bool(call.failure) for call in calls.values())
    lines = [line for result in results for line in result.lines]
    errors["lines not answered"] = sum(not line.answered for line in lines)
    heard = [line.voice_to_voice_ms for line in lines if line.voice_to_voice_ms is not None]
    latencies, floors = [], []
    for call in calls.values():
        floor_of = floors_ms(call)
        for turn in call.turns.all():
            if turn.number in floor_of and turn.response_latency is not None:
                latencies.append(turn.response_latency)
                floors.append(floor_of[turn.number])
    over = [latency - floor for latency, floor in zip(latencies, floors, strict=True)]
    late = [
        ms
        for result in results
        if result.call_sid in calls
        for ms in frames_late_ms(calls[result.call_sid], result)
    ]
    left_late = [ms for result in results for ms in result.late_ms]
    idle_share = (idle_until.cpu_s - idle.cpu_s) / (idle_until.at_s - idle.at_s)
    seconds = after.at_s - before.at_s
    share = (after.cpu_s - before.cpu_s) / seconds
    return Step(
        calls=count,
        turns=len(latencies),
        heard_p50=percentile(heard, 50),
        heard_p95=percentile(heard, 95),
        response_p50=percentile(latencies, 50),
        response_p95=percentile(latencies, 95),
        floor_p50=percentile(floors, 50),
        over_p50=percentile(over, 50),
        over_p95=percentile(over, 95),
        late_p50=percentile(late, 50),
        late_p99=percentile(late, 99),
        late_worst=max(late),
        caller_late_p99=percentile(left_late, 99),
        cpu_each=100 * (share - idle_share) / count,
        cpu_idle=100 * idle_share,
        cpu_all=100 * share,
        cpu_others=max(0.0, 100 * (after.others_cpu_s - before.others_cpu_s) / seconds),
        memory_each_mb=(after.memory_mb - idle.memory_mb) / count,
        errors={name: number for name, number in errors.items() if number},
    )


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--json", action="store_true")
    options.add_argument("--calls", type=int, nargs="+", default=STEPS)
    options.add_argument("--carrier", choices=("twilio", "browser"), default="twilio")
    chosen = options.parse_args()
    rig.prepare()
    callers_core, *rest = sorted(os.sched_getaffinity(0))
    steps = []
    with on_core(callers_core):
        for count in chosen.calls:
            server = Server(rest[0] if rest else callers_core, f"server-{count}.log")
            try:
                server.wait()
                steps.append(measure(count, server, placed_by(chosen.carrier, server)))
            finally:
                server.stop()
            if not chosen.json:
                print(f"{count} calls: done", file=sys.stderr)
    print(json.dumps([asdict(step) for step in steps], indent=1) if chosen.json else table(steps))


if __name__ == "__main__":
    main()
