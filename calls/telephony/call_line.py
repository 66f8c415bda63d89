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
    REAL = Q(via=Via.TELEPHONE) & ~Q(caller=TEST_CALLER)
    """A customer's call: only these enter figures, advice and trials unasked."""

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
        return not (self.is_test or self.is_from_browser)

    @property
    def masked_caller(self) -> str:
        return self.caller if self.is_from_browser else masked(self.caller)
