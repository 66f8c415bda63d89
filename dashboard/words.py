"""What the pages call the short strings of the core and of the record, in both languages.

A string that is missing here is shown as it is, so nothing is hidden because it is new.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.models import Call

Words = dict[str, Promise]

RULES: Words = {
    "short silence": _("a short utterance, then silence"),
    "long silence": _("a long utterance, then silence"),
    "finished words": _("finished words, then silence"),
    "unfinished words": _("unfinished words, then the longest silence"),
    "asked for time": _("the caller asked for time, which has passed"),
    "transcriber": _("the wait for a transcript ended"),
    "no input": _("nobody spoke"),
    "keypad": _("keys were pressed"),
    "line stalled": _("the line went quiet"),
    "greeting": _("the call began"),
    "not heard": _("speech, but no words"),
    "reply late": _("a service was late"),
    "reply failed": _("a service failed"),
    "transcriber failed": _("transcription failed"),
    "time up": _("the longest call was reached"),
    "nobody came": _("nobody came whom the caller had asked for"),
    "taken over": _("a person took over"),
    "overheard": _("said to a person"),
    "handed back": _("a person handed the call back"),
    "lost": _("the connection to a person was lost"),
    "asked to say": _("a person asked the agent to say it"),
    "notice": _("callers are told before a person steps in"),
}
"""`Turn.why`: the rule that fired."""

STATES: Words = {
    "listening": _("listening"),
    "waiting": _("waiting"),
    "thinking": _("thinking"),
    "speaking": _("speaking"),
    "refractory": _("just spoke"),
    "person": _("a person is speaking"),
}
"""The floor of a call in progress."""

PERSON_WHYS: Words = {
    "asked": _("the caller asked"),
    "failures": _("the agent could not answer"),
}
"""Why a person is called: `Call.asked_person_why`."""

HOLD_ENDS: Words = {
    "handed back": _("handed back"),
    "lost": _("the connection was lost"),
    "call over": _("the call ended"),
}
"""How it ended that a person held a call."""

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
    "knowledge": _("Knowledge"),
    "writing": _("Reply text"),
    "tools": _("Tools"),
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
    "closed": _("the sentence is complete"),
    "wish": _("the request is clear"),
    "detail": _("the request is detailed"),
    "stable": _("the transcript is stable"),
    "unfinished": _("the words are unfinished"),
    "own pauses": _("the caller's own pauses"),
    "local: whole": _("the local judge: whole"),
    "local: not sure": _("the local judge: not sure"),
    "local: cut short": _("the local judge: cut short"),
    "local: none": _("the local judge has not judged"),
    "rule: number": _("digits are missing"),
    "rule: hesitation": _("the caller hesitates"),
    "rule: asked for time": _("the caller asked for time"),
    "model: whole": _("the model: whole"),
    "model: cut short": _("the model: cut short"),
    "model: needs time": _("the model: needs time"),
    "model: awaited": _("waiting for the verdict of the model"),
    "both say whole": _("both judges: whole"),
    "the local judge is sure": _("only the local judge, and it is sure"),
    "the local judge is not sure": _("only the local judge, and it is not sure"),
    "the judges disagree": _("the judges disagree"),
    "both say cut short": _("both judges: cut short"),
    "asked for time": _("extra time that was asked for"),
    "transcript": _("no more words came"),
    "words missing": _("words are missing"),
}
"""`tuning.turns.endpointing.Silence.parts`, those of turns from before there were judges, and what
`tuning.turns.endpointing.examples` are of."""

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
        _("The stream was refused: check that the proxy passes websockets, and check "
          "PUBLIC_HOST and TWILIO_AUTH_TOKEN (the token of the number's region)."),
    ),
    (STREAM_CLOSED, "close", _("This server closed the stream, as when the agent ends a call.")),
    ("31930", "upstream", _("This server read too slowly: it is handling too many calls at "
                            "once.")),
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


ENGINES = (
    (r"embedded (Whisper .+) \(stand-in\)", _("embedded {product} (stand-in)")),
    (r"embedded receptionist \(fixed dialogue\)", _("embedded receptionist (fixed dialogue)")),
    (r"embedded (espeak-ng) \(development voice\)", _("embedded {product} (development voice)")),
    (r"Google voice (.+)", _("Google voice {product}")),
)
"""Each of `Call.engines` that is more than a product's name."""


def how_ended(call: Call) -> Promise | str:
    """A link that is withdrawn ends its calls by their time."""
    link = call.talk_link if call.ended_why == Call.Ended.TIME_UP else None
    if link and link.withdrawn_at and (not call.ended_at or link.withdrawn_at < call.ended_at):
        return _("the shared link was withdrawn")
    return call.get_ended_why_display()


NOTES: Words = {"shipped": _("shipped with HeVoice")}
