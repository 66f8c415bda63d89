"""An operator's unpublished changes to a profile, from whichever window they were made in."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from tuning.turns.profile import Profile, problems

if TYPE_CHECKING:
    from tuning.models import TimingProfile


class DraftChanged(Exception):
    """The draft was saved in another window; None: it was published or discarded there."""

    def __init__(self, draft: Draft | None) -> None:
        self.draft = draft
        super().__init__("the draft was changed in another window")


class Draft(models.Model):
    """One operator's changes to a profile, kept until they are published or discarded.

    Rule: a window overwrites only what it has shown.
    """

    profile = models.ForeignKey("tuning.TimingProfile", models.CASCADE, related_name="drafts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    knobs = models.JSONField()
    """The changed knobs, by name. A draft from before migration 0003 has every knob."""
    based_on = models.ForeignKey("tuning.Revision", models.CASCADE, related_name="+")
    """The newest revision when the draft was started."""
    saved_at = models.DateTimeField(default=timezone.now)
    saved_in = models.CharField(max_length=20, blank=True)
    """The window that saved it last, by the name the window gave itself."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("profile", "user"), name="draft_of_a_person"),
        )

    def __str__(self) -> str:
        return f"{self.user}'s draft of {self.profile}"

    @classmethod
    def of(cls, profile: TimingProfile, user: User) -> Draft | None:
        return cls.objects.filter(profile=profile, user=user).select_related("based_on").first()

    @classmethod
    def keep(
        cls,
        profile: TimingProfile,
        user: User,
        changed: dict[str, Any],
        *,
        based_on: int,
        version: str,
        window: str = "",
    ) -> Draft | None:
        """Add these knobs to the draft; None: nothing differs from what is published.

        `version` is that of the draft which the window shows: DraftChanged is raised when another
        window has saved, published or discarded since.
        """
        draft = cls.seen(profile, user, version, window)
        newest = profile.newest
        base = profile.revisions.filter(number=based_on).first() or newest
        before = asdict(base.values)
        own = (draft.own if draft else {}) | changed
        own = {name: value for name, value in own.items() if before.get(name) != value}
        # The browser's last saving may come after its publication.
        is_published = not own or before | own == asdict(newest.values)
        wanted = {"knobs": own, "based_on": base, "saved_at": timezone.now(), "saved_in": window}
        if draft is None:
            if is_published:
                return None
            draft, is_new = cls.objects.get_or_create(profile=profile, user=user, defaults=wanted)
            if not is_new:
                raise DraftChanged(draft)
            return draft
        same = cls.objects.filter(pk=draft.pk, saved_at=draft.saved_at)
        if not (same.delete()[0] if is_published else same.update(**wanted)):
            raise DraftChanged(cls.of(profile, user))
        if is_published:
            return None
        for name, value in wanted.items():
            setattr(draft, name, value)
        return draft

    @classmethod
    def seen(
        cls, profile: TimingProfile, user: User, version: str, window: str = ""
    ) -> Draft | None:
        """The operator's draft, if it is the one the window shows; else raises DraftChanged."""
        draft = cls.of(profile, user)
        # An answer may be lost on its way: what a window has saved itself it knows.
        is_own = draft is not None and window != "" and draft.saved_in == window
        if not is_own and version != (draft.version if draft else ""):
            raise DraftChanged(draft)
        return draft

    def forget(self) -> None:
        """Delete it, unless another window has saved it in the meantime."""
        Draft.objects.filter(pk=self.pk, saved_at=self.saved_at).delete()

    def rebase(self) -> Draft | None:
        """Carry its changes over to the newest revision."""
        newest = self.profile.newest.number
        return Draft.keep(self.profile, self.user, {}, based_on=newest, version=self.version)

    @property
    def version(self) -> str:
        """Identifies this save of the draft."""
        return self.saved_at.isoformat()

    @property
    def own(self) -> dict[str, Any]:
        """The knobs it changes, without any that no longer exist."""
        before = asdict(self.based_on.values)
        return {
            name: value
            for name, value in self.knobs.items()
            if name in before and before[name] != value
        }

    @property
    def whole(self) -> dict[str, Any]:
        """Every knob, valid or not; see `values`."""
        return asdict(self.based_on.values) | self.own

    @property
    def values(self) -> Profile | None:
        """The whole profile; None: it is not valid, perhaps because a range has narrowed."""
        whole = self.whole
        usual = asdict(Profile())
        if any(type(whole[name]) is not type(value) for name, value in usual.items()):
            return None
        if any(problem.is_error for problem in problems(whole)):
            return None
        return Profile(**whole)
