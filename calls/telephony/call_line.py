"""Whose call it is: a customer's, or one of ours, from a browser or placed for a test."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from calls.process.log import masked


class CallLine(models.Model):
    """A part of calls.models.Call."""

    class Via(models.TextChoices):
        TELEPHONE = "telephone", _("telephone")
        BROWSER = "browser", _("browser")

    via = models.CharField(
        _("line"), max_length=10, choices=Via, default=Via.TELEPHONE, db_default=Via.TELEPHONE
    )
    """From a browser one of us talks, on the Talk page: `caller` is their name here."""
    caller = models.CharField(_("caller"), max_length=32, blank=True)
    called = models.CharField(_("called number"), max_length=32, blank=True)

    TEST_CALLER = "+15005550006"
    """A number for tests, which nobody can have: calls of calls/simulator/dashboard_call.py."""
    was_held = models.BooleanField(_("held by a person"), default=False, db_default=False)
    """A person spoke with the caller in the agent's place, for a while at least."""
    holds = models.JSONField(default=list)
    """Each time: who, from_ms and until_ms on the caller-audio clock (None: it has not ended),
    ended ("handed back", "lost", "call over"), and the note to the agent."""
    REAL = Q(via=Via.TELEPHONE, was_held=False) & ~Q(caller=TEST_CALLER)
    """A customer's call that was the agent's alone: only these enter figures, advice and trials
    unasked."""

    class Meta:
        abstract = True

    @property
    def is_test(self) -> bool:
        """Placed from the dashboard."""
        return self.caller == self.TEST_CALLER

    @property
    def is_from_browser(self) -> bool:
        return self.via == self.Via.BROWSER

    @property
    def is_real(self) -> bool:
        """As REAL says."""
        return not (self.is_test or self.is_from_browser or self.was_held)

    @property
    def masked_caller(self) -> str:
        return self.caller if self.is_from_browser else masked(self.caller)
