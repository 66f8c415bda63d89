"""A phone number's form: what its callers hear, when, and on which profile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.forms import inlineformset_factory
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from calls.simulator import utterances
from calls.telephony.e164 import TelephoneField
from calls.telephony.number_hours import ClosedDay
from calls.telephony.phone_number import PhoneNumber
from dashboard.people.personal import shown_words

if TYPE_CHECKING:
    NumberModelForm = forms.ModelForm[PhoneNumber]  # generic for mypy only
else:
    NumberModelForm = forms.ModelForm

SECTIONS: tuple[tuple[str, Promise, tuple[str, ...]], ...] = (
    ("line", _("The line"), ("number", "name", "profile")),
    (
        "says",
        _("What it says"),
        (
            *("greeting", "business", "openers", "voice", "records"),
            *("person_notice", "person_wait_s", "tells_last_call"),
        ),
    ),
    ("hears", _("What it hears and how it pronounces words"), ("hints", "pronunciations")),
    (
        "closed",
        _("Outside opening hours"),
        ("when_closed", "closed_text", "forward_to", "keeps_holidays"),
    ),
)
LEFT_TO_RIGHT = ("number", "forward_to", "voice")
RECORDED_CHOICES = 10
LONGEST_WORDS = 60


class NumberForm(NumberModelForm):
    class Meta:
        model = PhoneNumber
        fields = tuple(name for _key, _title, names in SECTIONS for name in names)
        field_classes: ClassVar = {"number": TelephoneField, "forward_to": TelephoneField}
        help_texts: ClassVar = {
            "greeting": _(
                "What a caller hears first. Empty: the usual one. {time} and {caller} are filled "
                "in when the call comes: the time, and the caller's number."
            ),
            "business": _(
                "What the agent should know about the business, and do for it. {time} and {caller} "
                "are filled in when the call comes."
            ),
        }
        widgets: ClassVar = {
            **dict.fromkeys(LEFT_TO_RIGHT, forms.TextInput(attrs={"dir": "ltr"})),
            **{
                name: forms.Textarea(attrs={"rows": rows, "dir": "auto"})
                for name, rows in (
                    ("greeting", 2), ("business", 6), ("openers", 4), ("hints", 4),
                    ("pronunciations", 4), ("closed_text", 2), ("person_notice", 2),
                )
            },
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["aria-describedby"] = f"help_{name} problems_{name}"

    def sections(self) -> Iterator[tuple[str, Promise, list[forms.BoundField]]]:
        """(key, title, fields) as they stand on the page."""
        for key, title, names in SECTIONS:
            yield key, title, [self[name] for name in names]


class DateInput(forms.DateInput):
    input_type = "date"


ClosedDaysFormSet: Any = inlineformset_factory(
    PhoneNumber, ClosedDay, fields=("date", "reason"), extra=1,
    widgets={"date": DateInput(format="%Y-%m-%d")},
)  # fmt: skip


class TestCallForm(forms.Form):
    """What the caller says: a prepared conversation, or a recorded caller's words."""

    said = forms.ChoiceField(label=_("What the caller says"))

    def __init__(self, data: Any = None, *, sees_personal: bool) -> None:
        super().__init__(data)
        numbers = list(PhoneNumber.objects.filter(records=True))  # few: calls are found by index
        recorded = Call.objects.filter(ended_at__isnull=False, number__in=numbers)
        recorded = recorded.exclude(caller=Call.TEST_CALLER)  # prepared: they are there already
        calls = recorded.order_by("-rang_at", "-pk")[:RECORDED_CHOICES]
        said: Any = self.fields["said"]
        said.choices = [
            (
                _("Prepared conversations"),
                [(name, utterances.beginning(name)) for name in utterances.conversations()],
            ),
            (
                _("Recorded callers"),
                [(f"{call.pk}", _caller_of(call, sees_personal=sees_personal)) for call in calls],
            ),
        ]


def _caller_of(call: Call, *, sees_personal: bool) -> str:
    """When they called, who they are, and with what they began."""
    said = call.turns.exclude(said="").values_list("said", flat=True).first() or ""
    words = Truncator(shown_words(said, sees=sees_personal)).chars(LONGEST_WORDS)
    at = f"{localtime(call.rang_at):%d/%m %H:%M:%S}"
    return " · ".join(part for part in (at, call.masked_caller, words) if part)
