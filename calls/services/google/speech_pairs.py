"""Which model recognises the caller, and why it is not the one that was asked for.

Rule: a pair of model and language that Google does not serve never costs a call. Pairs known to be
refused are replaced before the first call, others at their first refusal; what one call learns
applies to the whole process. Known in November 2026: for Hebrew only chirp_3 (v2, eu and us) and
v1's default and command_and_search stream."""

from __future__ import annotations

import logging
from dataclasses import replace

from django.conf import settings

from calls.language.language import spoken
from calls.services import Availability, ServiceFailed
from calls.services.google import faults
from calls.services.google.faults import Fault
from calls.services.google.speech_api import Pair

logger = logging.getLogger(__name__)

LADDER = (
    Pair("v2", "chirp_3", "", "eu"),
    Pair("v1", "command_and_search", ""),
    Pair("v1", "default", ""),
)
"""What is tried in the place of a refused pair, best first; the language is the configured one."""
LOCATIONS = {"chirp": "europe-west4", "chirp_2": "europe-west4", "chirp_3": "eu"}
"""v2's models, and the place nearest to Israel that has them. Other models are asked of v1."""
NOT_IN_HEBREW = {
    *("phone_call", "video", "latest_long", "latest_short", "long", "short"),
    *("telephony", "telephony_short", "medical_dictation", "medical_conversation"),
    *("chirp", "chirp_2"),  # these know Hebrew, but do not stream it
}

refused: dict[Pair, str] = {}
"""Pairs that Google would not serve, with its words."""
_without_hints: set[Pair] = set()
_told: set[Availability] = set()


def asked_for() -> Pair:
    model = settings.GCP_STT_MODEL
    language = settings.GCP_STT_LANGUAGE or spoken().locale
    if model in LOCATIONS:
        return Pair("v2", model, language, LOCATIONS[model])
    return Pair("v1", model, language)


def availability() -> Availability:
    asked, chosen = asked_for(), _first_served()
    if chosen == asked:
        return Availability(_in_words(asked), _in_words(asked), "")
    reasons = [
        f"{pair}: {why}"
        for pair in _candidates(asked)
        if (why := _why_not(pair)) and pair != chosen
    ]
    return Availability(_in_words(asked), _in_words(chosen) if chosen else "", "; ".join(reasons))


def in_use() -> str:
    """For a name: the API, the model and the place."""
    return str(_first_served() or "no model")


def chosen(project: str) -> Pair:
    """The pair to use now; v2 serves only who names a project ("": not known). Raises
    ServiceFailed when Google has refused all that there are."""
    if not project:
        for each in _candidates(asked_for()):
            if each.api == "v2":
                refuse(each, "GOOGLE_CLOUD_PROJECT is not set")
    now = availability()
    if now.why and now not in _told:
        _told.add(now)
        logger.warning(
            "Google Speech: %s was asked for, %s is in use: %s",
            now.asked_for, now.in_use or "nothing", now.why,
        )  # fmt: skip
    pair = _first_served()
    if pair is None:
        raise ServiceFailed(
            f"Google Speech refuses every model ({now.why}): set GCP_STT_MODEL and "
            "GCP_STT_LANGUAGE to a pair that it serves"
        )
    return pair


def refuse(pair: Pair, why: str) -> None:
    """Google will not serve this pair: do not ask again in this process."""
    refused.setdefault(pair, why)


def learn(pair: Pair, fault: Fault, had_hints: bool = False) -> bool:
    """Was the configuration refused? Then another is used from now on."""
    if not faults.is_refusal(fault):
        return False
    if had_hints and faults.is_about_hints(fault):
        _without_hints.add(pair)
        logger.warning("Google Speech: %s takes no hints: %s", pair, faults.text(fault))
    else:
        refuse(pair, faults.text(fault))
    return True


def takes_hints(pair: Pair) -> bool:
    return pair not in _without_hints


def forget() -> None:
    """As if the process had just begun."""
    refused.clear()
    _without_hints.clear()
    _told.clear()


def _candidates(asked: Pair) -> list[Pair]:
    ladder = [replace(pair, language=asked.language) for pair in LADDER]
    return [asked, *(pair for pair in ladder if pair != asked)]


def _first_served() -> Pair | None:
    return next((pair for pair in _candidates(asked_for()) if not _why_not(pair)), None)


def _why_not(pair: Pair) -> str:
    if pair.is_hebrew and pair.model in NOT_IN_HEBREW:
        return f"Google does not stream {pair.language_code} with {pair.model}"
    return refused.get(pair, "")


def _in_words(pair: Pair) -> str:
    return f"{pair} {pair.language}"
