"""Debian's own PostgreSQL, for tests: a cluster in a temporary folder, fast and unsafe."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg.rows import dict_row

from tests.servers import free_port

USER, DATABASE = "postgres", "hevoice"
# Not synchronous_commit=off: what was committed must outlive stop().
UNSAFE = (
    "-c fsync=off -c full_page_writes=off "
    "-c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
)
READY_S = 30


class PostgresqlServer:
    """Use as a context manager; may be stopped and started anew with what it holds."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"postgresql://{USER}@127.0.0.1:{self.port}/{DATABASE}"

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="hevoice-postgresql-"))
        if os.getuid() == 0:  # it refuses to run as root
            shutil.chown(self._folder, USER, USER)
        self._run("initdb", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--no-sync")
        self.start()
        with psycopg.connect(self.url.replace(DATABASE, USER), autocommit=True) as connection:
            connection.execute(f"create database {DATABASE}")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def start(self) -> None:
        log = self._folder / "server.log"
        options = f"-p {self.port} {UNSAFE}"
        self._run("pg_ctl", "start", "-w", f"-t{READY_S}", f"-l{log}", f"-o{options}")

    def stop(self) -> None:
        """As when its machine is switched off: connections break, what was committed stays."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It takes connections, and says nothing."""
        pid = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            return connection.execute(query, parameters).fetchall()

    def _run(self, program: str, *arguments: str) -> None:
        user = pwd.getpwnam(USER).pw_name if os.getuid() == 0 else None
        subprocess.run(
            [_newest(program), "-D", str(self._folder / "data"), *arguments],
            user=user, check=True, stdout=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip


def _newest(program: str) -> str:
    """Debian keeps each version's programs in a folder of its own, off the PATH."""
    found = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[4])
    )
    return str(found[-1]) if found else program
