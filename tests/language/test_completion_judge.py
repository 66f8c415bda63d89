"""The learned judge of completion: what its verdicts promise, and that it is as good as is said."""

from __future__ import annotations

import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from django.test import SimpleTestCase

from bench.completion_table import Judged, calibration_error, joined, judged, lists_auc, local_auc
from bench.train_completion import AUTHORS, LEFT_OUT, LINES, examples, places, trained, trained_on
from calls.language.completion.features import digits_in, features, last_question, words
from calls.language.completion.judge import STORED, load, stored
from calls.language.completion.lines import by_business

NAME = "מה השם שלכם?"
LONG = "אני רוצה לבטל את התור " * 400


class VerdictTests(SimpleTestCase):
    def test_the_probabilities_add_up_to_one_whatever_is_said(self) -> None:
        letters = "אבגדהוזחטיכלמנסעפצקרשת 0123456789?.,'\"־\u05b8\u200fabc🙂\n"
        rng = random.Random(3)
        odd = ["".join(rng.choices(letters, k=rng.randrange(60))) for _ in range(200)]
        for text in ("", " ", "...", "○", LONG, *odd):
            for question in ("", NAME, LONG, "?", "🙂"):
                verdict = stored().judge(question, text)
                shares = (verdict.whole, verdict.cut_short, verdict.needs_time)
                self.assertAlmostEqual(sum(shares), 1)
                self.assertTrue(all(0 <= share <= 1 for share in shares))

    def test_the_same_words_get_the_same_verdict_from_weights_read_again(self) -> None:
        for text in ("קוראים לי", "דנה לוי", "רגע אני בודק"):
            self.assertEqual(load().judge(NAME, text), stored().judge(NAME, text))

    def test_a_verdict_names_the_weights_and_other_weights_have_another_name(self) -> None:
        version = stored().judge(NAME, "דנה").version
        self.assertRegex(version, "^[0-9a-f]{12}$")
        other = load()
        other.weights[0, 0] += 1
        with TemporaryDirectory() as folder:
            other.save(Path(folder) / "other.npz")
            self.assertNotEqual(load(Path(folder) / "other.npz").version, version)

    def test_what_recognisers_differ_in_changes_nothing(self) -> None:
        plain = stored().judge(NAME, "קוראים לי דנה")
        self.assertEqual(stored().judge(NAME, " קוֹרְאִים  לי, דנה. "), plain)

    def test_what_is_plain_is_judged_so(self) -> None:
        for question, text, outcome in (
            (NAME, "קוראים לי", "cut_short"),
            (NAME, "קוראים לי דנה לוי", "whole"),
            ("מה מספר הטלפון?", "אפס חמש שתיים", "cut_short"),
            ("מה מספר הטלפון?", "אפס חמש שתיים חמש חמש חמש שתיים אחת ארבע שש", "whole"),
            ("במה אפשר לעזור?", "אני רוצה לקבוע תור ל", "cut_short"),
            ("מה מספר ההזמנה?", "רגע אני בודק", "needs_time"),
            ("להעביר לנציג?", "כן בבקשה", "whole"),
        ):
            with self.subTest(text):
                verdict = stored().judge(question, text)
                self.assertGreater(getattr(verdict, outcome), 0.5)


class FeatureTests(SimpleTestCase):
    def test_the_last_question_is_what_is_answered(self) -> None:
        asked = last_question("תודה. מה השם? ומה הטלפון?\nאני רושמת.")
        self.assertEqual(asked, (("ומה", "הטלפון"), True))
        self.assertEqual(last_question("אני מקשיבה."), (("אני", "מקשיבה"), False))
        self.assertEqual(last_question(""), ((), False))

    def test_digits_are_counted_as_figures_and_as_words(self) -> None:
        for said, count in (("050 123", 6), ("אפס חמש שתיים", 3), ("חמישים ושלוש", 2), ("כן", 0)):
            with self.subTest(said):
                self.assertEqual(digits_in(words(said)), count)

    def test_a_long_text_is_read_by_its_end(self) -> None:
        self.assertEqual(sorted(features(NAME, f"{LONG}{LONG}")), sorted(features(NAME, LONG)))


class StoredWeightsTests(SimpleTestCase):
    """bench/README.md quotes the figures, with their intervals."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        left_out = places(by_business(LINES))
        cls.found = joined([judged(stored(), each) for each in left_out.values()])

    found: Judged

    def test_they_are_small_enough_to_ship(self) -> None:
        self.assertLess(STORED.stat().st_size, 2_000_000)

    def test_they_are_as_good_on_unseen_businesses_as_is_said(self) -> None:
        """Calibrated to 0.052, where 0.05 was aimed at: other authors' callers stop elsewhere."""
        self.assertGreater(local_auc(self.found), 0.92)
        self.assertGreater(local_auc(self.found), lists_auc(self.found) + 0.05)
        self.assertLess(calibration_error(self.found), 0.055)

    def test_a_verdict_costs_little(self) -> None:
        """0.06 ms on the machine of bench/README.md; here any machine, under load."""
        judge, text = stored(), "שלום אני רוצה לקבוע תור לרופא עור אם אפשר"
        took = []
        for _ in range(200):
            began = time.process_time()
            judge.judge(NAME, text)
            took.append(time.process_time() - began)
        self.assertLess(sorted(took)[len(took) // 2], 0.002)


class TrainingTests(SimpleTestCase):
    def test_the_same_lines_give_the_same_weights(self) -> None:
        lines = by_business(LINES)
        some = examples({name: lines[name][:40] for name in ("garage", "gym")})
        one, other = trained(some), trained(some)
        self.assertEqual([each.tobytes() for each in one], [each.tobytes() for each in other])

    def test_every_business_has_its_authors(self) -> None:
        written = [business for each in AUTHORS for business in each]
        self.assertEqual(sorted(written), sorted(by_business(LINES)))

    def test_nothing_is_learned_from_what_is_left_out(self) -> None:
        lines = by_business(LINES)
        learned = set(examples(trained_on(lines)).business)
        self.assertEqual(learned, set(lines) - set(LEFT_OUT))
