"""Debian's own Redis, for tests: on a port of its own, keeping nothing."""

from __future__ import annotations

import signal
import subprocess
import time
from typing import Self

from redis import Redis
from redis.exceptions import RedisError

from tests.servers import free_port

READY_S = 10.0


class RedisServer:
    """Use as a context manager; may be stopped, started anew at the same port, and frozen."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Unless it runs already."""
        if self._process and self._process.poll() is None:
            return
        self._process = subprocess.Popen(
            ["redis-server", "--port", f"{self.port}", "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--loglevel", "warning"],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        until_s = time.monotonic() + READY_S
        with Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                    return
                except RedisError:
                    if self._process.poll() is not None or time.monotonic() > until_s:
                        raise AssertionError("redis-server did not start") from None
                    time.sleep(0.02)

    def stop(self) -> None:
        """Without a word of farewell: what it held is gone."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        """Connections stay open, and nothing comes back."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self._process:
            self._process.send_signal(number)
