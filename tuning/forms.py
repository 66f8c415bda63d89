"""The form that changes a profile: one field for each knob, made from its declaration.

tuning.turns.profile decides what is refused and what is only risky; this form attaches that to the
fields. Every knob has a field under either rule, so that none loses its value while the other rule
is tried; those that do nothing under the chosen rule are hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from django import forms
from django.forms.renderers import BaseRenderer
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tuning.turns.knob import RULES, Knob, Meaning, Text, Value
from tuning.turns.profile import GROUPS, KNOB, KNOBS, Problem, Profile, problems


def in_page_language(text: Text) -> str:
    return text.in_language(get_language() or "he")


class NumberInput(forms.NumberInput):
    """Django's own tag without its templates: for forty knobs they took half of a page's time."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        given = {"type": widget["type"], "name": name, "value": widget["value"]} | widget["attrs"]
        told = [
            format_html(" {}" if value is True else ' {}="{}"', name, value)
            for name, value in given.items()
            if value is not None and value is not False
        ]
        return format_html("<input{}>", mark_safe("".join(told)))


class RestoreForm(forms.Form):
    """Restores a revision. `based_on`: the newest revision that the operator saw."""

    based_on = forms.IntegerField()
    note = forms.CharField(max_length=200, required=False)


class ProfileForm(forms.Form):
    """All the knobs and a note. `published`: the values that the operator is changing."""

    based_on = forms.IntegerField(widget=forms.HiddenInput)
    version = forms.CharField(required=False)
    """The version of the draft that the window shows; "": there is no draft."""
    changed = forms.CharField(required=False)
    """The names of the knobs that the window has not saved yet, separated by spaces."""
    window = forms.CharField(required=False, max_length=20)
    note = forms.CharField(
        label=_("What changes, and why"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        published: Profile,
        based_on: int,
        draft: Mapping[str, Any] | None = None,
        is_trial: bool = False,
    ) -> None:
        """`draft`: the operator's saved changes. `is_trial`: nothing will be published, and no
        note is required."""
        initial = asdict(published) | (dict(draft) if draft else {}) | {"based_on": based_on}
        super().__init__(data, initial=initial)
        self.published = published
        self.fields["note"].required = not is_trial
        self.warnings: dict[str, list[str]] = {}
        chosen = (initial if data is None else data).get("endpointing")
        self.rule: str = chosen if chosen in RULES else published.endpointing
        for knob in KNOBS:
            field = self.fields[knob.name] = _field(knob, knob.under(self.rule))
            value = getattr(published, knob.name)
            told = f"{value}".lower() if isinstance(value, bool) else f"{value}"
            field.widget.attrs["data-published"] = told

    def groups(self) -> Iterator[tuple[str, list[tuple[Knob, forms.BoundField, bool]]]]:
        """The knobs in page order: a title; each knob with its field and whether it is hidden."""
        for name, title in GROUPS.items():
            knobs = [
                (knob, self[knob.name], self.is_hidden(knob))
                for knob in KNOBS
                if knob.group == name
            ]
            yield in_page_language(title), knobs

    def is_hidden(self, knob: Knob) -> bool:
        """It does nothing under the chosen rule. A value that is refused is never hidden."""
        return not knob.acts_under(self.rule) and knob.name not in self.errors

    def clean(self) -> dict[str, Any]:
        values = {name: self.cleaned_data[name] for name in asdict(Profile()) if self._has(name)}
        whole = asdict(self.published) | values
        for problem in problems(whole):
            self._attach(problem)
        return self.cleaned_data

    @property
    def knobs(self) -> Profile | None:
        """The values, whatever the note says; None: they are not valid."""
        if any(name in self.errors for name in asdict(Profile())):
            return None
        return Profile(**{name: self.cleaned_data[name] for name in asdict(Profile())})

    @property
    def shown(self) -> dict[str, Any]:
        """Each knob's value; an invalid one as it was typed."""
        return {
            knob.name: self.cleaned_data.get(knob.name, self.data.get(knob.name)) for knob in KNOBS
        }

    @property
    def valid(self) -> dict[str, Value]:
        """Each knob's value; the published one in the place of one that is not valid."""
        given: Mapping[str, Any] = self.cleaned_data if self.is_bound else self.initial
        return asdict(self.published) | {name: given[name] for name in KNOB if name in given}

    @property
    def changed_names(self) -> list[str]:
        return [name for name in f"{self.data.get('changed', '')}".split() if name in KNOB]

    def to_save(self) -> dict[str, Any]:
        """The valid changes made in this window."""
        return {
            name: self.cleaned_data[name] for name in self.changed_names if name not in self.errors
        }

    @property
    def unsaved(self) -> list[str]:
        """The invalid changes made in this window."""
        return [name for name in self.changed_names if name in self.errors]

    def wrong(self) -> list[tuple[str, list[forms.BoundField]]]:
        """(what has to change, the fields concerned); two values that conflict share one."""
        found: dict[str, list[forms.BoundField]] = {}
        for field in self:
            for error in field.errors:
                text = f"{error}".removeprefix(f"{field.label}: ")
                found.setdefault(text, []).append(field)
        return list(found.items())

    def _has(self, name: str) -> bool:
        return self.cleaned_data.get(name) is not None

    def _attach(self, problem: Problem) -> None:
        text = in_page_language(problem.text)
        for name in problem.knobs:
            if problem.is_error:
                self.add_error(name, text)
            else:
                self.warnings.setdefault(name, []).append(text)


def _field(knob: Knob, meaning: Meaning) -> forms.Field:
    label, help_text = in_page_language(meaning.label), in_page_language(meaning.help)
    described_by = {"aria-describedby": f"help_{knob.name} problems_{knob.name}"}
    if knob.is_switch:
        return forms.BooleanField(
            label=label,
            help_text=help_text,
            required=False,
            widget=forms.CheckboxInput(attrs=described_by),
        )
    if knob.choices:
        return forms.ChoiceField(
            label=label,
            help_text=help_text,
            choices=[(value, in_page_language(text)) for value, text in knob.choices.items()],
            widget=forms.Select(attrs=described_by),
        )
    low, high = knob.hard
    limits = {"min": low, "max": high, "step": knob.step, "inputmode": "numeric", "dir": "ltr"}
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        widget=NumberInput(attrs=limits | described_by),
    )
