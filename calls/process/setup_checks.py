"""What must be right before calls come: each thing is actually tried; a failure says what to do.

Rule: reports contain the provider's own words and our advice, never a secret.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string

from calls.http_tools.http_tool import kept_secrets
from calls.process import readiness
from calls.services import ServiceFailed, vendors
from hevoice import bus

LEAST_FREE_BYTES = 1_000_000_000
"""A day of a busy number's recordings."""
MOST_NAMED = 3
"""Files that others may read, or secrets that nobody can."""


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    is_ok: bool
    words: str
    """What is in use; or what is wrong, and what to do."""


async def services() -> list[Finding]:
    """Each service really tried once."""
    found = []
    for role in vendors.ROLES:
        works = await readiness.try_out(role)
        engine = readiness.service(role).availability()
        words = f"{engine.in_use}" if works else readiness.failures[role]
        if works and engine.in_use != engine.asked_for:
            words += f" instead of {engine.asked_for}: {engine.why}"
        found.append(Finding(role, works, words))
        if works and engine.no_verdicts:
            found.append(Finding("verdicts", False, f"{engine.no_verdicts}"))
    return found


async def redis() -> Finding:
    if not settings.REDIS_URL:
        return Finding("Redis", True, "not set: enough for one server process")
    await bus.check()
    if bus.failure:
        return Finding("Redis", False, f"{bus.failure} Start it, or mend REDIS_URL.")
    return Finding("Redis", True, "answers")


def local() -> Iterator[Finding]:
    """What can be looked at without a service."""
    yield (database := _database())
    if database.is_ok:
        yield _secrets()
    yield _var_dir()
    yield from of_carriers()
    yield from of_vendors()


def _database() -> Finding:
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        why = f"{error}".strip()
        return Finding("database", False, f"{why}: start it, or mend DATABASE_URL")
    if missing:
        return Finding("database", False, f"{len(missing)} migrations are missing: run `setup`")
    return Finding("database", True, str(connection.display_name))


def _secrets() -> Finding:
    """A tool whose header no key opens fails in every call."""
    count, unreadable = kept_secrets()
    if not unreadable:
        return Finding("FIELD_KEY", True, f"opens all {count} secrets of tools")
    named = ", ".join(unreadable[:MOST_NAMED]) + (", …" if unreadable[MOST_NAMED:] else "")
    are = "secret of a tool is" if len(unreadable) == 1 else "secrets of tools are"
    words = (
        f"{len(unreadable)} {are} unreadable: {named}. Write them again on the tools' pages, or "
        "bring the key back, beside the new one (then seal_anew)"
    )
    return Finding("FIELD_KEY", False, words)


def _var_dir() -> Finding:
    free = shutil.disk_usage(settings.VAR_DIR).free
    size = f"{free / 1e9:,.1f} GB free in {settings.VAR_DIR}"
    try:
        with tempfile.TemporaryFile(dir=settings.VAR_DIR) as file:
            file.write(b"\0" * 4096)
    except OSError as error:
        return Finding("VAR_DIR", False, f"{settings.VAR_DIR} cannot be written: {error.strerror}")
    if settings.EXPOSED:
        return Finding("VAR_DIR", False, "; ".join(settings.EXPOSED[:MOST_NAMED]))
    if free < LEAST_FREE_BYTES:
        return Finding("VAR_DIR", False, f"only {size}: make room, or name another folder")
    return Finding("VAR_DIR", True, size)


def of_carriers() -> Iterator[Finding]:
    """Whether calls are let in."""
    for carrier in map(import_string, settings.CARRIERS):
        yield _found(carrier.name, carrier.check)


def of_vendors() -> Iterator[Finding]:
    """What the vendors that are in use want looked at besides."""
    paths = [getattr(settings, role.upper()) for role in vendors.ROLES]
    for vendor in vendors.in_use(vendors.registered(settings.VENDORS), paths):
        for what, check in vendor.checks.items():
            yield _found(what, import_string(check))


def _found(what: str, check: Callable[[], object]) -> Finding:
    """check: returns what is in use, or raises ServiceFailed."""
    try:
        return Finding(what, True, f"{check()}")
    except ServiceFailed as wrong:
        return Finding(what, False, f"{wrong}")
