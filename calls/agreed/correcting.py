"""A person corrects what was agreed.

Rule: what changed is returned for the audit, which outlives the call: so neither personal values
nor free words about the caller (summary, follow-ups) are in it, but only that they changed; of all
other values what is left where personal data is hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.agreed.agreed import Agreed
from calls.agreed.values import (
    LONGEST_FOLLOW_UP,
    LONGEST_SUMMARY,
    MOST_FOLLOW_UPS,
    Unfit,
    fitting,
    one_line,
)
from calls.language.language import spoken
from calls.privacy.known import HIDDEN, without
from calls.privacy.redaction import redacted

Changes = dict[str, tuple[Any, Any]]
"""Before and after: by "summary", "outcome", "follow_ups" and "values.NAME"."""


@transaction.atomic
def correct(
    agreed: Agreed,
    user_name: str,
    summary: str | None = None,
    outcome: str | None = None,
    values: Mapping[str, Any] | None = None,
    follow_ups: Sequence[str] | None = None,
) -> Changes:
    """None: as it is. values: those given are set, None clears one. Without any change nothing is
    saved. Raises ValidationError, by the same names as the changes have, and
    Agreed.DoesNotExist: forgotten meanwhile."""
    kept = Agreed.objects.select_for_update().get(pk=agreed.pk)
    form = form_of(kept)
    new = {
        "summary": kept.summary if summary is None else one_line(summary),
        "outcome": kept.outcome if outcome is None else outcome,
        "follow_ups": kept.follow_ups
        if follow_ups is None
        else [line for each in follow_ups if (line := one_line(each))],
    }
    problems = dict[str, Any]()
    if len(new["summary"]) > LONGEST_SUMMARY:
        problems["summary"] = ValidationError(
            _("At most %(most)d characters."), params={"most": LONGEST_SUMMARY}
        )
    if new["outcome"] not in Agreed.Outcome.values:
        problems["outcome"] = _("Choose what came of the call.")
    if len(new["follow_ups"]) > MOST_FOLLOW_UPS:
        problems["follow_ups"] = ValidationError(
            _("At most %(most)d lines."), params={"most": MOST_FOLLOW_UPS}
        )
    elif any(len(line) > LONGEST_FOLLOW_UP for line in new["follow_ups"]):
        problems["follow_ups"] = ValidationError(
            _("A line has at most %(most)d characters."), params={"most": LONGEST_FOLLOW_UP}
        )
    filled = dict(kept.values)
    fields = {field["name"]: field for field in form}
    for name, value in (values or {}).items():
        try:
            field = fields[name]
            if (fits := fitting(field["kind"], field["choices"], value)) is None:
                filled.pop(name, None)
            else:
                filled[name] = fits
        except (KeyError, Unfit):
            problems[f"values.{name}"] = _("This does not fit the field.")
    if problems:
        raise ValidationError(problems)
    changes: Changes = {}
    for name, after in new.items():
        if (before := getattr(kept, name)) != after:
            changes[name] = (before, after) if name == "outcome" else (HIDDEN, HIDDEN)
            setattr(kept, name, after)
    known = [
        values.get(name)
        for name, field in fields.items()
        if field["is_personal"]
        for values in (kept.values, filled)
    ]
    for name, field in fields.items():
        before, after = kept.values.get(name), filled.get(name)
        if before != after or type(before) is not type(after):
            told = _told(before, known), _told(after, known)
            changes[f"values.{name}"] = (HIDDEN, HIDDEN) if field["is_personal"] else told
    if changes:
        kept.values, kept.form, kept.due_at = filled, form, None
        kept.by, kept.corrected_by, kept.corrected_at = kept.By.PERSON, user_name, timezone.now()
        kept.written_at = kept.written_at or kept.corrected_at
        kept.save()
    agreed.refresh_from_db()
    return changes


def _told(value: Any, known: Sequence[Any]) -> Any:
    """A value that nothing is hidden of stays as it is."""
    left = without(redacted(f"{value}", spoken()), known, spoken())
    return value if left == f"{value}" else left


def form_of(agreed: Agreed) -> list[dict[str, Any]]:
    """As it was, or as it is today for one that was never filled."""
    if agreed.is_written:
        return list(agreed.form)
    number = agreed.call.number
    return [field.as_kept for field in number.form_fields.all()] if number else []
