"""The audit of what operators do, each person's settings (docs/decisions/0006), and which
permissions the roles have been offered.

Rule: the audit only grows. The database refuses to change or delete its rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from calls.models import Call


class AuditEvent(models.Model):
    """One thing that a person did."""

    class Action(models.TextChoices):
        SIGN_IN = "sign-in", _("signed in")
        SIGN_IN_FAILED = "sign-in failed", _("failed to sign in")
        SIGN_OUT = "sign-out", _("signed out")
        SECURITY = "security", _("changed how they sign in")
        PUBLISH = "publish", _("published")
        RESTORE = "restore", _("restored")
        LISTEN = "listen", _("listened in")
        WHISPER = "whisper", _("whispered to the agent")
        SAY = "say", _("spoke in the agent's voice")
        TAKE_OVER = "take over", _("took over a call")
        PLAY = "play", _("played a recording")
        EXPORT = "export", _("exported")
        LABEL = "label", _("labelled a turn")
        CORRECT = "correct", _("corrected what was agreed")
        NUMBER = "number", _("changed a number")
        REPLAY = "replay", _("tried a profile on recorded calls")
        STOP_REPLAY = "stop replay", _("stopped a replay")
        TEST_CALL = "test call", _("placed a test call")
        PERSON = "person", _("changed a person")
        TRIAL = "trial", _("started or ended a trial")
        LINK = "link", _("made a shared link")
        WITHDRAW_LINK = "withdraw link", _("withdrew a shared link")

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    # Without a constraint: the row stays as it is when the person is gone.
    who = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False
    )
    who_name = models.CharField(max_length=150)
    """The user name as it was; of a failed sign-in the one that was tried."""
    address = models.GenericIPAddressField(null=True)
    """Where the request came from."""
    action = models.CharField(max_length=20, choices=Action)
    what = models.CharField(max_length=200, blank=True)
    """What it was done to: a call's SID, a profile and revision, a number's name."""
    detail = models.JSONField(default=dict)
    """Before and after, durations, filters."""
    call: Call | None = None
    """That it was done to, where dashboard.people.audit_filter has looked for it."""

    class Meta:
        ordering = ("-at", "-pk")
        # The audit page's filters, each newest first.
        indexes = (
            models.Index(fields=["who_name", "-at", "-id"], name="audit_who"),
            models.Index(fields=["action", "-at", "-id"], name="audit_action"),
        )

    def __str__(self) -> str:
        return f"{self.who_name} {self.action} {self.what}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("the audit only grows: an event is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("the audit only grows: an event is never deleted")

    @property
    def is_of_call(self) -> bool:
        """`what` is a call's SID."""
        action = self.Action
        done = (action.LISTEN, action.WHISPER, action.SAY, action.TAKE_OVER, action.PLAY)
        return self.action in {*done, action.LABEL, action.CORRECT}

    @classmethod
    def note(
        cls, request: HttpRequest, action: AuditEvent.Action, what: object = "", **detail: Any
    ) -> AuditEvent:
        """Add what the person of this request did."""
        return cls.note_by(request.user, request, action, what, **detail)

    @classmethod
    def note_by(
        cls,
        who: AbstractBaseUser | AnonymousUser | str,
        request: HttpRequest,
        action: AuditEvent.Action,
        what: object = "",
        **detail: Any,
    ) -> AuditEvent:
        """Of somebody whom the request does not know, or of a name that somebody gave."""
        return cls.objects.create(
            who_id=None if isinstance(who, str) else who.pk,
            who_name=(who if isinstance(who, str) else who.get_username())[:150],
            address=get_client_ip(request),
            action=action,
            what=f"{what}"[:200],
            detail=detail,
        )


class Preferences(models.Model):
    """One person's settings for the pages."""

    class Theme(models.TextChoices):
        DEVICE = "device", _("as the device")
        LIGHT = "light", _("light")
        DARK = "dark", _("dark")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE)
    language = models.CharField(_("language"), max_length=2, default=settings.LANGUAGE_CODE)
    theme = models.CharField(_("theme"), max_length=6, choices=Theme, default=Theme.DEVICE)
    shortcuts = models.BooleanField(_("single-key shortcuts"), default=True)
    has_one_time_password = models.BooleanField(default=False)
    """Somebody else chose their password: they must choose another before anything else."""

    def __str__(self) -> str:
        return f"{self.user}'s preferences"


class OfferedPermission(models.Model):
    """A role's group was given this permission once: whoever takes it away is not overruled."""

    group = models.ForeignKey("auth.Group", models.CASCADE, related_name="+")
    permission = models.ForeignKey("auth.Permission", models.CASCADE, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("group", "permission"), name="offered_once"),
        )

    def __str__(self) -> str:
        return f"{self.group}: {self.permission}"
