"""When a number is open: its hours of each weekday, and the days on which it is closed."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.telephony import opening_hours
from calls.telephony.phone_number import ltr


class OpeningHours(models.Model):
    class Weekday(models.IntegerChoices):
        SUNDAY = 0, _("Sunday")
        MONDAY = 1, _("Monday")
        TUESDAY = 2, _("Tuesday")
        WEDNESDAY = 3, _("Wednesday")
        THURSDAY = 4, _("Thursday")
        FRIDAY = 5, _("Friday")
        SATURDAY = 6, _("Saturday")

    number = models.ForeignKey("calls.PhoneNumber", models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"), help_text=_("Not after the opening: on the next day."))

    class Meta:
        ordering = ("weekday", "opens")
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours (none at all: always open)")

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {ltr(f'{self.opens:%H:%M}–{self.closes:%H:%M}')}"

    @property
    def span(self) -> opening_hours.OpenSpan:
        return opening_hours.OpenSpan(self.weekday, self.opens, self.closes)

    @staticmethod
    def overlap(hours: Sequence[OpeningHours]) -> tuple[int, ValidationError] | None:
        """Which of them, by its place, overlaps one before it, and what to say about it."""
        found = opening_hours.overlapping([each.span for each in hours])
        if found is None:
            return None
        first, second = found
        return second, ValidationError(
            _("%(hours)s overlaps %(other)s: change one of them."),
            params={"hours": f"{hours[second]}", "other": f"{hours[first]}"},
        )


class ClosedDay(models.Model):
    number = models.ForeignKey("calls.PhoneNumber", models.CASCADE, related_name="closed_days")
    date = models.DateField(_("date"))
    reason = models.CharField(_("reason"), max_length=60, blank=True)

    class Meta:
        ordering = ("date",)
        verbose_name = _("closed day")
        verbose_name_plural = _("closed days")
        constraints = (models.UniqueConstraint(fields=("number", "date"), name="closed_day_once"),)

    def __str__(self) -> str:
        return f"{self.date:%d.%m.%Y}"
