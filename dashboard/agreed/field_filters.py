"""Filters of calls by the fields of a number's form.

Rule: a personal field is no filter: whoever may not see it could find it out by trying. Nor, for
who may not see personal data, is any field into which something free is written: a value that the
pages hide could be found out a digit at a time.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext_lazy as _

from calls.agreed.form_field import FormField
from calls.agreed.values import LONGEST_TEXT
from calls.models import Agreed
from dashboard.agreed.kind_fields import as_kept, field_of

PREFIX = "field_"
BY_PART = (FormField.Kind.TEXT, FormField.Kind.PHONE)
NOTHING_FREE = (FormField.Kind.YES_NO, FormField.Kind.CHOICE)
HAS_FOLLOW_UPS = Q(Exists(Agreed.objects.filter(call=OuterRef("pk")).exclude(follow_ups=[])))


class PartField(forms.CharField):
    """Finds what has these words in it; all others find the whole value."""


def of_number(number: int | None, *, sees_personal: bool) -> dict[str, forms.Field]:
    """By the names that an address has for them; None: of no number."""
    if number is None:
        return {}
    fields = FormField.objects.filter(number=number, is_personal=False)
    if not sees_personal:
        fields = fields.filter(kind__in=NOTHING_FREE)
    return {PREFIX + each.name: _filter_of(each) for each in fields}


def _filter_of(field: FormField) -> forms.Field:
    if field.kind in BY_PART:
        return PartField(label=field.label, required=False, max_length=LONGEST_TEXT)
    return field_of(field.kind, field.choice_lines, label=field.label, empty=_("any"))


def has_value(name: str, field: forms.Field, value: Any) -> Q:
    """name, field: of `of_number`; value: as the field has cleaned it."""
    kept = KeyTransform(name.removeprefix(PREFIX), "values")
    found = Agreed.objects.filter(call=OuterRef("pk")).annotate(kept=kept)
    lookup = "kept__icontains" if isinstance(field, PartField) else "kept"
    return Q(Exists(found.filter(**{lookup: as_kept(value)})))
