"""A field of what is noted after a number's calls, and the form to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from calls.agreed.form_field import FormField
from calls.telephony.phone_number import PhoneNumber

if TYPE_CHECKING:
    FieldModelForm = forms.ModelForm[FormField]  # generic for mypy only
else:
    FieldModelForm = forms.ModelForm

Kind = FormField.Kind
START = {
    "name": (Kind.TEXT, True),
    "phone": (Kind.PHONE, True),
    "reason": (Kind.TEXT, False),
    "wanted_day": (Kind.DATE, False),
}
"""By key: kind, and whether it is personal."""


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
    """The fields to begin with, not saved: in the language of the calls, for a model reads them."""
    texts = number.language.instructions.after_call.first_fields
    return [
        FormField(
            number=number, name=name, label=label, kind=START[name][0],
            how_to_tell=how_to_tell, is_personal=START[name][1], position=position,
        )
        for position, (name, (label, how_to_tell)) in enumerate(texts.items())
    ]  # fmt: skip
