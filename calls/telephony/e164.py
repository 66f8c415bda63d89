"""Telephone numbers as people write them, and as carriers do: E.164.

Rule: a number is understood as it is dialled in Israel unless it names another country. What cannot
be dialled from outside Israel is refused, with what is wrong with it.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from phonenumbers import PhoneNumberFormat, ValidationResult

COUNTRY, COUNTRY_CODE = "IL", 972
DIGITS = {"2": 8, "3": 8, "4": 8, "8": 8, "9": 8, "5": 9, "7": 9}
"""Of an Israeli number without its first 0, by the first digit. The library takes any of 7 to 12,
and which ranges are given out it knows only as of its release: no number is refused for that."""
LONGEST_TYPED = 40

NO_NUMBER = _(
    "This is not a telephone number. Write it as it is dialled in Israel, like 03-1234567, or "
    "with its country, like +44 20 7946 0958."
)
STAR = _(
    "A star number works only on telephones in Israel. Write the full number that it stands for, "
    "like 03-1234567."
)
EXTENSION = _("Write the number without an extension: only the number itself can be dialled.")
TOO_SHORT = _("This number has too few digits.")
TOO_LONG = _("This number has too many digits.")


def as_e164(typed: str) -> str:
    """03-1234567 -> +97231234567. ValidationError: it is no number that can be dialled."""
    if "*" in typed:
        raise ValidationError(STAR)
    try:
        number = phonenumbers.parse(typed, COUNTRY)
    except phonenumbers.NumberParseException:
        raise ValidationError(NO_NUMBER) from None
    if number.extension:
        raise ValidationError(EXTENSION)
    if any(character.isalpha() for character in typed):
        raise ValidationError(NO_NUMBER)
    national = phonenumbers.national_significant_number(number)
    digits = DIGITS.get(national[:1]) if number.country_code == COUNTRY_CODE else None
    reason = phonenumbers.is_possible_number_with_reason(number)
    is_short = reason in {ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY}
    if is_short or len(national) < (digits or 0):
        raise ValidationError(TOO_SHORT)
    if reason == ValidationResult.TOO_LONG or len(national) > (digits or len(national)):
        raise ValidationError(TOO_LONG)
    if reason != ValidationResult.IS_POSSIBLE:
        raise ValidationError(NO_NUMBER)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def argument(typed: str) -> str:
    """`as_e164` for a command's argument."""
    try:
        return as_e164(typed)
    except ValidationError as error:
        with translation.override("en"):
            raise ArgumentTypeError(f"{typed}: {error.message}") from None


class TelephoneField(forms.CharField):
    """Takes a number as it is typed, and gives it in E.164."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"max_length": LONGEST_TYPED})
        self.widget.attrs["inputmode"] = "tel"

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value)
        return as_e164(typed) if typed else ""
