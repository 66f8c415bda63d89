"""What the README names must exist, and what exists must be named in it: newcomers go by it."""

from __future__ import annotations

import re
from dataclasses import asdict

from django.conf import settings
from django.test import SimpleTestCase

from calls.services import vendors
from tuning.turns.profile import DEFAULT, KNOBS, SHIPPED, Profile

README = (settings.BASE_DIR / "README.md").read_text()
EXAMPLE = (settings.BASE_DIR / ".env.example").read_text()


class ReadmeTest(SimpleTestCase):
    def test_every_environment_variable_stands_in_its_tables(self) -> None:
        source = (settings.BASE_DIR / "hevoice" / "settings.py").read_text()
        names = set(re.findall(r'environment\.\w+\(\s*"(\w+)"', source))
        names |= {each.name for each in vendors.declared(vendors.registered(settings.VENDORS))}
        names |= {knob.environ for knob in KNOBS}
        tables = README[README.index("## Environment") :]
        self.assertEqual(names - set(re.findall(r"`(\w+)`", tables)), set())

    def test_the_vendors_settings_stand_there_and_in_the_example_as_they_are_declared(self) -> None:
        declared = list(vendors.declared(vendors.registered(settings.VENDORS)))
        self.assertIn("\n".join(["", *(each.row for each in declared), ""]), README)
        example = (settings.BASE_DIR / ".env.example").read_text()
        self.assertIn("\n".join(["", *(each.example for each in declared), ""]), example)

    def test_every_knobs_default_and_range_are_those_of_the_code(self) -> None:
        shipped = asdict(Profile(**SHIPPED[DEFAULT]))
        for knob in KNOBS:
            row = next(
                line for line in README.splitlines() if line.startswith(f"| `{knob.environ}`")
            )
            default = f"{shipped[knob.name]}".lower()
            if knob.is_number:
                default = f"{shipped[knob.name] / knob.environ_scale:g}"
                low, high = (limit / knob.environ_scale for limit in knob.hard)
                self.assertIn(f"| {low:g} to {high:g} |", row)
            for choice in knob.choices:
                self.assertIn(choice, row)
            self.assertRegex(row, rf"\| {re.escape(default)}( m?s| %)? \|")
            acts_under = "both" if len(knob.meanings) > 1 else knob.rules
            self.assertRegex(row, rf"\| {acts_under}(; [^|]+)? \|$")

    def test_the_examples_of_knobs_are_the_shipped_values(self) -> None:
        shipped = asdict(Profile(**SHIPPED[DEFAULT]))
        given = dict(re.findall(r"(?m)^# (\w+)=([^\s#]*)", EXAMPLE))
        shown = [knob for knob in KNOBS if knob.environ in given]
        self.assertGreater(len(shown), 5)
        for knob in shown:
            with self.subTest(knob.environ):
                self.assertEqual(knob.from_environ(given[knob.environ]), shipped[knob.name])

    def test_every_file_that_it_points_to_exists(self) -> None:
        for target in re.findall(r"\]\(([\w./-]+)\)", README):
            self.assertTrue((settings.BASE_DIR / target).exists(), target)

    def test_every_make_target_that_it_names_exists(self) -> None:
        makefile = (settings.BASE_DIR / "Makefile").read_text()
        for target in set(re.findall(r"\bmake ([a-z-]+)\b", README)):
            self.assertRegex(makefile, rf"(?m)^{target}:")
