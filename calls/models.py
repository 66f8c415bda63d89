"""Calls, their turns, and the journals that let them be replayed.

A turn keeps raw moments in wall milliseconds since the stream began; turn_record.Latencies derives
every duration from them.
"""

from __future__ import annotations

import gzip
import os
import secrets
import socket
from collections.abc import Iterator
from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.log import masked
from calls.server_process import ServerProcess  # noqa: F401  (Django looks for models here)
from calls.turn_record import Latencies
from tuning.models import Revision, TimingProfile
from tuning.profile import FRAME_MS

TOKEN_LIFETIME = timedelta(seconds=60)


class Call(models.Model):
    """One telephone call, from the voice webhook to its end."""

    class Ended(models.TextChoices):
        CALLER = "caller hung up", _("the caller hung up")
        GOODBYE = "goodbye", _("the agent said goodbye")
        TIME_UP = "time up", _("the longest call was reached")
        LINE = "line stalled", _("the line went dead")
        FAILED = "failed", _("a service failed")
        SHUTDOWN = "shutdown", _("the server was stopped")
        REPLACED = "replaced", _("a newer stream of the same call took over")
        REFUSED = "refused", _("too many calls at once")
        UNCONNECTED = "never connected", _("the stream never came")
        LOST = "lost", _("the server died")

    call_sid = models.CharField(max_length=64, unique=True)
    stream_sid = models.CharField(max_length=64, blank=True)
    caller = models.CharField(_("caller"), max_length=32, blank=True)
    called = models.CharField(_("called number"), max_length=32, blank=True)
    token = models.CharField(max_length=64, blank=True)
    """Lets one stream begin; blank once it has been used."""
    profile = models.ForeignKey(TimingProfile, models.PROTECT, verbose_name=_("profile"))
    revision = models.ForeignKey(Revision, models.PROTECT, null=True, verbose_name=_("revision"))
    """The revision that the call runs (or ended) on."""
    rang_at = models.DateTimeField(_("rang at"), default=timezone.now, db_index=True)
    started_at = models.DateTimeField(_("started at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    ended_why = models.CharField(_("how it ended"), max_length=20, blank=True, choices=Ended)
    failure = models.TextField(_("failure"), blank=True)
    """What went wrong, for a person to act on."""
    process = models.CharField(max_length=100, blank=True)
    """host:pid of the process that the call runs in."""
    engines = models.CharField(_("services"), max_length=200, blank=True)
    frames_in = models.PositiveIntegerField(default=0)
    frames_forwarded = models.PositiveIntegerField(default=0)
    frames_dropped = models.JSONField(default=dict)
    """Frames that the transcriber never got, by reason."""
    malformed_messages = models.PositiveIntegerField(default=0)
    dismissed = models.JSONField(default=dict)
    """Stretches of voice that brought no turn, by reason (noise, no words, ...)."""
    messages = models.JSONField(_("messages"), default=list)
    """What the caller asked to pass on; each as services.Message."""
    replays = models.BooleanField(_("replays to itself"), null=True)
    """Whether decide() on the journal gave the recorded actions again; None: not tried."""

    # Where a stream goes on, if it took over from another of the same call.
    first_turn = 0
    first_part = 0

    class Meta:
        ordering = ("-rang_at", "-pk")

    def __str__(self) -> str:
        return self.call_sid

    @classmethod
    def ring(cls, call_sid: str, caller: str, called: str) -> Call:
        """A call is coming in: remember it, with a fresh one-time token for its stream."""
        cls.close_unconnected()
        profile = TimingProfile.objects.get(is_default=True)
        call, _is_new = cls.objects.update_or_create(
            call_sid=call_sid,
            defaults={
                "caller": caller,
                "called": called,
                "profile": profile,
                "rang_at": timezone.now(),
                "token": secrets.token_urlsafe(24),
            },
        )
        return call

    @classmethod
    def begin(cls, call_sid: str, stream_sid: str, token: str) -> Call | None:
        """Consume the token, atomically, and start the call; None if the token is not good."""
        if not token:
            return None
        now = timezone.now()
        consumed = cls.objects.filter(
            call_sid=call_sid, token=token, rang_at__gt=now - TOKEN_LIFETIME
        ).update(token="", stream_sid=stream_sid, started_at=now, process=this_process())
        if not consumed:
            return None
        call = cls.objects.select_related("profile").get(call_sid=call_sid)
        call.take_over()
        return call

    def take_over(self) -> None:
        """Go on after the turns of an older stream of this call, if there was one."""
        Call.objects.filter(pk=self.pk).update(ended_at=None, ended_why="")
        last = self.turns.aggregate(last=models.Max("number"))["last"]
        self.first_turn = 0 if last is None else last + 1
        self.first_part = self.journal_parts.count()

    @classmethod
    def close_unconnected(cls) -> None:
        """Twilio rang, and no stream came while its token was good."""
        now = timezone.now()
        cls.objects.filter(started_at=None, ended_at=None, rang_at__lt=now - TOKEN_LIFETIME).update(
            ended_at=now, ended_why=cls.Ended.UNCONNECTED, token=""
        )

    @classmethod
    def close_lost(cls) -> None:
        """End the calls of processes on this host that died without a word."""
        host, _colon, _pid = this_process().rpartition(":")
        running = cls.objects.filter(ended_at=None, process__startswith=f"{host}:")
        for call in running:
            # Called before the first call: one of our own number was another life's.
            is_ours = call.process == this_process()
            if is_ours or not _is_alive(int(call.process.rpartition(":")[2])):
                call.ended_at, call.ended_why = timezone.now(), cls.Ended.LOST
                call.save(update_fields=["ended_at", "ended_why"])

    @property
    def masked_caller(self) -> str:
        return masked(self.caller)

    @property
    def duration(self) -> timedelta | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.started_at

    @property
    def ended_well(self) -> bool:
        """Whether the caller needs no apology: they left, or were told goodbye."""
        return self.ended_why in {self.Ended.CALLER, self.Ended.GOODBYE, self.Ended.TIME_UP}

    def refuse(self) -> None:
        """There was no room for it after all."""
        self.ended_at, self.ended_why = timezone.now(), self.Ended.REFUSED
        self.save(update_fields=["ended_at", "ended_why"])

    def journal(self) -> Iterator[str]:
        """The call's events and actions, a JSON line each."""
        for part in self.journal_parts.order_by("number"):
            yield from part.text.split("\n")  # splitlines breaks at U+2028 and others too


def this_process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, but alive
        return True
    return True


class Turn(Latencies, models.Model):
    """One exchange: what the caller said, what the agent answered, and the moments between.

    All `*_ms` moments are wall milliseconds since the stream began; None: never came.
    """

    class Outcome(models.TextChoices):
        COMPLETED = "completed", _("completed")
        INTERRUPTED = "interrupted", _("interrupted")
        CALLER_RESUMED = "caller resumed", _("the caller resumed")
        NO_REPLY = "no reply", _("no reply")
        FAILED = "failed", _("failed")

    call = models.ForeignKey(Call, models.CASCADE, related_name="turns")
    number = models.PositiveIntegerField()
    """0 is the greeting."""
    revision = models.ForeignKey(Revision, models.PROTECT, null=True)
    """What it was decided under."""
    said = models.TextField(_("said"), blank=True)
    answered = models.TextField(_("answered"), blank=True)
    """The agent's words as far as they were heard."""
    prompt = models.CharField(max_length=30, blank=True)
    """The prepared phrase that was said instead of a written reply."""
    why = models.CharField(_("rule"), max_length=40)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome)
    failure = models.TextField(blank=True)
    chosen_from = models.PositiveIntegerField(null=True)
    """services.Transcript.chosen_from of the words."""
    frames_dropped = models.PositiveIntegerField(default=0)
    """Frames since the turn before that the transcriber's full queue threw away."""
    transcriber_replaced = models.PositiveIntegerField(default=0)
    """Streams since the turn before that were given up: speech, and no words."""
    span_ms = models.PositiveIntegerField(default=0)
    """Length of the utterance on the caller-audio clock, from first to last voice."""
    is_short = models.BooleanField(default=True)
    """Whether the short silence was asked for."""
    policy_ms = models.PositiveIntegerField(default=0)
    """What the profile imposed between speech end and first audio."""
    speech_began_ms = models.FloatField(null=True)
    speech_ended_ms = models.FloatField(null=True)
    decided_ms = models.FloatField(null=True)
    transcribed_ms = models.FloatField(null=True)
    """The transcript that the turn rests on (final, or the partial that was answered)."""
    asked_ms = models.FloatField(null=True)
    first_token_ms = models.FloatField(null=True)
    first_sentence_ms = models.FloatField(null=True)
    """The first sentence was handed to speech synthesis."""
    first_byte_ms = models.FloatField(null=True)
    filled_ms = models.FloatField(null=True)
    """The answer was late: a filler was sent to the caller."""
    first_audio_ms = models.FloatField(null=True)
    """The first audio of the answer was sent to the caller."""
    heard_ms = models.FloatField(null=True)
    """Confirmed by Twilio's mark: the caller hears the answer, or the filler before it."""
    ended_ms = models.FloatField(null=True)
    """The reply was heard to its end, or stopped."""

    class Meta:
        ordering = ("call", "number")
        constraints = (models.UniqueConstraint(fields=("call", "number"), name="turn_number"),)

    def __str__(self) -> str:
        return f"{self.call} turn {self.number}"

    @property
    def lost_ms(self) -> int:
        """Audio that the transcriber never got."""
        return self.frames_dropped * FRAME_MS

    @property
    def filled_after_ms(self) -> float | None:
        """From the speech end to the filler, where there was one."""
        if self.filled_ms is None or self.speech_ended_ms is None:
            return None
        return self.filled_ms - self.speech_ended_ms


class JournalPart(models.Model):
    """A stretch of a call's journal: JSON lines, gzipped, appended once a turn."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="journal_parts")
    number = models.PositiveIntegerField()
    lines = models.BinaryField()

    class Meta:
        ordering = ("call", "number")
        constraints = (models.UniqueConstraint(fields=("call", "number"), name="part_number"),)

    def __str__(self) -> str:
        return f"{self.call} journal {self.number}"

    @property
    def text(self) -> str:
        return gzip.decompress(self.lines).decode()
