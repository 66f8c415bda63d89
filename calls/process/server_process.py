"""The server processes behind one address, and the state of each one's services.

Rule: each process writes only its own row, from time to time. One that has not written for a while
counts as gone, and its row is removed later.
"""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

GONE_AFTER = timedelta(minutes=2)
REMOVED_AFTER = timedelta(hours=1)
"""How long the row of one that is gone, or has ended, is still shown."""


def this_process() -> str:
    """host:pid"""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_dead(process: str) -> bool:
    """Whether a process of this machine has ended; of another machine's nothing is known."""
    host, _colon, pid = process.rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # somebody else's, but alive
        return False
    return False


class ServerProcess(models.Model):
    class Status(models.TextChoices):
        STARTING = "starting", _("starting")
        OK = "ok", _("takes calls")
        FAILED = "failed", _("a service cannot be used")
        DRAINING = "draining", _("finishes its calls")
        ENDED = "ended", _("stopped")

    name = models.CharField(max_length=100, unique=True)
    """this_process(), as in Call.process."""
    version = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status)
    calls = models.PositiveIntegerField(default=0)
    """In progress."""
    unwritten = models.PositiveIntegerField(default=0)
    """Calls whose record waits for the database."""
    news_failure = models.TextField(blank=True)
    """Why other processes are not heard of; empty: they are."""
    services = models.JSONField(default=list)
    """As readiness.standings() tells them."""
    phrase_hits = models.PositiveIntegerField(default=0)
    phrase_misses = models.PositiveIntegerField(default=0)
    phrase_saved_ms = models.FloatField(default=0)
    """Waiting that ready phrases have spared callers."""

    class Meta:
        ordering = ("-started_at", "name")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def report(cls, name: str, **fields: Any) -> None:
        """Write a process's row."""
        seen = {"seen_at": timezone.now()}
        cls.objects.update_or_create(name=name, defaults=fields | seen)

    @classmethod
    def long_gone(cls) -> models.QuerySet[ServerProcess]:
        """Those that are not shown any longer, on whatever machine they ran."""
        return cls.objects.filter(seen_at__lt=timezone.now() - REMOVED_AFTER)

    @property
    def is_gone(self) -> bool:
        """Whether it died without a word."""
        is_silent = self.seen_at < timezone.now() - GONE_AFTER
        return is_silent and self.status != self.Status.ENDED

    @property
    def phrase_hit_rate(self) -> float | None:
        """The share of sentences that were ready, 0 to 1; None: nothing was said."""
        said = self.phrase_hits + self.phrase_misses
        return self.phrase_hits / said if said else None
