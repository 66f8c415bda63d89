"""The knobs of turn-taking: each one declared once, here.

The browser form, its validation, the help texts, the environment names, the stored revision and
the core all read this class. Adding a knob is one field here and one use in turn_taker.py (or, for
the transcriber's wire, in calls/). Under which rule it acts, and as what, stands here too; the form
shows no other. Pure: imports nothing of Django and nothing that acts.

Ranges: facts of the field, tried against LiveKit, Pipecat, OpenAI and Vapi defaults. *Hard* is
refused outside; *soft* is allowed with a warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from tuning.turns import checks
from tuning.turns.checks import Problem as Problem
from tuning.turns.knob import FRAME_MS as FRAME_MS
from tuning.turns.knob import Knob, Meaning, Text, Value, knob


class ProfileError(ValueError):
    """A set of knobs that no call may run on."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{', '.join(p.knobs)}: {p.text.en}" for p in problems))


FIXED, ADAPTIVE = ("fixed",), ("adaptive",)
"""The only rule under which a knob acts."""
GROUPS: dict[str, Text] = {
    "rule": Text("הכלל", "The rule"),
    "end": Text("מתי סיימו לדבר?", "When has the caller finished?"),
    "floor": Text("מי מדבר עכשיו?", "Who has the floor?"),
    "answer": Text("איך עונים?", "How is it answered?"),
    "transcription": Text("תמלול", "Transcription"),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """When the caller is speaking, has finished, or is interrupting. All times in milliseconds."""

    endpointing: str = knob(
        "fixed",
        unit="",
        group="rule",
        choices={
            "fixed": Text("לפי אורך האמירה", "by the length of the utterance"),
            "adaptive": Text("לפי מה שנאמר", "by what was said"),
        },
        label=Text("מה קובע כמה לחכות", "What decides how long to wait"),
        help=Text(
            "לפי אורך האמירה: שתיקה אחת אחרי אמירה קצרה ואחרת אחרי ארוכה. לפי מה שנאמר: תשובה "
            "מלאה לשאלה נענית מיד, ולמשפט שנקטע באמצע מחכים. מוצגים רק הפרמטרים שפועלים לפי "
            "הכלל שנבחר; הערכים של האחרים נשמרים.",
            "By length: one silence after a short utterance, another after a long one. By what "
            "was said: a full answer is answered at once, an unfinished sentence is waited for. "
            "Only the knobs that act under the chosen rule are shown; the others keep their "
            "values.",
        ),
    )
    vad: str = knob(
        "webrtc",
        unit="",
        group="end",
        choices={
            "webrtc": Text("WebRTC", "WebRTC"),
            "silero": Text("WebRTC ואחריו Silero", "WebRTC, then Silero"),
        },
        label=Text("מי קובע מה דיבור", "What tells speech from noise"),
        help=Text(
            "WebRTC שומע צליל; בקו רועש הוא טועה לעתים קרובות. כשהוא שומע משהו, המודל Silero בודק "
            "אם זה באמת דיבור.",
            "WebRTC hears sound, and on a noisy line is often wrong. Where it hears something, "
            "Silero's model judges whether that is speech.",
        ),
    )
    vad_aggressiveness: int = knob(
        2,
        soft=(1, 3),
        hard=(0, 3),
        unit="",
        group="end",
        label=Text("קפדנות זיהוי הדיבור", "VAD aggressiveness"),
        help=Text(
            "כמה להקפיד בהבחנה בין דיבור לרעש: 0 – כמעט כל צליל נחשב דיבור, 3 – רק דיבור ברור. "
            "בקו רועש כדאי להעלות; אם מילים חלשות נעלמות, להוריד. ערך נמוך גם מאריך את סוף "
            "הדיבור ב־40–60 אלפיות שנייה.",
            "How strictly speech is told from noise: 0 = almost any sound counts, 3 = clear "
            "speech only. Raise it on noisy lines; lower it if quiet words vanish. Low values "
            "also stretch the end of speech by 40–60 ms.",
        ),
    )
    min_speech_ms: int = knob(
        60,
        soft=(40, 100),
        hard=(20, 200),
        in_frames=True,
        group="end",
        label=Text("קול מזערי לתחילת דיבור", "Minimum voice that is speech"),
        help=Text(
            "כמה קול רצוף נחשב תחילת דיבור. קול קצר יותר הוא נקישה: הוא לא פותח תור ולא מתחיל "
            "את ספירת השתיקה מחדש.",
            "How much unbroken voice counts as the beginning of speech. Anything shorter is a "
            "click: it opens no turn and never restarts the silence.",
        ),
    )
    min_utterance_ms: int = knob(
        600,
        soft=(300, 800),
        hard=(150, 1500),
        step=50,
        environ="MIN_UTT_SEC",
        environ_scale=1000,
        group="end",
        rules=FIXED,
        label=Text("אורך אמירה מזערי", "Minimum utterance"),
        help=Text(
            "ספירת השתיקה לא מתחילה לפני שעבר זמן כזה מתחילת הדיבור, כי אמירה קצרה מאוד היא "
            "לעתים קרובות רק ההתחלה. אמירה קצרה אינה נפסלת: „כן” ו„לא” נענים תמיד, אחרי המתנה "
            "קצרה נוספת.",
            "The silence is not counted before this long after speech began, because a very "
            "short utterance is often the start of more. It never rejects anything: “yes” and "
            "“no” are always answered, after waiting a little longer.",
        ),
    )
    vad_hangover_ms: int = knob(
        220,
        soft=(140, 320),
        hard=(60, 600),
        in_frames=True,
        environ="VAD_HANGOVER_MS",
        group="end",
        label=Text("השהיית סוף דיבור", "VAD hangover"),
        help=Text(
            "הפסקת קול קצרה מזה עדיין נחשבת אותו רצף דיבור. הערך מתווסף לשתיקה הנדרשת בסוף כל "
            "אמירה, קצרה או ארוכה, ולכן כל אלפית כאן היא אלפית בכל תשובה.",
            "A gap in the voice shorter than this is still the same stretch of speech. It is "
            "added to the silence asked for after every utterance, so each millisecond here is "
            "one in every answer.",
        ),
        adaptive=Meaning(
            Text("השהיית סוף דיבור", "VAD hangover"),
            Text(
                "הפסקת קול קצרה מזה עדיין נחשבת אותו רצף דיבור, וכך נמדד הקול שעוצר תשובה; אחרי "
                "זמן כזה „אהה” מעל תשובה שנעצרה נחשב גמור, והיא ממשיכה. לשתיקה הערך מתווסף רק "
                "כשחסרות מילים: אמירה שכולה תומללה לא מחכה בגללו.",
                "A gap in the voice shorter than this is still the same stretch of speech, which "
                "is how the voice that stops a reply is measured; after so long an “uh-huh” over "
                "a stopped reply is over, and it goes on. It is added to the silence only while "
                "words are missing: what is wholly transcribed does not wait for it.",
            ),
        ),
    )
    end_silence_short_ms: int = knob(
        500,
        soft=(350, 1000),
        hard=(200, 1500),
        step=50,
        group="end",
        label=Text("שתיקה אחרי אמירה קצרה", "Silence after a short utterance"),
        help=Text(
            "כמה שתיקה, מעבר להשהיית סוף הדיבור, קובעת שאמירה קצרה הסתיימה. נמוך: תשובה מהירה "
            "יותר; גבוה: פחות קטיעות. אם יש קטיעות אחרי „אז…” או „רגע”, להעלות ב־100.",
            "How much silence, on top of the hangover, ends a short utterance. Lower is faster, "
            "higher cuts in less. If callers are cut off after “so…” or “wait”, raise it by 100.",
        ),
        adaptive=Meaning(
            Text("שתיקה כשחסרות מילים", "Silence while words are missing"),
            Text(
                "הדיבור נגמר ועדיין לא כולו תומלל: כמה שתיקה, מעבר להשהיית סוף הדיבור, עד שמתחילה "
                "ההמתנה לתמלול, או, בלי תמלול שוטף, עד שהאמירה נשלחת לתמלול. אמירה שכולה תומללה "
                "לא מחכה בגללו.",
                "Speech is over and not all of it is transcribed yet: how much silence, on top of "
                "the hangover, until the wait for a transcript begins or, without streaming "
                "transcription, until the utterance is recognised. What is wholly transcribed "
                "does not wait for it.",
            ),
        ),
    )
    short_utterance_ms: int = knob(
        2000,
        soft=(1500, 3000),
        hard=(500, 6000),
        step=100,
        group="end",
        label=Text("גבול בין קצרה לארוכה", "Short utterances are under"),
        help=Text(
            "אמירה שנמשכת פחות מזה, מתחילת הקול הראשון ועד סוף הקול האחרון, היא קצרה. בגבול יש "
            "קפיצה: אמירה ארוכה במעט תחכה לשתיקה הארוכה.",
            "An utterance that lasts less than this, from first to last voice, is short. There "
            "is a cliff here: a slightly longer one waits for the long silence.",
        ),
        adaptive=Meaning(
            Text("קצרה או ארוכה בנתונים", "Short or long in the figures"),
            Text(
                "בשיחה עצמה הערך לא משנה דבר. זמני תגובה, קטיעות והפסקות נספרים לחוד: אמירה שנמשכת "
                "פחות מזה, מתחילת הקול הראשון ועד סוף הקול האחרון, היא קצרה. חל על תורות שיבואו.",
                "It changes nothing in a call. Latencies, cut-ins and pauses are counted apart: "
                "an utterance that lasts less than this, from first to last voice, is short. It "
                "holds for turns to come.",
            ),
        ),
    )
    end_silence_long_ms: int = knob(
        1800,
        soft=(800, 3000),
        hard=(400, 4000),
        step=100,
        group="end",
        label=Text("שתיקה אחרי אמירה ארוכה", "Silence after a long utterance"),
        help=Text(
            "כמה שתיקה, מעבר להשהיית סוף הדיבור, קובעת שאמירה ארוכה הסתיימה. מי שמסבירים עוצרים "
            "לחשוב, ולכן הערך גבוה. בדרך כלל זו ההמתנה הגדולה ביותר שבשליטתכם; כדאי לשנות "
            "בצעדים של 100–200.",
            "How much silence, on top of the hangover, ends a long utterance. People who explain "
            "stop to think, so it is longer. Usually the largest wait you control: move it by "
            "100–200 at a time.",
        ),
        adaptive=Meaning(
            Text("השתיקה הארוכה ביותר", "Longest silence"),
            Text(
                "כמה שתיקה, מסוף הדיבור, קובעת שהתור נגמר כשדבר אינו מעיד שסיימו. כל עדות מקצרת "
                "אותה לפי משקלה, עד השתיקה הקצרה ביותר; אחרי מילים שלא יכולות להיות הסוף מחכים "
                "את כולה.",
                "How much silence, from the speech end, ends a turn when nothing says that the "
                "caller has finished. Each piece of evidence shortens it by its weight, down to "
                "the shortest silence; after words that cannot be the end all of it is waited "
                "for.",
            ),
        ),
    )
    finished_silence_ms: int = knob(
        340,
        soft=(280, 600),
        hard=(160, 1500),
        step=20,
        group="end",
        rules=ADAPTIVE,
        label=Text("השתיקה הקצרה ביותר", "Shortest silence"),
        help=Text(
            "לכמה יורדת השתיקה, מסוף הדיבור, כשהכול מעיד שסיימו.",
            "What the silence, from the speech end, comes down to when everything says that the "
            "caller has finished.",
        ),
    )
    weight_answered: int = knob(
        100,
        soft=(60, 100),
        hard=(0, 100),
        step=5,
        unit="%",
        group="end",
        rules=ADAPTIVE,
        label=Text("משקל: תשובה לשאלה", "Weight: the question is answered"),
        help=Text(
            "כמה מקצרת את השתיקה תשובה מלאה לשאלה שנשאלה עכשיו („כן”, יום, מספר שלם). 100: עד "
            "השתיקה הקצרה ביותר.",
            "How much a full answer to the question just asked (yes, a day, a whole number) "
            "shortens the silence. 100: down to the shortest.",
        ),
    )
    weight_closed: int = knob(
        65,
        soft=(20, 80),
        hard=(0, 100),
        step=5,
        unit="%",
        group="end",
        rules=ADAPTIVE,
        label=Text("משקל: משפט סגור", "Weight: the sentence is closed"),
        help=Text(
            "כמה מקצרים את השתיקה תמלול סופי, סימן סיום, שאלה שלמה או „תודה”.",
            "How much a final transcript, a full stop, a whole question or a thank-you shortens "
            "the silence.",
        ),
    )
    weight_wish: int = knob(
        40,
        soft=(10, 80),
        hard=(0, 100),
        step=5,
        unit="%",
        group="end",
        rules=ADAPTIVE,
        label=Text("משקל: נאמר מה רוצים", "Weight: the wish is said"),
        help=Text(
            "כמה מקצר את השתיקה משפט שכבר יש בו בקשה, שאלה או תלונה שלמה. מי שרק מספרים מה קרה "
            "עוד לא הגיעו לעיקר.",
            "How much words that hold a whole wish, question or complaint shorten the silence. "
            "A caller who only tells what happened has not come to the point yet.",
        ),
    )
    weight_detail: int = knob(
        25,
        soft=(10, 80),
        hard=(0, 100),
        step=1,
        unit="%",
        group="end",
        rules=ADAPTIVE,
        label=Text("משקל: בקשה מפורטת", "Weight: the wish is detailed"),
        help=Text(
            "כמה עוד מקצרת את השתיקה בקשה עם כל הפרטים: „אני רוצה לקבוע תור” עוד לא אומר למי ומתי.",
            "How much more a wish with all its details shortens the silence: “I want an "
            "appointment” does not say yet with whom and when.",
        ),
    )
    weight_stable: int = knob(
        30,
        soft=(10, 80),
        hard=(0, 100),
        step=5,
        unit="%",
        group="end",
        rules=ADAPTIVE,
        label=Text("משקל: תמלול יציב", "Weight: the words have settled"),
        help=Text(
            "כמה מקצר את השתיקה תמלול שהפסיק להשתנות ואינו נגמר באמצע משפט.",
            "How much words that have stopped changing, and do not end in the middle of a "
            "sentence, shorten the silence.",
        ),
    )
    weight_unfinished: int = knob(
        100,
        soft=(60, 100),
        hard=(0, 100),
        step=5,
        unit="%",
        group="end",
        rules=ADAPTIVE,
        label=Text("משקל: משפט שלא נגמר", "Weight: the sentence is unfinished"),
        help=Text(
            "כמה מבטלים את הקיצור מילים שלא יכולות להיות הסוף: „אני רוצה”, „של”, „אז”, מספר "
            "שעוד חסרות בו ספרות. 100: מחכים את השתיקה הארוכה ביותר.",
            "How much words that cannot be the end (“I want to”, “of”, “so”, a number with digits "
            "missing) take back of the shortening. 100: the longest silence is waited for.",
        ),
    )
    weight_pauses: int = knob(
        0,
        soft=(0, 100),
        hard=(0, 150),
        step=5,
        unit="%",
        group="end",
        rules=ADAPTIVE,
        label=Text("משקל: ההפסקות של המתקשרים", "Weight: pauses of this caller"),
        help=Text(
            "כל אחד עוצר לחשוב אחרת: השתיקה לא יורדת מתחת לחלק כזה של ההפסקה הארוכה הרגילה של "
            "המתקשרים בשיחה הזאת (תשע מעשר קצרות ממנה).",
            "People pause differently: the silence does not go below this share of the pause that "
            "nine in ten of the caller's own in this call are shorter than.",
        ),
    )
    asked_for_time_ms: int = knob(
        1500,
        soft=(500, 2500),
        hard=(0, 10_000),
        step=100,
        group="end",
        rules=ADAPTIVE,
        label=Text("תוספת אחרי „רגע”", "More after “one moment”"),
        help=Text(
            "אחרי „רגע” או „שנייה” מחכים את השתיקה הארוכה ביותר ועוד זמן כזה.",
            "After “one moment” or “a second” the longest silence is waited for, and this much "
            "more.",
        ),
    )
    stable_ms: int = knob(
        80,
        soft=(40, 300),
        hard=(0, 1000),
        step=20,
        group="end",
        rules=ADAPTIVE,
        label=Text("מתי תמלול יציב", "Words are stable after"),
        help=Text(
            "כמה זמן המילים צריכות לעמוד בלי שינוי כדי להיחשב יציבות.",
            "How long the words must stand unchanged to count as stable.",
        ),
    )
    transcript_wait_ms: int = knob(
        900,
        soft=(500, 1500),
        hard=(0, 5000),
        step=50,
        group="end",
        label=Text("המתנה לתמלול", "Wait for a transcript"),
        help=Text(
            "השתיקה הושלמה ועדיין אין מילים: כמה לחכות לתמלול שמגיע עד סוף הדיבור, לפני שמבקשים "
            "לחזור על הדברים („לא שמעתי”, פעם אחת).",
            "The silence is over but there are no words yet: how long to wait for a transcript "
            "that reaches the end of speech before asking the caller to repeat, once.",
        ),
    )
    reply_refractory_ms: int = knob(
        1100,
        soft=(900, 1500),
        hard=(300, 3000),
        step=50,
        environ="REPLY_REFRACTORY_MS",
        group="floor",
        label=Text("הפוגה אחרי תשובה", "Refractory time after a reply"),
        help=Text(
            "מרגע שהתשובה נשמעה עד סופה, כמה זמן להיזהר מהד ומרעש: דיבור פותח תור רק אם הוא "
            "נמשך כמו בהתפרצות או שתומללה ממנו מילה. שום דבר שנאמר בזמן הזה אינו הולך לאיבוד.",
            "From the moment a reply has been heard to its end, how long to beware of echo and "
            "noise: speech opens a turn only if it lasts as long as a barge-in or a word of it "
            "was transcribed. Nothing said meanwhile is lost.",
        ),
    )
    barge_in_ms: int = knob(
        300,
        soft=(200, 600),
        hard=(60, 2000),
        in_frames=True,
        group="floor",
        label=Text("קול שעוצר את התשובה", "Voice that stops the reply"),
        help=Text(
            "כמה קול מצד המתקשרים, בזמן שהסוכן עונה, עוצר אותו ומעביר להם את רשות הדיבור. נמוך "
            "מדי: שיעול עוצר אותו; גבוה מדי: הוא לא מפסיק לדבר.",
            "How much voice over the agent stops it and gives the caller the floor. Too low and "
            "a cough stops it; too high and it does not let the caller in.",
        ),
    )
    resume_ms: int = knob(
        300,
        soft=(80, 600),
        hard=(60, 2000),
        in_frames=True,
        group="floor",
        label=Text("קול שעוצר את ההכנה", "Voice that stops the thinking"),
        help=Text(
            "כמה קול, בזמן שהתשובה עוד מוכנה ולא נשמעת, אומר שהדיבור בעצם לא הסתיים.",
            "How much voice while the reply is prepared and not heard yet says that the caller "
            "had not finished.",
        ),
    )
    false_interruption_ms: int = knob(
        0,
        soft=(0, 2500),
        hard=(0, 5000),
        step=100,
        group="floor",
        label=Text("קטיעת שווא", "False interruption"),
        help=Text(
            "התשובה נעצרה ואחרי זמן כזה לא נאמרה מילה: ממשיכים מהמשפט שנקטע. אפס: לא ממשיכים.",
            "The reply was stopped and no word followed for so long: it goes on from the sentence "
            "that was cut. 0: it does not.",
        ),
    )
    protect_ms: int = knob(
        0,
        soft=(0, 800),
        hard=(0, 2000),
        step=FRAME_MS,
        group="floor",
        label=Text("הגנה על תחילת התשובה", "Protected beginning"),
        help=Text(
            "בתחילת תשובה רעש או קול בלי מילים לא עוצרים אותה; מילים תמיד עוצרות. פועל רק "
            "כשתשובה ממשיכה אחרי קטיעת שווא.",
            "At the beginning of a reply noise, or voice without words, does not stop it; words "
            "always do. Acts only where replies go on after a false interruption.",
        ),
    )
    response_delay_min_ms: int = knob(
        50,
        soft=(0, 150),
        hard=(0, 500),
        step=10,
        environ="RESP_MIN_DELAY_MS",
        group="answer",
        label=Text("השהיית תשובה: לפחות", "Response delay, at least"),
        help=Text(
            "התשובה נשמעת לא לפני השהיה קטנה ואקראית מרגע ההחלטה, כדי שלא תישמע מכנית. העבודה "
            "נמשכת בינתיים, ולכן בדרך כלל ההשהיה אינה מורגשת.",
            "The reply is heard no earlier than a small random delay after the decision, so that "
            "it does not sound mechanical. Work goes on meanwhile, so it usually costs nothing.",
        ),
    )
    response_delay_max_ms: int = knob(
        120,
        soft=(0, 300),
        hard=(0, 1000),
        step=10,
        environ="RESP_MAX_DELAY_MS",
        group="answer",
        label=Text("השהיית תשובה: לכל היותר", "Response delay, at most"),
        help=Text(
            "הגבול העליון של ההשהיה האקראית לפני התשובה.",
            "The upper end of the random delay before the reply.",
        ),
    )
    think_limit: int = knob(
        0,
        soft=(0, 4),
        hard=(0, 10),
        step=1,
        unit="",
        group="answer",
        label=Text("הכנה מראש", "Replies prepared ahead"),
        help=Text(
            "כמה פעמים בתור אחד מותר להתחיל להכין תשובה לפני שברור שסיימו לדבר. תשובה מוכנה נשמעת "
            "מיד; תשובה שהמילים השתנו אחריה נזרקת ועולה כסף. אפס: לא מכינים מראש.",
            "How often in one turn a reply may be begun before the caller has certainly finished. "
            "A ready reply is heard at once; one whose words changed is thrown away, and costs "
            "money. 0: never.",
        ),
    )
    filler_after_ms: int = knob(
        950,
        soft=(700, 1500),
        hard=(0, 4000),
        step=50,
        group="answer",
        label=Text("מילת המתנה אחרי", "Filler after"),
        help=Text(
            "התשובה עוד לא נשמעת אחרי זמן כזה מההחלטה: אומרים „רגע אחד”, פעם אחת בתור, כדי "
            "שלא תהיה שתיקה. אפס: לא אומרים.",
            "The reply is not heard so long after the decision: the agent asks for a moment, "
            "once a turn, so that nobody waits in silence. 0: never.",
        ),
    )
    no_input_ms: int = knob(
        0,
        soft=(0, 15000),
        hard=(0, 60000),
        step=500,
        group="answer",
        label=Text("שתיקה ממושכת", "Nobody speaks"),
        help=Text(
            "אחרי תשובה לא נאמר דבר: אחרי זמן כזה שואלים אם עדיין על הקו, פעמיים, ואז נפרדים. "
            "אפס: לא שואלים.",
            "Nothing was said after a reply: after so long the agent asks whether the caller is "
            "there, twice, and then says goodbye. 0: never.",
        ),
    )
    reply_limit_s: int = knob(
        0,
        soft=(0, 30),
        hard=(0, 120),
        step=1,
        unit="s",
        group="answer",
        label=Text("אורך תשובה מרבי", "Longest reply"),
        help=Text(
            "תשובה ארוכה יותר נעצרת בסוף המשפט, כדי לתת לדבר. אפס: בלי הגבלה.",
            "A longer reply stops at the end of its sentence, so that the caller can speak. 0: no "
            "limit.",
        ),
    )
    max_call_s: int = knob(
        600,
        soft=(120, 1800),
        hard=(30, 7200),
        step=30,
        unit="s",
        group="answer",
        label=Text("אורך שיחה מרבי", "Longest call"),
        help=Text(
            "אחרי זמן כזה הסוכן נפרד ומנתק.",
            "After this long the agent says goodbye and hangs up.",
        ),
    )
    streaming_stt: bool = knob(
        True,
        unit="",
        environ="ENABLE_STREAMING_STT",
        group="transcription",
        label=Text("תמלול שוטף", "Streaming transcription"),
        help=Text(
            "פועל: השמע נשלח לתמלול תוך כדי דיבור. כבוי: כל אמירה מתומללת בשלמותה אחרי סופה, "
            "והתשובה מתאחרת.",
            "On: audio goes to the transcriber while the caller speaks. Off: every utterance is "
            "recognised whole at its end, which makes the answer later.",
        ),
    )
    stt_batch_ms: int = knob(
        60,
        soft=(40, 100),
        hard=(20, 200),
        step=10,
        environ="STT_BATCH_MS",
        group="transcription",
        label=Text("מנת שמע לתמלול", "Audio per message"),
        help=Text(
            "כמה שמע נאסף לפני שליחה לתמלול שוטף. השמע מגיע במסגרות של 20, ולכן 70 פועל כמו 80. "
            "אם הברות נבלעות: 70.",
            "How much audio is gathered for one message of streaming transcription. It comes in "
            "frames of 20 ms, so 70 acts as 80. If syllables are eaten: 70.",
        ),
    )
    stt_partial_debounce_ms: int = knob(
        90,
        soft=(60, 150),
        hard=(0, 400),
        step=10,
        environ="STT_PARTIAL_DEBOUNCE_MS",
        group="transcription",
        rules=FIXED,
        label=Text("השהיית תמלול חלקי", "Partial transcript debounce"),
        help=Text(
            "תמלול חלקי נחשב רק אחרי שעמד בלי שינוי זמן כזה, כדי לא להגיב למילה שעוד "
            "משתנה. אם הברות נבלעות: 100.",
            "A partial transcript counts once it has stood unchanged this long, so that a word "
            "that is still changing is not acted on. If syllables are eaten: 100.",
        ),
    )

    def __post_init__(self) -> None:
        errors = [problem for problem in problems(asdict(self)) if problem.is_error]
        if errors:
            raise ProfileError(errors)

    @classmethod
    def stored(cls, values: Mapping[str, Any]) -> Profile:
        """As a revision or a journal keeps it. One from before a knob had to be whole frames acted
        as the next whole frame does, and is read as that."""
        whole = {
            each.name: -(-values[each.name] // FRAME_MS) * FRAME_MS
            for each in KNOBS
            if each.in_frames and each.name in values
        }
        return cls(**{**values, **whole})

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Profile:
        """The default profile's first values. ValueError names the variable and its range."""
        given = SHIPPED[DEFAULT] | {
            each.name: each.from_environ(environ[each.environ])
            for each in KNOBS
            if environ.get(each.environ, "").strip()
        }
        return cls(**given)

    def end_silence_ms(self, span_ms: int) -> int:
        """The silence, hangover included, by which the fixed rule ends such an utterance."""
        is_short = span_ms < self.short_utterance_ms
        silence_ms = self.end_silence_short_ms if is_short else self.end_silence_long_ms
        return self.vad_hangover_ms + silence_ms

    def wait_parts_ms(self, span_ms: int) -> dict[str, int]:
        """What the fixed rule adds up to after the speech end of an utterance of this length.

        `minimum`: what is missing to min_utterance_ms; `hangover` and `silence`: asked of every
        utterance; `delay`: the mean of the random delay. Compute comes on top.
        """
        return {
            "minimum": max(0, self.min_utterance_ms - span_ms),
            "hangover": self.vad_hangover_ms,
            "silence": self.end_silence_ms(span_ms) - self.vad_hangover_ms,
            "delay": (self.response_delay_min_ms + self.response_delay_max_ms) // 2,
        }


KNOBS: tuple[Knob, ...] = tuple(
    Knob(
        name=each.name,
        **dict(each.metadata) | {"environ": each.metadata["environ"] or each.name.upper()},
    )
    for each in fields(Profile)
)
KNOB: dict[str, Knob] = {each.name: each for each in KNOBS}


def problems(values: Mapping[str, Value]) -> list[Problem]:
    """Everything that is wrong with, or risky about, these values of all knobs; errors first."""
    return checks.problems(KNOB, values)


DEFAULT = "adaptive"
"""The shipped profile that new calls use, until an operator chooses another."""
SHIPPED: dict[str, dict[str, Any]] = {
    "balanced": {},
    # What callers suffered before: the timing of the field's old system.
    "unhurried": {
        "min_utterance_ms": 800,
        "end_silence_short_ms": 1000,
        "end_silence_long_ms": 3000,
        "vad_hangover_ms": 300,
        "reply_refractory_ms": 1500,
        "stt_batch_ms": 70,
        "stt_partial_debounce_ms": 100,
    },
    "brisk": {
        "end_silence_short_ms": 400,
        "end_silence_long_ms": 1200,
        "reply_refractory_ms": 900,
    },
    "adaptive": {
        "endpointing": "adaptive",
        "vad": "silero",
        "end_silence_long_ms": 2600,
        "resume_ms": 100,
        "think_limit": 3,
        "barge_in_ms": 200,
        "false_interruption_ms": 1500,
        "protect_ms": 500,
        "no_input_ms": 9000,
        "reply_limit_s": 20,
        "response_delay_min_ms": 0,
        "response_delay_max_ms": 0,
    },
}
"""The profiles that a new installation has: what each changes of the defaults."""
