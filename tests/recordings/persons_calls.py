"""Scripted calls in which a person steps in."""

from __future__ import annotations

from calls.voice.person.person import LOST_MS
from tests.fakes import HUSH
from tests.recordings.line import Telephone
from tests.recordings.scripted import recorded

NOTICE = "אדם מהצוות נכנס לשיחה."
VOICE = b"\x05\x85" * 80 * 3


@recorded(answers={"איפה אתם": ("אנחנו ברחוב הרצל שלוש, קומה שנייה. ", "יש חניה מאחורי הבניין.")})
async def a_person_takes_over_and_hands_back(caller: Telephone) -> None:
    person = caller.conversation.person
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 6, "איפה אתם")
    await caller.until_spoken_to()
    await caller.say("_" * 5)
    person.take_over("dana")
    for _second in range(10):
        person.speak(VOICE)
        await caller.say("_")
    for _second in range(10):
        person.speak(HUSH)
        await caller.say("_")
    await caller.say("M" * 6, "יש לי שאלה")
    await caller.say("_" * 12)
    person.hand_back("handed back", "לחזור אליהם מחר")
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 6, "תודה")
    await caller.hears_out()


@recorded()
async def a_person_is_lost(caller: Telephone) -> None:
    person = caller.conversation.person
    await caller.hears_out()
    person.take_over("dana")
    await caller.say("_" * (LOST_MS // 100 + 5))
    await caller.hears_out()


@recorded()
async def a_person_whispers_and_has_the_agent_say_something(caller: Telephone) -> None:
    person = caller.conversation.person
    await caller.hears_out()
    person.whisper("dana", "לענות בקצרה")
    await caller.say("_" * 10 + "M" * 6, "מה שעות הפתיחה")
    await caller.hears_out()
    await caller.say("_" * 10 + "MM")
    person.ask_to_say("dana", "אנחנו סגורים ביום שישי")
    await caller.hears_out()


@recorded(person_notice=NOTICE)
async def a_person_listens_in_after_the_notice(caller: Telephone) -> None:
    person = caller.conversation.person
    await caller.until_spoken_to()
    person.listen_in("dana")
    await caller.until_quiet()
    person.take_over("dana")
    await caller.say("_" * 5)
    person.hand_back("handed back")
    await caller.hears_out()


@recorded(knobs={"max_call_s": 60})
async def a_person_comes_too_late(caller: Telephone) -> None:
    """The last words are being said."""
    while not caller.conversation.turns.now_ms >= 60_000:
        await caller.say("_")
    await caller.until_spoken_to()
    caller.conversation.person.take_over("dana")
    await caller.hears_out()
