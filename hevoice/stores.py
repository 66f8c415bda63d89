"""Where things are kept and told: the database, the channel layer between processes, the queue,
and what sign-ins are counted in.

Nothing set: SQLite and a queue of files in VAR_DIR, and a layer inside the one process.
PostgreSQL in DATABASE_URL, and REDIS_URL, are what several processes need.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from redis import ConnectionPool

SQLITE_WAIT_S = 20
CONNECT_S = 3
"""How long PostgreSQL may take to be reached: a carrier waits 15 s for its webhook's answer."""
UNACKNOWLEDGED_MS = 10_000
"""How long PostgreSQL's machine may be silent before the connection counts as gone."""
REDIS_S = 2
"""How long Redis may take for anything."""


def databases(url: str, var_dir: Path) -> dict[str, Any]:
    """url: DATABASE_URL, as dj-database-url takes it; empty: a file in var_dir."""
    if not url:
        return {"default": _sqlite(str(var_dir / "hevoice.sqlite3"), var_dir)}
    allowed = (  # never the value
        "DATABASE_URL must be postgresql://user:password@host:port/name or sqlite:///path"
    )
    try:
        parts = urlsplit(url)
        database: dict[str, Any] = dict(dj_database_url.parse(url))
    except ValueError:
        raise ImproperlyConfigured(allowed) from None
    name = database["NAME"]
    if parts.scheme in {"postgresql", "postgres"} and name:
        return {"default": _postgresql(database)}
    if parts.scheme == "sqlite" and not parts.netloc and name and name != ":memory:":
        return {"default": _sqlite(name, var_dir)}
    raise ImproperlyConfigured(allowed)


def _sqlite(path: str, var_dir: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            # Readers never wait for the recorder, and the recorder waits for its turn to write.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": SQLITE_WAIT_S,
        },
        # A file, not memory: the voice loop's recorder writes from a thread of its own.
        "TEST": {"NAME": var_dir / "test.sqlite3"},
    }


def _postgresql(database: dict[str, Any]) -> dict[str, Any]:
    # A connection a request (CONN_MAX_AGE 0, Django's default): none is stale after a restart.
    given = database.get("OPTIONS", {})
    timeouts = {"connect_timeout": CONNECT_S, "tcp_user_timeout": UNACKNOWLEDGED_MS}
    return database | {"OPTIONS": timeouts | given}


def channel_layers(url: str) -> dict[str, Any]:
    return {"default": _redis(url) if url else _in_process()}


def _in_process() -> dict[str, Any]:
    layer = "channels.layers.InMemoryChannelLayer"
    return {"BACKEND": layer, "CONFIG": {"capacity": 1000}}


def caches(url: str) -> dict[str, Any]:
    """How often somebody tried to sign in: nothing that may not be lost."""
    if not url:
        return {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    timeouts = {"socket_timeout": REDIS_S, "socket_connect_timeout": REDIS_S}
    backend = "hevoice.shared_cache.SharedCache"
    return {
        "default": {
            "BACKEND": backend, "LOCATION": url, "KEY_PREFIX": "hevoice", "OPTIONS": timeouts
        }
    }  # fmt: skip


def broker(url: str, var_dir: Path) -> tuple[str, dict[str, Any]]:
    """Celery's broker and its options: Redis, or files in VAR_DIR (hevoice.file_queue)."""
    if url:
        timeouts = {"socket_timeout": REDIS_S, "socket_connect_timeout": REDIS_S}
        return url, timeouts | {"visibility_timeout": 3600}
    queue = var_dir / "queue"
    queue.mkdir(parents=True, exist_ok=True)
    control = queue / "control"
    control.mkdir(exist_ok=True)
    folders = {"data_folder_in": str(queue), "data_folder_out": str(queue)}
    return "files://", folders | {"control_folder": str(control)}


def _redis(url: str) -> dict[str, Any]:
    """Redis's publish and subscribe: nothing is stored there, so that nothing old is ever read (no
    capacity and no expiry), and subscriptions outlive a Redis that was started anew."""
    allowed = "REDIS_URL must be redis://host:port/number (rediss:// with TLS, unix:// a socket)"
    try:
        ConnectionPool.from_url(url)
    except ValueError:
        raise ImproperlyConfigured(allowed) from None
    # Without a try of its own again: who tells something must not wait for that.
    host = {
        "address": url,
        "socket_timeout": REDIS_S,
        "socket_connect_timeout": REDIS_S,
        "socket_keepalive": True,
        "health_check_interval": 15,
    }
    return {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [host], "prefix": "hevoice"},
    }
