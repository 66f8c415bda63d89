"""One exchange of a call.

A turn stores raw moments; moments.py declares them and the durations between them.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from calls.measures.moments import MOMENTS, Latencies
from tuning.models import Revision
from tuning.turns.profile import FRAME_MS


class Judged:
    """The verdict on a turn: an operator's label or, without one, what the rules made of it."""

    __slots__ = ()
    outcome: Any
    label: Any

    @property
    def verdict(self) -> str:
        """A Turn.Label or a Turn.Outcome."""
        return str(self.label or self.outcome)

    @property
    def is_cut_in(self) -> bool:
        """The agent began although the caller was going to go on."""
        return self.verdict == Turn.Outcome.CUT_IN

    @property
    def went_on(self) -> bool:
        """The caller went on before they heard the answer: nobody was talked over, but nearly."""
        return self.verdict == Turn.Outcome.CALLER_RESUMED


class Turn(Judged, Latencies, models.Model):
    """One exchange: what the caller said, what the agent answered, and the moments in between, also
    as columns."""

    class Outcome(models.TextChoices):
        COMPLETED = "completed", _("completed")
        INTERRUPTED = "interrupted", _("interrupted")
        CALLER_RESUMED = "caller resumed", _("the caller resumed")
        CUT_IN = "cut-in", _("cut-in")
        NO_REPLY = "no reply", _("no reply")
        FAILED = "failed", _("failed")

    class Label(models.TextChoices):
        """What an operator heard; it overrides the rules' verdict."""

        CUT_IN = "cut-in", _("cut-in")
        FINE = "fine", _("fine")
        NOISE = "noise", _("noise")
        DROPPED = "dropped answer", _("dropped answer")

    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="turns")
    number = models.PositiveIntegerField()
    """0 is the greeting."""
    revision = models.ForeignKey(Revision, models.PROTECT, null=True)
    """What it was decided under; None: under knobs that were tried in this call."""
    tried_knobs = models.JSONField(null=True)
    """Those by which they differ from the call's revision; None: none was tried."""
    person = models.CharField(max_length=150, blank=True)
    """Who spoke in the agent's place, by their user name; "": the agent did. Such a turn has no
    latencies, and is in no figure of the agent's."""
    said = models.TextField(_("said"), blank=True)
    answered = models.TextField(_("answered"), blank=True)
    """The agent's words as far as they were heard, or the person's."""
    prompt = models.CharField(max_length=30, blank=True)
    """The prepared phrase that was said instead of a written reply."""
    why = models.CharField(_("rule"), max_length=40)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome)
    label = models.CharField(_("label"), max_length=20, blank=True, choices=Label)
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
    pause_short_ms = models.PositiveIntegerField(null=True)
    """The longest pause after which the caller went on, while the utterance so far was short;
    None: there was none, or the call is not settled."""
    pause_long_ms = models.PositiveIntegerField(null=True)
    """The same while it was long."""
    policy_ms = models.PositiveIntegerField(default=0)
    """What the profile imposed between speech end and first audio."""
    wait_parts = models.JSONField(default=dict)
    """The silence that was asked for: what it is the sum of, in ms, by name
    (tuning.turns.endpointing)."""
    is_prepared = models.BooleanField(default=False)
    """The reply was begun before the decision."""
    thought = models.PositiveIntegerField(default=0)
    """How often a reply was begun ahead for this turn."""
    requests = models.PositiveIntegerField(default=0)
    """To language models, for replies that were begun for this turn and forgotten, too."""
    tokens = models.PositiveIntegerField(default=0)
    """Of the reply, as they came from the writer."""
    characters = models.PositiveIntegerField(default=0)
    """Of the reply, handed to speech synthesis."""
    wasted_tokens = models.PositiveIntegerField(default=0)
    """Of replies that were begun for this turn and never wanted, or withdrawn."""
    wasted_characters = models.PositiveIntegerField(default=0)
    resumed = models.PositiveIntegerField(default=0)
    """How often the reply was stopped for nothing, and went on."""
    is_limited = models.BooleanField(default=False)
    """The reply was longer than the profile allows, and ended after a sentence."""
    spoken_ms = models.PositiveIntegerField(default=0)
    """How long the caller heard the agent speak."""
    knowledge = models.JSONField(null=True)
    """What was looked up for the reply: heading and words of each passage; see `knew`."""

    AGENTS = Q(number__gt=0, person="")
    """The turns after the greeting that were the agent's."""
    CUT_INS = Q(label=Label.CUT_IN) | Q(label="", outcome=Outcome.CUT_IN)
    """The turns that are `is_cut_in`."""

    class Meta:
        ordering = ("call", "number")
        constraints = (models.UniqueConstraint(fields=("call", "number"), name="turn_number"),)

    def __str__(self) -> str:
        return f"{self.call} turn {self.number}"

    @property
    def verdict_words(self) -> str:
        return self.get_label_display() if self.label else self.get_outcome_display()

    @property
    def knew(self) -> str:
        """How what the business knows came into the reply: "found" (these passages), "nothing" (was
        found), "late" (and left out), "told" (all of it, in the instructions); "": it did not."""
        if self.knowledge:
            return "found"
        if self.found_ms is None:
            return "" if self.knowledge is None else "told"
        return "late" if self.knowledge is None else "nothing"

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


for _moment in MOMENTS:
    Turn.add_to_class(_moment, models.FloatField(null=True))
