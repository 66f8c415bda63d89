"""What the core's and the record's short strings are called on the pages, in both languages.

A string that is not here is shown as it is: nothing is hidden because it is new.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = dict[str, Promise]

RULES: Words = {
    "short silence": _("a short utterance, then silence"),
    "long silence": _("a long utterance, then silence"),
    "finished words": _("the words were finished, then silence"),
    "unfinished words": _("unfinished words, then the longest silence"),
    "asked for time": _("time was asked for, and is over"),
    "transcriber": _("a transcript was waited for"),
    "no input": _("nobody spoke"),
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
"""What a call needs of the services: calls.services.vendors.ROLES."""

DISMISSALS: Words = {
    "noise": _("noise"),
    "no words": _("no words in it"),
    "spoken over": _("spoken over the agent"),
    "backchannel": _("listening sounds"),
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
    "longest": _("longest silence"),
    "answered": _("the question is answered"),
    "closed": _("the sentence is closed"),
    "wish": _("the wish is said"),
    "detail": _("the wish is detailed"),
    "stable": _("the words have settled"),
    "unfinished": _("the words are unfinished"),
    "own pauses": _("the caller's own pauses"),
    "asked for time": _("time was asked for"),
    "transcript": _("no word more"),
    "words missing": _("words are missing"),
}
"""`tuning.turns.endpointing.Silence.parts`, and what `tuning.turns.endpointing.examples` are of."""

CARRIER_STATUSES: Words = {
    "queued": _("queued"),
    "initiated": _("initiated"),
    "ringing": _("ringing"),
    "in-progress": _("in progress"),
    "completed": _("completed"),
    "busy": _("busy"),
    "failed": _("failed"),
    "no-answer": _("not answered"),
    "canceled": _("given up by the caller"),
}
"""`Call.twilio_status`."""

STREAM_CLOSED = "31921"
STREAM_ERRORS = (
    ("31901", "timeout", _("This server did not answer in time: is port 443 open?")),
    ("31902", "refused", _("This server refused the connection: is it running, on port 443?")),
    ("31903", "broken pipe", _("The connection broke: the server or its proxy dropped it.")),
    ("31910", "ssl", _("TLS failed: check the certificate, and that the port serves TLS.")),
    (
        "31920",
        "handshake",
        _("The stream was not let in: check that the proxy passes websockets, PUBLIC_HOST, and "
          "TWILIO_AUTH_TOKEN (the token of the number's region)."),
    ),
    (STREAM_CLOSED, "close", _("This server closed the stream, as when the agent ends a call.")),
    ("31930", "upstream", _("This server read too slowly: it has too many calls at once.")),
    ("31941", "track", _("Twilio cannot stream this track.")),
    ("3192", "url", _("Twilio cannot use the stream's address: check PUBLIC_HOST.")),
)  # fmt: skip
"""`Call.stream_error`: Twilio's code, or a word of its text, and what to do."""


def stream_error(text: str) -> Promise | str:
    """What a stream's error means; nothing for one that is not known."""
    for code, _word, meaning in STREAM_ERRORS:
        if code in text:
            return meaning
    for _code, word, meaning in STREAM_ERRORS:
        if word in text.lower():
            return meaning
    return ""


NOTES: Words = {"shipped": _("shipped with HeVoice")}
