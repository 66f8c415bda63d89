"""A call's journal as the database keeps it."""

from __future__ import annotations

import gzip

from django.db import models


class JournalPart(models.Model):
    """A stretch of a call's journal: gzipped lines of JSON, appended once a turn."""

    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="journal_parts")
    number = models.PositiveIntegerField()
    """Of the first of its lines (calls.records.record_line),"""
    last = models.PositiveIntegerField()
    """and of the last."""
    lines = models.BinaryField()

    class Meta:
        ordering = ("call", "number")
        constraints = (models.UniqueConstraint(fields=("call", "number"), name="part_number"),)

    def __str__(self) -> str:
        return f"{self.call} journal {self.number}"

    @property
    def text(self) -> str:
        return gzip.decompress(self.lines).decode()
