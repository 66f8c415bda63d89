"""A long call from the browser: does it stay whole, also behind another tab?

Measured on the page, beside its own code: when each frame of the microphone was handed to the
socket, and by which time of the call; what the socket held back; and the silences inside replies
that the loudspeaker counted.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.dashboard.talk.hidden_tab import Tab, talking_tab
from tests.dashboard.talk.voices import write_microphone
from tests.server import Server

GREETED_S, ANSWERED_S = 2.5, 5.0
TURN_S = 6.5
"""At least: one thing said, and its answer waited for."""
EDGE_MS = 10_000
"""The drift is between the first and the last so many."""
WATCH = """
const send = WebSocket.prototype.send;
window.frames_ = [];
window.mostHeld = 0;
WebSocket.prototype.send = function (text) {
  const at = /^{"event":"media","at":(\\d+)/.exec(text);
  if (at) window.frames_.push([Number(at[1]), performance.now()]);
  window.mostHeld = Math.max(window.mostHeld, this.bufferedAmount);
  return send.call(this, text);
};"""
TOLD = """JSON.stringify({ frames: window.frames_, held: window.mostHeld,
  gaps: document.getElementById("live").dataset.gaps ?? "",
  hidden: document.hidden, turns: document.querySelectorAll("#heard-turns tr").length,
  problem: document.querySelector("#problems [data-problem]:not([hidden])")?.dataset.problem ?? "",
  call: document.getElementById("call-page").href })"""


@dataclass(frozen=True, slots=True)
class LongCall:
    seconds: float
    turns: int
    frames: int
    missing: int
    """Frames that were never sent."""
    longest_ms: float
    """Between two frames that were sent."""
    longest_hidden_ms: float
    turns_hidden: int
    drift_ms: float
    """How much later the last frames were sent, by the wall's clock, than by the microphone's."""
    held_bytes: int
    """Not yet taken by the network, at most."""
    gaps_ms: list[int]
    """Silences inside replies."""
    problem: str
    ended_why: str
    replays: bool
    dropped: dict[str, int]


def hold(server: Server, microphone: Path, seconds: float, hidden_s: float) -> LongCall:
    """Talk for so long; in the middle, for `hidden_s`, behind another tab."""
    said: list[float | str] = [GREETED_S]
    for _turn in range(int(seconds / TURN_S) + 2):
        said += ["smoke", ANSWERED_S]
    write_microphone(microphone, said)
    flags = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    heard = f"--use-file-for-fake-audio-capture={microphone}%noloop"
    with talking_tab(server, *flags, heard, script=WATCH, press=_call) as tab:
        before_s = (seconds - hidden_s) / 2
        time.sleep(before_s)
        from_ms, turns_before = _now(tab)
        with tab.behind_another():
            time.sleep(hidden_s)
            until_ms, turns_after = _now(tab)
            assert tab.evaluate("document.hidden"), "it is not hidden"
        time.sleep(before_s)
        told = json.loads(tab.evaluate(TOLD))
        tab.evaluate("document.getElementById('hang-up').click()")
    frames = told["frames"]
    sent = [(right[1] - left[1], left[1]) for left, right in pairwise(frames)]
    hidden = [each for each, at in sent if from_ms <= at <= until_ms]
    late = [at - clock for clock, at in frames]
    edge = EDGE_MS // 20
    (row,) = server.rows("select * from calls_call where id = ?", told["call"].split("/")[-2])
    call = server.ended_call(row["call_sid"])
    return LongCall(
        seconds=(frames[-1][1] - frames[0][1]) / 1000,
        turns=told["turns"],
        frames=len(frames),
        missing=(frames[-1][0] - frames[0][0]) // 20 + 1 - len(frames),
        longest_ms=max(each for each, _at in sent),
        longest_hidden_ms=max(hidden, default=0),
        turns_hidden=turns_after - turns_before,
        drift_ms=min(late[-edge:]) - min(late[:edge]),
        held_bytes=told["held"],
        gaps_ms=[*map(int, told["gaps"].split())],
        problem=told["problem"],
        ended_why=call["ended_why"],
        replays=bool(call["replays"]),
        dropped=json.loads(call["frames_dropped"]),
    )


def _call(page: Page) -> None:
    page.click("#call")
    expect(page.locator('[data-state="talking"]')).to_be_visible(timeout=15_000)


def _now(tab: Tab) -> tuple[float, int]:
    turns = "document.querySelectorAll('#heard-turns tr').length"
    return float(tab.evaluate("performance.now()")), int(tab.evaluate(turns))


def told(call: LongCall, hidden_s: float) -> str:
    lines = {
        "lasted": f"{call.seconds:.1f} s, {call.turns} turns, ended: {call.ended_why}",
        "frames of the microphone": f"{call.frames}, never sent: {call.missing}",
        "longest time between two": f"{call.longest_ms:.0f} ms",
        f"the same, {hidden_s:.0f} s behind another tab": f"{call.longest_hidden_ms:.0f} ms, "
        f"{call.turns_hidden} turns",
        "drift of the microphone against the wall's clock": f"{call.drift_ms:+.1f} ms",
        "held back by the socket, at most": f"{call.held_bytes} bytes",
        "silences inside replies": f"{len(call.gaps_ms)}"
        + (f", at most {max(call.gaps_ms)} ms" if call.gaps_ms else ""),
        "frames that the server dropped": f"{call.dropped or 'none'}",
        "the page complains of": call.problem or "nothing",
        "the journal replays": "yes" if call.replays else "NO",
    }
    return "\n".join(f"{name:52} {value}" for name, value in lines.items())
