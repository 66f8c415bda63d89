"""The profiles that operators edit, and every revision of them there has ever been."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from functools import partial

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hevoice import bus
from tuning.draft import Draft as Draft
from tuning.draft import DraftChanged as DraftChanged
from tuning.trials import Trial as Trial
from tuning.trials import TrialRuns as TrialRuns
from tuning.turns.profile import SHIPPED, Profile

UNDO_WITHIN = timedelta(seconds=60)


class PublishedMeanwhile(Exception):
    """Somebody else published after the operator opened the page."""

    def __init__(self, newest: Revision) -> None:
        self.newest = newest
        super().__init__(f"revision {newest.number} was published meanwhile")


class TooLate(Exception):
    """Too late to undo: only its author can, and only within UNDO_WITHIN."""


class Unchanged(Exception):
    """There is nothing to publish: these values are live already."""


class TimingProfile(models.Model):
    """A named set of knobs. Its values are those of its newest revision."""

    name = models.SlugField(_("name"), max_length=60, unique=True)
    is_default = models.BooleanField(_("used for new calls"), default=False)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("is_default",),
                condition=models.Q(is_default=True),
                name="one_default_profile",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @classmethod
    def create_shipped(cls) -> None:
        """Create the shipped profiles that are missing, settings.DEFAULT_PROFILE as the default."""
        default = settings.DEFAULT_PROFILE
        has_default = cls.objects.filter(is_default=True).exists()
        for name, changed in SHIPPED.items():
            profile, is_new = cls.objects.get_or_create(
                name=name, defaults={"is_default": name == default and not has_default}
            )
            if is_new:
                knobs = asdict(settings.DEFAULT_KNOBS if name == default else Profile(**changed))
                profile.revisions.create(number=1, knobs=knobs, note="shipped")

    @property
    def newest(self) -> Revision:
        return self.revisions.latest()

    @transaction.atomic
    def publish(
        self,
        knobs: Profile,
        *,
        by: User | None,
        note: str,
        based_on: int | None = None,
        restored_from: Revision | None = None,
        ends_trial: int | None = None,
    ) -> Revision:
        """Make these knobs the live ones, for new calls and for calls in progress.

        `based_on` is the number of the revision that the operator was looking at:
        PublishedMeanwhile is raised when it is no longer the newest, and Unchanged when it has
        these values. `ends_trial` is the number of the trial that may end by it: TrialRuns is
        raised when another one runs.
        """
        locked = TimingProfile.objects.select_for_update().get(pk=self.pk)
        newest = locked.newest
        if based_on is not None and newest.number != based_on:
            raise PublishedMeanwhile(newest)
        if newest.values == knobs:
            raise Unchanged
        trial = Trial.running_on(locked)
        if trial is not None and trial.number != ends_trial:
            raise TrialRuns(trial)
        revision = locked.revisions.create(
            number=newest.number + 1,
            knobs=asdict(knobs),
            note=note,
            published_by=by,
            restored_from=restored_from,
        )
        if trial is not None:
            trial.end(Trial.State.PUBLICATION, by=by)
        transaction.on_commit(partial(announce, revision))
        return revision

    def undoable(self, by: User) -> Revision | None:
        """The user's own publication of a moment ago, if it is still the newest; else None."""
        newest = self.newest
        since = timezone.now() - newest.published_at
        is_theirs = newest.published_by_id == by.pk and newest.number > 1
        return newest if is_theirs and since < UNDO_WITHIN and not newest.undone else None

    @property
    def last_change(self) -> Revision | None:
        """The newest publication that was not undone at once; None: the profile is as shipped."""
        revision = self.newest
        while revision.undone and revision.restored_from:
            revision = revision.restored_from
        return revision if revision.number > 1 else None

    def undo(self, revision: Revision, *, by: User, note: str) -> Revision:
        """Publish the previous values again; raises TooLate or PublishedMeanwhile."""
        if self.undoable(by) != revision:
            raise TooLate
        before = self.revisions.get(number=revision.number - 1)
        return before.restore(by=by, note=note, based_on=revision.number)

    @classmethod
    @transaction.atomic
    def copy(cls, of: TimingProfile, name: str, *, by: User, note: str) -> TimingProfile:
        """A new profile with the current knobs of another."""
        made = cls.objects.create(name=name)
        made.revisions.create(number=1, knobs=of.newest.knobs, note=note, published_by=by)
        return made

    @transaction.atomic
    def make_default(self) -> None:
        """Start new calls on this profile."""
        TimingProfile.objects.filter(is_default=True).update(is_default=False)
        TimingProfile.objects.filter(pk=self.pk).update(is_default=True)
        self.is_default = True


class Published(models.Manager["Revision"]):
    """Without the candidates of trials, which no profile ever had as its own."""

    def get_queryset(self) -> models.QuerySet[Revision]:
        return super().get_queryset().filter(is_candidate=False)


class Revision(models.Model):
    """A profile's knobs from one publication to the next, or the candidate of a trial. Never
    edited.

    Rule: `objects`, and so a profile's `revisions`, are those that were published; who looks for
    what a call ran on asks `every`.
    """

    profile = models.ForeignKey(TimingProfile, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField(_("number"))
    knobs = models.JSONField(_("knobs"))
    note = models.CharField(_("note"), max_length=200)
    published_at = models.DateTimeField(_("published at"), auto_now_add=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, verbose_name=_("published by")
    )
    restored_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    is_candidate = models.BooleanField(default=False)
    """Of a trial, whose number it has; never published as this row."""

    objects = Published()
    every = models.Manager["Revision"]()

    class Meta:
        get_latest_by = "number"
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(
                fields=("profile", "number", "is_candidate"), name="revision_number"
            ),
        )

    def __str__(self) -> str:
        return f"{self.profile} {self.sign}"

    @property
    def sign(self) -> str:
        """What pages call it: r5, or t3 for the candidate of trial 3."""
        return f"{'t' if self.is_candidate else 'r'}{self.number}"

    @property
    def values(self) -> Profile:
        """The knobs; any added since this revision have their defaults."""
        known = {field: self.knobs[field] for field in asdict(Profile()) if field in self.knobs}
        return Profile.stored(known)

    @property
    def undone(self) -> Revision | None:
        """The publication that this one undid; None: it undid none."""
        if self.restored_from is None or self.restored_from.number != self.number - 2:
            return None
        before = self.profile.revisions.get(number=self.number - 1)
        is_soon = self.published_at - before.published_at < UNDO_WITHIN
        return before if is_soon else None

    def with_its_values(self) -> list[Revision]:
        """Every revision of the profile that times calls exactly as this one does."""
        return [each for each in self.profile.revisions.all() if each.values == self.values]

    def restore(
        self,
        *,
        by: User | None,
        note: str,
        based_on: int | None = None,
        ends_trial: int | None = None,
    ) -> Revision:
        """Publish these knobs again, as a new revision; the rest as for `publish`."""
        return self.profile.publish(
            self.values,
            by=by,
            note=note,
            based_on=based_on,
            restored_from=self,
            ends_trial=ends_trial,
        )

    def as_candidate(self, knobs: Profile, trial: int, *, note: str, by: User | None) -> Revision:
        """The knobs that a trial compares with these; raises Unchanged for equal ones."""
        if self.values == knobs:
            raise Unchanged
        return Revision.every.create(
            profile=self.profile, number=trial, knobs=asdict(knobs), note=note, published_by=by,
            is_candidate=True,
        )  # fmt: skip


def announce(revision: Revision) -> None:
    """Tell the calls in progress, and the pages that count which calls have taken it up."""
    message = {
        "type": "profile.changed",
        "profile": revision.profile_id,
        "revision": revision.pk,
        "number": revision.number,
        "knobs": revision.knobs,
    }
    async_to_sync(bus.tell)(bus.PROFILES, message)
