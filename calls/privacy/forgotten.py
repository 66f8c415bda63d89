"""What has been forgotten of a call before the call itself: RETENTION_DAYS may keep it longer."""

from __future__ import annotations

from django.db import models


class Forgotten(models.Model):
    """A part of calls.models.Call. The column says that the time has come, not what there was."""

    audio_forgotten = models.BooleanField(default=False, db_default=False)
    words_forgotten = models.BooleanField(default=False, db_default=False)
    number_forgotten = models.BooleanField(default=False, db_default=False)

    class Meta:
        abstract = True
