"""A link to share: whoever has its address may talk to the agent, without a sign-in.

Rules: the address carries the link's key, signed, so that none can be guessed; a link ends by its
date, by its last call, or by being withdrawn. What it may use is counted from its calls: each that
is open holds all the time that it may take, and one that never began holds nothing. Whoever asks
for terms holds the link's row until its call is there, so that two who ring at once never get more
than there is. What a call costs nobody tells us: it is its minutes at the price the link was given.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import signing
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.telephony.phone_number import PhoneNumber

if TYPE_CHECKING:
    from calls.models import Call

NAME_CHARACTERS = 26
SHORTEST_S = 30
"""What the knob of the longest call allows at least; where less is left, nothing is."""
FAREWELL_S = 15
"""What a call may take beyond its time, for the agent to say goodbye."""
MOST_DAYS, MOST_CALLS, MOST_MINUTES_A_CALL, MOST_MINUTES_A_DAY = 365, 10_000, 60, 1440
SIGNER = signing.Signer(sep=".", salt="calls.talk_link")


def new_key() -> str:
    return secrets.token_urlsafe(9)


def _from(low: Any, high: Any) -> list[Any]:
    return [MinValueValidator(low), MaxValueValidator(high)]


@dataclass(frozen=True, slots=True)
class Closed:
    """Why a link gives no call now: for whoever made it, and for whoever has it."""

    status: HTTPStatus
    state: Promise
    words: Promise


UNKNOWN = Closed(
    HTTPStatus.NOT_FOUND,
    _("unknown"),
    _("There is no such link. Part of it may be missing: ask for it again where you got it."),
)
WITHDRAWN = Closed(
    HTTPStatus.GONE,
    _("withdrawn"),
    _("This link has been withdrawn. Ask for another one where you got it."),
)
EXPIRED = Closed(
    HTTPStatus.GONE,
    _("expired"),
    _("This link has expired. Ask for another one where you got it."),
)
NO_CALLS = Closed(
    HTTPStatus.GONE,
    _("all calls made"),
    _("All the calls of this link have been made. Ask for another one where you got it."),
)
_TOMORROW = _("All the time that this link has for today is taken. Try again tomorrow.")
NO_MINUTES = Closed(HTTPStatus.TOO_MANY_REQUESTS, _("no minutes left today"), _TOMORROW)
NO_SPEND = Closed(HTTPStatus.TOO_MANY_REQUESTS, _("nothing left to spend today"), _TOMORROW)


class LinkClosed(Exception):
    def __init__(self, why: Closed) -> None:
        self.why = why


class TalkLink(models.Model):
    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    name = models.CharField(
        _("name"), max_length=NAME_CHARACTERS,
        help_text=_("For you: who gets it, or where it stands. Visitors do not see it."),
    )  # fmt: skip
    number = models.ForeignKey(
        PhoneNumber, models.CASCADE, null=True, blank=True, verbose_name=_("whose settings")
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    most_calls = models.PositiveIntegerField(
        _("calls in all"), default=20, validators=_from(1, MOST_CALLS)
    )
    most_call_s = models.PositiveIntegerField(default=300)
    most_minutes_a_day = models.PositiveIntegerField(
        _("minutes a day, of all calls together"), default=60,
        validators=_from(1, MOST_MINUTES_A_DAY),
    )  # fmt: skip
    minute_price = models.DecimalField(
        _("price of a minute, US dollars"), max_digits=8, decimal_places=4,
        default=Decimal("0.10"), validators=_from(0, 100),
        help_text=_(
            "What a minute costs you at your services, by your estimate. 0: spending has no limit."
        ),
    )  # fmt: skip
    most_spend_a_day = models.DecimalField(
        _("spending a day, US dollars"), max_digits=8, decimal_places=2,
        default=Decimal("6.00"), validators=_from(0, 10_000),
    )  # fmt: skip
    withdrawn_at = models.DateTimeField(null=True)
    forgotten_calls = models.PositiveIntegerField(default=0)
    """Of its calls, so many are kept no longer."""

    class Meta:
        ordering = ("-made_at", "-pk")
        verbose_name = _("shared link")
        verbose_name_plural = _("shared links")

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """What stands in the link for its key."""
        return SIGNER.sign(self.key)

    @property
    def minutes(self) -> int:
        return self.most_call_s // 60

    @classmethod
    def found(cls, address: str, *, is_held: bool = False) -> TalkLink | None:
        """The link of this address; is_held: nobody else gets terms until the transaction ends."""
        try:
            key = SIGNER.unsign(address)
        except signing.BadSignature:
            return None
        links = cls.objects.select_for_update(of=("self",)) if is_held else cls.objects.all()
        return links.select_related("number").filter(key=key).first()

    @property
    def caller(self) -> str:
        """Who its calls are from, as far as anybody knows."""
        return f"link: {self.name}"

    def taken(self) -> models.QuerySet[Call]:
        """Its calls, but for those that never began and can no longer."""
        began = models.Q(started_at__isnull=False) & ~models.Q(ended_why="refused")
        found: models.QuerySet[Call] = self.calls.filter(began | models.Q(ended_at=None))
        return found

    def calls_made(self) -> int:
        return self.taken().count() + self.forgotten_calls

    def seconds_today(self) -> float:
        """What the calls that rang today took; an open one all that it may take."""
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return sum(map(_seconds, self.taken().filter(rang_at__gte=midnight)))

    def spend(self, seconds: float) -> Decimal:
        return Decimal(seconds) / 60 * self.minute_price

    def closed(self) -> Closed | None:
        """Why it gives no call now; None: it does."""
        try:
            self.longest_s()
        except LinkClosed as closed:
            return closed.why
        return None

    def longest_s(self) -> int:
        """How long a call that rings now may last. LinkClosed: there is none to be had."""
        if self.withdrawn_at:
            raise LinkClosed(WITHDRAWN)
        if self.expires_at <= timezone.now():
            raise LinkClosed(EXPIRED)
        self.calls.model.close_unconnected()
        if self.calls_made() >= self.most_calls:
            raise LinkClosed(NO_CALLS)
        used_s = self.seconds_today()
        left_s = self.most_minutes_a_day * 60 - used_s - FAREWELL_S
        if left_s < SHORTEST_S:
            raise LinkClosed(NO_MINUTES)
        if self.minute_price:
            paid_s = float(self.most_spend_a_day / self.minute_price * 60)
            left_s = min(left_s, paid_s - used_s - FAREWELL_S)
        if left_s < SHORTEST_S:
            raise LinkClosed(NO_SPEND)
        return min(self.most_call_s, int(left_s))

    def withdraw(self) -> list[int]:
        """No more calls by it, and those in progress have as little time as a call can have; which
        they are."""
        self.withdrawn_at = timezone.now()
        self.save(update_fields=["withdrawn_at"])
        opened = self.calls.filter(ended_at=None)
        opened.filter(started_at=None).update(
            token="", ended_at=self.withdrawn_at, ended_why="never connected"
        )
        opened.update(longest_s=SHORTEST_S)
        return list(opened.values_list("pk", flat=True))


def _seconds(call: Call) -> float:
    most = timedelta(seconds=(call.longest_s or 0) + FAREWELL_S)
    return min(call.duration or most, most).total_seconds()
