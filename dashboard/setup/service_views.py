"""The page that shows the state of every process and service, and what to do about problems."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from calls.http_tools.http_tool import kept_secrets
from calls.models import Call
from calls.process.server_process import ServerProcess
from dashboard.access import may
from dashboard.setup.settings_in_use import differences, settings_in_use
from hevoice import bus
from tuning.models import TimingProfile

SETTLED_WITHIN = timedelta(minutes=4)
"""The schedule looks each minute for calls that ended more than a minute ago."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Something the processes share: the database, the bus between them, the background queue."""

    label: Promise
    name: str
    state: str
    """ok, unsure or bad."""
    meaning: Promise
    failure: str = ""


@dataclass(frozen=True, slots=True)
class ShownProcess:
    row: ServerProcess
    state: str
    services: tuple[dict[str, Any], ...]
    failed_call: Call | None
    """The last one in which something went wrong."""

    @classmethod
    def of(cls, row: ServerProcess) -> ShownProcess:
        services = tuple(one | {"state": _state_of_service(row, one)} for one in row.services)
        failed = Call.objects.filter(process=row.name, rang_at__gte=row.started_at)
        return cls(row, _state_of_process(row), services, failed.exclude(failure="").first())


def _state_of_process(row: ServerProcess) -> str:
    if row.is_gone or row.status == ServerProcess.Status.FAILED:
        return "bad"
    return "ok" if row.status == ServerProcess.Status.OK else "unsure"


def _state_of_service(row: ServerProcess, service: dict[str, Any]) -> str:
    if service["failure"]:
        return "bad"
    if row.status == ServerProcess.Status.STARTING:
        return "trying"
    return "ok" if service["in_use"] == service["asked_for"] else "unsure"


@require_safe
@may("calls.view_serverprocess")
@vary_on_headers("HX-Request")
def services(request: HttpRequest) -> HttpResponse:
    processes = [ShownProcess.of(row) for row in ServerProcess.objects.all()]
    serving = [one for one in processes if not one.row.is_gone and one.row.status != "ended"]
    context = {
        "processes": processes,
        "neighbours": (_database(), _news(is_shared=len(serving) > 1), _queue(), _secrets()),
        "now": timezone.now(),
    }
    if request.headers.get("HX-Request"):
        return render(request, "dashboard/setup/_services.html", context)
    profile = TimingProfile.objects.get(is_default=True)
    context |= {
        "default_profile": profile,
        "differences": differences(profile),
        "settings_in_use": settings_in_use(),
    }
    return render(request, "dashboard/setup/services.html", context)


def _database() -> Neighbour:
    is_shared = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("select version()" if is_shared else "select sqlite_version()")
        version = cursor.fetchone()[0].split(" (")[0]
    if is_shared:
        return Neighbour(_("Database"), version, "ok", _("In use, for any number of processes."))
    return Neighbour(
        _("Database"), f"SQLite {version}", "ok", _("Built in: enough for one machine.")
    )


def _news(*, is_shared: bool) -> Neighbour:
    label = _("News between processes")
    if settings.REDIS_URL:
        address = urlsplit(settings.REDIS_URL)
        name = f"Redis {address.hostname or address.path}"
        if bus.failure:
            meaning = _(
                "Cannot be reached. Calls continue; live pages are frozen until it is back."
            )
            return Neighbour(label, name, "bad", meaning, bus.failure)
        return Neighbour(label, name, "ok", _("In use, for any number of processes."))
    if is_shared:
        meaning = _(
            "There are several processes, and they cannot hear from each other: set REDIS_URL."
        )
        return Neighbour(label, "–", "bad", meaning)
    return Neighbour(label, "–", "ok", _("Built in: enough for one process."))


def _queue() -> Neighbour:
    """A worker shows by what it does: whatever asks it for an answer would wait for it."""
    label, name = _("Work behind the calls"), "Celery · Redis" if settings.REDIS_URL else "Celery"
    ended = Call.objects.filter(settled_at=None, ended_at__lt=timezone.now() - SETTLED_WITHIN)
    if count := ended.count():
        meaning = _("Calls are waiting for a worker: is hevoice-worker running? Number waiting:")
        return Neighbour(label, name, "bad", meaning, f"{count}")
    if settings.REDIS_URL:
        return Neighbour(label, name, "ok", _("Nothing is waiting. The queue is in Redis."))
    meaning = _("Nothing is waiting. The queue is in files: enough for one machine.")
    return Neighbour(label, name, "ok", meaning)


def _secrets() -> Neighbour:
    """A tool whose header no key opens fails in every call."""
    label, (_count, unreadable) = _("Secrets of tools"), kept_secrets()
    if not unreadable:
        return Neighbour(label, "FIELD_KEY", "ok", _("All of them can be read."))
    meaning = _(
        "Some are unreadable, and their tools fail in calls: write them again on the tools' pages, "
        "or bring back the key that sealed them. Number, tool and header:"
    )
    return Neighbour(label, "FIELD_KEY", "bad", meaning, ", ".join(unreadable))
