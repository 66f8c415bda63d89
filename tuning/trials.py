"""A trial: two revisions of a profile on new calls, by a share, with a rule written down first.

Rules: everything about a trial is written when it starts and never edited; then it only ends, once.
A call is on one side for good, by a hash of it. One trial a profile; publishing ends it.
docs/decisions/0012-trials.md says why.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hevoice import bus
from tuning.lab import trial_rule
from tuning.turns.profile import Profile

if TYPE_CHECKING:
    from tuning.models import Revision, TimingProfile

LEAST_SHARE, LARGEST_SHARE = 10, 50
"""Per cent of the calls that the candidate may have."""

ended = Signal()
"""Sent with `trial` when one has ended, whoever or whatever ended it, in that transaction."""


class TrialRuns(Exception):
    """Publishing would end this trial: whoever publishes has to say so."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        super().__init__(f"trial {trial.number} runs on {trial.profile}")


class NotWon(Exception):
    """The candidate did not win, or is published already."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an operator writes down; see the fields of Trial."""

    name: str
    question: str
    share: int
    decides: str
    least_effect: float
    cut_ins_allowed: float
    dropped_allowed: float
    failed_allowed: float
    calls_needed: int
    ends_at: datetime


class Trial(models.Model):
    class State(models.TextChoices):
        RUNNING = "running", _("running")
        CANDIDATE = trial_rule.CANDIDATE, _("the candidate is better")
        LIVE = trial_rule.LIVE, _("the live revision is better")
        NO_DIFFERENCE = trial_rule.NO_DIFFERENCE, _("no difference was shown")
        GUARD = trial_rule.GUARD, _("a guard broke")
        DATE = "date", _("its last day came")
        HAND = "by hand", _("ended by hand")
        PUBLICATION = "publication", _("another revision was published")

    class Measure(models.TextChoices):
        CUT_INS = trial_rule.CUT_INS, _("cut-ins, % of turns")
        LONG = trial_rule.LONG, _("mean wait after long utterances, ms")
        SHORT = trial_rule.SHORT, _("mean wait after short utterances, ms")
        DROPPED = trial_rule.DROPPED, _("dropped short answers in 100 calls")
        FAILED = trial_rule.FAILED, _("failed calls, %")

    number = models.PositiveIntegerField(_("number"), unique=True)
    """1, 2, ... in this installation."""
    name = models.CharField(_("name"), max_length=60)
    question = models.CharField(_("question"), max_length=180)
    profile = models.ForeignKey("tuning.TimingProfile", models.CASCADE, related_name="trials")
    live = models.ForeignKey("tuning.Revision", models.PROTECT, related_name="+")
    candidate = models.OneToOneField("tuning.Revision", models.PROTECT, related_name="trial")
    share = models.PositiveSmallIntegerField(_("share"))
    """Per cent of the new calls that run the candidate."""
    decides = models.CharField(max_length=10, choices=Measure)
    """The measure by which it is decided; a turn is long or short by the live revision's
    `short_utterance_ms` on both sides."""
    least_effect = models.FloatField()
    """The least effect worth having: a share of turns, or milliseconds."""
    cut_ins_allowed = models.FloatField()
    """Guards: how much more of the turns, ..."""
    dropped_allowed = models.FloatField()
    """... how many more a call, ..."""
    failed_allowed = models.FloatField()
    """... how much more of the calls."""
    calls_needed = models.PositiveIntegerField()
    """Of both sides together: after so many it ends in any case."""
    ends_at = models.DateTimeField(_("last day"))
    started_at = models.DateTimeField(auto_now_add=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    state = models.CharField(max_length=15, choices=State, default=State.RUNNING)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    reason = models.CharField(max_length=200, blank=True)
    """Why somebody ended it by hand."""
    ended_over = models.CharField(max_length=10, blank=True, choices=Measure)
    """The measure that ended it: what decided, or the guard that broke."""
    published = models.ForeignKey("tuning.Revision", models.SET_NULL, null=True, related_name="+")
    """What the candidate became."""

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(
                fields=("profile",),
                condition=models.Q(state="running"),
                name="one_trial_a_profile",
            ),
        )
        permissions = (("run_trial", "Can start and end trials"),)

    def __str__(self) -> str:
        return f"{self.number} · {self.name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("a trial is written down before it starts, and never edited")
        super().save(*args, **kwargs)

    @classmethod
    def running_on(cls, profile: TimingProfile) -> Trial | None:
        running = cls.objects.filter(profile=profile, state=cls.State.RUNNING)
        return running.select_related("candidate", "live", "profile").first()

    @classmethod
    @transaction.atomic
    def start(cls, profile: TimingProfile, knobs: Profile, plan: Plan, *, by: User | None) -> Trial:
        """Try these knobs against the live ones; raises TrialRuns, and Unchanged for equal ones."""
        locked = type(profile).objects.select_for_update().get(pk=profile.pk)
        if running := cls.running_on(locked):
            raise TrialRuns(running)
        live = locked.newest
        number = (cls.objects.aggregate(last=models.Max("number"))["last"] or 0) + 1
        candidate = live.as_candidate(knobs, number, note=plan.name, by=by)
        trial = cls.objects.create(
            number=number,
            profile=locked,
            live=live,
            candidate=candidate,
            started_by=by,
            **asdict(plan),
        )
        transaction.on_commit(_tell)
        return trial

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def rule(self) -> trial_rule.Rule:
        allowed = {
            trial_rule.CUT_INS: self.cut_ins_allowed,
            trial_rule.DROPPED: self.dropped_allowed,
            trial_rule.FAILED: self.failed_allowed,
        }
        return trial_rule.Rule(self.decides, self.least_effect, self.calls_needed, allowed)

    @property
    def has_won(self) -> bool:
        """The candidate has, and can be published."""
        return self.state == self.State.CANDIDATE and self.published_id is None

    def gives_candidate(self, call_sid: str) -> bool:
        """Whether a call runs the candidate: the same answer whenever it is asked."""
        drawn = int.from_bytes(sha256(f"{self.number}:{call_sid}".encode()).digest()[:8])
        return drawn * 100 < self.share << 64

    def end(
        self, state: Trial.State, *, over: str = "", by: User | None = None, reason: str = ""
    ) -> bool:
        """Whether this was the one time that it ended. New calls go back to the live revision."""
        running = Trial.objects.filter(pk=self.pk, state=self.State.RUNNING)
        told = {"state": state, "ended_over": over, "ended_by": by, "reason": reason}
        with transaction.atomic():
            if not running.update(ended_at=timezone.now(), **told):
                return False
            self.refresh_from_db()
            ended.send(Trial, trial=self)
            transaction.on_commit(_tell)
        return True

    def publish_winner(self, *, by: User, note: str) -> Revision:
        """Raises NotWon; PublishedMeanwhile if something has been published since it started."""
        with transaction.atomic():
            if not Trial.objects.select_for_update().get(pk=self.pk).has_won:
                raise NotWon
            revision = self.profile.publish(
                self.candidate.values, by=by, note=note[:200], based_on=self.live.number
            )
            Trial.objects.filter(pk=self.pk).update(published=revision)
        return revision


def _tell() -> None:
    """The live pages, that one has started or ended."""
    async_to_sync(bus.tell)(bus.TRIALS, {"type": "trial.changed"})
