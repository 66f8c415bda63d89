"""What bench.scenarios calls: the agents, each a process on a core of its own, and their cloud."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

import psutil

from bench import rig
from bench.load import on_core
from tuning.turns.knob import Knob, Value
from tuning.turns.profile import KNOBS, SHIPPED, Profile

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "var" / "peers"
READY_S = 90.0


class Used(NamedTuple):
    """CPU and wall seconds of an agent's process."""

    own_s: float
    wall_s: float

    def __sub__(self, before: Used) -> Used:
        return Used(self.own_s - before.own_s, self.wall_s - before.wall_s)


class Cloud:
    """tests/servers/cloud.py, paced as the real ones, in a process of its own."""

    arguments: Sequence[str] = ("tests.servers.cloud", "--paced")
    """The module, and what it is told."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", *self.arguments]
        environ = os.environ | {"DJANGO_SETTINGS_MODULE": "hevoice.settings"}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE)
        assert self._process.stdout
        self.environ: dict[str, str] = json.loads(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


class Agent:
    """One agent; `webhook` answers with TwiML that names its media socket."""

    greets = True
    waits: str
    """What it calls the end of a turn."""

    def __init__(self, core: int, name: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.name, self._core = name, core
        self.var = Path(tempfile.mkdtemp(prefix="hevoice-bench-"))

    def command(self) -> list[str]:
        raise NotImplementedError

    def environ(self) -> Mapping[str, str]:
        return {}

    @property
    def webhook(self) -> str:
        return f"http://127.0.0.1:{self.port}/voice"

    def __enter__(self) -> Self:
        self._log = self.var / "agent.log"
        with on_core(self._core), self._log.open("w") as output:
            self.process = psutil.Popen(
                self.command(), cwd=ROOT, env=os.environ | dict(self.environ()),
                stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        until_s = time.monotonic() + READY_S
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > until_s:
                raise SystemExit(f"{self.name} did not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.25)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.var)

    def is_ready(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def cpu(self) -> Used:
        times = self.process.cpu_times()
        return Used(times.user + times.system, time.monotonic())


class HeVoice(Agent):
    """As deployed, on one of the shipped profiles."""

    def __init__(self, core: int, cloud: Mapping[str, str], *, profile: str) -> None:
        super().__init__(core, f"HeVoice, {profile}")
        timing = Profile(**SHIPPED[profile] | {"filler_after_ms": 0})
        short_ms, long_ms = map(timing.end_silence_ms, (0, timing.short_utterance_ms))
        self.waits = (
            f"{timing.finished_silence_ms} to {timing.end_silence_long_ms} ms, by what was said"
            if timing.endpointing == "adaptive"
            else f"{short_ms} ms of silence ({long_ms} after {timing.short_utterance_ms} of speech)"
        )
        knobs = {knob.environ: _written(knob, asdict(timing)[knob.name]) for knob in KNOBS}
        self._given = dict(cloud) | knobs | {
            "VAR_DIR": str(self.var),
            "DJANGO_SETTINGS_MODULE": "hevoice.settings",
            "GREETING": "שלום.",
            "TWILIO_AUTH_TOKEN": "",
            "PUBLIC_HOST": "",
        }  # fmt: skip

    def command(self) -> list[str]:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"],
            cwd=ROOT, env=os.environ | self._given, check=True,
        )  # fmt: skip
        application = "hevoice.asgi:application"
        return [sys.executable, "-m", "daphne", "-p", f"{self.port}", application]

    def environ(self) -> Mapping[str, str]:
        return self._given

    @property
    def webhook(self) -> str:
        return f"http://127.0.0.1:{self.port}/twilio/voice"

    def is_ready(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5).close()
        except OSError:
            return False
        return True


def _written(knob: Knob, value: Value) -> str:
    return f"{int(value) / knob.environ_scale:g}" if knob.is_number else f"{value}"


class Pipecat(Agent):
    """bench/peers/pipecat_agent.py, in an environment that is made for it the first time."""

    greets = False
    waits = "800 ms of silence, whatever was said"

    def __init__(self, core: int, cloud: Mapping[str, str]) -> None:
        super().__init__(core, "pipecat 1.14, VAD 0.8 s")
        self._cloud = cloud

    def command(self) -> list[str]:
        python = PEERS / "pipecat" / "bin" / "python"
        if not (PEERS / "pipecat" / "installed").exists():
            print(f"making {PEERS / 'pipecat'} (a few minutes)", file=sys.stderr)
            subprocess.run([sys.executable, "-m", "venv", str(PEERS / "pipecat")], check=True)
            requirements = str(ROOT / "bench" / "peers" / "requirements.txt")
            subprocess.run(
                [str(python), "-m", "pip", "install", "-q", "-r", requirements], check=True
            )
            (PEERS / "pipecat" / "installed").touch()
        addresses = {
            "--speech": self._cloud["GOOGLE_SPEECH_ENDPOINT"],
            "--voice": self._cloud["GOOGLE_TEXTTOSPEECH_ENDPOINT"],
            "--openai": self._cloud["OPENAI_BASE_URL"],
            "--key": self._cloud["OPENAI_API_KEY"],
            "--port": f"{self.port}",
        }
        script = str(ROOT / "bench" / "peers" / "pipecat_agent.py")
        return [str(python), script, *(part for pair in addresses.items() for part in pair)]


AGENTS: dict[str, Callable[[int, Mapping[str, str]], Agent]] = {
    "adaptive": partial(HeVoice, profile="adaptive"),
    "balanced": partial(HeVoice, profile="balanced"),
    "brisk": partial(HeVoice, profile="brisk"),
    "pipecat": Pipecat,
}
assert rig.VAR_DIR  # Django is set up
