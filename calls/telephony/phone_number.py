"""The numbers that callers dial, and what each wants: its profile, its words, its hours.

Rule: a number that is not here is no number of ours (settings.UNKNOWN_NUMBER). What is empty here
is as the settings say.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.agreed.last_call import TellsLastCall
from calls.language.language import Language, spoken
from calls.language.openers import with_mark
from calls.services import CalledNumber, instructions
from calls.services.tools import Tool
from calls.telephony import call_variables, opening_hours
from tuning.models import TimingProfile

MOST_HINTS, LONGEST_HINT = 20, 100
MOST_OPENERS, LONGEST_OPENER = 20, 40
NAME_CHARACTERS = 60
LONGEST_WAIT_S = 120
E164 = r"^\+[1-9]\d{6,14}\Z"
"""A number with its country, as carriers write it."""

is_e164 = RegexValidator(
    E164, _("Write the number with its country and without spaces, like +972771234567.")
)
is_voice = RegexValidator(
    r"^[a-z]{2,3}-[A-Z]{2}-[\w-]+\Z",
    _("Write the voice as Google names it, like he-IL-Chirp3-HD-Kore."),
)


def are_hints(text: str) -> None:
    if (count := len(_lines(text))) > MOST_HINTS:
        raise ValidationError(
            _("At most %(most)d lines: there are %(count)d. Few hints help more than many."),
            params={"most": MOST_HINTS, "count": count},
        )
    _are_short(text, LONGEST_HINT)


def are_openers(text: str) -> None:
    lines = _lines(text)
    if len(lines) > MOST_OPENERS:
        raise ValidationError(
            _("At most %(most)d lines: there are %(count)d."),
            params={"most": MOST_OPENERS, "count": len(lines)},
        )
    for line in lines:
        if not any(map(str.isalpha, line)):
            raise ValidationError(_("A line without a word: %(line)s"), params={"line": line[:30]})
    _are_short(text, LONGEST_OPENER)


def _are_short(text: str, most: int) -> None:
    for line in _lines(text):
        if len(line) > most:
            raise ValidationError(
                _("A line has at most %(most)d characters: %(line)s…"),
                params={"most": most, "line": line[:30]},
            )


def are_pronunciations(text: str) -> None:
    """Tells of every line that is not one."""
    errors, known = [], set[str]()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        written, said = _sides(line)
        wrong = None
        if not (written and said):
            wrong = _("Line %(number)d is not “written = said”: %(line)s")
        elif written in known:
            wrong = _("Line %(number)d has a word that stands above it already: %(line)s")
        known.add(written)
        if wrong:
            errors.append(ValidationError(wrong, params={"number": number, "line": line.strip()}))
    if errors:
        raise ValidationError(errors)


def ltr(text: str) -> str:
    """In a plain text of any direction: numbers, from left to right."""
    return f"\u2066{text}\u2069"


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _sides(line: str) -> tuple[str, str]:
    written, _equals, said = line.partition("=")
    return written.strip(), said.strip()


class PhoneNumber(TellsLastCall):
    class WhenClosed(models.TextChoices):
        SAY = "say", _("say the text and hang up")
        MESSAGE = "message", _("the agent answers, and takes a message only")
        FORWARD = "forward", _("forward the call to another number")

    number = models.CharField(_("number"), max_length=16, unique=True, validators=[is_e164])
    name = models.CharField(_("name"), max_length=NAME_CHARACTERS)
    profile = models.ForeignKey(
        TimingProfile, models.PROTECT, null=True, blank=True, verbose_name=_("profile"),
        help_text=_("Empty: the one used for new calls."),
    )  # fmt: skip
    greeting = models.TextField(
        _("greeting"), blank=True, help_text=_("What a caller hears first. Empty: the usual one.")
    )
    business = models.TextField(
        _("about the business"), blank=True,
        help_text=_("What the agent should know about the business, and do for it."),
    )  # fmt: skip
    openers = models.TextField(
        _("openers"), blank=True, validators=[are_openers],
        help_text=_(
            "Short beginnings of answers, like “Sure,”: one a line. They are ready as audio, so "
            "the answer is heard sooner. Empty: the usual ones."
        ),
    )  # fmt: skip
    voice = models.CharField(
        _("voice"), max_length=60, blank=True, validators=[is_voice],
        help_text=_("Google's name of a voice. Empty: the usual one."),
    )  # fmt: skip
    hints = models.TextField(
        _("expected words"), blank=True, validators=[are_hints],
        help_text=_("Names and terms that callers are likely to say: one a line, at most 20."),
    )  # fmt: skip
    pronunciations = models.TextField(
        _("pronunciations"), blank=True, validators=[are_pronunciations],
        help_text=_("Words that the voice would mispronounce: lines of “written = said”."),
    )  # fmt: skip
    records = models.BooleanField(
        _("record calls"), default=False,
        help_text=_("The agent says so before the greeting."),
    )  # fmt: skip
    person_wait_s = models.PositiveSmallIntegerField(
        _("wait for a person, in seconds"), default=0, db_default=0,
        validators=[MaxValueValidator(LONGEST_WAIT_S)],
        help_text=_(
            "How long a caller who asks for a person waits until somebody takes over on the page "
            "of calls in progress; then the agent takes a message. 0: nobody can be asked for."
        ),
    )  # fmt: skip
    person_notice = models.TextField(
        _("notice before a person steps in"), blank=True,
        help_text=_(
            "What callers must be told before one of you listens in, speaks or takes over: said "
            "once in a call. Empty: nothing is said."
        ),
    )  # fmt: skip
    keeps_holidays = models.BooleanField(
        _("closed on Israel's public holidays"), default=False,
        help_text=_("Not on the eves of holidays: add those as closed days."),
    )  # fmt: skip
    when_closed = models.CharField(
        _("when closed"), max_length=10, choices=WhenClosed, default=WhenClosed.SAY
    )
    closed_text = models.TextField(
        _("text when closed"), blank=True,
        help_text=_(
            "What is said before hanging up; with a message, instead of the greeting; with "
            "forwarding, when nobody answers there. Empty: a usual text."
        ),
    )  # fmt: skip
    forward_to = models.CharField(_("forward to"), max_length=16, blank=True, validators=[is_e164])

    class Meta:
        ordering = ("name", "number")
        verbose_name = _("phone number")
        verbose_name_plural = _("phone numbers")
        permissions = (("call_phonenumber", "Can place test calls"),)

    def __str__(self) -> str:
        return f"{self.name} {ltr(self.number)}"

    def clean(self) -> None:
        if self.when_closed == self.WhenClosed.FORWARD and not self.forward_to:
            raise ValidationError({"forward_to": _("Where should calls be forwarded to?")})
        if self.forward_to and self.forward_to == self.number:
            raise ValidationError({"forward_to": _("A number cannot be forwarded to itself.")})
        call_variables.check(greeting=self.greeting, business=self.business)

    @classmethod
    def dialled(cls, number: str) -> PhoneNumber | None:
        return cls.objects.select_related("profile").filter(number=number).first()

    @property
    def language(self) -> Language:
        """What its calls are held in: as yet the same for every number."""
        return spoken()

    def is_open(self, at: datetime) -> bool:
        spans = [each.span for each in self.hours.all()]
        closed_days = {each.date for each in self.closed_days.all()}

        def is_closed(day: date) -> bool:
            is_kept = self.keeps_holidays and opening_hours.is_public_holiday(day)
            return is_kept or day in closed_days

        return opening_hours.is_open(at, spans, is_closed)

    def as_called(
        self,
        *,
        takes_message: bool = False,
        caller: str | None = None,
        name: str = "",
        last_call: str = "",
    ) -> CalledNumber:
        """What it wants of the services; takes_message: it is closed, and the agent answers.
        caller, name, last_call: who calls, and the summary of their last one; None: nobody yet."""
        notices = self.language.notices
        fill = partial(call_variables.filled, caller=caller)
        last_call = instructions.last_call(self.language.instructions, last_call)
        closed_greeting = self.closed_text or notices.closed_message
        return CalledNumber(
            greeting=closed_greeting if takes_message else fill(self.greeting, name=name),
            business=fill(self.business, name=name and f'"{name}"', last_call=last_call),
            voice=self.voice,
            hints=tuple(_lines(self.hints)[:MOST_HINTS]),
            pronunciations=dict(map(_sides, _lines(self.pronunciations))),
            notice=notices.recorded if self.records else "",
            takes_message=takes_message,
            person_wait_s=0 if takes_message else self.person_wait_s,
            person_notice=self.person_notice.strip(),
            own_tools=self.tools(caller) if self.pk and not takes_message else (),
            own_openers=tuple(map(with_mark, _lines(self.openers)[:MOST_OPENERS])),
        )

    def tools(self, caller: str | None = None) -> tuple[Tool, ...]:
        """Its own, as far as they are in use. caller: who calls."""
        number = call_variables.number_of(caller)
        return tuple(each.as_tool(number) for each in self.http_tools.all() if each.is_on)

    @property
    def closed_words(self) -> str:
        """What is said when it is closed, or when nobody answers where its calls are forwarded."""
        notices, is_forwarded = self.language.notices, self.when_closed == self.WhenClosed.FORWARD
        return self.closed_text or (notices.unanswered if is_forwarded else notices.closed)
