"""What a call's tools were asked over HTTP, and what came of it: kept with the call.

Rule: no caller and no reply waits for these rows. What cannot be undone has its row from when it
begins, so that a call shows it even where nothing came back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from channels.db import database_sync_to_async
from django.db import DatabaseError, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.http_tools.asking import FAILURES
from calls.http_tools.why import in_words

logger = logging.getLogger(__name__)

TRIES, AGAIN_S = 6, 10.0
"""A database that is away is written to when it is back, within a minute."""


class ToolUse(models.Model):
    class Outcome(models.TextChoices):
        """Those of asking.Outcome, and what has none yet."""

        BEGUN = "begun", _("begun; nothing has come back")
        DONE = "done", _("was done")
        REFUSED = "refused", _("the system said no")
        FAILED = "failed", _("failed")
        LATE = "late", _("no answer in time")
        BARRED = "barred", _("not asked: it kept failing")
        FORBIDDEN = "forbidden", _("not asked: its address is not allowed")
        CODES = "codes", _("not asked: too many wrong codes")
        UNFIT = "unfit", _("not asked: the model left something out")

    FAILURES = tuple(each.value for each in FAILURES)

    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="tool_uses")
    tool = models.ForeignKey("calls.HttpTool", models.SET_NULL, null=True)
    name = models.CharField(max_length=40)
    turn = models.PositiveIntegerField()
    """The number of the turn that it was asked for."""
    key = models.CharField(max_length=200, unique=True)
    """What the system was told as its idempotency key, where it acts."""
    given = models.JSONField(default=dict)
    """Its arguments, as the model wrote them; of a caller's code only that there was one."""
    outcome = models.CharField(max_length=10, choices=Outcome)
    status = models.PositiveSmallIntegerField(null=True)
    """HTTP's."""
    why = models.CharField(max_length=200, blank=True)
    """It failed: a word of why.py, or what was wrong with what the model wrote."""
    attempts = models.PositiveSmallIntegerField(default=0)
    took_ms = models.FloatField(null=True)
    began_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("began_at", "pk")

    def __str__(self) -> str:
        return f"{self.call} {self.name} {self.outcome}"

    @property
    def why_said(self) -> tuple[str, str]:
        return in_words(self.why)

    @property
    def has_failed(self) -> bool:
        return self.outcome in self.FAILURES


_writing: dict[str, asyncio.Task[None]] = {}
"""By key: the last write of a use, which waits for those before it."""


def keep_soon(call_sid: str, key: str, **fields: Any) -> None:
    """Of a call that is known; by this key a second time: it has changed. What has ended is not
    begun any more, in whatever order the two are written."""
    fields.setdefault("began_at", timezone.now())
    write, before = partial(_keep, call_sid, key, fields), _writing.get(key)
    task = _writing[key] = asyncio.create_task(_kept(write, before))
    task.add_done_callback(partial(_written, key))


def _written(key: str, task: asyncio.Task[None]) -> None:
    if _writing.get(key) is task:
        del _writing[key]


async def all_kept(limit_s: float | None = None) -> None:
    """Wait, but no longer than this, until nothing is left to be written."""
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            while _writing:
                await asyncio.wait(set(_writing.values()))


def _keep(call_sid: str, key: str, fields: dict[str, Any]) -> None:
    from calls.models import Call, HttpTool  # which has these

    if call := Call.objects.filter(call_sid=call_sid).first():
        values = {"call": call, **fields}
        if tool := fields.get("tool"):  # an operator may have deleted it meanwhile
            values["tool"] = HttpTool.objects.filter(pk=tool.pk).first()
        if fields["outcome"] == ToolUse.Outcome.BEGUN:
            ToolUse.objects.get_or_create(key=key, defaults=values)
        else:
            ToolUse.objects.update_or_create(key=key, defaults=values)


async def _kept(write: Callable[[], None], before: asyncio.Task[None] | None) -> None:
    if before:
        await asyncio.wait([before])
    for left in reversed(range(TRIES)):
        try:
            await database_sync_to_async(write, thread_sensitive=False)()
            return
        except DatabaseError as error:
            if not left:
                logger.error("A use of a tool is not kept: %s", error)
                return
        await asyncio.sleep(AGAIN_S)
