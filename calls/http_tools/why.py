"""Why a use of a tool failed: a word for the log and the row, and a sentence for an operator.

Rule: what is written beside the word is ours or harmless (a number of seconds, an address). What
libraries say of a request or an answer may hold a secret, and is not kept.
"""

from __future__ import annotations

import re
import ssl

import anyio
import httpcore2
from django.db import models
from django.utils.translation import gettext_lazy as _

_GONE = re.compile("disconnected|closed connection")


class Why(models.TextChoices):
    NO_ADDRESS = "no address", _("No address is known for the server's name.")
    NO_CONNECTION = "no connection", _("Nothing accepts a connection at its address.")
    CERTIFICATE = "certificate", _("The server's certificate is not valid.")
    NO_TLS = "no TLS", _("The server does not answer with TLS.")
    BROKE = "broke", _("The connection broke before the answer was complete.")
    NOT_HTTP = "not HTTP", _("What the server sent is no HTTP.")
    SLOW = "late", _("The answer was not complete when the deadline was over:")
    NOT_LET_IN = "not let in", _("The server does not let us in: check the key in the headers.")
    TOO_OFTEN = "too often", _("The server says that it is asked too often.")
    ERROR = "error", _("The server answered with an error.")
    REDIRECT = "redirect", _("The server points elsewhere, and redirects are not followed.")
    PACKED = "packed", _("The answer came compressed, which was not asked for.")
    NO_JSON = "no JSON", _("The answer is no JSON, and parts of it are wanted.")
    WEB_PAGE = "web page", _("The answer is a web page, and no JSON or text.")
    INSIDE = "inside", _("The server's name leads to an address that is not on the internet:")
    OPEN = "http", _("Only what TOOL_HOSTS lists is asked without TLS, and it does not list:")
    UNREADABLE = "unreadable", _("A header's value is unreadable: write it again.")
    OURS = "ours", _("A fault of HeVoice: the log has the details.")


def with_detail(why: Why, detail: object) -> str:
    return f"{why.value}: {detail}"[:200]


def in_words(why: str) -> tuple[str, str]:
    """The sentence, and what stands beside it. What is no word of ours stays as it is."""
    word, _colon, detail = why.partition(": ")
    return (f"{Why(word).label}", detail) if word in Why.values else ("", why)


def of_error(error: Exception) -> str:
    """Of a connection that was not made, or broke."""
    match error.__cause__ or error.__context__:
        case ssl.SSLCertVerificationError(verify_message=message):
            return with_detail(Why.CERTIFICATE, message)
        case ssl.SSLError() | anyio.EndOfStream():
            return Why.NO_TLS.value
    match error:
        case httpcore2.ConnectError() | httpcore2.ConnectTimeout():
            return Why.NO_CONNECTION.value
        case httpcore2.RemoteProtocolError() if not _GONE.search(f"{error}"):
            return Why.NOT_HTTP.value
        case httpcore2.LocalProtocolError():
            return Why.OURS.value
    return Why.BROKE.value


def of_status(status: int) -> str:
    match status:
        case 401 | 403 | 407:
            return Why.NOT_LET_IN.value
        case 429:
            return Why.TOO_OFTEN.value
    return Why.ERROR.value
