"""What a language knows of personal data: how numbers and addresses of e-mail are said in it, and
what stands in a text in their place. `calls.privacy.redaction` finds them by it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

NEVER = re.compile(r"(?!)")
KINDS = ("telephone", "identity", "card", "email", "number")


@dataclass(frozen=True, slots=True)
class SaidNumber:
    """One number of a text in words: "fifty two" is one, "five two" are two."""

    start: int
    end: int
    digits: str
    is_amount: bool = False
    """Thousands, or the like: nobody reads out digits so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalWords:
    names: Mapping[str, str]
    """What is written in the place of each of KINDS, without its brackets."""
    said_numbers: Callable[[str], Sequence[SaidNumber]] = lambda _text: ()
    """All of a text, in order."""
    identity_holds: Callable[[str], bool] = lambda _digits: False
    """Whether so many digits are an identity number, check digit included."""
    telephone: re.Pattern[str] = NEVER
    """All the digits of one."""
    public: re.Pattern[str] = NEVER
    """All the digits of one that is a business's, for everybody to call."""
    between: re.Pattern[str] = NEVER
    """What may stand between two parts of one number besides blanks and signs."""
    names_number: re.Pattern[str] = NEVER
    """Before a number: it names somebody's card, code, account, and is no quantity."""
    names_secret: re.Pattern[str] = NEVER
    """The same of a code, of which a few digits are all."""
    follows_name: re.Pattern[str] = NEVER
    """The same, after it."""
    counts: re.Pattern[str] = NEVER
    """After a number: it is a quantity."""
    dates: re.Pattern[str] = NEVER
    """Dates and times in digits: no part of anything else."""
    at: re.Pattern[str] = NEVER
    """The @ of an address as it is said, or a known provider's name where it is left out."""
    domain: re.Pattern[str] = NEVER
    """What follows the first of these words in an address."""
    joined: str = ""
    """Letters that are written together with the word after them: to, from, and."""
    before_address: frozenset[str] = field(default_factory=frozenset)
    """Words that are no part of the address that follows them."""
