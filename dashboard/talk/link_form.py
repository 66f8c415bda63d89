"""What a shared link may use, as whoever makes it writes it: in days and minutes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.telephony.browser.talk_link import MOST_DAYS, MOST_MINUTES_A_CALL, TalkLink


class LinkForm(forms.ModelForm):  # type: ignore[type-arg]
    days = forms.IntegerField(label=_("days"), initial=7, min_value=1, max_value=MOST_DAYS)
    minutes_a_call = forms.IntegerField(
        label=_("minutes a call"), initial=5, min_value=1, max_value=MOST_MINUTES_A_CALL
    )
    field_order = ("name", "number", "days", "most_calls", "minutes_a_call")

    class Meta:
        model = TalkLink
        fields = (
            *("name", "number", "most_calls", "most_minutes_a_day"),
            *("minute_price", "most_spend_a_day"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        number: Any = self.fields["number"]
        number.empty_label = _("the usual ones, of no number")

    def made_by(self, person: User) -> TalkLink:
        """The link, from now on."""
        link: TalkLink = self.save(commit=False)
        link.made_by = person
        link.expires_at = timezone.now() + timedelta(days=self.cleaned_data["days"])
        link.most_call_s = self.cleaned_data["minutes_a_call"] * 60
        link.save()
        return link
