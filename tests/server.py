"""The product as it is deployed, for tests: daphne in a process of its own, with its own data."""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import psycopg
from django.conf import settings
from psycopg.rows import dict_row

PASSWORD = "for tests only 7"
YIELDING = ("nice", "-n", "10")
"""What no caller waits for gives way to what tests measure beside it."""
READY_S = 60.0
MIGRATED = Path(tempfile.mkdtemp(prefix="hevoice-migrated-"))
"""A database for each settings module, made once and copied by every server that is told no more
than that. Processes that test in parallel were forked after this was imported: they share it."""
atexit.register(shutil.rmtree, MIGRATED, ignore_errors=True)


class Server:
    """Use as a context manager. `settings_module` tests.fake_settings has services that behave.

    `beside`: another process of the same installation, with its data and its operator.
    `var`: its empty folder, else one is made for it.
    `ready_status`: what /healthz says when there is nothing more to wait for.
    """

    def __init__(
        self,
        settings_module: str = "hevoice.settings",
        *,
        beside: Server | None = None,
        var: Path | None = None,
        ready_status: str = "ok",
        **environ: str,
    ) -> None:
        self._beside, self._ready_status = beside, ready_status
        self._made = None if beside or var else tempfile.mkdtemp(prefix="hevoice-test-")
        self.var: Path = beside.var if beside else var or Path(self._made or "")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.webhook = f"{self.address}/twilio/voice"
        models = settings.BASE_DIR / "var" / "models"
        if not beside:
            (self.var / "models").symlink_to(models)
        self._log_path = self.var / f"server.{self.port}.log"
        self._settings_module, self._is_told_more = settings_module, bool(environ)
        self._environ = os.environ | {
            "VAR_DIR": str(self.var),
            "DJANGO_SETTINGS_MODULE": settings_module,
            "LOG_LEVEL": "INFO",
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            "PORT": f"{self.port}",
            **environ,
        }

    def __enter__(self) -> Self:
        if not self._beside:
            self._make_database()
        self._log = self._log_path.open("w")
        self.start()
        if not self._beside:
            self.start_worker()
        self.wait_until_ready()
        return self

    def _make_database(self) -> None:
        """With its tables and an operator."""
        if self._is_told_more:
            self._migrate(self._environ)
            return
        folder = MIGRATED / self._settings_module
        made = folder / "hevoice.sqlite3"
        folder.mkdir(exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                self._migrate(self._environ | {"VAR_DIR": str(folder)})
        shutil.copy(made, self.var)

    def _migrate(self, environ: dict[str, str]) -> None:
        operator = ("createsuperuser", "--noinput", "--username=operator", "--email=o@a.com")
        for arguments in (("migrate", "-v0"), operator):
            _manage(environ, *arguments)

    def start(self) -> None:
        """Again, after it was killed, at the same address."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port),
             "hevoice.asgi:application"],
            cwd=settings.BASE_DIR, env=self._environ, stdout=self._log, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def wait_until_ready(self) -> None:
        until_s = time.monotonic() + READY_S
        while self.health().get("status") != self._ready_status:
            if self.process.poll() is not None or time.monotonic() > until_s:
                raise AssertionError(f"the server did not start:\n{self.log}")
            time.sleep(0.1)

    def start_worker(self) -> None:
        """What settles its calls."""
        self._worker = subprocess.Popen(
            [*YIELDING, sys.executable, "-m", "celery", "-A", "hevoice", "worker", "--pool=solo"],
            cwd=settings.BASE_DIR, env=self._environ, stdout=self._log, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def stop_worker(self) -> None:
        """At once, as the system kills it."""
        self._worker.kill()
        self._worker.wait()

    def __exit__(self, *_: object) -> None:
        if not self._beside:
            self.stop_worker()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._log.close()
        if self._made:
            shutil.rmtree(self._made)

    @property
    def log(self) -> str:
        return self._log_path.read_text()

    def manage(self, *arguments: str) -> str:
        return _manage(self._environ, *arguments)

    def health(self) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as refusal:
            return dict(json.load(refusal))
        except OSError:
            return {}

    def post(self, path: str, form: dict[str, str]) -> str:
        """A webhook's answer."""
        body = urlencode(form).encode()
        with urllib.request.urlopen(f"{self.address}{path}", body, timeout=30) as answer:
            return str(answer.read().decode())

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        """What the server has written."""
        if url := self._environ.get("DATABASE_URL"):
            with psycopg.connect(url, row_factory=dict_row) as connection:
                return connection.execute(query.replace("?", "%s"), parameters).fetchall()
        with sqlite3.connect(self.var / "hevoice.sqlite3", timeout=10) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query, parameters)]

    def ended_call(self, call_sid: str) -> dict[str, Any]:
        """The call's row, once its end is written and its journal was replayed."""
        until_s = time.monotonic() + 20
        query = "select * from calls_call where call_sid = ? and replays is not null"
        while not (found := self.rows(query, call_sid)):
            if time.monotonic() > until_s:
                raise AssertionError(f"{call_sid} was not recorded:\n{self.log}")
            time.sleep(0.1)
        return found[0]

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)


def _manage(environ: dict[str, str], *arguments: str) -> str:
    return subprocess.run(
        [*YIELDING, sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR, env=environ, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
