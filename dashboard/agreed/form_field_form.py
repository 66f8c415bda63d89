"""A field of what is noted after a number's calls, and the form to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.agreed.form_field import FormField
from calls.telephony.phone_number import PhoneNumber

if TYPE_CHECKING:
    FieldModelForm = forms.ModelForm[FormField]  # generic for mypy only
else:
    FieldModelForm = forms.ModelForm

Kind = FormField.Kind
START: tuple[tuple[str, Promise, Kind, Promise, bool], ...] = (
    ("name", _("Name"), Kind.TEXT, _("The caller's name, as they say it."), True),
    (
        *("phone", _("Telephone"), Kind.PHONE),
        *(_("The number to call back, if the caller gives one."), True),
    ),
    ("reason", _("Reason"), Kind.TEXT, _("What the caller wants, in a few words."), False),
    (
        *("wanted_day", _("Wanted day"), Kind.DATE),
        *(_("The day that was agreed or, if none was, the one that the caller asked for."), False),
    ),
)
"""Name, label, kind, how to tell, and whether it is personal."""


class FormFieldForm(FieldModelForm):
    class Meta:
        model = FormField
        fields = ("label", "name", "kind", "choices", "how_to_tell", "is_personal")
        widgets: ClassVar = {
            "label": forms.TextInput(attrs={"dir": "auto"}),
            "name": forms.TextInput(attrs={"dir": "ltr", "spellcheck": "false"}),
            "choices": forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
            "how_to_tell": forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        }

    def __init__(self, data: Any, *, instance: FormField) -> None:
        super().__init__(data, instance=instance)
        for name, field in self.fields.items():
            field.widget.attrs["aria-describedby"] = f"help_{name} problems_{name}"

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = FormField.objects.filter(number=self.instance.number_id, name=name)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("The form has a field of this key: choose another."))
        return name


def start(number: PhoneNumber) -> list[FormField]:
    """The fields to begin with, in the operator's language."""
    return FormField.objects.bulk_create(
        FormField(
            number=number, name=name, label=f"{label}", kind=kind,
            how_to_tell=f"{how_to_tell}", is_personal=is_personal, position=position,
        )
        for position, (name, label, kind, how_to_tell, is_personal) in enumerate(START)
    )  # fmt: skip
