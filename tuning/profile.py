"""The knobs of turn-taking: each one declared once, here.

The browser form, its validation, the help texts, the environment names, the stored revision and
the core all read this class. Adding a knob is one field here and one use in turns.py (or, for the
transcriber's wire, in calls/). Pure: imports nothing of Django and nothing that acts.

Ranges: facts of the field, tried against LiveKit, Pipecat, OpenAI and Vapi defaults. *Hard* is
refused outside; *soft* is allowed with a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

FRAME_MS = 20


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in the two languages of the dashboard."""

    he: str
    en: str

    def in_language(self, code: str) -> str:
        return self.he if code.startswith("he") else self.en


@dataclass(frozen=True, slots=True)
class Knob:
    """What a profile field means and which values it may take."""

    name: str
    default: int | bool
    soft: tuple[int, int]
    hard: tuple[int, int]
    step: int
    unit: str
    environ: str
    environ_scale: int
    group: str
    label: Text
    help: Text

    @property
    def is_switch(self) -> bool:
        return isinstance(self.default, bool)

    def from_environ(self, raw: str) -> int | bool:
        """The knob's value written as an environment variable; ValueError says what is allowed."""
        if self.is_switch:
            lowered = raw.strip().lower()
            if lowered in {"1", "true", "yes", "on"}:
                return True
            if lowered in {"0", "false", "no", "off"}:
                return False
            raise ValueError(f"{self.environ}={raw!r} must be true or false")
        low, high = (limit / self.environ_scale for limit in self.hard)
        allowed = f"{self.environ}={raw!r} must be a number from {low:g} to {high:g}"
        try:
            value = float(raw)
        except ValueError:
            raise ValueError(allowed) from None
        if not low <= value <= high:
            raise ValueError(allowed)
        return round(value * self.environ_scale)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a set of knobs is refused (`is_error`), or what it risks."""

    knobs: tuple[str, ...]
    text: Text
    is_error: bool = True


class ProfileError(ValueError):
    """A set of knobs that no call may run on."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{', '.join(p.knobs)}: {p.text.en}" for p in problems))


def knob(
    default: int | bool,
    *,
    soft: tuple[int, int] = (0, 1),
    hard: tuple[int, int] = (0, 1),
    step: int = 1,
    unit: str = "ms",
    environ: str = "",
    environ_scale: int = 1,
    group: str,
    label: Text,
    help: Text,
) -> Any:
    """A profile field. `environ_scale` is how many of our units make one of the variable's."""
    return field(
        default=default,
        metadata={
            "default": default,
            "soft": soft,
            "hard": hard,
            "step": step,
            "unit": unit,
            "environ": environ,
            "environ_scale": environ_scale,
            "group": group,
            "label": label,
            "help": help,
        },
    )


GROUPS: dict[str, Text] = {
    "end": Text("מתי סיימו לדבר?", "When has the caller finished?"),
    "floor": Text("מי מדבר עכשיו?", "Who has the floor?"),
    "answer": Text("איך עונים?", "How is it answered?"),
    "transcription": Text("תמלול", "Transcription"),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """When the caller is speaking, has finished, or is interrupting. All times in milliseconds."""

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
        step=FRAME_MS,
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
        soft=(300, 700),
        hard=(150, 1500),
        step=50,
        environ="MIN_UTT_SEC",
        environ_scale=1000,
        group="end",
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
        step=FRAME_MS,
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
    )
    end_silence_short_ms: int = knob(
        500,
        soft=(350, 900),
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
    )
    end_silence_long_ms: int = knob(
        1800,
        soft=(800, 2200),
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
        soft=(900, 1400),
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
        step=FRAME_MS,
        group="floor",
        label=Text("קול שעוצר את התשובה", "Voice that stops the reply"),
        help=Text(
            "כמה קול מצד המתקשרים, בזמן שהמערכת עונה, עוצר אותה ומעביר להם את רשות הדיבור. נמוך "
            "מדי: שיעול עוצר אותה; גבוה מדי: היא לא מפסיקה לדבר.",
            "How much voice over the agent stops it and gives the caller the floor. Too low and "
            "a cough stops it; too high and it does not let the caller in.",
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
        soft=(50, 300),
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
    max_call_s: int = knob(
        600,
        soft=(120, 1800),
        hard=(30, 7200),
        step=30,
        unit="s",
        group="answer",
        label=Text("אורך שיחה מרבי", "Longest call"),
        help=Text(
            "אחרי זמן כזה המערכת נפרדת ומנתקת.",
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
            "כמה שמע נאסף לפני שליחה לתמלול. השמע מגיע במסגרות של 20, ולכן 70 פועל כמו 80. אם "
            "הברות נבלעות: 70, יחד עם השהיית תמלול חלקי של 100.",
            "How much audio is gathered for one message to the transcriber. It comes in frames "
            "of 20 ms, so 70 acts as 80. If syllables are eaten: 70, with a debounce of 100.",
        ),
    )
    stt_partial_debounce_ms: int = knob(
        90,
        soft=(60, 150),
        hard=(0, 400),
        step=10,
        environ="STT_PARTIAL_DEBOUNCE_MS",
        group="transcription",
        label=Text("השהיית תמלול חלקי", "Partial transcript debounce"),
        help=Text(
            "תמלול חלקי נחשב רק אחרי שעמד בלי שינוי זמן כזה, כדי לא להגיב למילה שעוד משתנה.",
            "A partial transcript counts once it has stood unchanged this long, so that a word "
            "that is still changing is not acted on.",
        ),
    )

    def __post_init__(self) -> None:
        errors = [problem for problem in problems(asdict(self)) if problem.is_error]
        if errors:
            raise ProfileError(errors)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Profile:
        """The default profile's first values. ValueError names the variable and its range."""
        given = {
            each.name: each.from_environ(environ[each.environ])
            for each in KNOBS
            if environ.get(each.environ, "").strip()
        }
        return cls(**given)  # type: ignore[arg-type]  # the metadata says which is a switch

    def end_silence_ms(self, span_ms: int) -> int:
        """The silence, hangover included, that ends an utterance of this length."""
        is_short = span_ms < self.short_utterance_ms
        silence_ms = self.end_silence_short_ms if is_short else self.end_silence_long_ms
        return self.vad_hangover_ms + silence_ms

    def wait_parts_ms(self, span_ms: int) -> dict[str, int]:
        """What the knobs add up to after the speech end of an utterance of this length.

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


def problems(values: Mapping[str, int | bool]) -> list[Problem]:
    """Everything that is wrong with, or risky about, these values of all knobs; errors first."""
    found = list(_range_problems(values))
    refused = {name for problem in found if problem.is_error for name in problem.knobs}
    # What a refused value adds up to with others says nothing.
    found += [each for each in _cross_problems(values) if refused.isdisjoint(each.knobs)]
    return sorted(found, key=lambda problem: not problem.is_error)


def _range_problems(values: Mapping[str, int | bool]) -> Iterable[Problem]:
    for each in KNOBS:
        value = values[each.name]
        if each.is_switch or each.soft[0] <= value <= each.soft[1]:
            continue
        is_error = not each.hard[0] <= value <= each.hard[1]
        low, high = each.hard if is_error else each.soft
        he, en = ("חייב להיות", "it must be") if is_error else ("מומלץ", "advised:")
        text = Text(
            f"{each.label.he}: הערך {value}; {he} בין {low} ל־{high}",
            f"{each.label.en}: {value}; {en} from {low} to {high}",
        )
        yield Problem((each.name,), text, is_error)


def _cross_problems(values: Mapping[str, int | bool]) -> Iterable[Problem]:
    short, long = values["end_silence_short_ms"], values["end_silence_long_ms"]
    if short > long:
        yield Problem(
            ("end_silence_short_ms", "end_silence_long_ms"),
            Text(
                "השתיקה אחרי אמירה קצרה לא יכולה להיות ארוכה מזו שאחרי אמירה ארוכה",
                "the silence after a short utterance must not be longer than after a long one",
            ),
        )
    if values["response_delay_min_ms"] > values["response_delay_max_ms"]:
        yield Problem(
            ("response_delay_min_ms", "response_delay_max_ms"),
            Text(
                "השהיית התשובה המזערית לא יכולה לעלות על המרבית",
                "the shortest response delay must not be above the longest",
            ),
        )
    if values["reply_refractory_ms"] < values["response_delay_max_ms"] + 200:
        yield Problem(
            ("reply_refractory_ms", "response_delay_max_ms"),
            Text(
                "ההפוגה אחרי תשובה צריכה לעלות על השהיית התשובה המרבית ב־200 לפחות",
                "the refractory time must exceed the longest response delay by at least 200 ms",
            ),
        )
    for name in ("vad_hangover_ms", "min_speech_ms", "barge_in_ms"):
        if values[name] % FRAME_MS:
            yield Problem(
                (name,),
                Text(
                    f"{KNOB[name].label.he}: הערך נספר במסגרות וצריך להתחלק ב־{FRAME_MS}",
                    f"{KNOB[name].label.en}: counted in frames, so a multiple of {FRAME_MS}",
                ),
            )
    if long - short > 1000:
        yield Problem(
            ("end_silence_long_ms", "short_utterance_ms"),
            Text(
                f"בגבול בין קצרה לארוכה ההמתנה קופצת ב־{long - short} אלפיות שנייה",
                f"the wait jumps by {long - short} ms at the boundary between short and long",
            ),
            is_error=False,
        )
    if values["stt_partial_debounce_ms"] < values["stt_batch_ms"]:
        yield Problem(
            ("stt_partial_debounce_ms", "stt_batch_ms"),
            Text(
                "השהיית התמלול החלקי קצרה ממנת השמע, ולכן כמעט אינה פועלת",
                "the debounce is shorter than one message of audio, so it hardly does anything",
            ),
            is_error=False,
        )


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
}
"""The profiles that a new installation has: what each changes of the defaults."""
