"""Scripted calls in which the model that answers says first whether the caller has finished."""

from __future__ import annotations

from calls.services import ServiceFailed
from calls.services.verdicts import Verdict
from tests.recordings.line import Telephone
from tests.recordings.scripted import ADAPTIVE, CALLS, recorded

__all__ = ["CALLS"]

STORY = "הייתי אצלכם ביום ראשון"
WHOLE, CUT_SHORT, NEEDS_TIME = Verdict.WHOLE, Verdict.CUT_SHORT, Verdict.NEEDS_TIME


@recorded(rules=(ADAPTIVE,), answers={STORY: (WHOLE, "הבנתי. ", "ומה שכחת?")})
async def judged_whole(caller: Telephone) -> None:
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, STORY)
    await caller.hears_out()


@recorded(rules=(ADAPTIVE,), answers={STORY: (CUT_SHORT,)})
async def judged_cut_short_and_goes_on(caller: Telephone) -> None:
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, STORY)
    await caller.say("_" * 11 + "M" * 6, "ושכחתי שם את התיק")
    await caller.hears_out()


@recorded(rules=(ADAPTIVE,), answers={"קוראים לי": (CUT_SHORT,)})
async def judged_cut_short_and_silent(caller: Telephone) -> None:
    """After the longest silence the answer is ready, and nobody waits for it."""
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "קוראים לי")
    await caller.hears_out()


@recorded(rules=(ADAPTIVE,), answers={"אני מחפש את הכרטיס": (NEEDS_TIME,)})
async def judged_to_need_time(caller: Telephone) -> None:
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "אני מחפש את הכרטיס")
    await caller.say("_" * 30 + "M" * 6, "מצאתי")
    await caller.hears_out()


@recorded(rules=(ADAPTIVE,), answers={"כמה עולה תור לרופא עיניים": (1.5, CUT_SHORT)})
async def judged_too_late(caller: Telephone) -> None:
    """The local judge has decided; the answer is asked for again, and heard."""
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "כמה עולה תור לרופא עיניים")
    await caller.hears_out()


@recorded(rules=(ADAPTIVE,), answers={STORY: (WHOLE, ServiceFailed("refused"))})
async def judged_whole_and_then_refused(caller: Telephone) -> None:
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, STORY)
    await caller.hears_out()
