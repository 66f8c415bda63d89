"""The knobs of turn-taking, each declared once, here.

The browser form, its validation, the help texts, the environment names, the stored revisions and
the core all read this class. A new knob is one field here and one use in turn_taker.py (or in
calls/, for the transcriber's stream). A knob also declares under which rules it acts, and what it
means under each; the form shows only those that act. Pure: imports neither Django nor anything that
acts.

Ranges come from practice in the field, checked against the defaults of LiveKit, Pipecat, OpenAI and
Vapi. A value outside *hard* is refused; one outside *soft* is allowed with a warning.
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
    """Raised for a set of knobs that no call may run on."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{', '.join(p.knobs)}: {p.text.en}" for p in problems))


FIXED, ADAPTIVE = ("fixed",), ("adaptive",)
"""The rules of a knob that acts only under one of them."""
GROUPS: dict[str, Text] = {
    "rule": Text("הכלל", "The rule"),
    "end": Text("מתי סיימו לדבר?", "When has the caller finished?"),
    "floor": Text("מי מדבר עכשיו?", "Who has the floor?"),
    "answer": Text("איך עונים?", "How is it answered?"),
    "transcription": Text("תמלול", "Transcription"),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """When the caller is speaking, has finished or is interrupting. Times are in milliseconds."""

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
            "לפי אורך האמירה: שתיקה אחת אחרי אמירה קצרה, וארוכה ממנה אחרי אמירה ארוכה. לפי מה "
            "שנאמר: תשובה מלאה נענית מיד, ומשפט שלא נגמר מקבל עוד זמן. מוצגים רק הפרמטרים "
            "שפועלים לפי הכלל שנבחר; הערכים של האחרים נשמרים.",
            "By length: one silence after a short utterance, a longer one after a long "
            "utterance. By what was said: a full answer gets a reply at once, and an "
            "unfinished sentence gets more time. Only knobs that act under the chosen rule are "
            "shown; the others keep their values.",
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
            "WebRTC מזהה צליל, ובקו רועש הוא טועה לעתים קרובות. כשהוא מזהה משהו, המודל Silero "
            "קובע אם זה באמת דיבור.",
            "WebRTC detects sound, and on a noisy line it is often wrong. Where it detects "
            "something, Silero's model decides whether that is speech.",
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
        label=Text("קול מזערי שנחשב דיבור", "Shortest voice that counts as speech"),
        help=Text(
            "כמה קול רצוף נחשב תחילת דיבור. קול קצר יותר הוא נקישה: הוא לא פותח תור ולא מתחיל "
            "את ספירת השתיקה מחדש.",
            "How much unbroken voice counts as the start of speech. Anything shorter is a "
            "click: it does not start a turn and does not restart the silence.",
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
            "The silence is counted only from this long after speech began, because a very "
            "short utterance is often the start of a longer one. Nothing is rejected: “yes” "
            "and “no” are always answered, after a slightly longer wait.",
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
            "A gap in the voice shorter than this does not break a stretch of speech. It is "
            "added to the silence required after every utterance, so each millisecond here "
            "delays every answer by one.",
        ),
        adaptive=Meaning(
            Text("השהיית סוף דיבור", "VAD hangover"),
            Text(
                "הפסקת קול קצרה מזה עדיין נחשבת אותו רצף דיבור, וכך נמדד הקול שעוצר תשובה; אחרי "
                "זמן כזה „אהה” מעל תשובה שנעצרה נחשב גמור, והיא ממשיכה. לשתיקה הערך מתווסף רק "
                "כשחסרות מילים: אמירה שכולה תומללה לא מחכה בגללו.",
                "A gap in the voice shorter than this does not break a stretch of speech; the "
                "voice that stops a reply is measured this way. After this long, an “uh-huh” "
                "that stopped a reply is over, and the reply continues. It is added to the "
                "silence only while words are missing: an utterance that is fully transcribed "
                "does not wait for it.",
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
            "How much silence, on top of the hangover, ends a short utterance. Lower answers "
            "sooner; higher cuts in less often. If callers are cut off after “so…” or “wait”, "
            "raise it by 100.",
        ),
        adaptive=Meaning(
            Text("שתיקה כשחסרות מילים", "Silence while words are missing"),
            Text(
                "הדיבור נגמר ועדיין לא כולו תומלל: כמה שתיקה, מעבר להשהיית סוף הדיבור, עד שמתחילה "
                "ההמתנה לתמלול, או, בלי תמלול שוטף, עד שהאמירה נשלחת לתמלול. אמירה שכולה תומללה "
                "לא מחכה בגללו.",
                "When speech has ended but is not all transcribed yet: how much silence, on "
                "top of the hangover, before the wait for a transcript begins or, without "
                "streaming transcription, before the utterance is sent for recognition. An "
                "utterance that is fully transcribed does not wait for it.",
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
            "An utterance shorter than this, from first to last voice, is short. The wait "
            "jumps here: a slightly longer utterance waits for the long silence.",
        ),
        adaptive=Meaning(
            Text("קצרה או ארוכה בנתונים", "Short or long in the figures"),
            Text(
                "הערך לא משפיע על השיחה עצמה, רק על האופן שבו נספרים זמני תגובה, קטיעות "
                "והפסקות: אמירה שנמשכת פחות מזה, מתחילת הקול הראשון ועד סוף הקול האחרון, נספרת "
                "כקצרה. חל על תורות מעכשיו והלאה.",
                "It does not affect calls, only how latencies, cut-ins and pauses are counted: "
                "an utterance shorter than this, from first to last voice, is short. It "
                "applies to turns from now on.",
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
            "How much silence, on top of the hangover, ends a long utterance. People stop to "
            "think while they explain, so it is longer. It is usually the largest wait you "
            "control: change it by 100–200 at a time.",
        ),
        adaptive=Meaning(
            Text("השתיקה הארוכה ביותר", "Longest silence"),
            Text(
                "כמה שתיקה, מסוף הדיבור, קובעת שהתור נגמר כשלפי המילים עוד לא סיימו: כך אומר "
                "המודל והשופט המקומי אינו בטוח בהיפך, או שכך אומר השופט המקומי והמודל לא אומר "
                "דבר.",
                "How much silence, from the speech end, ends a turn when by their words the "
                "caller has not finished: the model says so and the local judge is not sure of "
                "the contrary, or the local judge says so and the model says nothing.",
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
            "כמה שתיקה, מסוף הדיבור, קובעת שהתור נגמר כשלפי המילים סיימו: כך אומרים שני השופטים, "
            "או המקומי לבדו כשהוא בטוח והמודל לא אומר דבר.",
            "How much silence, from the speech end, ends a turn when by their words the caller has "
            "finished: both judges say so, or the local one alone where it is sure and the model "
            "says nothing.",
        ),
    )
    middle_silence_ms: int = knob(
        1000,
        soft=(700, 1400),
        hard=(160, 4000),
        step=50,
        group="end",
        rules=ADAPTIVE,
        label=Text("שתיקת הביניים", "Middle silence"),
        help=Text(
            "כמה שתיקה, מסוף הדיבור, כששופט אחד אומר שסיימו והשני שלא (המקומי רק אם הוא בטוח), או "
            "כשהשופט המקומי לא בטוח והמודל לא אומר דבר. תשובה שכבר מוכנה נשמעת מיד אחריה.",
            "How much silence, from the speech end, when one judge says that the caller has "
            "finished and the other that they have not (the local one only if it is sure), or when "
            "the local judge is not sure and the model says nothing. An answer that is ready by "
            "then is heard at once.",
        ),
    )
    sure_percent: int = knob(
        92,
        soft=(75, 97),
        hard=(50, 100),
        step=1,
        unit="%",
        group="end",
        rules=ADAPTIVE,
        label=Text("כמה להיות בטוחים לפני שעונים", "How sure before answering"),
        help=Text(
            "באיזו הסתברות השופט המקומי צריך להעריך שסיימו כדי שיספיק בלי המודל. נמוך: תשובות "
            "מהירות יותר ויותר קטיעות כשהמודל מאחר או לא שופט; גבוה: מחכים יותר.",
            "How likely the local judge must find it that the caller has finished to be enough "
            "without the model. Lower: sooner answers, and more cut-ins when the model is late or "
            "gives no verdicts. Higher: longer waits.",
        ),
    )
    verdict_wait_ms: int = knob(
        1000,
        soft=(500, 1500),
        hard=(0, 3000),
        step=50,
        group="end",
        rules=ADAPTIVE,
        label=Text("המתנה לפסיקת המודל", "Wait for a verdict"),
        help=Text(
            "כמה זמן, מהפנייה למודל, לחכות שיאמר אם סיימו. הפסיקה היא תחילת התשובה, ולכן ההמתנה "
            "הזאת לא מאחרת אותה. אחרי זמן כזה קובע השופט המקומי לבדו. אפס: לא מחכים.",
            "How long, from the request, to wait for the model to say whether the caller has "
            "finished. The verdict is the beginning of the answer, so this wait does not delay it. "
            "After this long, the local judge decides alone. 0: no wait.",
        ),
    )
    asked_for_time_ms: int = knob(
        1500,
        soft=(500, 2500),
        hard=(0, 10_000),
        step=100,
        group="end",
        rules=ADAPTIVE,
        label=Text("תוספת אחרי „רגע”", "Extra time after “one moment”"),
        help=Text(
            "אחרי „רגע” או „שנייה”, או כשהמודל אומר שצריכים זמן, מחכים את כל השתיקה הארוכה ביותר, "
            "ועוד הזמן הזה.",
            "After “one moment” or “a second”, or where the model says that the caller needs time, "
            "the agent waits for the longest silence and this much more.",
        ),
    )
    stable_ms: int = knob(
        80,
        soft=(40, 300),
        hard=(0, 1000),
        step=20,
        group="end",
        rules=ADAPTIVE,
        label=Text("מתי תמלול יציב", "Transcript is stable after"),
        help=Text(
            "כמה זמן המילים צריכות להישאר בלי שינוי כדי שהתמלול ייחשב יציב.",
            "How long the words must stay unchanged for the transcript to count as stable.",
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
            "When the silence is long enough but there are no words yet: how long to wait for "
            "a transcript that reaches the end of speech before asking the caller, once, to "
            "repeat.",
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
            "How long to allow for echo and noise after a reply has been heard to its end: "
            "speech starts a turn only if it lasts as long as a barge-in, or if a word of it "
            "is transcribed. Nothing said in this time is lost.",
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
            "How much voice over the agent stops it and gives the caller the floor. Too low, "
            "and a cough stops it; too high, and the caller cannot get a word in.",
        ),
    )
    resume_ms: int = knob(
        300,
        soft=(80, 600),
        hard=(60, 2000),
        in_frames=True,
        group="floor",
        label=Text("קול שמבטל את ההכנה", "Voice that withdraws a reply"),
        help=Text(
            "כמה קול, בזמן שהתשובה בהכנה ועוד לא נשמעת, מעיד שהדיבור בעצם לא הסתיים.",
            "How much voice, while a reply is being prepared and is not audible yet, means "
            "that the caller had not finished.",
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
            "אם התשובה נעצרה ולא נאמרה מילה במשך זמן כזה, היא ממשיכה מהמשפט שנקטע. אפס: לא "
            "ממשיכים.",
            "If a reply was stopped and no words follow for this long, it continues from the "
            "sentence that was cut. 0: it does not continue.",
        ),
    )
    protect_ms: int = knob(
        0,
        soft=(0, 800),
        hard=(0, 2000),
        step=FRAME_MS,
        group="floor",
        label=Text("הגנה על תחילת התשובה", "Protected start of a reply"),
        help=Text(
            "בתחילת תשובה, רעש או קול בלי מילים לא עוצרים אותה; מילים תמיד עוצרות. פועל רק אם "
            "תשובות ממשיכות אחרי קטיעת שווא.",
            "At the start of a reply, noise or voice without words does not stop it; words "
            "always do. Acts only if replies continue after a false interruption.",
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
            "The reply starts no earlier than a small random delay after the decision, so that "
            "it does not sound mechanical. It is prepared in the meantime, so the delay "
            "usually costs nothing.",
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
            "כמה פעמים בתור אחד מותר להתחיל להכין תשובה לפני שברור שסיימו לדבר. תשובה מוכנה "
            "נשמעת מיד; אם המילים משתנות היא נזרקת, ובכל זאת עולה כסף. אפס: לא מכינים מראש.",
            "How many times in a turn a reply may be begun before it is certain that the "
            "caller has finished. A ready reply is heard at once; if the words change, it is "
            "thrown away, and still costs money. 0: never.",
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
            "אם התשובה עוד לא נשמעת אחרי זמן כזה מההחלטה, אומרים „רגע אחד”, פעם אחת בתור, כדי "
            "שאיש לא יחכה בשתיקה. אפס: לא אומרים.",
            "If the reply is not audible this long after the decision, the agent asks for a "
            "moment, once a turn, so that nobody waits in silence. 0: never.",
        ),
    )
    no_input_ms: int = knob(
        0,
        soft=(0, 15000),
        hard=(0, 60000),
        step=500,
        group="answer",
        label=Text("שתיקה ממושכת", "Silent caller"),
        help=Text(
            "אם לא נאמר דבר במשך זמן כזה אחרי תשובה, שואלים אם עדיין על הקו, פעמיים, ואז "
            "נפרדים. אפס: לא שואלים.",
            "If nothing is said for this long after a reply, the agent asks whether the caller "
            "is still there, twice, and then says goodbye. 0: never.",
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
            "A longer reply stops at the end of a sentence, so that the caller can speak. 0: "
            "no limit.",
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
            "After this long, the agent says goodbye and hangs up.",
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
            "On: audio goes to the transcriber while the caller speaks. Off: each utterance is "
            "recognised as a whole once it has ended, so answers come later.",
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
            "How much audio is collected for each message to the streaming transcriber. Audio "
            "comes in frames of 20 ms, so 70 acts as 80. If syllables are swallowed: 70.",
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
            "תמלול חלקי נחשב רק אחרי שלא השתנה זמן כזה, כדי לא להגיב למילה שעוד משתנה. אם "
            "הברות נבלעות: 100.",
            "A partial transcript counts once it has stayed unchanged this long, so that the "
            "agent does not act on a word that is still changing. If syllables are swallowed: "
            "100.",
        ),
    )

    def __post_init__(self) -> None:
        errors = [problem for problem in problems(asdict(self)) if problem.is_error]
        if errors:
            raise ProfileError(errors)

    @classmethod
    def stored(cls, values: Mapping[str, Any]) -> Profile:
        """A profile as a revision or a journal stores it. A value from before its knob had to be
        whole frames acted like the next whole frame, and is read as that; a knob that is GONE is
        left out."""
        known = {name: value for name, value in values.items() if name not in GONE}
        whole = {
            each.name: -(-known[each.name] // FRAME_MS) * FRAME_MS
            for each in KNOBS
            if each.in_frames and each.name in known
        }
        return cls(**known | whole)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Profile:
        """The default profile's initial values. ValueError names the variable and its range."""
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
        """What the fixed rule's wait after an utterance of this length is made up of.

        `minimum`: what the utterance lacks of min_utterance_ms; `hangover` and `silence`: required
        after every utterance; `delay`: the mean of the random delay. Compute comes on top.
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
    """Everything that is wrong with these values, or risky about them; errors first."""
    return checks.problems(KNOB, values)


GONE = frozenset(
    f"weight_{evidence}"
    for evidence in ("answered", "closed", "wish", "detail", "stable", "unfinished", "pauses")
)
"""Knobs of before: what each list of words was worth, until a judge that has learned took their
place (docs/decisions/0011-judges.md)."""
DEFAULT = "adaptive"
"""The shipped profile that new calls use until an operator chooses another."""
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
"""The profiles of a new installation: what each changes from the defaults."""
