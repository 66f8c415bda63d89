"""Whose call it is: a customer's, a visitor's by a shared link, or one of ours, from a browser or
placed for a test."""

from __future__ import annotations

from dataclasses import replace

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from calls.process.log import masked
from tuning.models import Revision
from tuning.turns.profile import Profile


class CallLine(models.Model):
    """A part of calls.models.Call."""

    class Via(models.TextChoices):
        TELEPHONE = "telephone", _("telephone")
        BROWSER = "browser", _("browser")
        LINK = "link", _("shared link")

    via = models.CharField(
        _("line"), max_length=10, choices=Via, default=Via.TELEPHONE, db_default=Via.TELEPHONE
    )
    """From a browser one of us talks, on the Talk page: `caller` is their name here. By a shared
    link it is the link's, for who called nobody knows."""
    talk_link = models.ForeignKey(
        "calls.TalkLink", models.SET_NULL, null=True, related_name="calls",
        verbose_name=_("shared link"),
    )  # fmt: skip
    longest_s = models.PositiveIntegerField(null=True)
    """What its link lets it last, however much longer its profile would."""
    caller = models.CharField(_("caller"), max_length=32, blank=True)
    called = models.CharField(_("called number"), max_length=32, blank=True)

    TEST_CALLER = "+15005550006"
    """A number for tests, which nobody can have: calls of calls/simulator/dashboard_call.py."""
    was_held = models.BooleanField(_("held by a person"), default=False, db_default=False)
    """A person spoke with the caller in the agent's place, for a while at least."""
    holds = models.JSONField(default=list)
    """Each time: who, from_ms and until_ms on the caller-audio clock (None: it has not ended),
    ended ("handed back", "lost", "call over"), and the note to the agent."""
    OF_CALLER = Q(via=Via.TELEPHONE) & ~Q(caller=TEST_CALLER)
    """`caller` is a customer's number."""
    REAL = OF_CALLER & Q(was_held=False)
    """A customer's call that was the agent's alone: only these enter figures, advice and trials
    unasked."""

    class Meta:
        abstract = True

    def knobs_of(self, revision: Revision) -> Profile:
        """Those that it runs on: its link may let it last less long."""
        knobs, longest_s = revision.values, self.longest_s
        if longest_s is None or longest_s >= knobs.max_call_s:
            return knobs
        return replace(knobs, max_call_s=longest_s)

    @property
    def is_test(self) -> bool:
        """Placed from the dashboard."""
        return self.caller == self.TEST_CALLER

    @property
    def is_from_browser(self) -> bool:
        """A page was the telephone: one of ours, or a shared link's."""
        return self.via != self.Via.TELEPHONE

    @property
    def is_by_link(self) -> bool:
        return self.via == self.Via.LINK

    @property
    def is_real(self) -> bool:
        """As REAL says."""
        return not (self.is_test or self.is_from_browser or self.was_held)

    @property
    def masked_caller(self) -> str:
        return self.caller if self.is_from_browser else masked(self.caller)
