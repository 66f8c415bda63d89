"""`manage.py run` as a person runs it: a process with a server under it, and an end to both."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from io import StringIO
from pathlib import Path

import psutil
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, tag

from calls.management.commands.run import Command
from calls.services.whisper import model as whisper_model
from tests.servers import free_port


@tag("protocol")
class RunTests(SimpleTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def start(self, port: int, **environ: str) -> subprocess.Popen[str]:
        """In a fresh VAR_DIR; only the model, which takes a download, is the one of this place."""
        model = settings.WHISPER_MODEL or str(whisper_model.default_folder())
        given = {"VAR_DIR": str(self.folder), "WHISPER_MODEL": model, "PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(
            [sys.executable, "manage.py", "run", "--port", f"{port}", "--conversation", "hours"],
            cwd=settings.BASE_DIR,
            env=os.environ | given | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def read_until(self, process: subprocess.Popen[str], pattern: str) -> str:
        assert process.stdout
        read = ""
        for line in process.stdout:
            read += line
            if re.search(pattern, line):
                break
        self.assertRegex(read, pattern)
        return read

    def test_it_sets_up_serves_calls_prints_and_stops_all_that_it_started(self) -> None:
        port = free_port()
        process = self.start(port)
        self.addCleanup(process.kill)
        text = self.read_until(process, "Ctrl-C stops")
        self.assertRegex(text, r"new account: operator, password \S+")
        self.assertIn("the caller says: מה שעות הפתיחה", text)
        for word in ("said", "outcome", "TURN", "response", "greeting", "ended: "):
            self.assertIn(word, text)
        self.assertIn(f"http://127.0.0.1:{port}/he/", text)

        started = psutil.Process(process.pid).children(recursive=True)
        self.assertTrue(started)
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        self.assertEqual(psutil.wait_procs(started, timeout=5)[1], [])

        again = self.start(port)
        self.addCleanup(again.kill)
        text = self.read_until(again, "the caller says")
        self.assertNotIn("password", text)
        started = psutil.Process(again.pid).children(recursive=True)
        again.send_signal(signal.SIGINT)
        again.wait(20)
        self.assertEqual(psutil.wait_procs(started, timeout=5)[1], [])

    def test_the_real_clients_serve_a_call_from_the_scripted_servers(self) -> None:
        port = free_port()
        process = self.start(port, HEVOICE_CLOUD="local")
        self.addCleanup(process.kill)
        text = self.read_until(process, "Ctrl-C stops")
        self.assertIn("recognise no free speech", text)
        self.assertIn("Google Speech (v2 chirp_3 eu) · OpenAI gpt-6-luna · Google voice", text)
        self.assertIn("ended: goodbye", text)
        self.assertRegex(text, r"1  .*מה שעות הפתיחה.* completed")
        started = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        self.assertEqual(psutil.wait_procs(started, timeout=5)[1], [])

    def test_a_taken_port_is_one_line_that_says_what_to_do(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with self.assertRaisesMessage(CommandError, "make run PORT=") as caught:
                call_command("run", port=port, stdout=StringIO())
        self.assertNotIn("\n", str(caught.exception))

    def test_a_server_that_dies_while_starting_shows_its_last_lines(self) -> None:
        log = self.folder / "server.log"
        with log.open("w") as output:
            server = subprocess.Popen(
                [sys.executable, "-c", "raise SystemExit('no such thing')"], stderr=output
            )
        command = Command(stdout=StringIO())
        command._port, command._began_s = free_port(), time.monotonic()
        with self.assertRaisesMessage(CommandError, "no such thing"):
            command._wait_until_ready(server, log)
