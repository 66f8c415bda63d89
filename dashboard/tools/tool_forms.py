"""A tool's form: what it is, its parameters row by row or as a schema, and its headers.

Rule: a header's value goes in and never comes out: the page shows whether there is one, and whether
a key still opens it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.forms import formset_factory
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.http_tools import field_keys, parameters
from calls.http_tools.http_tool import MOST_HEADERS, RESERVED, HttpTool, header_problem

if TYPE_CHECKING:
    ToolModelForm = forms.ModelForm[HttpTool]  # generic for mypy only
else:
    ToolModelForm = forms.ModelForm

SECTIONS: tuple[tuple[str, Promise, tuple[str, ...]], ...] = (
    ("what", _("Name and purpose"), ("name", "description", "is_on")),
    ("request", _("What is asked"), ("method", "address", "body")),
    ("answer", _("What the model gets"), ("paths",)),
    ("name", _("Who calls"), ("name_path", "asks_code")),
    ("care", _("When it may be asked"), ("reads_only", "may_repeat", "deadline_s")),
    ("said", _("What callers hear meanwhile"), ("says_late", "says_long", "says_failed")),
)
TYPE_LABELS = {
    "string": _("text"),
    "integer": _("whole number"),
    "number": _("number"),
    "boolean": _("yes or no"),
}
KNOWN = {"type", "description", "enum"}
"""What a row can say of a parameter."""


class ToolForm(ToolModelForm):
    uses_schema = forms.BooleanField(
        label=_("Write the JSON Schema yourself"), required=False,
        help_text=_("Then the rows above are left aside."),
    )  # fmt: skip
    schema_text = forms.CharField(
        label=_("JSON Schema"), required=False,
        widget=forms.Textarea(attrs={"rows": 8, "dir": "ltr", "spellcheck": "false"}),
    )  # fmt: skip

    class Meta:
        model = HttpTool
        fields = tuple(name for _key, _title, names in SECTIONS for name in names)
        widgets: ClassVar = {
            "name": forms.TextInput(attrs={"dir": "ltr"}),
            "address": forms.TextInput(attrs={"dir": "ltr"}),
            "description": forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
            "body": forms.Textarea(attrs={"rows": 4, "dir": "ltr", "spellcheck": "false"}),
            "name_path": forms.TextInput(attrs={"dir": "ltr", "spellcheck": "false"}),
            "paths": forms.Textarea(attrs={"rows": 3, "dir": "ltr", "spellcheck": "false"}),
            **dict.fromkeys(
                ("says_late", "says_long", "says_failed"), forms.TextInput(attrs={"dir": "auto"})
            ),
        }

    def __init__(self, data: Any, *, instance: HttpTool) -> None:
        shown = json.dumps(instance.schema, ensure_ascii=False, indent=2)
        initial = {"schema_text": shown, "uses_schema": not are_rows(instance.schema)}
        super().__init__(data, instance=instance, initial=initial)
        for name, field in self.fields.items():
            field.widget.attrs["aria-describedby"] = f"help_{name} problems_{name}"

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = HttpTool.objects.filter(number=self.instance.number_id).exclude(
            pk=self.instance.pk
        )
        if others.filter(name=name).exists():
            raise forms.ValidationError(_("The number has a tool of this name: choose another."))
        return name

    def clean_schema_text(self) -> Any:
        """The schema, where it is written by hand."""
        if not self.cleaned_data.get("uses_schema"):
            return None
        try:
            schema = json.loads(self.cleaned_data["schema_text"])
        except ValueError:
            raise forms.ValidationError(_("This is no JSON.")) from None
        self.instance.schema = schema
        return schema

    def add_error(self, field: str | None, error: Any) -> None:
        """What is wrong with the schema is said where it is written."""
        if field is None and hasattr(error, "error_dict") and "schema" in error.error_dict:
            error.error_dict["schema_text"] = error.error_dict.pop("schema")
        super().add_error(field, error)

    def sections(self) -> list[tuple[str, Promise, list[forms.BoundField]]]:
        return [(key, title, [self[name] for name in names]) for key, title, names in SECTIONS]


class ParameterForm(forms.Form):
    name = forms.RegexField(
        parameters.NAME, label=_("name"), max_length=40, widget=forms.TextInput({"dir": "ltr"}),
        error_messages={"invalid": _("Use Latin letters, digits and _.")},
    )  # fmt: skip
    type = forms.ChoiceField(label=_("kind"), choices=[*TYPE_LABELS.items()], initial="string")
    description = forms.CharField(
        label=_("what it is"), max_length=300, required=False,
        widget=forms.TextInput({"dir": "auto"}),
    )  # fmt: skip
    choices = forms.CharField(
        label=_("only these, by commas"), max_length=500, required=False,
        widget=forms.TextInput({"dir": "auto"}),
    )  # fmt: skip
    may_miss = forms.BooleanField(label=_("may be left out"), required=False)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name in RESERVED:
            raise forms.ValidationError(_("The call fills this in: choose another name."))
        return name

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        kind, texts = given.get("type"), given.get("choices", "")
        try:
            self.made = [_typed(each.strip(), kind) for each in texts.split(",") if each.strip()]
        except ValueError:
            self.add_error("choices", _("These are not of this kind."))
        return given

    def property(self) -> dict[str, Any]:
        given = self.cleaned_data
        made = {"type": given["type"]}
        if given["description"]:
            made["description"] = given["description"]
        return made | ({"enum": self.made} if self.made else {})


def _typed(text: str, kind: str | None) -> Any:
    match kind:
        case "integer":
            return int(text)
        case "number":
            return float(text)
        case "boolean":
            raise ValueError(text)
    return text


if TYPE_CHECKING:
    BaseParameters = forms.BaseFormSet[ParameterForm]
    BaseHeaders = forms.BaseFormSet["HeaderForm"]
else:
    BaseParameters = BaseHeaders = forms.BaseFormSet


class Parameters(BaseParameters):
    def __init__(self, data: Any, *, schema: Mapping[str, Any]) -> None:
        super().__init__(data, prefix="parameters", initial=list(_rows(schema)))

    def clean(self) -> None:
        if not any(self.errors) and len(names := self._names()) != len(set(names)):
            raise forms.ValidationError(_("Each parameter has a name of its own."))

    def _forms(self) -> list[ParameterForm]:
        return [
            form
            for form in self.forms
            if form not in self.deleted_forms and form.cleaned_data.get("name")
        ]

    def _names(self) -> list[str]:
        return [form.cleaned_data["name"] for form in self._forms()]

    def schema(self) -> dict[str, Any]:
        rows = self._forms()
        needed = [form.cleaned_data["name"] for form in rows if not form.cleaned_data["may_miss"]]
        properties = {form.cleaned_data["name"]: form.property() for form in rows}
        return parameters.NO_PARAMETERS | {"properties": properties, "required": needed}


def are_rows(schema: Any) -> bool:
    """Whether the rows can say all of it."""
    if list(parameters.problems_of(schema)) or schema.get("additionalProperties", True):
        return False
    return all(each.keys() <= KNOWN for each in schema.get("properties", {}).values())


def _rows(schema: Any) -> list[dict[str, Any]]:
    if not are_rows(schema):
        return []
    return [
        {
            "name": name,
            "type": each["type"],
            "description": each.get("description", ""),
            "choices": ", ".join(map(str, each.get("enum", ()))),
            "may_miss": name not in schema["required"],
        }
        for name, each in schema["properties"].items()
    ]


ParameterFormSet: Any = formset_factory(
    ParameterForm, formset=Parameters, extra=1, can_delete=True, max_num=parameters.MOST
)


class HeaderForm(forms.Form):
    name = forms.CharField(label=_("header"), max_length=60, widget=forms.TextInput({"dir": "ltr"}))
    value = forms.CharField(
        label=_("value"), max_length=2000, required=False,
        widget=forms.PasswordInput({"dir": "ltr", "autocomplete": "new-password"}),
    )  # fmt: skip

    def __init__(self, *args: Any, kept: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept = kept
        token = kept.get(self.initial.get("name", ""))
        if token is not None:
            is_readable = field_keys.is_readable(token)
            words = _("kept; empty: stays") if is_readable else _("unreadable: write it again")
            self.fields["value"].label = _("value (%(state)s)") % {"state": words}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        name, value = given.get("name", ""), given.get("value", "")
        if name and not value and name not in self._kept:
            self.add_error("value", _("Write its value."))
        elif name and (problem := header_problem(name, value)):
            self.add_error("value" if value else "name", problem)
        return given


class Headers(BaseHeaders):
    def __init__(self, data: Any, *, kept: Mapping[str, str]) -> None:
        self._kept = kept
        super().__init__(
            data, prefix="headers", initial=[{"name": name} for name in kept],
            form_kwargs={"kept": kept},
        )  # fmt: skip

    def sealed(self) -> dict[str, str]:
        """Those that were kept, and those that were written now."""
        given = {
            form.cleaned_data["name"]: form.cleaned_data["value"]
            for form in self.forms
            if form not in self.deleted_forms and form.cleaned_data.get("name")
        }
        return {
            name: field_keys.sealed(value) if value else self._kept[name]
            for name, value in given.items()
        }


HeaderFormSet: Any = formset_factory(
    HeaderForm, formset=Headers, extra=1, can_delete=True, max_num=MOST_HEADERS
)
