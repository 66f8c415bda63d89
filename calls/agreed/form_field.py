"""A field of a number's form: what is to be known after each of its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.http_tools import callers_code

MOST_FIELDS = 20
RESERVED = frozenset({"summary", "outcome", "follow_ups", callers_code.NAME})
"""Keys that stand for something else, in what is written or in what tools are asked with."""
MOST_CHOICES, LONGEST_CHOICE = 30, 80

is_key = RegexValidator(
    r"^[a-z][a-z0-9_]{0,39}\Z", _("Use small Latin letters, digits and _, like order_number.")
)


class FormField(models.Model):
    class Kind(models.TextChoices):
        TEXT = "text", _("text")
        NUMBER = "number", _("a number")
        YES_NO = "yes_no", _("yes or no")
        CHOICE = "choice", _("one of a list")
        DATE = "date", _("date")
        TIME = "time", _("time")
        PHONE = "phone", _("telephone number")

    number = models.ForeignKey(
        "calls.PhoneNumber", models.CASCADE, related_name="form_fields", verbose_name=_("number")
    )
    name = models.CharField(
        _("key"), max_length=40, validators=[is_key],
        help_text=_(
            "In exports, and for the model. A tool's parameter of the same name fills it, too."
        ),
    )  # fmt: skip
    label = models.CharField(
        _("caption"), max_length=80, help_text=_("What stands beside it on the call's page.")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.TEXT)
    choices = models.TextField(
        _("choices"), blank=True, max_length=2500, help_text=_("One a line, for one of a list.")
    )
    how_to_tell = models.TextField(
        _("how to tell"), blank=True, max_length=500,
        help_text=_(
            "For the model, in the language of the calls: where in the conversation it is found, "
            "and what counts."
        ),
    )  # fmt: skip
    is_personal = models.BooleanField(
        _("personal"), default=False,
        help_text=_("Shown only to those who may see personal data."),
    )  # fmt: skip
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    if TYPE_CHECKING:
        number_id: int

    class Meta:
        ordering = ("position", "pk")
        verbose_name = _("field of the form")
        verbose_name_plural = _("form")
        constraints = (models.UniqueConstraint(fields=("number", "name"), name="form_field_name"),)

    def __str__(self) -> str:
        return self.label

    @property
    def choice_lines(self) -> list[str]:
        """Of a field of kind choice."""
        lines = [line.strip() for line in self.choices.splitlines() if line.strip()]
        return lines if self.kind == self.Kind.CHOICE else []

    def clean(self) -> None:
        if self.name in RESERVED:
            taken = _("This key is taken by what is noted of every call: choose another.")
            raise ValidationError({"name": taken})
        wrong: Any = None
        lines = self.choice_lines
        if self.kind == self.Kind.CHOICE and len(lines) < 2:
            wrong = _("Write at least two choices, one a line.")
        elif len(lines) > MOST_CHOICES:
            wrong = ValidationError(_("At most %(most)d choices."), params={"most": MOST_CHOICES})
        elif len(set(lines)) < len(lines):
            wrong = _("The same choice stands there twice.")
        elif any(len(line) > LONGEST_CHOICE for line in lines):
            wrong = ValidationError(
                _("A choice has at most %(most)d characters."), params={"most": LONGEST_CHOICE}
            )
        if wrong:
            raise ValidationError({"choices": wrong})
        others = FormField.objects.filter(number=self.number_id).exclude(pk=self.pk)
        if others.count() >= MOST_FIELDS:
            raise ValidationError(_("At most %(most)d fields."), params={"most": MOST_FIELDS})

    @property
    def as_kept(self) -> dict[str, Any]:
        """As it stands in Agreed.form."""
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "choices": self.choice_lines,
            "is_personal": self.is_personal,
        }
