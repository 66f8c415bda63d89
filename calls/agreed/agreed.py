"""What was agreed in a call: a summary, what came of it, the number's form, and what is left to do.

Rules: a call that was held has a row once it is settled, which is empty until `written_at`. It goes
with the call. The form is kept as it was, so that a later change of it leaves this readable. Once a
person has corrected it nobody else writes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.agreed.values import LONGEST_SUMMARY, Dropped

if TYPE_CHECKING:
    from calls.models import Call

LONGEST_FAILURE = 500
WHY_DROPPED = {
    Dropped.NOT_OF_ITS_KIND: _("it was not of the field's kind"),
    Dropped.NO_CHOICE: _("it was none of the choices"),
    Dropped.TOO_LONG: _("it was too long"),
    Dropped.NO_FIELD: _("the form has no such field"),
    Dropped.NOT_SO: _("the call shows otherwise"),
}


class Agreed(models.Model):
    class Outcome(models.TextChoices):
        DONE = "done", _("taken care of")
        MESSAGE = "message", _("a message was taken")
        PERSON = "person", _("handed to a person")
        UNFINISHED = "unfinished", _("not finished")
        NOTHING = "nothing", _("no request")

    class By(models.TextChoices):
        MODEL = "model", _("the language model")
        WITHOUT = "without a model", _("messages and tools alone, without a model")
        PERSON = "person", _("a person")

    call = models.OneToOneField("calls.Call", models.CASCADE, related_name="agreed")
    summary = models.TextField(_("summary"), blank=True, max_length=LONGEST_SUMMARY)
    """In the language of the call."""
    outcome = models.CharField(
        _("outcome"), max_length=12, blank=True, choices=Outcome, db_index=True
    )
    """ "": not written yet or, of a row that is written, not judged: what came of it stands only in
    the words, which no model has read."""
    values = models.JSONField(default=dict)
    """By field name, as calls.agreed.values has them; what nobody knows is left out."""
    form = models.JSONField(default=list)
    """The fields as they were: FormField.as_kept of each."""
    follow_ups = models.JSONField(_("follow-ups"), default=list)
    dropped = models.JSONField(default=dict)
    """Values of the model that the form does not take: why (values.Dropped), by field name."""
    by = models.CharField(_("filled by"), max_length=16, blank=True, choices=By)
    failure = models.CharField(_("failure"), max_length=LONGEST_FAILURE, blank=True)
    """Why the model did not write it, or (`due_at`) has not yet, and what to do."""
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, default=timezone.now, db_index=True)
    """When a worker may try, again; None: nothing is left to be tried. See calls.agreed.writing."""
    written_at = models.DateTimeField(null=True)
    corrected_at = models.DateTimeField(_("corrected at"), null=True)
    corrected_by = models.CharField(_("corrected by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("what was agreed")
        verbose_name_plural = _("what was agreed")
        permissions = (("correct_agreed", "Can correct what was agreed in calls"),)

    def __str__(self) -> str:
        return f"{self.call} {self.outcome}"

    @classmethod
    def want(cls, call: Call) -> None:
        """Have it written; again, if it was written before all of the call was there."""
        agreed, is_new = cls.objects.get_or_create(call=call)
        if not is_new:
            again = cls.objects.filter(pk=agreed.pk, corrected_at=None)
            again.update(due_at=timezone.now(), attempts=0)

    @property
    def is_written(self) -> bool:
        return self.written_at is not None

    @property
    def is_judged(self) -> bool:
        return not self.is_written or bool(self.outcome)

    @property
    def filled_form(self) -> list[tuple[dict[str, Any], Any]]:
        """Each field as it was, with its value; None: not known."""
        return [(field, self.values.get(field["name"])) for field in self.form]

    @property
    def personal_values(self) -> list[Any]:
        """Those that are known, of fields that were personal."""
        return [
            value for field, value in self.filled_form if field["is_personal"] and value is not None
        ]

    @property
    def dropped_words(self) -> list[tuple[str, Any]]:
        """Which values were dropped, by their labels, and why."""
        labels: dict[str, Any] = {field["name"]: field["label"] for field in self.form}
        labels.setdefault("outcome", _("outcome"))
        return [(labels.get(name, name), WHY_DROPPED[Dropped(why)]) for name, why in
                self.dropped.items()]  # fmt: skip
