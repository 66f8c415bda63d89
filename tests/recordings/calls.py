"""The scripted calls whose recordings are kept. Each is one thing that happens on telephones."""

from __future__ import annotations

from calls.services import Farewell, Message, ServiceFailed
from tests.recordings import judged_calls, persons_calls, waiting_calls
from tests.recordings.line import Telephone
from tests.recordings.scripted import ADAPTIVE, CALLS, FIXED, recorded

__all__ = ["CALLS", "judged_calls", "persons_calls", "waiting_calls"]

LONG = "אני רוצה לקבוע תור לבדיקת עיניים ביום שלישי"
STREET = (
    *("אפשר להגיע אלינו בכל יום בין תשע לחמש. ", "אנחנו ברחוב הרצל שלוש, קומה שנייה. "),
    "יש חניה מאחורי הבניין. להתראות.",
)


# Turns as they should be.


@recorded()
async def greeting(caller: Telephone) -> None:
    """The caller hears the greeting and hangs up."""
    await caller.hears_out()
    await caller.say("_" * 5)


@recorded(answers={LONG: ("בשמחה. ", "לאיזו שעה?"), "בעשר": ("רשמתי. ", "תודה.")})
async def short_and_long_answers(caller: Telephone) -> None:
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 24, LONG)
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 4, "בעשר")
    await caller.hears_out()


@recorded(answers={"אני רוצה לקבוע תור": ("לשעה עשר?",)})
async def yes_to_a_question(caller: Telephone) -> None:
    """The answer comes early, over the end of the question."""
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 10, "אני רוצה לקבוע תור")
    await caller.until_spoken_to()
    await caller.say("___" + "M" * 4, "כן")
    await caller.hears_out()


@recorded()
async def a_pause_to_think(caller: Telephone) -> None:
    """What is said sounds unfinished, and goes on after a while."""
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "אני רוצה לקבוע תור ל")
    await caller.say("______" + "M" * 6, "יום שלישי בבוקר")
    await caller.hears_out()


@recorded(rules=(ADAPTIVE,))
async def thought_ahead_and_forgotten(caller: Telephone) -> None:
    """A reply is begun to words that may be all, and more words come before the decision."""
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "הייתי אצלכם ביום ראשון")
    await caller.say("_" * 7 + "M" * 6, "ושכחתי שם את התיק")
    await caller.hears_out()


@recorded(rules=(ADAPTIVE,))
async def asked_for_time(caller: Telephone) -> None:
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 4, "רגע")
    await caller.say("_" * 15 + "M" * 6, "מחר בבוקר")
    await caller.hears_out()


@recorded(
    answers={
        "תודה להתראות": ("תודה, להתראות.", Farewell()),
        "מדברת דנה": (Message("דנה", "0501234567", "תור"), "רשמתי, נחזור אלייך."),
    }
)
async def a_message_and_goodbye(caller: Telephone) -> None:
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "מדברת דנה")
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "תודה להתראות")
    await caller.hears_out()
    await caller.say("_" * 20)


# Sounds that are no words.


@recorded()
async def a_click(caller: Telephone) -> None:
    """One in the silence after an utterance, which it does not restart; one by itself."""
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "מה שעות הפתיחה")
    await caller.say("__i")
    await caller.hears_out()
    await caller.say("_" * 12 + "M")
    await caller.say("_" * 25)


@recorded()
async def not_heard(caller: Telephone) -> None:
    """Voice without words: asked to repeat, the caller does."""
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8)
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "מה שעות הפתיחה")
    await caller.hears_out()


@recorded(knobs={"no_input_ms": 1500})
async def no_input_to_goodbye(caller: Telephone) -> None:
    for _time in range(4):
        await caller.hears_out()


# Over the agent.


@recorded(answers={"איפה אתם": STREET})
async def barge_in(caller: Telephone) -> None:
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 6, "איפה אתם")
    await caller.until_spoken_to()
    await caller.say("_" * 30 + "M" * 9, "רגע ומה המחיר")
    await caller.hears_out()


@recorded(knobs={"false_interruption_ms": 1500}, answers={"איפה אתם": STREET})
async def a_false_interruption(caller: Telephone) -> None:
    """A cough stops the reply, which goes on from the sentence that it cut; the second does not."""
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 6, "איפה אתם")
    await caller.until_spoken_to()
    await caller.say("_" * 30 + "MMMM")
    await caller.say("_" * 30 + "MMMM")
    await caller.until_quiet()


@recorded(rules=(ADAPTIVE,), answers={"איפה אתם": STREET})
async def a_backchannel(caller: Telephone) -> None:
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 6, "איפה אתם")
    await caller.until_spoken_to()
    await caller.say("_" * 30 + "MMMM" + "_" * 10, "אהה")
    await caller.until_quiet()


@recorded()
async def a_cut_in(caller: Telephone) -> None:
    """The agent has just begun when the caller, who had only paused, goes on."""
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "אני צריך תור.")
    await caller.until_spoken_to()
    await caller.say("__" + "M" * 10, "לרופא עיניים בבקשה")
    await caller.hears_out()


@recorded(answers={"אני צריך תור.": (1.5, "בשמחה.")})
async def the_caller_resumes(caller: Telephone) -> None:
    """After the decision, before the reply is heard: both utterances are answered as one."""
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "אני צריך תור.")
    await caller.say("_" * 9 + "M" * 8, "לרופא עיניים")
    await caller.hears_out()


# The keypad.


@recorded()
async def keypad(caller: Telephone) -> None:
    """Keys over the agent stop it; `#` ends them, or three seconds without another."""
    await caller.until_spoken_to()
    await caller.say("_" * 5)
    await caller.press("0541#")
    await caller.hears_out()
    await caller.say("_" * 5)
    await caller.press("12")
    await caller.hears_out()


# What goes wrong.


@recorded()
async def a_stalled_line(caller: Telephone) -> None:
    """It stalls in the silence after an utterance, and lives again."""
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8 + "___", "מה שעות הפתיחה")
    await caller.stall(3.4)
    await caller.say("_" * 20)


@recorded(rules=(ADAPTIVE,))
async def a_dead_line(caller: Telephone) -> None:
    await caller.hears_out()
    await caller.stall(40.0)
    await caller.say("_")


@recorded(answers={"מה שעות הפתיחה": (1.2, "בין תשע לחמש.")})
async def a_filled_wait(caller: Telephone) -> None:
    """The reply takes long, but not too long: "one moment"."""
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "מה שעות הפתיחה")
    await caller.hears_out()


@recorded(answers={"מה שעות הפתיחה": ("בין תשע ", 9.0, "לחמש.")})
async def a_late_reply(caller: Telephone) -> None:
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "מה שעות הפתיחה")
    await caller.hears_out()  # the filler
    await caller.hears_out()  # the apology
    await caller.say("_" * 10 + "M" * 8, "יש חניה")
    await caller.hears_out()


@recorded(answers={"מה שעות הפתיחה": ("בין תשע ", ServiceFailed("refused"))})
async def a_failed_reply(caller: Telephone) -> None:
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "מה שעות הפתיחה")
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "יש חניה")
    await caller.hears_out()


@recorded(
    rules=(ADAPTIVE,), answers={"מה שעות הפתיחה": ("בין תשע לחמש. ", ServiceFailed("refused"))}
)
async def three_failed_replies(caller: Telephone) -> None:
    await caller.hears_out()
    for _time in range(3):
        await caller.say("_" * 10 + "M" * 8, "מה שעות הפתיחה")
        await caller.hears_out()


@recorded(rules=(FIXED,), transcriber={"delay_s": 2.2933})
async def late_words(caller: Telephone) -> None:
    """They come after the caller was asked to repeat; the next ones after their decision."""
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "מה שעות הפתיחה")
    await caller.hears_out()
    await caller.hears_out()


@recorded(rules=(ADAPTIVE,), transcriber={"fails_after_s": 2.5033})
async def the_transcriber_fails(caller: Telephone) -> None:
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8)
    await caller.hears_out()
    await caller.say("_" * 20)


@recorded(rules=(FIXED,), knobs={"streaming_stt": False})
async def recognised_whole(caller: Telephone) -> None:
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "מה שעות הפתיחה")
    await caller.hears_out()


# Limits, and knobs turned in mid-call.


@recorded()
async def published_in_mid_call(caller: Telephone) -> None:
    """Between two utterances of the same length, and again in the silence after the third."""
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "הייתי אצלכם אתמול")
    await caller.hears_out()
    caller.retune(end_silence_short_ms=900, end_silence_long_ms=3600)
    await caller.say("_" * 10 + "M" * 8, "הייתי אצלכם אתמול")
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8 + "___", "הייתי אצלכם אתמול")
    caller.retune(end_silence_short_ms=200, end_silence_long_ms=400, finished_silence_ms=200)
    await caller.hears_out()


@recorded(rules=(ADAPTIVE,), knobs={"reply_limit_s": 3}, answers={"איפה אתם": STREET})
async def a_limited_reply(caller: Telephone) -> None:
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 6, "איפה אתם")
    await caller.hears_out()


@recorded(knobs={"max_call_s": 30, "no_input_ms": 0}, answers={"איפה אתם": STREET})
async def time_up(caller: Telephone) -> None:
    """While the agent speaks. The line has stalled for most of the call."""
    await caller.hears_out()
    await caller.stall(21.3)
    await caller.say("_" * 3 + "M" * 6, "איפה אתם")
    await caller.hears_out()
    await caller.say("_" * 20)
