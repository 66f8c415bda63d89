"""Recorded calls, replayed under one or several candidates beside the live revision.

Rule: a replay keeps what it was asked with, so that its address can be sent to somebody; the same,
asked for again within the hour, is the one that is there. It keeps no words: a turn is named by its
call and number, and whoever shows it looks its words up. `Replay.begin` makes the rows, and
calls.tasks.replay_later has workers do it (calls.lab.replaying).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuning.models import Revision, TimingProfile
from tuning.turns.profile import Profile

if TYPE_CHECKING:
    from calls.models import Call

NEWEST = 200
PART_CALLS = 25
KEPT_FOR = timedelta(hours=1)
FORM_KEPT_FOR = timedelta(days=7)
"""Each draft leaves a row; its address may have been sent to somebody."""
TAKEN_WITHIN = timedelta(seconds=15)
"""A worker that is there and free has begun by then."""
CLAIM_LASTS = timedelta(minutes=5)
"""After the last call of a part that its worker has tried."""
MOST_ATTEMPTS = 3
"""A part that has been claimed so often, and never ended, ends its worker."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A profile that is tried before anybody hears it. name: what pages call it."""

    name: str
    profile: Profile


class Replay(models.Model):
    class Kind(models.TextChoices):
        REPLAY = "replay", _("replay")
        ADVICE = "advice", _("advice")
        FORM = "form", _("beside a form")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for a worker")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")
        FAILED = "failed", _("failed")

    class Failure(models.TextChoices):
        """Those that are known; any other is told in the words of what failed."""

        NO_CALLS = "no calls", _("No recorded call matches. Choose others, or a longer time.")
        NO_JOURNALS = (
            "no journals",
            _("None of these calls can be replayed. Choose newer calls, or others."),
        )
        WORKER = (
            "worker",
            _("The worker died over it, more than once. Look at its log, and choose fewer calls."),
        )

    UNDER_WAY = (State.WAITING, State.RUNNING)

    profile = models.ForeignKey(TimingProfile, models.CASCADE, verbose_name=_("profile"))
    live = models.ForeignKey(Revision, models.CASCADE, related_name="+")
    """What the candidates stand beside: the newest when it was asked for."""
    candidates = models.JSONField()
    """{"name", "knobs"} of each."""
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.REPLAY)
    query = models.CharField(max_length=1000, blank=True)
    """Which calls, as the address of the list of calls says it (CallFilter)."""
    newest = models.PositiveIntegerField(default=NEWEST)
    """At most so many of them."""
    inputs = models.CharField(max_length=64, db_index=True)
    """A digest of all these."""
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    calls = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    """Calls that are tried already, or cannot be."""
    since = models.DateTimeField(null=True)
    """When the first of the calls rang,"""
    until = models.DateTimeField(null=True)
    """and the last."""
    skipped = models.JSONField(default=dict)
    """Primary keys of the calls that cannot be tried, by reason (recorded.Unusable)."""
    failure = models.TextField(blank=True)
    moved_at = models.DateTimeField(default=timezone.now)
    """When a worker last did something for it."""
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(default=list)
    """An entry for each candidate: {"name", "comparison", "changed"}, of steps that may be advised
    {"name", "comparison", "halves"}; see calls.lab.summing_up."""

    class Meta:
        ordering = ("-asked_at", "-pk")
        indexes = (models.Index(fields=("kind", "-asked_at", "-id"), name="replay_by_age"),)

    def __str__(self) -> str:
        return f"replay {self.pk} of {self.profile}"

    @classmethod
    def begin(
        cls,
        profile: TimingProfile,
        candidates: Sequence[Candidate],
        *,
        calls: QuerySet[Call],
        query: str = "",
        newest: int = NEWEST,
        kind: str = Kind.REPLAY,
        by: User | None,
    ) -> Replay:
        """The newest of these ended calls under the candidates; see calls.tasks.replay_later.

        query: what says which calls these are, for whoever shows the replay.
        """
        live, now = profile.newest, timezone.now()
        given = {
            "profile": profile,
            "live": live,
            "candidates": [
                {"name": each.name, "knobs": asdict(each.profile)} for each in candidates
            ],
            "kind": kind,
            "query": query,
            "newest": newest,
        }
        told = json.dumps(given, default=lambda row: row.pk, sort_keys=True)
        inputs = hashlib.sha256(told.encode()).hexdigest()
        same = cls.objects.filter(inputs=inputs, asked_at__gt=now - KEPT_FOR)
        if there := same.exclude(state__in=(cls.State.STOPPED, cls.State.FAILED)).first():
            return there
        ended = calls.filter(ended_at__isnull=False).order_by("-rang_at", "-pk")
        found = list(ended.values_list("pk", "rang_at")[:newest])
        with transaction.atomic():
            made = cls.objects.create(
                **given,
                inputs=inputs,
                asked_by=by,
                calls=len(found),
                until=found[0][1] if found else None,
                since=found[-1][1] if found else None,
            )
            pks = [pk for pk, _rang_at in found]
            ReplayPart.objects.bulk_create(
                ReplayPart(replay=made, number=number, calls=list(batch))
                for number, batch in enumerate(_batches(pks))
            )
        if not found:
            made.fail(cls.Failure.NO_CALLS)
        return made

    @classmethod
    def left(cls) -> list[int]:
        """Those for which nobody has done anything for a while, although there is something to do:
        their tasks were lost."""
        still = cls.objects.filter(moved_at__lt=timezone.now() - timedelta(minutes=1))
        return list(still.filter(state__in=cls.UNDER_WAY).values_list("pk", flat=True))

    @classmethod
    def forget_forms(cls) -> None:
        """Those beside a form, after a while."""
        before = timezone.now() - FORM_KEPT_FOR
        cls.objects.filter(kind=cls.Kind.FORM, asked_at__lt=before).delete()

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY

    @property
    def is_untaken(self) -> bool:
        """No worker has begun, though one should have."""
        is_late = self.asked_at < timezone.now() - TAKEN_WITHIN
        return self.state == self.State.WAITING and is_late

    @property
    def tried(self) -> list[Candidate]:
        """The candidates, as they are tried."""
        return [Candidate(each["name"], Profile.stored(each["knobs"])) for each in self.candidates]

    @property
    def read(self) -> int:
        """How many calls the result rests on."""
        return self.calls - sum(map(len, self.skipped.values()))

    def take_up(self) -> bool:
        """Whether there is still something to do for it; a worker asks before each call."""
        under_way = Replay.objects.filter(pk=self.pk, state__in=self.UNDER_WAY)
        return bool(under_way.update(state=self.State.RUNNING, moved_at=timezone.now()))

    def stop(self) -> bool:
        """Whether it was under way. A worker leaves it after the call it is at."""
        return self._end(self.State.STOPPED)

    def fail(self, failure: str, **fields: Any) -> bool:
        return self._end(self.State.FAILED, failure=failure, **fields)

    def finish(self, result: list[dict[str, Any]], skipped: dict[str, list[int]]) -> bool:
        return self._end(self.State.DONE, result=result, skipped=skipped, done=self.calls)

    def _end(self, state: str, **fields: Any) -> bool:
        with transaction.atomic():
            under_way = Replay.objects.filter(pk=self.pk, state__in=self.UNDER_WAY)
            if not under_way.update(state=state, finished_at=timezone.now(), **fields):
                return False
            self.parts.all().delete()
        self.refresh_from_db()
        return True

    def count(self) -> None:
        """How far its parts are."""
        found = self.parts.aggregate(done=Sum("done"))
        Replay.objects.filter(pk=self.pk, state=self.State.RUNNING).update(done=found["done"] or 0)


def _batches(pks: list[int]) -> list[list[int]]:
    return [pks[start : start + PART_CALLS] for start in range(0, len(pks), PART_CALLS)]


class ReplayPart(models.Model):
    """A few calls of a replay, for one worker: it is there until the replay has its result."""

    replay = models.ForeignKey(Replay, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    calls = models.JSONField()
    """Primary keys."""
    attempts = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    skipped = models.JSONField(default=dict)
    """As Replay's."""
    tried = models.BinaryField(default=b"")
    """What became of the calls; see calls.lab.tried_rows."""

    class Meta:
        ordering = ("replay", "number")
        constraints = (models.UniqueConstraint(fields=("replay", "number"), name="replay_part"),)

    def __str__(self) -> str:
        return f"{self.replay}, part {self.number}"

    @classmethod
    def claim(cls, replay: Replay) -> ReplayPart | None:
        """A part that nobody works on, from now on this worker's; None: there is none."""
        now = timezone.now()
        free = Q(claimed_at=None) | Q(claimed_at__lt=now - CLAIM_LASTS)
        open_parts = cls.objects.filter(free, replay=replay, finished_at=None)
        for part in open_parts.order_by("number"):
            if part.attempts >= MOST_ATTEMPTS:
                replay.fail(Replay.Failure.WORKER)
                return None
            mine = open_parts.filter(pk=part.pk)
            if mine.update(claimed_at=now, attempts=part.attempts + 1, done=0):
                return part
        return None

    def step(self) -> None:
        """One more call is tried; the claim goes on."""
        self.done += 1
        ReplayPart.objects.filter(pk=self.pk, finished_at=None).update(
            done=self.done, claimed_at=timezone.now()
        )

    def finish(self, tried: bytes) -> None:
        ReplayPart.objects.filter(pk=self.pk, finished_at=None).update(
            finished_at=timezone.now(), tried=tried, skipped=self.skipped, done=len(self.calls)
        )
