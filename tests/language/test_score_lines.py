"""`manage.py score_lines`: what the judges say of lines of one's own."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.management import CommandError, call_command
from django.test import SimpleTestCase

from tests.script import ADAPTIVE

LINES = """# Mine.
מה השם? = קוראים לי | דנה ~ לוי
במה אפשר לעזור? = אני רוצה לקבוע תור ~ לרופא עור
מה מספר ההזמנה? = רגע אני בודק ○ ארבע שבע שמונה
להעביר לנציג? = כן בבקשה
"""


class ScoreLinesTests(SimpleTestCase):
    def run_on(self, lines: str, **options: object) -> str:
        output = StringIO()
        with TemporaryDirectory() as folder:
            path = Path(folder) / "mine.txt"
            path.write_text(lines, "utf-8")
            call_command("score_lines", path, stdout=output, **options)
        return output.getvalue()

    def test_as_json_each_place_has_what_each_judge_says_and_the_silence(self) -> None:
        found = json.loads(self.run_on(LINES, json=True))
        self.assertEqual(
            [each["kind"] for each in found],
            ["more", "open", "whole", "open", "whole", "needs_time", "whole", "whole"],
        )
        first = found[0]
        self.assertEqual((first["question"], first["text"]), ("מה השם?", "קוראים לי"))
        self.assertEqual(set(first), {"question", "text", "kind", "judges", "silence_ms"})
        self.assertEqual(set(first["judges"]), {"local"})
        local = first["judges"]["local"]
        self.assertAlmostEqual(
            local["whole"] + local["cut_short"] + local["needs_time"], 1, delta=0.001
        )
        self.assertGreater(local["cut_short"], 0.5)
        self.assertEqual(first["silence_ms"], ADAPTIVE.end_silence_long_ms)
        self.assertLess(found[-1]["silence_ms"], ADAPTIVE.end_silence_long_ms)

    def test_a_certain_rule_stands_beside_the_judge(self) -> None:
        (short,) = json.loads(self.run_on("מה מספר הטלפון? = אפס חמש שתיים | שלוש", json=True))[:1]
        self.assertEqual(short["judges"]["rule"], {"why": "number"})
        self.assertEqual(short["silence_ms"], ADAPTIVE.end_silence_long_ms)

    def test_the_silence_is_what_the_default_profile_asks_for(self) -> None:
        found = {
            each["text"]: each["silence_ms"] for each in json.loads(self.run_on(LINES, json=True))
        }
        self.assertGreater(found["רגע אני בודק"], found["כן בבקשה"])

    def test_in_words_each_place_has_a_row_and_a_table_follows(self) -> None:
        rows = self.run_on(LINES).splitlines()
        self.assertEqual([row.split()[0] for row in rows[1:9]], [
            "more", "open", "whole", "open", "whole", "needs_time", "whole", "whole",
        ])  # fmt: skip
        self.assertTrue(rows[1].endswith("מה השם? = קוראים לי"))
        table = "\n".join(rows[9:])
        self.assertIn("4 whole lines, 4 pauses in 3 turns", table)
        for judge in ("silence alone", "local"):
            self.assertEqual(table.count(f"\n{judge} "), 2)
        self.assertIn("silence asked for after whole lines: p50", table)

    def test_without_pauses_there_is_no_table_and_it_says_why(self) -> None:
        self.assertIn("mark some with | or ~", self.run_on("להעביר לנציג? = כן"))

    def test_what_is_wrong_with_a_file_is_said_with_its_row(self) -> None:
        with self.assertRaisesMessage(CommandError, "mine.txt:1: no ' = '"):
            self.run_on("מה השם")
        with self.assertRaisesMessage(CommandError, "no lines: write rows"):
            self.run_on("# nothing yet\n")
        with self.assertRaisesMessage(CommandError, "No such file"):
            call_command("score_lines", "/nowhere/mine.txt")
