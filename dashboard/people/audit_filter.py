"""The audit page's filters, read from its address, and where its next page starts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from dashboard.address import FIRST, LAST, after_place, place_of
from dashboard.models import AuditEvent

PAGE_EVENTS = 50
OUR_TIME = (MinValueValidator(FIRST.date()), MaxValueValidator(LAST.date()))


class Filter(forms.Form):
    who = forms.CharField(required=False, max_length=150)
    action = forms.ChoiceField(
        required=False, choices=[("", _("everything")), *AuditEvent.Action.choices]
    )
    since = forms.DateField(required=False, validators=OUR_TIME)
    until = forms.DateField(required=False, validators=OUR_TIME)

    def events(self) -> QuerySet[AuditEvent]:
        """Those that the valid fields let through; what is wrong is said beside its field."""
        asked = self.cleaned_data
        found = AuditEvent.objects.order_by("-at", "-pk")
        if who := asked.get("who"):
            found = found.filter(who_name=who)
        if action := asked.get("action"):
            found = found.filter(action=action)
        if since := asked.get("since"):
            found = found.filter(at__gte=_midnight(since))
        if until := asked.get("until"):
            found = found.filter(at__lt=_midnight(until + timedelta(days=1)))
        return found


def page(address: QueryDict) -> dict[str, Any]:
    form = Filter(address)
    form.is_valid()
    events = list(after_place(form.events(), "at", address.get("before", ""))[: PAGE_EVENTS + 1])
    rest = address.copy()
    rest.pop("before", None)
    more = ""
    if len(events) > PAGE_EVENTS:
        last = events[PAGE_EVENTS - 1]
        rest["before"] = place_of(last.at, last)
        more = rest.urlencode()
    is_filtered = any(address.get(name) for name in form.fields)
    return {
        "form": form,
        "events": with_calls(events[:PAGE_EVENTS]),
        "more": more,
        "is_filtered": is_filtered,
        "is_first_page": "before" not in address,
    }


def with_calls(events: Iterable[AuditEvent]) -> list[AuditEvent]:
    """Each with the call that it is about, as `call`: None if that is gone or it is about none."""
    found = list(events)
    sids = {event.what for event in found if event.is_of_call and event.what}
    calls = {call.call_sid: call for call in Call.objects.filter(call_sid__in=sids)} if sids else {}
    for event in found:
        event.call = calls.get(event.what)
    return found


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
