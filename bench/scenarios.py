"""The same callers at HeVoice and at pipecat, over the real clients and the same scripted cloud.

Everything is measured at the caller's ear. The agent has one core; the callers and the cloud, which
takes its time (partial 250 ms, final 300 ms, first token 350 ms and 60 a second, first byte of
sound 180 ms), have another.

    .venv/bin/python -m bench.scenarios              # about 25 minutes
    .venv/bin/python -m bench.scenarios --agents balanced pipecat --scale 1 10
    .venv/bin/python -m bench.scenarios --agents adaptive pipecat --scale 1 --callers 3 --seeds 1 4
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from statistics import median

from bench import rig
from bench.agents import AGENTS, Agent, Cloud
from bench.conversations import BACKCHANNELS, gaps, scenario
from bench.field_scores import Heard, Turn, eva, tau_voice
from bench.load import on_core
from bench.scenarios_table import Row, table
from calls.measures.latency import percentile
from calls.simulator.caller import Caller
from calls.simulator.dialling import Dialled, place_call
from calls.simulator.earpiece import Earpiece
from calls.simulator.media_stream import CallResult

SCALE = (1, 10, 20)
ARRIVE_S = 4.0
SEEDS = (1, 2)


async def hold(agent: Agent, name: str, count: int, seed: int) -> list[tuple[CallResult, Earpiece]]:
    """So many callers at once."""

    async def one(number: int) -> tuple[CallResult, Earpiece]:
        await asyncio.sleep(ARRIVE_S * number / count)
        steps = scenario(name, seed + number)
        caller = Caller(steps, seed=seed + number, awaits_greeting=agent.greets)
        return await place_call(caller, Dialled(webhook=agent.webhook)), caller.ear

    return list(await asyncio.gather(*(one(number) for number in range(count))))


def measured(agent: Agent, name: str, count: int, seeds: Sequence[int]) -> Row:
    before = agent.cpu()
    held = [each for seed in seeds for each in asyncio.run(hold(agent, name, count, seed))]
    cpu_share = agent.cpu() - before
    lines = [
        line for result, _ear in held for line in result.lines if line.name not in BACKCHANNELS
    ]
    heard = [_heard(result, ear) for result, ear in held]
    answered = [ms for line in lines if (ms := line.voice_to_voice_ms) is not None]
    stops = [line.barge_stop_ms for line in lines if line.barge_stop_ms is not None]
    late = [ms for result, _ear in held for ms in result.late_ms]
    return Row(
        agent=agent.name,
        scenario=name,
        calls=count,
        lines=len(lines),
        answer_p50=median(answered) if answered else None,
        answer_p95=percentile(answered, 95) if answered else None,
        cut_ins=sum(line.cut_in for line in lines if name != "barge-in"),
        unanswered=sum(not line.answered for line in lines),
        stop_p50=median(stops) if stops and name == "barge-in" else None,
        stop_p95=percentile(stops, 95) if stops and name == "barge-in" else None,
        gaps=sum(gaps(result.lines, ear) for result, ear in held),
        core_percent=100 * cpu_share.own_s / cpu_share.wall_s,
        caller_late_p99=percentile(late, 99),
        errors=sorted({error for result, _ear in held for error in result.errors}),
        tau_voice=tau_voice(heard),
        eva=eva(heard),
    )


def _heard(result: CallResult, ear: Earpiece) -> Heard:
    turns = [
        Turn(line.started_ms, line.ended_ms, line.name in BACKCHANNELS) for line in result.lines
    ]
    return Heard(turns, ear.sounds)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--agents", nargs="+", choices=AGENTS, default=list(AGENTS))
    options.add_argument("--scale", type=int, nargs="+", default=SCALE)
    options.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    options.add_argument("--callers", type=int, default=1, help="at once, each with a seed more")
    chosen = options.parse_args()
    rows, waits = [], []
    callers_core, *rest = sorted(os.sched_getaffinity(0))
    with on_core(callers_core), Cloud() as cloud:
        for name in chosen.agents:
            with AGENTS[name](rest[0] if rest else callers_core, cloud.environ) as agent:
                waits.append(f"{agent.name} waits for {agent.waits}.")
                for which in ("turns", "barge-in", "pauses", "backchannels"):
                    rows.append(measured(agent, which, chosen.callers, chosen.seeds))
                    print(f"{name}, {which}: done", file=sys.stderr)
                for count in (count for count in chosen.scale if count > 1):
                    rows.append(measured(agent, "turns", count, chosen.seeds[:1]))
                    print(f"{name}, {count} calls: done", file=sys.stderr)
    print(table(rows, [*waits, rig.machine()]))


if __name__ == "__main__":
    main()
