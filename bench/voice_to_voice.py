"""What a caller waits for on lines that no judge has seen, with the model's verdicts and without.

Calls over the sockets and the vendors' real clients, measured at the caller's ear; the cloud is
bench.held_out_cloud, paced as in bench.scenarios. The agent, `adaptive` without fillers, has one
core; the callers and the cloud have another. What answers say is cold, because no two say the same;
fixed phrases and openers, where the product has them, are ready from the start. The verdicts' share
wrong is simulated.

    .venv/bin/python -m bench.voice_to_voice             # half an hour
    .venv/bin/python -m bench.voice_to_voice --verdicts off 4 --whole 60 --paused 0
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import NamedTuple

from django.db import connections
from django.db.models import Sum

from bench import rig
from bench.agents import Cloud, HeVoice
from bench.content_ear import ContentEar
from bench.held_out_lines import Spoken, spoken_calls
from bench.load import CallerOnALine, on_core
from bench.voice_to_voice_table import Heard, Row, in_vain, requests_a_line, table
from calls.measures.latency import percentile
from calls.records.turn import Turn
from calls.records.turn_in_progress import OUTCOMES, WITHDRAWN
from calls.simulator.caller import Say
from calls.simulator.dialling import Dialled, place_call
from calls.simulator.media_stream import CallResult

WHOLE, PAUSED, AT_ONCE = 240, 407, 12
ARRIVE_S = 0.7
"""Between one caller's beginning and the next one's, at first."""
VERDICTS = ("off", "0", "4", "10")
"""Percent of the texts that are judged wrongly; off: the model is not asked for verdicts."""


class HeldOutCloud(Cloud):
    """bench.held_out_cloud in a process of its own; afterwards `asked` says about which line how
    often the model was asked."""

    def __init__(self, kind: str, most: int, wrong_share: float, has_openers: bool) -> None:
        told = (kind, f"{most}", f"{wrong_share}", f"{has_openers:d}")
        self.arguments = ("bench.held_out_cloud", *told)
        self.asked = Counter[str]()

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        told, _errors = self._process.communicate()
        self.asked = Counter(json.loads(told))


class Judging(HeVoice):
    """On `adaptive`, with the model's verdicts or without."""

    def __init__(self, core: int, cloud: Mapping[str, str], turn_verdict: str) -> None:
        super().__init__(core, cloud, profile="adaptive")
        self._turn_verdict = turn_verdict

    def environ(self) -> Mapping[str, str]:
        return {**super().environ(), "TURN_VERDICT": self._turn_verdict}


class Held(NamedTuple):
    result: CallResult
    ear: ContentEar

    def counted(self) -> Iterator[Heard]:
        """All lines but the first."""
        lines = self.result.lines[1:]
        next_ms = [line.started_ms for line in lines[1:]]
        for line, until_ms in zip(lines, [*next_ms, inf], strict=True):
            content_ms = None
            if line.voice_to_voice_ms is not None:
                begins_ms = self.ear.content_after(line.ended_ms, until_ms)
                content_ms = None if begins_ms is None else begins_ms - line.ended_ms
            yield Heard(line, content_ms)


async def hold(agent: HeVoice, calls: Sequence[Sequence[Spoken]], at_once: int) -> list[Held]:
    free = asyncio.Semaphore(at_once)

    async def one(number: int, lines: Sequence[Spoken]) -> Held:
        await asyncio.sleep(ARRIVE_S * min(number, at_once))
        async with free:
            caller = CallerOnALine([Say(line) for line in lines], seed=number)
            caller.ear = ear = ContentEar()
            return Held(await place_call(caller, Dialled(webhook=agent.webhook)), ear)

    return list(await asyncio.gather(*(one(*each) for each in enumerate(calls))))


def measured(verdicts: str, kind: str, most: int, core: int, chosen: argparse.Namespace) -> Row:
    wrong_share = 0.0 if verdicts == "off" else int(verdicts) / 100
    calls = spoken_calls(kind, most)
    with HeldOutCloud(kind, most, wrong_share, chosen.openers) as cloud:
        turn_verdict = "off" if verdicts == "off" else "model"
        with Judging(core, cloud.environ, turn_verdict) as agent:
            held = asyncio.run(hold(agent, calls, chosen.at_once))
            share = tokens_in_vain(agent)
    counted = [line.text for call in calls for line in call[1:]]
    missing = set(counted) - set(cloud.asked)
    errors = {error for each in held for error in each.result.errors}
    return Row(
        verdicts=verdicts if verdicts == "off" else f"{verdicts} % wrong",
        kind=kind,
        lines=[line for each in held for line in each.counted()],
        requests=requests_a_line(cloud.asked, counted, [call[0].text for call in calls]),
        in_vain=share,
        late_p99_ms=percentile([ms for each in held for ms in each.result.late_ms], 99),
        remarks=[*sorted(errors), *(f"the model was not asked about: {each}" for each in missing)],
    )


def tokens_in_vain(agent: HeVoice) -> float | None:
    """By the agent's own records."""
    connections.settings["agent"] = connections["default"].settings_dict | {
        "NAME": agent.var / "hevoice.sqlite3"
    }
    turns = Turn.objects.using("agent")
    withdrawn = {OUTCOMES[why] for why in WITHDRAWN}
    sums = turns.aggregate(tokens=Sum("tokens", default=0), wasted=Sum("wasted_tokens", default=0))
    again = turns.filter(outcome__in=withdrawn).aggregate(tokens=Sum("tokens", default=0))
    connections["agent"].close()
    del connections["agent"]
    return in_vain(sums["tokens"], sums["wasted"], again["tokens"])


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--verdicts", nargs="+", choices=VERDICTS, default=list(VERDICTS))
    options.add_argument("--whole", type=int, default=WHOLE, help="so many lines")
    options.add_argument("--paused", type=int, default=PAUSED, help="so many lines with a pause")
    options.add_argument("--at-once", type=int, default=AT_ONCE, help="calls")
    options.add_argument(
        "--no-openers", dest="openers", action="store_false", help="the model begins with none"
    )
    chosen = options.parse_args()
    logging.getLogger("calls.language").setLevel(logging.ERROR)  # words are guessed here
    callers_core, *rest = sorted(os.sched_getaffinity(0))
    rows = []
    with on_core(callers_core):
        for verdicts in chosen.verdicts:
            for kind, most in (("whole", chosen.whole), ("paused", chosen.paused)):
                if most:
                    core = rest[0] if rest else callers_core
                    rows.append(measured(verdicts, kind, most, core, chosen))
                    print(f"verdicts {verdicts}, {kind}: done", file=sys.stderr)
    print(table(rows, [f"{chosen.at_once} calls at once; {rig.machine()}"]))


if __name__ == "__main__":
    main()
