"""What a caller hears without anybody's having written it: the prompts, and the notices."""

from __future__ import annotations

from calls.language.language import Notices

PROMPTS = {
    "not_heard": "לא שמעתי, אפשר לחזור על זה?",
    "no_input": "אתם עדיין על הקו?",
    "no_input_goodbye": "לא שמעתי תשובה, אז נסיים כאן. אפשר להתקשר שוב בכל זמן. להתראות.",
    "apology": "סליחה, הייתה תקלה קטנה. אפשר לחזור על זה?",
    "apology_goodbye": "סליחה, יש תקלה ואי אפשר להמשיך. כדאי להתקשר שוב מאוחר יותר. להתראות.",
    "time_up": "הגיע הזמן לסיים את השיחה. תודה שהתקשרתם, ולהתראות.",
    "moment": "רגע אחד.",
    "busy": "כל הקווים תפוסים כרגע. כדאי להתקשר שוב בעוד כמה דקות. להתראות.",
}

NOTICES = Notices(
    recorded="השיחה הזאת מוקלטת.",
    closed="הגעתם מחוץ לשעות הפעילות. כדאי להתקשר שוב בשעות הפעילות. תודה, ולהתראות.",
    closed_message="שלום, הגעתם מחוץ לשעות הפעילות. אפשר להשאיר הודעה ונחזור בהקדם.",
    unanswered="אין מענה כרגע. כדאי להתקשר שוב מאוחר יותר. תודה, ולהתראות.",
    unknown_number="המספר שחויג אינו פעיל. תודה, ולהתראות.",
)
