"""Text as it is to be said in Hebrew: numbers and signs in words, nothing that is only for eyes.

Rule: heb-tts-normalizer reads numbers with their nouns' gender, prices, units, most abbreviations
and Markdown; what it gets wrong is put in its words' place before it (times, dates without a year,
telephone numbers, codes, week days, halves), each by one entry of BEFORE. Latin words stay. Pure.

What still fails stands at the end of tests/language/spoken.txt.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from heb_tts_normalizer import Config, normalize

Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

MASCULINE = "תור סניף טיפול משלוח מוצר סועד נציג מטופל פריט תשלום מנוי לקוחות חשבונות זוגות"
FEMININE = "בקשה חבילה שיחה פגישה מנה הזמנה תשובה שאלה בדיקה תרופה"
READING = Config(
    gender_overrides=dict.fromkeys(MASCULINE.split(), "m") | dict.fromkeys(FEMININE.split(), "f")
)
"""Nouns of a reception desk whose gender the library does not know in this form."""
DIGITS = ("אפס", "אחת", "שתיים", "שלוש", "ארבע", "חמש", "שש", "שבע", "שמונה", "תשע")
HOURS = (
    "שתים עשרה", "אחת", "שתיים", "שלוש", "ארבע", "חמש",
    "שש", "שבע", "שמונה", "תשע", "עשר", "אחת עשרה",
)  # fmt: skip
MINUTES = {
    0: "", 5: " וחמישה", 10: " ועשרה", 15: " ורבע", 20: " ועשרים", 25: " עשרים וחמש",
    30: " וחצי", 35: " שלושים וחמש", 40: " ארבעים",
}  # fmt: skip
TO_THE_HOUR = {45: "רבע", 50: "עשרה", 55: "חמישה"}
MONTHS = (
    "ינואר", "פברואר", "מרץ", "אפריל", "מאי", "יוני",
    "יולי", "אוגוסט", "ספטמבר", "אוקטובר", "נובמבר", "דצמבר",
)  # fmt: skip
WEEK = dict(zip("אבגדהו", ("ראשון", "שני", "שלישי", "רביעי", "חמישי", "שישי"), strict=True))
FRACTIONS = {
    "1/2": "חצי", "1/3": "שליש", "2/3": "שני שליש", "1/4": "רבע", "3/4": "שלושת רבעי",
}  # fmt: skip
ABBREVIATIONS = {
    "אג׳": "אגורות", "אא״כ": "אלא אם כן", "אי״ה": "אם ירצה השם", "אע״פ": "אף על פי",
    "ב״כ": "בא כוח", "בי״ח": "בית חולים", "ביה״ח": "בית החולים", "בע״ה": "בעזרת השם",
    "גר׳": "גרם", "דוא״ל": "דואר אלקטרוני", "הנ״ל": "הנזכר לעיל", "חב׳": "חברת", "חוד׳": "חודשים",
    "חו״ל": "חוץ לארץ", "טל׳": "טלפון", "כמו״כ": "כמו כן", "משפ׳": "משפחת", "סע׳": "סעיף",
    "ס״מ": "סנטימטר", "פ״ת": "פתח תקווה", "ק״ג": "קילוגרם", "ק״מ": "קילומטר",
    "קופ״ח": "קופת חולים", "ראשל״צ": "ראשון לציון", "רה״מ": "ראש הממשלה", "ת.ד.": "תיבת דואר",
    "ת.ז.": "תעודת זהות", "ת״ז": "תעודת זהות",
}  # fmt: skip
"""Those that the library leaves; it counts kilometres better itself, so it has the first go."""
COUNTED_BY_THE_LIBRARY = ("ס״מ", "ק״ג", "ק״מ")

_DAY_PARTS = r"(?:ב?בוקר|בצהריים|אחר הצהריים|אחה״צ|לפנה״צ|לפני הצהריים|בערב|בלילה|לפנות בוקר)"
_TIME = r"(?<![\d:.])(?:[01]?\d|2[0-4]):[0-5]\d(?![\d:])"
_MONTH = rf"(?P<name>{'|'.join(MONTHS)})"
_MONEY = r"(?:₪|ש״ח|שקל|שח\b|NIS|ILS|\$|€|דולר|אירו|יורו)"
_MEASURES = r"%|אחוז|מעל|מיליון|מיליארד|אלף|קילו|ליטר|מטר|ק״[גמ]|ס״מ|מ״ר|שעות|שעה|דקות|ימים|נקודות"
_HALVED = (
    r"%|אחוזים|אחוז|מעלות|קילוגרם|קילומטר|קילו|ליטרים|ליטר|מטרים|מטר|ק״ג|ק״מ|ס״מ|מ״ר"
    r"|שעות|שעה|דקות|ימים|שבועות|חודשים|שנים|מיליון"
)
_NUMBERED = (
    r"קוד|סיסמה|סיסמא|תעודת זהות|ת״ז|ת\.ז\.|מיקוד|אסמכתא|תיבת דואר|ת\.ד\.|הספרות האחרונות|ספרות"
    r"|שמסתיים|שמסתיימת|(?:מספר|מס׳)(?: ה?[א-ת]+)?"
)
_BETWEEN = r"(?:ה?(?:אימות|אישי|סודי|זמני|חדש|חדשה|אחרונות)|הוא|היא|הן|הם|שלך|שלכם|שלי|שלנו|זה)"


def speakable(text: str) -> str:
    """The text in words; empty if nothing in it can be said."""
    text = "".join(map(_visible, text))
    text = re.sub(r"(?<=[א-ת])\"(?=[א-ת])", "״", text)
    text = re.sub(r"(?<=[א-ת])['’](?![א-ת])", "׳", text)
    for pattern, words in BEFORE:
        text = pattern.sub(words, text)
    text = normalize(text, READING)
    for pattern, words in AFTER:
        text = pattern.sub(words, text)
    text = " ".join(text.split())
    return text if any(char.isalnum() for char in text) else ""


def digit_by_digit(number: str) -> str:
    """In groups that can be written down: as the number is grouped, else by three."""
    groups: list[str] = []
    for group in re.findall(r"\d+", number):
        while len(group) > 4:
            groups.append(group[:3])
            group = group[3:]
        groups.append(group)
    return ", ".join(" ".join(DIGITS[int(digit)] for digit in group) for group in groups)


def _visible(char: str) -> str:
    """Emoji, marks of direction and control characters are not said."""
    kind = unicodedata.category(char)
    if char in "\n°":
        return char
    if kind == "Cc":
        return " "
    is_drawn = kind in ("So", "Me", "Cf", "Co", "Cs", "Cn") or char in "\ufe0e\ufe0f→←↑↓⇒"
    return "" if is_drawn or "\U0001f3fb" <= char <= "\U0001f3ff" else char


def _telephone(found: re.Match[str]) -> str:
    area, rest = found["area"], re.sub(r"\D", "", found["rest"])
    return f"{digit_by_digit('0' + area)}, {digit_by_digit(rest)}"


def _toll_free(found: re.Match[str]) -> str:
    hundreds = normalize(found["hundreds"], READING)
    return f"אחת, {hundreds}, {digit_by_digit(found['rest'])}"


def _digits(found: re.Match[str]) -> str:
    return found["before"] + digit_by_digit(found["number"])


def _time(found: re.Match[str]) -> str:
    """The hour is taken for one of 24, unless it may have been meant otherwise: "4:00" and a part
    of the day that is named are left to speak for themselves."""
    hour, minute = map(int, found["time"].split(":"))
    to = TO_THE_HOUR.get(minute)
    named = HOURS[(hour + bool(to)) % 12]
    if to:
        said = f"{to} ל{named}"
    elif minute in MINUTES:
        said = named + MINUTES[minute]
    else:
        said = f"{named} ו{normalize(f'{minute} דקות', READING)}"
    is_open = found["part"] or (0 < hour < 7 and not found["time"].startswith("0"))
    return said + (found["part"] or "" if is_open else f" {_part_of_day((hour + bool(to)) % 24)}")


def _part_of_day(hour: int) -> str:
    for until, part in ((5, "בלילה"), (12, "בבוקר"), (15, "בצהריים"), (18, "אחר הצהריים")):
        if hour < until:
            return part
    return "בערב" if hour < 22 else "בלילה"


def _date(found: re.Match[str]) -> str:
    """3.4, 03/04/2026, 2026-04-03, 3 באפריל: the day as a number, the month by its name."""
    parts = found.groupdict()
    day = int(parts["day"])
    month = MONTHS[int(parts["month"]) - 1] if parts.get("month") else parts["name"]
    year = int(parts.get("year") or 0)
    year += 2000 if 0 < year < 100 else 0
    said = f"{parts.get('before') or ''}{_masculine(day)} ב{month}"
    return f"{said} {normalize(str(year), READING)}" if year else said


def _masculine(number: int) -> str:
    """A day of the month; the library would make the first of them an ordinal."""
    if number in (1, 2):
        return ("אחד", "שניים")[number - 1]
    return normalize(f"{number} ימים", READING).removesuffix(" ימים").removesuffix(" יום")


def _week_days(found: re.Match[str]) -> str:
    named = re.sub(r"([א-ו])׳", lambda day: WEEK[day[1]], found["days"])
    named = re.sub(r"\s*[-–]\s*(?=[א-ת]{2})(?<!ו-)", " עד ", named)
    return (found["before"] or "") + re.sub(r"\bו-", "ו", named)


def _and_a_half(found: re.Match[str]) -> str:
    """2.5 ק״מ, 7.5%, 3 וחצי שעות: the library's count of the noun, and a half."""
    one = normalize(f"1 {found['noun']}", READING)
    single = re.sub(r" (אחד|אחת)$", "", one).removeprefix("אחת ")
    if found["whole"] in ("0", "1"):
        return f"חצי {single}" if found["whole"] == "0" else f"{single} וחצי"
    number, *nouns = normalize(f"{found['whole']} {found['noun']}", READING).split(" ")
    if number in ("שני", "שתי"):
        return " ".join([{"שני": "שניים", "שתי": "שתיים"}[number], "וחצי", *nouns])
    many = normalize(f"3 {found['noun']}", READING).partition(" ")[2]
    count = " ".join([number, *nouns]).removesuffix(many).removesuffix(single).strip()
    return f"{count} וחצי {many}"


def _address(found: re.Match[str]) -> str:
    """An e-mail or web address, as it is dictated."""
    spoken = {"@": " שטרודל ", ".": " נקודה ", "/": " לוכסן ", "-": " מקף ", "_": " קו תחתון "}
    address = re.sub(r"^https?://", "", found[0]).rstrip("/")
    return "".join(spoken.get(char, char) for char in address)


def _rule(pattern: str, words: str | Callable[[re.Match[str]], str]) -> Rule:
    return re.compile(pattern), words


_abbreviated = "|".join(re.escape(each) for each in sorted(ABBREVIATIONS, key=len, reverse=True))
_DOTTED = r"(?P<day>0?[1-9]|[12]\d|3[01])[./](?P<month>1[0-2]|0?[1-9])"
_AFTER_ABBREVIATION = r"(?![א-ת״׳])"

BEFORE: list[Rule] = [
    _rule(r"</?[a-zA-Z][^<>]*>", " "),
    _rule(r"\[([^\]]*)\]\([^)]*\)", r"\1"),
    _rule(r"[A-Za-z0-9][A-Za-z0-9._+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z]{2,})+", _address),
    _rule(r"(?:https?://|(?<!\w)www\.)[A-Za-z0-9./_-]*[A-Za-z0-9/]", _address),
    _rule(r"ו/או", "או"),
    _rule(r"(?<!\d)24/7(?!\d)", "עשרים וארבע שעות ביממה"),
    _rule(r"~\s*(?=\d)", "בערך "),
    # Telephone numbers, before anything else takes their parts.
    _rule(
        r"(?<!\d)(?<!\d-)(?:\+?972[- ]?|\(?0)(?P<area>[23489]|5\d|7\d)\)?[-. ]?"
        r"(?P<rest>\d{3}[-. ]?\d{4})(?![\d-])",
        _telephone,
    ),
    _rule(
        r"(?<!\d)(?<!\d-)1-?(?P<hundreds>[578]00|599)-?(?P<rest>\d[\d-]{4,7}\d)(?![\d-])",
        _toll_free,
    ),
    # Week days, dates and times.
    _rule(
        r"(?P<before>\b[ובלמהשכ]{0,2}(?:ימים|ימי|יום)\s+)"
        r"(?P<days>[א-ו]׳(?:(?:\s*[-–,]\s*|\s+עד\s+|,?\s+ו-?)[א-ו]׳)*)",
        _week_days,
    ),
    _rule(r"(?P<before>(?<!כיתות ))(?P<days>(?<![א-ת])[א-ו]׳\s*[-–]\s*[א-ו]׳)", _week_days),
    _rule(r"(?<!\d)(?P<year>20\d\d)-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-3]\d)(?!\d)", _date),
    _rule(rf"(?<![\d./]){_DOTTED}[./](?P<year>20\d\d|\d\d)(?![\d/]|\.\d)", _date),
    _rule(
        rf"(?P<before>(?:^|[^א-ת])[הבמלכ]-|יום (?:(?:{'|'.join(WEEK.values())}),? )?)"
        rf"{_DOTTED}(?![\d/]|\.\d|\s*(?:{_MEASURES}|{_MONEY}))",
        _date,
    ),
    _rule(r"(?<![\d./])(?P<day>0[1-9]|[12]\d|3[01])/(?P<month>0[1-9]|1[0-2])(?![\d/])", _date),
    _rule(rf"(?<![\d.,])(?P<day>[12]?\d|3[01]) (?:ב|ל|ב-){_MONTH}(?: (?P<year>20\d\d))?", _date),
    _rule(rf"({_TIME})\s*[-–]\s*({_TIME})", r"\1 עד \2"),
    _rule(rf"(?P<time>{_TIME})(?P<part>\s+{_DAY_PARTS})?", _time),
    # Numbers that name rather than count.
    _rule(
        rf"(?P<before>\b[ובלמהשכ]{{0,2}}(?:{_NUMBERED})(?:[ :]+{_BETWEEN})*[ :]*(?:[בל]-)?)"
        rf"(?P<number>\d[\d-]{{2,}}\d)(?![\d.,]*\d|\s*{_MONEY})",
        _digits,
    ),
    _rule(r"(?P<before>)(?<![\d.,:/-])(?P<number>0\d+)(?![.,:/-]?\d)", _digits),
    _rule(rf"(?P<before>)(?<![\d.,])(?P<number>\d{{7,}})(?![.,]?\d|\s*{_MONEY})", _digits),
    # Numbers that count.
    _rule(
        rf"(?<![\d.,])(?P<whole>\d+)(?:\.50?| וחצי)\s*(?P<noun>{_HALVED})(?![א-ת״])"
        rf"(?!\s*{_MONEY})",
        _and_a_half,
    ),
    _rule(rf"(?<![\d/])(?:{'|'.join(FRACTIONS)})(?![\d/])", lambda found: FRACTIONS[found[0]]),
    _rule(r"(?<=[\d\s₪])\+\s*(?=[\dא-ת])", " פלוס "),
    _rule(r"(?<=\d)\s*=\s*(?=\d)", " שווה "),
    _rule(r"(?<=\d)([א-י])(?![א-ת״׳])", r" \1׳"),
    _rule(r"(?<=\d)(?=[A-Za-zא-ת])", " "),
    _rule(
        rf"(?<![א-ת״׳.])([ובלמהשכ]{{0,2}})(?!{'|'.join(COUNTED_BY_THE_LIBRARY)})({_abbreviated})"
        rf"{_AFTER_ABBREVIATION}",
        lambda found: found[1] + ABBREVIATIONS[found[2]],
    ),
]
AFTER: list[Rule] = [
    _rule(
        rf"(?<![א-ת״׳])([ובלמהשכ]{{0,2}})({_abbreviated}){_AFTER_ABBREVIATION}",
        lambda found: found[1] + ABBREVIATIONS[found[2]],
    ),
    _rule(r"(?<![א-ת])([ובלמהשכ]{1,2})-(?=[א-ת]{2})", r"\1"),
    _rule(r"אירו\b", "יורו"),
    _rule(r"(?<=נקודה )(\S+) מעלה\b", r"\1 מעלות"),
    _rule(r"((?:\bעשר|\bמאה|[א-ת]ים|(?:[א-ת]ים|\bמאה) ו[א-ת]+) אחוז)ים\b", r"\1"),
    _rule(r"ש״ח", "שקלים"),
    _rule(r"\bשני וחצי\b", "שניים וחצי"),
    _rule(r"(?<=[א-ת])[–-](?=\d)", " "),
    _rule(r"[*_#`|<>~^]+", " "),
    _rule(r"\s+([,.!?])", r"\1"),
]
