"""Talking from the browser: how long one waits, and how soon the agent stops.

A real Chromium presses the Talk page's buttons, with a recorded file as its microphone; the same
words then go through the simulated telephone. Services have fixed delays.

    .venv/bin/python -m bench.talk
    .venv/bin/python -m bench.talk --minutes 10    # one long call, 30 s of it behind another tab
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.fake_settings")
import django

django.setup()

from playwright.sync_api import Page  # noqa: E402

from bench import beside_the_page, long_talk  # noqa: E402
from calls.measures.latency import percentile  # noqa: E402
from calls.simulator import utterances  # noqa: E402
from calls.simulator.caller import Caller, Say  # noqa: E402
from calls.simulator.dialling import Dialled, place_call  # noqa: E402
from tests.dashboard.browser import Operator, chromium  # noqa: E402
from tests.dashboard.talk.voices import write_microphone  # noqa: E402
from tests.server import Server  # noqa: E402

SETTINGS = "tests.dashboard.talk.talk_settings"
GREETED_S, ANSWERED_S, INTERRUPTED_S = 2.5, 5.0, 2.0
FIGURES = """() => [...document.querySelectorAll("#heard-turns tr")].map((row) =>
    [...row.querySelectorAll(".ms")].map(({ textContent }) =>
        Number(textContent.replace(/[^-0-9]/g, ""))))"""
SILENCED = "() => document.getElementById('live').dataset.silenced ?? ''"
SAID = "smoke"


def talk(
    server: Server, microphone: Path, turns: int, gap_s: float
) -> tuple[list[list[int]], list[int], Any]:
    """What the page measured of each turn and each interruption; what was heard beside it."""
    said: list[float | str] = [GREETED_S]
    for _turn in range(turns):
        said += [SAID, gap_s]
    write_microphone(microphone, said)
    flags = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    with chromium(*flags, f"--use-file-for-fake-audio-capture={microphone}%noloop") as browser:
        operator = Operator(browser, server, language="en")
        operator.page.add_init_script(beside_the_page.EAR)
        page: Page = operator.visit("talk/")
        page.click("#call")
        page.wait_for_function(
            "(turns) => document.querySelectorAll('#heard-turns tr').length >= turns",
            arg=turns, timeout=turns * 10_000 + 30_000,
        )  # fmt: skip
        figures, silenced = page.evaluate(FIGURES), page.evaluate(SILENCED)
        heard = page.evaluate(beside_the_page.HEARD)
        page.click("#hang-up")
    return figures, [*map(int, silenced.split())], heard


def telephone(server: Server, turns: int) -> tuple[list[float], list[float]]:
    """The record's response latencies, and from voice to voice by the ear of the caller."""
    caller = Caller([Say(utterances.load(SAID))] * turns)
    result = asyncio.run(place_call(caller, Dialled(webhook=server.webhook)))
    heard = [each.voice_to_voice_ms for each in result.lines if each.voice_to_voice_ms is not None]
    call = server.ended_call(result.call_sid)
    measured = "select first_audio_ms - speech_ended_ms as ms from calls_turn where call_id = ?"
    kept = [row["ms"] for row in server.rows(measured, call["id"]) if row["ms"] is not None]
    return kept, heard


def told(name: str, values: Sequence[float]) -> str:
    p50, p95 = percentile(values, 50), percentile(values, 95)
    return f"{name:58} {p50:6.0f} {p95:6.0f} {len(values):5}"


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--turns", type=int, default=20)
    options.add_argument("--minutes", type=float, help="one call of so many, and nothing else")
    options.add_argument("--hidden", type=float, default=30.0, help="seconds of it")
    chosen = options.parse_args()
    turns = chosen.turns
    if chosen.minutes:
        with tempfile.TemporaryDirectory() as folder, Server(SETTINGS, MAX_CALL_S="7200") as server:
            microphone = Path(folder) / "microphone.wav"
            call = long_talk.hold(server, microphone, 60 * chosen.minutes, chosen.hidden)
        print(long_talk.told(call, chosen.hidden))
        return
    with tempfile.TemporaryDirectory() as folder, Server(SETTINGS) as server:
        microphone = Path(folder) / "microphone.wav"
        figures, _none, answered = talk(server, microphone, turns, ANSWERED_S)
        by_telephone, heard = telephone(server, turns)
        _cut_short, silenced, beside = talk(server, microphone, turns, INTERRUPTED_S)
    waited, at_server, network, buffers = zip(*figures, strict=True)
    print(f"{'ms':58} {'p50':>6} {'p95':>6} {'of':>5}")
    print(told("browser: end of speech to first sound at the loudspeaker", waited))
    print(told("  the server's part (response latency)", at_server))
    print(told("  the network, there and back", network))
    print(told("  buffers: 20 ms of microphone, filters, sound card", buffers))
    at_ear = beside_the_page.voice_to_voice_ms(*answered)
    print(told("  voice to voice, heard beside the page's code", at_ear))
    print(told("telephone: response latency", by_telephone))
    print(told("  voice to voice, from the last sample of speech", heard))
    print(told("browser: the caller's voice to silence at the loudspeaker", silenced))
    print(told("  the same, heard beside", beside_the_page.silenced_ms(*beside)))


if __name__ == "__main__":
    main()
