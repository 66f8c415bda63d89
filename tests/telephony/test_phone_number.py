"""A called number: its hours, what may be written into it, and what it wants of the services."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import SimpleTestCase, TestCase
from django.utils import translation

from calls.language.hebrew import HEBREW
from calls.models import Call
from calls.services import NO_NUMBER, CalledNumber
from calls.telephony.opening_hours import ZONE, OpenSpan, is_open, is_public_holiday, weekday_of
from calls.telephony.phone_number import PhoneNumber, are_hints, are_openers, are_pronunciations

SUNDAY, THURSDAY, FRIDAY, SATURDAY = 0, 4, 5, 6
DAY = (time(8), time(17))
NIGHT = (time(20), time(2))


def at(text: str, *, fold: int = 0) -> datetime:
    """A moment by the clocks of Israel; fold 1: the second time that the clock says so."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE, fold=fold)


class WeekTests(SimpleTestCase):
    """2026-11-22 is a Sunday."""

    def assert_open(self, moments: dict[str, bool], spans: list[OpenSpan]) -> None:
        for text, expected in moments.items():
            with self.subTest(text):
                self.assertEqual(is_open(at(text), spans, lambda day: False), expected)

    def test_the_week_begins_on_sunday(self) -> None:
        self.assertEqual(weekday_of(date(2026, 11, 22)), SUNDAY)
        self.assertEqual(weekday_of(date(2026, 11, 28)), SATURDAY)

    def test_without_hours_it_is_always_open(self) -> None:
        self.assert_open({"2026-11-22T00:00": True, "2026-11-28T23:59": True}, [])

    def test_it_opens_on_the_minute_and_closes_on_the_minute(self) -> None:
        self.assert_open(
            {
                "2026-11-22T07:59:59": False,
                "2026-11-22T08:00": True,
                "2026-11-22T16:59:59": True,
                "2026-11-22T17:00": False,
                "2026-11-23T12:00": False,
            },
            [OpenSpan(SUNDAY, *DAY)],
        )

    def test_a_day_may_have_a_break(self) -> None:
        self.assert_open(
            {"2026-11-22T12:59": True, "2026-11-22T13:30": False, "2026-11-22T16:00": True},
            [OpenSpan(SUNDAY, time(8), time(13)), OpenSpan(SUNDAY, time(16), time(19))],
        )

    def test_hours_may_pass_midnight_also_into_the_next_week(self) -> None:
        self.assert_open(
            {
                "2026-11-28T19:59": False,
                "2026-11-28T23:30": True,
                "2026-11-29T01:59": True,
                "2026-11-29T02:00": False,
                "2026-11-22T01:00": True,
            },
            [OpenSpan(SATURDAY, *NIGHT)],
        )

    def test_from_midnight_to_midnight_is_the_whole_day(self) -> None:
        self.assert_open(
            {"2026-11-22T00:00": True, "2026-11-22T23:59": True, "2026-11-23T00:00": False},
            [OpenSpan(SUNDAY, time(), time())],
        )

    def test_the_callers_moment_is_read_by_the_clocks_of_israel(self) -> None:
        spans = [OpenSpan(SUNDAY, *DAY)]
        in_winter = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
        in_summer = datetime(2026, 7, 19, 5, 30, tzinfo=UTC)
        self.assertTrue(is_open(in_winter, spans, lambda day: False))
        self.assertTrue(is_open(in_summer, spans, lambda day: False))
        self.assertFalse(is_open(in_summer.replace(hour=4), spans, lambda day: False))


class ClockChangeTests(SimpleTestCase):
    """2026-03-27, a Friday: 02:00 becomes 03:00. 2026-10-25, a Sunday: 02:00 becomes 01:00."""

    def test_a_night_with_an_hour_less_is_an_hour_shorter_by_the_sun_only(self) -> None:
        spans = [OpenSpan(THURSDAY, time(22), time(4))]
        for text, expected in {"2026-03-27T01:59": True, "2026-03-27T03:30": True,
                               "2026-03-27T04:00": False}.items():  # fmt: skip
            with self.subTest(text):
                self.assertEqual(is_open(at(text), spans, lambda day: False), expected)

    def test_closing_at_an_hour_that_does_not_exist_is_closing_an_hour_later(self) -> None:
        spans = [OpenSpan(THURSDAY, time(22), time(2, 30))]
        self.assertTrue(is_open(at("2026-03-27T03:29"), spans, lambda day: False))
        self.assertFalse(is_open(at("2026-03-27T03:30"), spans, lambda day: False))

    def test_closing_at_an_hour_that_comes_twice_is_closing_the_first_time(self) -> None:
        spans = [OpenSpan(SATURDAY, time(20), time(1, 30))]
        self.assertTrue(is_open(at("2026-10-25T01:29"), spans, lambda day: False))
        self.assertFalse(is_open(at("2026-10-25T01:31"), spans, lambda day: False))
        self.assertFalse(is_open(at("2026-10-25T01:10", fold=1), spans, lambda day: False))

    def test_on_the_day_itself_the_hours_are_those_of_the_clock(self) -> None:
        for day, weekday in (("2026-03-27", FRIDAY), ("2026-10-25", SUNDAY)):
            spans = [OpenSpan(weekday, *DAY)]
            for clock, expected in {"07:59": False, "08:00": True, "16:59": True}.items():
                with self.subTest(day=day, clock=clock):
                    self.assertEqual(
                        is_open(at(f"{day}T{clock}"), spans, lambda day: False), expected
                    )


class HolidayTests(TestCase):
    def setUp(self) -> None:
        self.number = PhoneNumber.objects.create(number="+972771234567", name="מרפאה")

    def assert_open(self, moments: dict[str, bool]) -> None:
        number = PhoneNumber.objects.get()
        for text, expected in moments.items():
            with self.subTest(text):
                self.assertEqual(number.is_open(at(text)), expected)

    def test_israels_days_of_rest_are_known_years_ahead(self) -> None:
        for text in ("2026-04-02", "2026-04-22", "2026-09-12", "2026-09-21", "2027-10-11",
                     "2031-09-27"):  # fmt: skip
            with self.subTest(text):  # Passover, Independence Day, New Year, Atonement, Atonement
                self.assertTrue(is_public_holiday(date.fromisoformat(text)))
        for text in ("2026-04-01", "2026-03-03", "2026-11-22"):  # an eve, Purim, any day
            with self.subTest(text):
                self.assertFalse(is_public_holiday(date.fromisoformat(text)))

    def test_holidays_are_kept_only_if_asked_for(self) -> None:
        self.assert_open({"2026-09-21T12:00": True})
        PhoneNumber.objects.update(keeps_holidays=True)
        self.assert_open({"2026-09-20T23:59": True, "2026-09-21T12:00": False,
                          "2026-09-22T00:00": True})  # fmt: skip

    def test_a_closed_day_closes_its_own_hours_but_not_the_evening_before(self) -> None:
        for weekday in range(7):
            self.number.hours.create(weekday=weekday, opens=time(20), closes=time(2))
        self.number.closed_days.create(date=date(2026, 11, 24), reason="שיפוצים")
        self.assert_open(
            {
                "2026-11-24T01:00": True,  # since the evening of the 23rd
                "2026-11-24T21:00": False,
                "2026-11-25T01:00": False,
                "2026-11-25T20:00": True,
            }
        )

    def test_a_number_with_hours_is_closed_outside_them(self) -> None:
        self.number.hours.create(weekday=SUNDAY, opens=time(8), closes=time(17))
        self.assert_open({"2026-11-22T09:00": True, "2026-11-22T18:00": False})


class WrittenTests(TestCase):
    def errors(self, **fields: str) -> dict[str, list[str]]:
        given = {"number": "+972771234567", "name": "מרפאה"}
        with translation.override("en"):
            with self.assertRaises(ValidationError) as caught:
                PhoneNumber(**given | fields).full_clean()
            return caught.exception.message_dict

    def test_a_number_is_written_with_its_country_and_nothing_else(self) -> None:
        for number in ("0771234567", "+972-77-1234567", "972771234567", "+0771234567", "+97277x"):
            with self.subTest(number):
                self.assertIn("like +972771234567", self.errors(number=number)["number"][0])

    def test_a_number_is_one_of_ours_once(self) -> None:
        PhoneNumber.objects.create(number="+972771234567", name="מרפאה")
        self.assertIn("number", self.errors())

    def test_hints_are_few(self) -> None:
        are_hints("\n".join(f"מילה {number}" for number in range(20)) + "\n\n  \n")
        words = self.errors(hints="מילה\n" * 21)["hints"][0]
        self.assertIn("At most 20 lines: there are 21", words)
        self.assertIn("at most 100", self.errors(hints="א" * 101)["hints"][0])

    def test_every_wrong_line_of_the_pronunciations_is_told(self) -> None:
        are_pronunciations("HeVoice = הי וויס\n\n API=איי פי איי\n")
        errors = self.errors(pronunciations="א = ב\nבלי סימן\n= רק כך\nא = ג")["pronunciations"]
        self.assertEqual(
            errors,
            [
                "Line 2 is not “written = said”: בלי סימן",
                "Line 3 is not “written = said”: = רק כך",
                "Line 4 has a word that stands above it already: א = ג",
            ],
        )

    def test_forwarding_needs_another_number(self) -> None:
        self.assertIn("forward_to", self.errors(when_closed="forward"))
        itself = {"when_closed": "forward", "forward_to": "+972771234567"}
        self.assertIn("itself", self.errors(**itself)["forward_to"][0])

    def test_openers_are_few_short_and_of_words(self) -> None:
        are_openers("\n".join(["בשמחה,"] * 20))
        self.assertIn("there are 21", self.errors(openers="בטח\n" * 21)["openers"][0])
        self.assertIn("at most 40", self.errors(openers="א" * 41)["openers"][0])
        self.assertIn("without a word", self.errors(openers="בטח,\n...")["openers"][0])

    def test_only_what_a_call_knows_is_left_to_it(self) -> None:
        for name in ("greeting", "business"):
            self.assertIn("{age}", self.errors(**{name: "שלום {time} {age}"})[name][0])

    def test_a_voice_is_named_as_google_names_it(self) -> None:
        self.assertIn("he-IL-Chirp3-HD-Kore", self.errors(voice="Kore")["voice"][0])


class BriefTests(SimpleTestCase):
    def test_what_stands_in_the_number_reaches_the_services(self) -> None:
        number = PhoneNumber(
            greeting="שלום, מרפאת אלון.",
            business="מרפאת שיניים בחיפה.",
            voice="he-IL-Chirp3-HD-Kore",
            hints="ד״ר לוי\n\nסתימה",
            pronunciations="HeVoice = הי וויס\nד״ר=דוקטור = ת",
        )
        called = number.as_called()
        self.assertEqual(called.opening("שלום."), "שלום, מרפאת אלון.")
        self.assertEqual((called.business, called.voice), (number.business, number.voice))
        self.assertEqual(called.hints, ("ד״ר לוי", "סתימה"))
        self.assertEqual(dict(called.pronunciations), {"HeVoice": "הי וויס", "ד״ר": "דוקטור = ת"})

    def test_what_is_left_to_the_call_is_filled_in_when_it_comes(self) -> None:
        number = PhoneNumber(
            greeting="שלום, השעה {time}.", business="המספר שמתקשר: {caller}. {לא} {}"
        )
        called = number.as_called(caller="+972501234567")
        self.assertRegex(called.greeting, r"\Aשלום, השעה \d\d:\d\d\.\Z")
        self.assertEqual(called.business, "המספר שמתקשר: 0501234567. {לא} {}")
        withheld = (("anonymous", ""), ("+266696687", ""), ("", ""))
        for caller, told in (("+442079460958", ": +442079460958"), *withheld):
            business = number.as_called(caller=caller).business
            self.assertEqual(business, f"המספר שמתקשר{told}. {{לא}} {{}}")
        self.assertEqual(number.as_called().greeting, "", "not worth keeping ready")

    def test_a_name_that_nobody_knows_leaves_no_hole(self) -> None:
        for text, with_name, without in (
            ("שלום {name}, הגעתם למרפאה.", "שלום דנה, הגעתם למרפאה.", "שלום, הגעתם למרפאה."),
            ("שלום, {name}, הגעתם.", "שלום, דנה, הגעתם.", "שלום, הגעתם."),
            ("שלום {name}! במה אפשר לעזור?", "שלום דנה! במה אפשר לעזור?", "שלום! במה אפשר לעזור?"),
            ("{name}, שלום.", "דנה, שלום.", "שלום."),
            ("בוקר טוב. {name}, הגעתם.", "בוקר טוב. דנה, הגעתם.", "בוקר טוב. הגעתם."),
            ("שלום {name} וברוכים הבאים", "שלום דנה וברוכים הבאים", "שלום וברוכים הבאים"),
            ("שלום, {name}", "שלום, דנה", "שלום"),
            ("{name}", "דנה", ""),
        ):
            number = PhoneNumber(greeting=text)
            self.assertEqual(number.as_called(caller="", name="דנה").greeting, with_name)
            self.assertEqual(number.as_called(caller="").greeting, without)

    def test_the_model_is_told_a_name_as_what_stands_in_quotation_marks(self) -> None:
        number = PhoneNumber(business="השם: {name}.")
        self.assertEqual(number.as_called(caller="", name="דנה").business, 'השם: "דנה".')
        self.assertEqual(number.as_called(caller="").business, "השם.")

    def test_its_openers_have_a_mark_and_none_are_the_languages(self) -> None:
        called = PhoneNumber(openers="בשמחה,\n\n בכיף \nמעולה!").as_called()
        self.assertEqual(called.openers, ("בשמחה,", "בכיף,", "מעולה!"))
        self.assertEqual(PhoneNumber().as_called().openers, HEBREW.openers)

    def test_an_empty_number_wants_what_the_settings_say(self) -> None:
        self.assertEqual(PhoneNumber().as_called(), NO_NUMBER)

    def test_recording_is_announced_before_the_greeting(self) -> None:
        called = PhoneNumber(records=True).as_called()
        self.assertEqual(called.opening("שלום."), "השיחה הזאת מוקלטת. שלום.")

    def test_when_closed_the_greeting_says_so_and_only_a_message_is_taken(self) -> None:
        number = PhoneNumber(greeting="שלום.", closed_text="אנחנו סגורים.", records=True)
        called = number.as_called(takes_message=True)
        self.assertTrue(called.takes_message)
        self.assertEqual(called.opening("שלום."), "השיחה הזאת מוקלטת. אנחנו סגורים.")


class DeletedTests(TestCase):
    def test_deleting_a_number_keeps_its_calls(self) -> None:
        number = PhoneNumber.objects.create(number="+972771234567", name="מרפאה")
        Call.ring("CA1", "", number.number)
        number.delete()
        call = Call.objects.get()
        self.assertEqual((call.number, call.called), (None, "+972771234567"))
        self.assertEqual(call.as_called, CalledNumber(person_wait_s=settings.PERSON_WAIT_S))

    def test_only_one_of_us_who_tries_a_number_has_another_wait_than_its_callers(self) -> None:
        number = PhoneNumber(number="+97221112222", person_wait_s=45)
        waits = {"telephone": 45, "link": 45, "browser": settings.PERSON_WAIT_S}
        for via, wait_s in waits.items():
            self.assertEqual(Call(via=via, number=number).as_called.person_wait_s, wait_s)
