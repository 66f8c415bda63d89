"""Calls, and the journals from which they can be replayed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.agreed.agreed import Agreed as Agreed
from calls.agreed.form_field import FormField as FormField
from calls.http_tools.http_tool import HttpTool as HttpTool
from calls.http_tools.tool_use import ToolUse as ToolUse
from calls.lab.prediction import Outcome as Outcome
from calls.lab.prediction import Prediction as Prediction
from calls.lab.replay import Replay as Replay
from calls.measures.latency_count import LatencyCount as LatencyCount
from calls.measures.person_asked_for import PersonAskedFor
from calls.measures.timeline import Timeline as Timeline
from calls.measures.trial_call import TrialCall as TrialCall
from calls.measures.trial_side import TrialSide
from calls.privacy.forgotten import Forgotten
from calls.process.server_process import is_dead, this_process
from calls.records.journal_part import JournalPart as JournalPart
from calls.records.turn import Turn as Turn
from calls.telephony.as_called import AsCalled
from calls.telephony.browser.talk_link import TalkLink as TalkLink
from calls.telephony.call_line import CallLine
from calls.telephony.carrier_report import CarrierReport
from calls.telephony.number_hours import ClosedDay as ClosedDay
from calls.telephony.number_hours import OpeningHours as OpeningHours
from calls.telephony.phone_number import PhoneNumber
from tuning.models import Revision, TimingProfile

TOKEN_LIFETIME = timedelta(seconds=60)
UNENDED_AFTER = timedelta(minutes=2)
"""How long after its carrier told of the end the process of a call may take to write its end."""
CONNECTS_WITHIN = timedelta(seconds=10)
"""A carrier takes a second: who comes later holds no place, and is still let in if there is one."""
MAY_RING_AGAIN = timedelta(minutes=3)
"""After its first ringing: a carrier asks again where it got no answer. Later it is a replay."""


class Call(AsCalled, CallLine, CarrierReport, TrialSide, PersonAskedFor, Forgotten):
    """One telephone call, from the voice webhook to its end."""

    class Ended(models.TextChoices):
        CALLER = "caller hung up", _("the caller hung up")
        GOODBYE = "goodbye", _("the agent said goodbye")
        TIME_UP = "time up", _("the longest call was reached")
        LINE = "line stalled", _("the line went dead")
        FAILED = "failed", _("a service failed")
        SHUTDOWN = "shutdown", _("the server was stopped")
        REPLACED = "replaced", _("a newer stream of the same call took over")
        FLOODED = "flooded", _("the stream sent far more than a call does")
        REFUSED = "refused", _("too many calls at once")
        UNKNOWN = "unknown number", _("the dialled number is not known")
        CLOSED = "closed", _("outside opening hours")
        FORWARDED = "forwarded", _("forwarded, outside opening hours")
        UNANSWERED = "unanswered", _("forwarded, and nobody answered there")
        EARLY = "hung up early", _("the caller hung up before the agent was there")
        UNCONNECTED = "never connected", _("the stream never came")
        LOST = "lost", _("the server died")

    call_sid = models.CharField(max_length=64, unique=True)
    stream_sid = models.CharField(max_length=64, blank=True)
    number = models.ForeignKey(
        PhoneNumber, models.SET_NULL, null=True, related_name="calls", verbose_name=_("number")
    )
    is_after_hours = models.BooleanField(default=False)
    """The number was closed when it rang."""
    token = models.CharField(max_length=64, blank=True)
    """Lets one stream begin; blank once it has been used."""
    token_at = models.DateTimeField(null=True, default=timezone.now)
    """When it was made; a call that rings again gets another."""
    profile = models.ForeignKey(TimingProfile, models.PROTECT, verbose_name=_("profile"))
    revision = models.ForeignKey(Revision, models.PROTECT, null=True, verbose_name=_("revision"))
    """The revision that the call runs (or ended) on."""
    rang_at = models.DateTimeField(_("rang at"), default=timezone.now, db_index=True)
    """For the first time. Never written again: where the recording is kept hangs on it."""
    started_at = models.DateTimeField(_("started at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    ended_why = models.CharField(_("how it ended"), max_length=20, blank=True, choices=Ended)
    failure = models.TextField(_("failure"), blank=True)
    """What went wrong, for a person to act on."""
    process = models.CharField(max_length=100, blank=True)
    """host:pid of the process that the call rings, and then runs in."""
    engines = models.CharField(_("services"), max_length=200, blank=True)
    frames_in = models.PositiveIntegerField(default=0)
    frames_forwarded = models.PositiveIntegerField(default=0)
    frames_dropped = models.JSONField(default=dict)
    """Frames that the transcriber never got, by reason."""
    malformed_messages = models.PositiveIntegerField(default=0)
    dismissed = models.JSONField(default=dict)
    """Stretches of voice that brought no turn, by reason (noise, no words, ...)."""
    turn_count = models.PositiveIntegerField(_("turns"), default=0)
    """This and the next four are of `tally`, so that lists need not look at every turn."""
    slowest_ms = models.FloatField(_("slowest response"), null=True)
    slowest_content_ms = models.FloatField(null=True)
    cut_ins = models.PositiveIntegerField(_("cut-ins"), default=0)
    dropped_short = models.PositiveIntegerField(_("dropped short answers"), default=0)
    unanswered_short = models.PositiveIntegerField(default=0)
    """Stretches of speech of 150-600 ms that brought no turn, by the call's journal."""
    messages = models.JSONField(_("messages"), default=list)
    """What the caller asked to pass on; each as services.Message."""
    replays = models.BooleanField(_("replays to itself"), null=True)
    """Whether decide() on the journal gave the recorded actions again; None: not tried."""
    settling_at = models.DateTimeField(null=True)
    """When a worker last claimed what is to be done after the call."""
    settled_at = models.DateTimeField(null=True, db_index=True)
    """When that was done; see calls.records.post_call."""
    counted_to = models.PositiveIntegerField(default=0)
    """The last turn whose latencies are in the counts of the hour."""

    # Where a stream goes on, if it took over from another of the same call.
    first_turn = first_part = 0

    class Meta:
        ordering = ("-rang_at", "-pk")
        indexes = (
            # The few that are open are looked for whenever a call rings.
            models.Index(fields=("rang_at",), name="call_is_open", condition=Q(ended_at=None)),
            # Lists go from the newest on; what is rare is found without a look at all the others.
            models.Index(fields=("-rang_at", "-id"), name="call_by_age"),
            models.Index(fields=("profile", "-rang_at", "-id"), name="call_of_profile"),
            models.Index(fields=("number", "-rang_at", "-id"), name="call_of_number"),
            models.Index(fields=("caller", "-rang_at"), name="call_of_caller"),
            models.Index(fields=("ended_why", "-rang_at", "-id"), name="call_by_end"),
            models.Index(
                fields=("trial", "-rang_at", "-id"),
                name="call_of_trial",
                condition=Q(trial__isnull=False),
            ),
            models.Index(fields=("slowest_ms",), name="call_by_slowest"),
            models.Index(
                fields=("-rang_at", "-id"), name="call_with_cut_in", condition=Q(cut_ins__gt=0)
            ),
            models.Index(
                fields=("-rang_at", "-id"),
                name="call_with_dropped",
                condition=Q(dropped_short__gt=0),
            ),
            models.Index(
                fields=("-rang_at", "-id"), name="call_with_person", condition=Q(was_held=True)
            ),
        )
        permissions = (
            ("play_call", "Can play recordings"),
            ("listen_call", "Can listen in to calls in progress"),
            ("step_in_call", "Can step in to calls in progress"),
            ("replay_call", "Can try a profile on recorded calls"),
            ("export_call", "Can export calls"),
            ("label_call", "Can label turns"),
            ("talk_call", "Can talk to the agent from the browser"),
            ("see_personal", "Can see personal data in calls"),
        )

    def __str__(self) -> str:
        return self.call_sid

    @classmethod
    def ring(
        cls,
        call_sid: str,
        caller: str,
        called: str,
        via: str = CallLine.Via.TELEPHONE,
        **terms: object,
    ) -> Call:
        """A call is coming in: remember it, with a fresh one-time token for its stream.

        It may ring again for MAY_RING_AGAIN, as long as it has not ended; then `token` is blank,
        and nothing is changed: whoever captured the request opens nothing with it. Whoever talks
        from a browser is answered at any hour. terms: what a shared link adds.
        """
        cls.close_unconnected()
        now, token = timezone.now(), secrets.token_urlsafe(24)
        call = cls.objects.filter(call_sid=call_sid).select_related("profile", "number").first()
        if call is None:
            number = PhoneNumber.dialled(called)
            profile = (number and number.profile) or TimingProfile.objects.get(is_default=True)
            is_closed = number is not None and not number.is_open(now)
            new = {
                "via": via,
                "caller": caller,
                "called": called,
                "number": number,
                "is_after_hours": is_closed and via == cls.Via.TELEPHONE,
                "profile": profile,
                "rang_at": now,
                "token": token,
                "token_at": now,
                "process": this_process(),
                **terms,
            }
            if caller != cls.TEST_CALLER and via == cls.Via.TELEPHONE:
                new |= cls.drawn(profile, call_sid)
            call, is_new = cls.objects.get_or_create(call_sid=call_sid, defaults=new)
            if is_new:
                return call
        may_ring = cls.objects.filter(pk=call.pk, ended_at=None, rang_at__gt=now - MAY_RING_AGAIN)
        call.token = token if may_ring.update(token=token, token_at=now) else ""
        return call

    def ringing_before(self) -> int:
        """How many calls rang in this process before this one, and may still bring a stream."""
        since = timezone.now() - CONNECTS_WITHIN
        ringing = Call.objects.filter(started_at=None, ended_at=None, token_at__gt=since)
        return ringing.filter(pk__lt=self.pk, process=this_process()).count()

    @classmethod
    def begin(cls, call_sid: str, stream_sid: str, token: str) -> Call | None:
        """Consume the token, atomically, and start the call; None if the token is not good."""
        if not token:
            return None
        now = timezone.now()
        consumed = cls.objects.filter(
            call_sid=call_sid, token=token, token_at__gt=now - TOKEN_LIFETIME
        ).update(token="", stream_sid=stream_sid, started_at=now, process=this_process())
        if not consumed:
            return None
        call = (
            cls.objects.select_related("profile", "number", "trial")
            .prefetch_related("number__http_tools")
            .get(call_sid=call_sid)
        )
        call.take_over()
        call.recall()
        return call

    def take_over(self) -> None:
        """Go on after the turns of an older stream of this call, if there was one."""
        Call.objects.filter(pk=self.pk).update(ended_at=None, ended_why="")
        last = self.turns.aggregate(last=models.Max("number"))["last"]
        self.first_turn = 0 if last is None else last + 1
        last = self.journal_parts.aggregate(last=models.Max("last"))["last"]
        self.first_part = 0 if last is None else last + 1

    @classmethod
    def close_unconnected(cls) -> None:
        """A call rang, and no stream came while its token was good."""
        now = timezone.now()
        is_late = Q(token_at__lt=now - TOKEN_LIFETIME) | Q(token_at=None)
        cls.objects.filter(is_late, started_at=None, ended_at=None).update(
            ended_at=now, ended_why=cls.Ended.UNCONNECTED, token=""
        )

    @classmethod
    def close_lost(cls, is_starting: bool = False) -> None:
        """End the calls of processes on this machine that died without a word.

        is_starting: this process has had no call yet; one in its name was another life's.
        """
        for call in cls.objects.filter(ended_at=None, started_at__isnull=False):
            if (is_starting and call.process == this_process()) or is_dead(call.process):
                call.close(cls.Ended.LOST)

    @classmethod
    def close_completed(cls) -> None:
        """End the calls that are over, as was told a while ago, and that nobody has ended."""
        over = cls.objects.filter(ended_at=None, completed_at__lt=timezone.now() - UNENDED_AFTER)
        over.update(ended_at=models.F("completed_at"), ended_why=cls.Ended.LOST, token="")

    def tally(self) -> None:
        """Count again what lists show of its turns, as far as they are written."""
        turns = list(self.turns.filter(number__gt=0))
        waited = [at for turn in turns if (at := turn.response_latency) is not None]
        for_content = [at for turn in turns if (at := turn.content_latency) is not None]
        labelled = sum(turn.label == Turn.Label.DROPPED for turn in turns)
        self.turn_count, self.slowest_ms = len(turns), max(waited, default=None)
        self.slowest_content_ms = max(for_content, default=None)
        self.cut_ins = sum(turn.is_cut_in for turn in turns)
        self.dropped_short = self.unanswered_short + labelled
        figures = ("turn_count", "slowest_ms", "slowest_content_ms", "cut_ins", "dropped_short")
        self.save(update_fields=figures)

    @property
    def duration(self) -> timedelta | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.started_at

    @property
    def ended_well(self) -> bool:
        """Whether the caller needs no apology: they left, or were told goodbye."""
        return self.ended_why in {self.Ended.CALLER, self.Ended.GOODBYE, self.Ended.TIME_UP}

    def close(self, why: str) -> None:
        """End it from outside any stream."""
        self.ended_at, self.ended_why, self.token = timezone.now(), why, ""
        self.save(update_fields=["ended_at", "ended_why", "token"])

    def journal(self) -> Iterator[str]:
        """The call's events and actions, a JSON line each."""
        for part in self.journal_parts.order_by("number"):
            yield from filter(None, part.text.split("\n"))  # splitlines breaks at U+2028, too
