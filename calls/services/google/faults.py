"""What Google's refusals mean: what to do now, and what a person should do about them."""

from __future__ import annotations

from google.api_core.exceptions import GoogleAPICallError, from_grpc_status
from grpc import StatusCode

from calls.services import ServiceFailed, ServiceLate
from calls.services.stt_stream import StreamBroke

Fault = GoogleAPICallError | TimeoutError

CREDENTIALS = {StatusCode.UNAUTHENTICATED, StatusCode.PERMISSION_DENIED}
REFUSALS = {
    *(StatusCode.INVALID_ARGUMENT, StatusCode.NOT_FOUND),
    *(StatusCode.FAILED_PRECONDITION, StatusCode.UNIMPLEMENTED),
}
ABOUT_AUDIO = ("Audio chunk", "Malordered", "too slow", "too fast")
"""In a refusal that says nothing about the model."""
UNEXPLAINED = "Internal error from Core"
ABOUT_HINTS = ("adaptation", "speech_context", "phrase")
UNREACHABLE = "check the network, GOOGLE_SPEECH_ENDPOINT and https://status.cloud.google.com"
ADVICE = {
    StatusCode.UNAUTHENTICATED: "check GOOGLE_APPLICATION_CREDENTIALS",
    StatusCode.PERMISSION_DENIED: "enable the Cloud Speech-to-Text API in the project, and let the "
    "service account use it",
    StatusCode.INVALID_ARGUMENT: "check GCP_STT_MODEL and GCP_STT_LANGUAGE",
    StatusCode.RESOURCE_EXHAUSTED: "raise the Speech-to-Text quota in the Google Cloud console",
    StatusCode.UNAVAILABLE: UNREACHABLE,
    StatusCode.DEADLINE_EXCEEDED: "check the network and https://status.cloud.google.com",
}


def of(status: StatusCode, words: str) -> GoogleAPICallError:
    fault: GoogleAPICallError = from_grpc_status(status, words)  # type: ignore[no-untyped-call]
    return fault


def ended() -> GoogleAPICallError:
    """Google ended a stream without a reason."""
    return of(StatusCode.UNAVAILABLE, "the stream was ended")


def code(fault: Fault) -> StatusCode:
    if isinstance(fault, TimeoutError):
        return StatusCode.DEADLINE_EXCEEDED
    return fault.grpc_status_code or StatusCode.UNKNOWN


def text(fault: Fault) -> str:
    if isinstance(fault, TimeoutError):
        return "no answer"
    return str(fault.message)


def is_refusal(fault: Fault) -> bool:
    """Would the same configuration be refused again?"""
    return code(fault) in REFUSALS and not any(words in text(fault) for words in ABOUT_AUDIO)


def is_unexplained(fault: Fault) -> bool:
    """gRPC's own word for a write that came just after Google had ended the stream: Google's
    reason is lost behind it."""
    return text(fault) == UNEXPLAINED


def is_about_hints(fault: Fault) -> bool:
    return any(words in text(fault) for words in ABOUT_HINTS)


def is_about_credentials(fault: Fault) -> bool:
    """`invalid_grant`: the key was revoked, which comes as UNAVAILABLE from fetching a token."""
    return code(fault) in CREDENTIALS or "invalid_grant" in text(fault)


def broke(fault: GoogleAPICallError) -> StreamBroke:
    """A stream's end, as the recogniser takes it."""
    return StreamBroke(
        _said(fault),
        _advice(fault),
        is_late=code(fault) == StatusCode.DEADLINE_EXCEEDED,
        is_hidden=is_unexplained(fault),
        is_hopeless=is_about_credentials(fault),
    )


def failed(name: str, fault: Fault) -> ServiceFailed:
    """The provider's own words, and what to do."""
    said, advice = f"{name}: {_said(fault)}", _advice(fault)
    is_late = code(fault) == StatusCode.DEADLINE_EXCEEDED
    return (ServiceLate if is_late else ServiceFailed)(f"{said} ({advice})" if advice else said)


def _said(fault: Fault) -> str:
    return f"{code(fault).name}: {text(fault)}"


def _advice(fault: Fault) -> str:
    if "metadata from plugin" in text(fault):  # a token could not be had
        return ADVICE[StatusCode.UNAUTHENTICATED]
    return ADVICE.get(code(fault), "")
