"""Personal data as Hebrew speakers say and write it, in Israel."""

from __future__ import annotations

import re

from calls.language.hebrew.numerals import NUMERALS, said_numbers
from calls.language.personal import PersonalWords

_MONTHS = "ינואר|פברואר|מרץ|אפריל|מאי|יוני|יולי|אוגוסט|ספטמבר|אוקטובר|נובמבר|דצמבר"
_PROVIDERS = (
    "ג['׳]?ימייל|גמייל|וואלה|יאהו|הוטמייל|אאוטלוק|נטוויז'?ן|איקלאוד"
    "|gmail|walla|yahoo|hotmail|outlook|icloud"
)
_NUMERAL = rf"(?<![א-ת])ו?(?:{'|'.join(NUMERALS)})"
_ENDS = "קום|קומ|איל|נט|אורג|גוב|com|net|org|il"
_BEFORE_ADDRESS = """
זה הוא היא שלי שלו שלה שלנו שלהם המייל מייל במייל למייל אימייל האימייל דואל הדואל דוא"ל הדוא"ל
דוא״ל הדוא״ל דואר אלקטרוני כתובת הכתובת לכתובת לי לנו אליי אלינו באנגלית תרשום תרשמי תרשמו תשלח
תשלחי תשלחו שלחו שלח תכתבו תכתוב כתבו אפשר אז ככה סליחה רגע לא כן יש אצל אל עם את ו
"""


def identity_holds(digits: str) -> bool:
    """The check digit of an Israeli identity number; zeros at its beginning may be left out."""
    if not 8 <= len(digits) <= 9 or not digits.strip("0"):
        return False
    doubled = (int(each) * (1 + place % 2) for place, each in enumerate(digits.zfill(9)))
    return sum(each // 10 + each % 10 for each in doubled) % 10 == 0


PERSONAL = PersonalWords(
    names={
        "telephone": "מספר טלפון",
        "identity": "מספר זהות",
        "card": "מספר כרטיס",
        "email": 'כתובת דוא"ל',
        "number": "מספר",
    },
    said_numbers=said_numbers,
    identity_holds=identity_holds,
    telephone=re.compile(r"(?:\+?9720?|0)(?:[57]\d{8}|[23489][2-9]\d{6})"),
    public=re.compile(r"1[578]00\d{6}|1599\d{6}"),
    between=re.compile(
        r"(?<![א-ת])(?:ואז|אחרי זה|אחר כך|ואחר כך|ובסוף|ועוד|ו|אה+|אממ?|מקף|קו|לוכסן|סליחה|רגע|לא)"
        r"(?![א-ת])"
    ),
    names_number=re.compile(
        r"(?<![א-ת])[ובלמהשכ]{0,3}(?:מספר|מס'|מס׳|זהות|ת\.?ז\.?|ת״ז|ת\"ז|טלפון|נייד|כרטיס"
        r"|אשראי|חשבון|לקוח|פוליסה|אסמכתא|דרכון|הזמנה)(?![א-ת])"
    ),
    names_secret=re.compile(
        r"(?<![א-ת])[ובלמהשכ]{0,3}(?:קוד|סיסמה|סיסמא|סיסמת|ספרות|בגב|סי וי וי|ביקורת)(?![א-ת])"
    ),
    follows_name=re.compile(r"(?:ה?ספרות|של ה?כרטיס|של ה?אשראי|של ה?זהות)"),
    counts=re.compile(
        r"%|₪|\$|€|ש״ח|ש\"ח|שח\b|שקל|דולר|אירו|יורו|אחוז|אלף|מיליון|קילו|גרם|מטר|ס״מ|ס\"מ|סנטימטר|ליטר|קוב"
        r"|דקות|דקה|שעות|שעה|ימים|ימי|יום|שבוע|חודש|שנים|שנה|אנשים|איש|ילדים|פעמים|מנות|חדרים|נקודות|מעלות|ה?ספרות"
    ),
    dates=re.compile(
        r"(?<!\d)(?<!\d[./-])(?:\d{1,2}[./-]\d{1,2}[./-](?:20\d\d|19\d\d|\d\d)|(?:19|20)\d\d-\d\d?-\d\d?"
        r"|\d{1,2}/\d{1,2})(?![\d./-]*\d)"
        r"|(?<!\d)(?<!\d )\d{1,2} \d{1,2} (?:19|20)\d\d(?! ?\d)"
        rf"|(?<!\d)\d{{1,2}}:\d\d(?::\d\d)?(?!\d)|(?<!\d)\d{{1,2}} ב-?(?:{_MONTHS})(?: \d{{4}})?"
    ),
    at=re.compile(
        r"(?<![א-ת'׳])(?:שטרודל|כרוכית|אט)(?![א-ת])|\s@|@\s|@(?=[א-ת])"
        rf"|(?:\d|{_NUMERAL}|(?<![א-ת])(?:ואז|נקודה \S+|תחתון \S+))\s+"
        rf"(?=ב?(?:{_PROVIDERS})(?!\w))"
        rf"|\s(?=(?:{_PROVIDERS})\s+נקודה\s)"
    ),
    domain=re.compile(
        rf"(?:נקודה|דוט|dot|\.)\s*[\wא-ת'׳]+(?:\s+(?:או|אל)(?![א-ת]))?|(?:{_ENDS})(?![\wא-ת])"
    ),
    joined="ושהכלבמ",
    before_address=frozenset(_BEFORE_ADDRESS.split()),
)
