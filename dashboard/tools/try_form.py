"""The form of "Try it": a value for each of a tool's parameters, and for what a call fills in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from calls.http_tools import callers_code, parameters
from calls.http_tools.filling import Unfit
from calls.http_tools.http_tool import CALLER, RESERVED, HttpTool


class TryForm(forms.Form):
    """A value for each parameter, and for what the call would fill in."""

    def __init__(self, tool: HttpTool, data: Any = None) -> None:
        super().__init__(data, prefix="try")
        samples = parameters.sample(tool.schema)
        required = tool.schema.get("required", ())
        for name, each in tool.schema.get("properties", {}).items():
            self.fields[name] = _field_of(each, name, samples[name], name in required)
        self._asks = tool.asks_code
        if tool.uses_caller:
            self.fields[CALLER] = forms.RegexField(
                r"^\+[0-9]{5,15}\Z", label=CALLER, required=False, initial="+972501234567",
                widget=forms.TextInput({"dir": "ltr"}), help_text=_("The caller's number."),
            )  # fmt: skip
        if tool.asks_for_code:
            self.fields[callers_code.NAME] = forms.CharField(
                label=callers_code.NAME, help_text=_("What the caller says. It is not kept."),
                widget=forms.TextInput({"dir": "auto", "autocomplete": "off"}),
            )  # fmt: skip

    def clean_code(self) -> str:
        try:
            return callers_code.normal(self._asks, self.cleaned_data[callers_code.NAME])
        except Unfit:
            raise forms.ValidationError(_("Digits only, at most 12.")) from None

    def given(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in RESERVED and value not in ("", None)
        }

    def of_call(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in RESERVED if name in self.cleaned_data}


def _field_of(wanted: Mapping[str, Any], name: str, sample: Any, is_required: bool) -> forms.Field:
    shared: dict[str, Any] = {"label": name, "initial": sample, "required": is_required}
    shared["help_text"] = wanted.get("description", "")
    if wanted.get("enum"):
        coerce: Any = parameters.TYPES[wanted["type"]][0]
        choices = [(each, f"{each}") for each in wanted["enum"]]
        return forms.TypedChoiceField(choices=choices, coerce=coerce, **shared)
    match wanted["type"]:
        case "integer":
            return forms.IntegerField(**shared)
        case "number":
            return forms.FloatField(**shared)
        case "boolean":
            return forms.BooleanField(**shared | {"required": False})
    return forms.CharField(widget=forms.TextInput({"dir": "auto"}), **shared)
