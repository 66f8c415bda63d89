"""What the carrier has reported of a call."""

from __future__ import annotations

from django.db import models

STREAM_ERROR_CHARACTERS = 300


class CarrierReport(models.Model):
    """A part of calls.models.Call."""

    twilio_status = models.CharField(max_length=20, blank=True)
    """What the carrier calls the state of the call; its reports bring it."""
    completed_at = models.DateTimeField(null=True)
    """When the carrier reported that the call is over."""
    twilio_sequence = models.PositiveIntegerField(null=True)
    """Of the report that brought it."""
    stream_error = models.CharField(max_length=STREAM_ERROR_CHARACTERS, blank=True)
    """In the carrier's words."""

    class Meta:
        abstract = True
