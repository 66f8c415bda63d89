"""The filter of a list or an export of calls, read from its address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, localtime, make_aware
from django.utils.translation import gettext_lazy as _

from calls.models import Agreed, Call, TalkLink, Turn
from calls.records.transcript_search import SHORTEST, calls_that_said
from calls.telephony.phone_number import PhoneNumber
from dashboard.address import is_of_our_time, key_in
from dashboard.agreed import field_filters
from dashboard.people.personal import shown_words
from tuning.models import Revision, TimingProfile, Trial

LONGEST_WAIT_MS = 600_000
UNJUDGED = "unjudged"
"""Written, and without an outcome."""


class MomentInput(forms.DateTimeInput):
    """Shows a link's time in the pages' time zone, and a whole day as its first or last moment."""

    def __init__(self, of_a_day: time) -> None:
        super().__init__(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        self._of_a_day = of_a_day

    def format_value(self, value: Any) -> str | None:
        try:
            given = parse_datetime(value) if isinstance(value, str) else None
        except ValueError:  # well formed, and no such day
            return None
        if given and _is_day(value):
            given = datetime.combine(given, self._of_a_day)
        if given and not is_naive(given) and is_of_our_time(given):
            given = localtime(given)
        return super().format_value(given or value)


class MomentField(forms.DateTimeField):
    """A date, a date with a time, or ISO 8601 with an offset (links of charts)."""

    def to_python(self, value: Any) -> datetime | None:
        try:
            given = parse_datetime(value) if isinstance(value, str) else None
            if given and is_naive(given):
                given = make_aware(given)
        except (ValueError, OverflowError):
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        found: datetime | None = given or super().to_python(value)
        if found and not is_of_our_time(found):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found


class CallFilter(forms.Form):
    since = MomentField(label=_("From"), required=False, widget=MomentInput(time.min))
    until = MomentField(label=_("Until"), required=False, widget=MomentInput(time(23, 59)))
    number = forms.ModelChoiceField(
        PhoneNumber.objects.all(), label=_("Number"), required=False, empty_label=_("any")
    )
    via = forms.ChoiceField(
        label=_("Line"), required=False, choices=[("", _("any")), *Call.Via.choices]
    )
    link = forms.ModelChoiceField(
        TalkLink.objects.all(), label=_("Shared link"), required=False, empty_label=_("any")
    )
    profile = forms.ModelChoiceField(
        TimingProfile.objects.all(), label=_("Profile"), required=False, empty_label=_("any")
    )
    revision = forms.IntegerField(label=_("Revision"), required=False, min_value=1)
    trial = forms.ModelChoiceField(
        Trial.objects.all(), label=_("Trial"), required=False, empty_label=_("any")
    )
    side = forms.ChoiceField(
        label=_("Side of the trial"), required=False,
        choices=[("", _("any")), ("live", _("live side")), ("candidate", _("candidate side"))],
    )  # fmt: skip
    ended = forms.ChoiceField(label=_("How it ended"), required=False)
    outcome = forms.ChoiceField(
        label=_("What was agreed"), required=False,
        choices=[("", _("any")), *Agreed.Outcome.choices, (UNJUDGED, _("not judged"))],
    )  # fmt: skip
    slowest_over = forms.IntegerField(
        label=_("Slowest response over, ms"), required=False,
        min_value=0, max_value=LONGEST_WAIT_MS,
    )  # fmt: skip
    after = forms.ChoiceField(
        label=_("Utterance"), required=False,
        choices=[("", _("any")), ("short", _("short")), ("long", _("long"))],
    )  # fmt: skip
    text = forms.CharField(
        label=_("Words in the transcript"), required=False, min_length=SHORTEST, max_length=60
    )
    cut_ins = forms.BooleanField(label=_("Has a cut-in"), required=False)
    dropped = forms.BooleanField(label=_("Has a dropped short answer"), required=False)
    asked = forms.BooleanField(label=_("Asked for a person"), required=False)
    held = forms.BooleanField(label=_("A person stepped in"), required=False)
    follow_ups = forms.BooleanField(label=_("Something is left to do"), required=False)
    real = forms.BooleanField(label=_("Customers' calls only"), required=False)

    def __init__(self, data: Mapping[str, Any], *, sees_personal: bool = False) -> None:
        """sees_personal: words are looked for in what callers said, not in what is left of it
        where personal data is hidden."""
        super().__init__(data)
        self._sees_personal = sees_personal
        ended: Any = self.fields["ended"]
        ended.choices = [("", _("any")), *Call.Ended.choices]
        self._of_the_number = field_filters.of_number(
            key_in(data.get("number") or ""), sees_personal=sees_personal
        )
        self.fields |= self._of_the_number
        for name, field in self.fields.items():
            field.widget.attrs["aria-describedby"] = f"problems_{name}"

    @classmethod
    def of_query(cls, query: str, *, sees_personal: bool = False) -> CallFilter:
        """As an address says it, after its "?"."""
        return cls(QueryDict(query), sees_personal=sees_personal)

    def shown(self, words: str) -> str:
        """What whoever filters is shown of what was said."""
        return shown_words(words, sees=self._sees_personal)

    def of_every_number(self) -> list[forms.BoundField]:
        return [each for each in self if each.name not in self._of_the_number]

    def of_the_number(self) -> list[forms.BoundField]:
        """By the fields of its form."""
        return [self[name] for name in self._of_the_number]

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", _("This is before the beginning."))
        revision, profile = self.cleaned_data.get("revision"), self.cleaned_data.get("profile")
        if revision and profile is None and "profile" not in self.errors:
            self.add_error("revision", _("To filter by revision, choose its profile as well."))
        if self.cleaned_data.get("side") and not self.data.get("trial"):
            self.add_error("side", _("To filter by side, choose the trial as well."))
        return self.cleaned_data

    @property
    def is_used(self) -> bool:
        return any(self.data.get(name) for name in self.fields)

    @property
    def chosen(self) -> dict[str, str]:
        """What the address says, without what is empty."""
        return {name: self.data[name] for name in self.fields if self.data.get(name)}

    def in_words(self) -> list[tuple[str, str]]:
        """Each filter that is used: what it is called, and its value; "" for one that is a yes."""
        if not self.is_valid():
            return []
        return [
            (f"{self.fields[name].label}", self._value_in_words(name, raw))
            for name, raw in self.chosen.items()
        ]

    def _value_in_words(self, name: str, raw: str) -> str:
        field, value = self.fields[name], self.cleaned_data[name]
        if isinstance(field, forms.BooleanField):
            return ""
        if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
            names: Any = field.choices
            return f"{dict(names).get(raw, raw)}"
        if isinstance(value, datetime):
            return f"{localtime(value):%d/%m/%Y %H:%M}"
        return f"{value}"

    def found(self) -> QuerySet[Call]:
        """Ended calls, newest first. A filter that makes no sense finds none."""
        calls = Call.objects.filter(ended_at__isnull=False).order_by("-rang_at", "-pk")
        if not self.is_valid():
            return calls.none()
        return calls.filter(*self._conditions())

    def _conditions(self) -> Iterator[Q]:
        given = self.cleaned_data
        if since := given["since"]:
            yield Q(rang_at__gte=since)
        if until := given["until"]:
            yield Q(rang_at__lt=until + self._to_its_end(until))
        if given["number"]:
            yield Q(number=given["number"])
        if given["via"]:
            yield Q(via=given["via"])
        if given["link"]:
            yield Q(talk_link=given["link"])
        if given["profile"]:
            yield Q(profile=given["profile"])
        if given["revision"]:
            found = Revision.objects.filter(profile=given["profile"], number=given["revision"])
            yield Q(revision__in=list(found))
        if given["trial"]:
            yield Q(trial=given["trial"])
        if given["side"]:
            yield Q(runs_candidate=given["side"] == "candidate")
        if given["ended"]:
            yield Q(ended_why=given["ended"])
        if given["slowest_over"] is not None:
            yield Q(slowest_ms__gte=given["slowest_over"])
        if given["cut_ins"]:
            yield Q(cut_ins__gt=0)
        if given["dropped"]:
            yield Q(dropped_short__gt=0)
        if given["asked"]:
            yield Call.ASKED
        if given["held"]:
            yield Q(was_held=True)
        if given["outcome"] == UNJUDGED:
            yield Q(agreed__outcome="", agreed__written_at__isnull=False)
        elif given["outcome"]:
            yield Q(agreed__outcome=given["outcome"])
        if given["follow_ups"]:
            yield field_filters.HAS_FOLLOW_UPS
        for name in self._of_the_number:
            if given[name] not in (None, ""):
                yield field_filters.has_value(name, self.fields[name], given[name])
        if given["real"]:
            yield Call.REAL
        if given["after"]:
            yield Q(Exists(self._turns(is_short=given["after"] == "short")))
        if given["text"]:
            hides = None if self._sees_personal else self.shown
            yield Q(pk__in=calls_that_said(given["text"], hides))

    def _turns(self, *, is_short: bool) -> QuerySet[Turn]:
        """A call's turns of one class that are as slow, and cut in on, as is wished."""
        found = Turn.objects.filter(Turn.AGENTS, call=OuterRef("pk"), is_short=is_short)
        if (over_ms := self.cleaned_data["slowest_over"]) is not None:
            found = found.filter(first_audio_ms__gte=F("speech_ended_ms") + over_ms)
        return found.filter(Turn.CUT_INS) if self.cleaned_data["cut_ins"] else found

    def _to_its_end(self, until: datetime) -> timedelta:
        """A day without a time is meant whole, and so is a minute without seconds."""
        given = str(self.data.get("until", ""))
        if _is_day(given):
            return timedelta(days=1)
        return timedelta(minutes=len(given) == len("2026-11-23T23:59"))


def _is_day(given: str) -> bool:
    return len(given) == len("2026-11-23")
