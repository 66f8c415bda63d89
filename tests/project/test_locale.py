"""The Hebrew catalogue: complete, certain, and compiled as it is written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copy, copytree
from tempfile import TemporaryDirectory

import polib
from django.conf import settings
from django.test import SimpleTestCase

from tuning.presets import PRESETS
from tuning.turns.profile import KNOBS

CATALOGUE = settings.LOCALE_PATHS[0] / "he" / "LC_MESSAGES" / "django.po"
MAKE_MESSAGES = (sys.executable, "-m", "django", "makemessages", "--settings=hevoice.settings")
PLACE = re.compile(r"%\(\w+\)s|\{\w+\}|%%")


class CatalogueTests(SimpleTestCase):
    def setUp(self) -> None:
        self.written = polib.pofile(str(CATALOGUE))

    def test_nothing_is_untranslated_uncertain_or_left_over(self) -> None:
        self.assertEqual([each.msgid for each in self.written.untranslated_entries()], [])
        self.assertEqual([each.msgid for each in self.written.fuzzy_entries()], [])
        self.assertEqual([each.msgid for each in self.written.obsolete_entries()], [])

    def test_the_compiled_catalogue_is_that_of_the_written_one(self) -> None:
        def texts(entries: polib.POFile | polib.MOFile) -> dict[str, object]:
            return {each.msgid: each.msgstr or dict(each.msgstr_plural) for each in entries}

        compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
        self.assertEqual(texts(compiled), texts(self.written))

    def test_hebrew_has_its_three_plurals(self) -> None:
        self.assertIn("nplurals=3", self.written.metadata["Plural-Forms"])
        for each in self.written:
            if each.msgid_plural:
                self.assertEqual(set(each.msgstr_plural), {0, 1, 2}, each.msgid)

    def test_a_translation_keeps_the_places_of_its_text(self) -> None:
        for each in self.written:
            if each.msgstr:
                with self.subTest(msgid=each.msgid):
                    self.assertEqual(
                        set(PLACE.findall(each.msgid)), set(PLACE.findall(each.msgstr))
                    )

    def test_one_thing_has_one_word(self) -> None:
        for each in self.written:
            said = " ".join((each.msgstr, *each.msgstr_plural.values()))
            with self.subTest(msgid=each.msgid):
                if "agent" in each.msgid.lower() and "system" not in each.msgid:
                    self.assertNotIn("המערכת", said, "the agent is הסוכן")
                if "audit" in each.msgid.lower():
                    self.assertRegex(said, "יומן ה?פעולות")
                self.assertNotRegex(said, r"(?<!\w)ms(?!\w)", "אלפיות שנייה")
                self.assertNotRegex(said, r"(?<!\w)(שלך|לך|אתה|עליך|אותך)(?!\w)", "to several")

    def test_the_texts_of_knobs_and_presets_call_the_agent_as_the_pages_do(self) -> None:
        texts = [
            text
            for knob in KNOBS
            for _rules, each in knob.texts
            for text in (each.label, each.help)
        ]
        texts += [preset.meaning for preset in PRESETS.values()]
        for text in texts:
            with self.subTest(text.en):
                self.assertNotIn("המערכת", text.he, "the agent is הסוכן")

    def test_every_text_of_the_code_and_the_pages_is_in_it(self) -> None:
        """What gettext finds now; nothing that no page says any more."""
        # In a copy, for makemessages writes where it finds.
        with TemporaryDirectory() as folder:
            for name in ("calls", "dashboard", "hevoice", "locale", "templates", "tuning"):
                copytree(settings.BASE_DIR / name, Path(folder) / name)
            copy(settings.BASE_DIR / "pyproject.toml", folder)
            subprocess.run(
                [*MAKE_MESSAGES, "--locale=he", "--no-location", "--no-obsolete"],
                cwd=folder, env=os.environ | {"PYTHONPATH": folder}, check=True,
                capture_output=True,
            )  # fmt: skip
            found = polib.pofile(str(Path(folder) / CATALOGUE.relative_to(settings.BASE_DIR)))
        texts = {(each.msgctxt, each.msgid) for each in found}
        written = {(each.msgctxt, each.msgid) for each in self.written}
        self.assertEqual(texts - written, set(), "not translated")
        self.assertEqual(written - texts, set(), "said nowhere")
