"""What the core's and the record's short strings are called on the pages, in both languages.

A string that is not here is shown as it is: nothing is hidden because it is new.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = dict[str, Promise]

RULES: Words = {
    "short silence": _("a short utterance, then silence"),
    "long silence": _("a long utterance, then silence"),
    "transcriber": _("a transcript was waited for"),
    "keypad": _("keys were pressed"),
    "line stalled": _("the line stood still"),
    "greeting": _("the call began"),
    "not heard": _("speech brought no words"),
    "reply late": _("a service was late"),
    "reply failed": _("a service failed"),
    "transcriber failed": _("transcription failed"),
    "time up": _("the longest call was reached"),
}
"""`Turn.why`: the rule that fired."""

STATES: Words = {
    "listening": _("listening"),
    "waiting": _("waiting"),
    "thinking": _("thinking"),
    "speaking": _("speaking"),
    "refractory": _("just spoke"),
}
"""The floor of a call in progress."""

ROLES: Words = {
    "transcriber": _("Recognition"),
    "writer": _("Answers"),
    "speaker": _("Voice"),
}
"""What a call needs of the services: calls.readiness.ROLES."""

DISMISSALS: Words = {
    "noise": _("noise"),
    "no words": _("no words in it"),
    "spoken over": _("spoken over the agent"),
    "after a reply": _("right after a reply"),
}
"""Why a stretch of voice brought no turn."""

DROPS: Words = {
    "not the caller's track": _("not the caller's track"),
    "timestamp out of order": _("timestamp out of order"),
    "transcriber queue full": _("the transcriber's queue was full"),
    "not yet sent": _("not yet sent when the call ended"),
    "outside any utterance": _("outside any utterance"),
}
"""Why the transcriber never got a frame."""

STAGES: Words = {
    "silence": _("Wait for the end"),
    "transcription": _("Transcription"),
    "writing": _("Reply text"),
    "speech": _("Speech synthesis"),
    "sending": _("Delay and sending"),
}
"""The lanes of a waterfall."""

WAIT_PARTS: Words = {
    "minimum": _("minimum utterance"),
    "hangover": _("hangover"),
    "silence": _("silence"),
    "delay": _("delay"),
}
"""`Profile.wait_parts_ms`."""

NOTES: Words = {"shipped": _("shipped with HeVoice")}


@dataclass(frozen=True, slots=True)
class Latency:
    """A latency of calls.models.Turn and what it means."""

    name: str
    label: Promise
    meaning: Promise


LATENCIES = (
    Latency(
        "response_latency",
        _("Response latency"),
        _("From the caller's last voiced frame to the first audio sent: what the caller waits."),
    ),
    Latency(
        "end_of_turn_delay",
        _("End-of-turn delay"),
        _("From the speech end to the decision that the caller has finished."),
    ),
    Latency(
        "transcription_delay",
        _("Transcription delay"),
        _("From the speech end to the transcript that the turn rests on."),
    ),
    Latency(
        "llm_ttft",
        _("LLM, first token"),
        _("From the request to the first piece of the reply's text."),
    ),
    Latency(
        "llm_ttfs",
        _("LLM, first sentence"),
        _("From the request to the first sentence handed to speech synthesis."),
    ),
    Latency(
        "tts_ttfb",
        _("TTS, first byte"),
        _("From the first sentence handed over to the first byte of its audio."),
    ),
    Latency(
        "turn_latency",
        _("Turn latency"),
        _("From the decision to the first audio sent."),
    ),
    Latency(
        "field_turn_latency",
        _("TURN_LATENCY (field)"),
        _(
            "The older log line: from the decision to the text handed to speech synthesis. It "
            "leaves out the silence before and the synthesis after."
        ),
    ),
    Latency(
        "heard_latency",
        _("Heard"),
        _("From the speech end to the mark that confirms that the caller hears the reply."),
    ),
)
