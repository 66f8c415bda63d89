"""`make run`: from nothing to a working call, then serve until Ctrl-C.

However this command ends, everything it started ends with it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils.translation import override

from calls.management.commands import call, setup
from calls.simulator.booking import demo

HOST, DEFAULT_PORT = "127.0.0.1", 8000
READY_S = 90.0
"""Warming up may take this long."""
POLL_S = 0.25
PROGRESS_S = 5.0
STOP_S = 5.0
LOG_LINES = 15
WHISPER = "calls.services.whisper.transcriber.WhisperTranscriber"


class Command(BaseCommand):
    help = "Set up, start the server, place one call at it, print its turns, and stay."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument(
            "--conversation", default="booking", help="in calls/simulator/utterances.toml"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._began_s, self._port = time.monotonic(), options["port"]
        self._check_port()
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        try:
            self._run(options["conversation"])
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    def _run(self, conversation: str) -> None:
        self._say("preparing the database")
        password = setup.prepare()
        if password:
            self._say(f"new account: {setup.OPERATOR}, password {password} (printed only once)")
        with ExitStack() as started:
            environ = {}
            if settings.HEVOICE_CLOUD == "local":
                self._say(
                    "HEVOICE_CLOUD=local: Google and OpenAI are scripted servers on this machine; "
                    "they know the callers of\n          calls/simulator/utterances.toml by their "
                    "sound and recognise no free speech"
                )
                environ = scripted_cloud(started)
            if not environ and settings.TRANSCRIBER == WHISPER:
                call_command("fetch_model", stdout=self.stdout)
            self._serve(started, environ, conversation, is_new=bool(password))

    def _serve(
        self, started: ExitStack, environ: dict[str, str], conversation: str, *, is_new: bool
    ) -> None:
        log = Path(settings.VAR_DIR) / "server.log"
        self._say(f"starting the server (its log: {log})")
        environ = {**environ, "PORT": f"{self._port}", **demo.opened_for(self._port)}
        daphne = ("daphne", "-b", HOST, "-p", f"{self._port}", "hevoice.asgi:application")
        with log.open("w") as output:
            server = _start(*daphne, output=output, errors=output, environ=environ)
        started.callback(_stop, server)
        celery = ("celery", "-A", "hevoice", "worker", "-B", "--pool=solo", "--loglevel=WARNING")
        with (Path(settings.VAR_DIR) / "worker.log").open("w") as output:
            worker = _start(*celery, output=output, errors=output, environ=environ)
        started.callback(_stop, worker)
        self._wait_until_ready(server, log)
        if call.number_to_call():
            self._say(f"placing a call as from a telephone: {conversation}")
            webhook = f"http://{HOST}:{self._port}{reverse('answer')}"
            call_command("call", webhook=webhook, conversation=conversation, stdout=self.stdout)
        else:
            self._say(f"no call is placed: {call.NO_NUMBER}")
        self._invite(is_new=is_new)
        code = server.wait()
        raise CommandError(f"the server ended by itself ({code}):\n{_tail(log)}")

    def _say(self, line: str) -> None:
        self.stdout.write(f"{time.monotonic() - self._began_s:6.1f} s  {line}")
        self.stdout.flush()

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self._port))
            except OSError as error:
                raise CommandError(
                    f"port {self._port} cannot be used ({error.strerror}): "
                    f"choose another, for example `make run PORT={self._port + 11}`"
                ) from None

    def _wait_until_ready(self, server: subprocess.Popen[bytes], log: Path) -> None:
        began_s = said_s = time.monotonic()
        while (now_s := time.monotonic()) < began_s + READY_S:
            if server.poll() is not None:
                raise CommandError(f"the server did not start:\n{_tail(log)}")
            status, failures = _health(self._port)
            if status == "ok":
                self._say("the server is ready")
                return
            if status == "failed":
                raise CommandError("the services did not start: " + "; ".join(failures))
            if now_s > said_s + PROGRESS_S:
                said_s = now_s
                self._say(f"warming up ({status})")
            time.sleep(POLL_S)
        raise CommandError(f"the server was not ready after {READY_S:.0f} s:\n{_tail(log)}")

    def _invite(self, *, is_new: bool) -> None:
        with override(settings.LANGUAGE_CODE):
            address = f"http://{HOST}:{self._port}{reverse('home')}"
            talk = f"http://localhost:{self._port}{reverse('talk')}"
        given = "above" if is_new else "by the first run"
        port = f" PORT={self._port}" if self._port != DEFAULT_PORT else ""
        self.stdout.write(
            "\nWhat to look at: `rule` says what decided each turn; end_of_turn_delay is what it "
            "waited for, most\nof it set by the timing profile. Change the profile on the "
            "dashboard while a call goes on.\n\n"
            f"Dashboard     {address}\n"
            f"Sign in       {setup.OPERATOR}, with the password printed {given}; lost: "
            f".venv/bin/python manage.py changepassword {setup.OPERATOR}\n"
            f"More calls    make call{port}   make call{port} N=20   make call{port} WAV=file.wav\n"
            f"Abilities     make call{port} CONVERSATION=booking-tool   make call{port} "
            "CONVERSATION=knowledge\n"
            f"Talk to it    {talk}   (with this machine's microphone)\n"
            "Ctrl-C stops the server."
        )
        self.stdout.flush()


def scripted_cloud(started: ExitStack) -> dict[str, str]:
    """Scripted servers in the place of Google and OpenAI; what leads our server to them."""
    log = Path(settings.VAR_DIR) / "cloud.log"
    with log.open("w") as errors:
        cloud = _start("tests.servers.cloud", output=subprocess.PIPE, errors=errors)
    started.callback(_stop, cloud)
    assert cloud.stdout
    if not (told := cloud.stdout.readline()):
        raise CommandError(f"the scripted servers did not start:\n{_tail(log)}")
    environ: dict[str, str] = json.loads(told)
    return environ


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _start(
    *module: str, output: Any, errors: Any, environ: Mapping[str, str] = {}
) -> subprocess.Popen[bytes]:
    """A Python module, in a process group of its own: Ctrl-C reaches it only through us."""
    return subprocess.Popen(
        [sys.executable, "-m", *module],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "hevoice.settings", **environ},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        start_new_session=True,
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask once, then insist; nothing that it started outlives it."""
    with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        process.terminate()
        process.wait(STOP_S)
    with suppress(ProcessLookupError):  # its group is there while it, or anything of it, is
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _health(port: int) -> tuple[str, list[str]]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://{HOST}:{port}/healthz", timeout=5) as answer:
            body = json.load(answer)
    except urllib.error.HTTPError as error:
        body = json.load(error)
    except (OSError, ValueError):
        return "not listening yet", []
    return body["status"], body.get("failures", [])


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
