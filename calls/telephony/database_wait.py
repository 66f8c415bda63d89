"""A shorter wait for the database, for code that cannot wait as long as the recorder.

The recorder can wait its turn (hevoice.stores.SQLITE_WAIT_S), because nobody waits for it. A
carrier gives its webhook about 15 s, during which the caller hears it ring."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import OperationalError, connections

WEBHOOK_S = 4.0
"""What a webhook, or a stream that begins, asks the database, altogether."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """What this thread asks the database in here takes no longer, altogether; OperationalError.

    SQLite is told how long to wait for a lock. PostgreSQL's connection is cut when the time is up,
    whatever it waits for: a lock, a server that hangs, or a network that is gone.
    """
    database = connections["default"]
    until_s = time.monotonic() + seconds

    def ask(execute: Callable[..., Any], *args: Any) -> Any:
        if (left_s := until_s - time.monotonic()) <= 0:
            raise OperationalError(f"the database did not answer within {seconds:g} s")
        if database.vendor == "sqlite":
            _wait_for_locks(database, left_s)
        return execute(*args)

    is_cut = threading.Timer(seconds, _cut, [database])
    if database.vendor == "postgresql":
        is_cut.start()
    try:
        with database.execute_wrapper(ask):
            yield
    finally:
        is_cut.cancel()
        if database.vendor == "sqlite" and database.connection is not None:
            _wait_for_locks(database, database.settings_dict["OPTIONS"]["timeout"])


def _wait_for_locks(database: Any, seconds: float) -> None:
    database.connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")


def _cut(database: Any) -> None:
    """From another thread: whoever waits for an answer finds the connection broken."""
    # There may be none yet, or no more.
    with suppress(OSError, AttributeError), _socket_of(database) as its:
        its.shutdown(socket.SHUT_RDWR)


def _socket_of(database: Any) -> socket.socket:
    return socket.socket(fileno=os.dup(database.connection.pgconn.socket))
