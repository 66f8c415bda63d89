"""What breaks on a busy machine runs once more, alone, and the run says so."""

from __future__ import annotations

import contextlib
import faulthandler
import io
import tempfile
import unittest
from pathlib import Path

from django.test import SimpleTestCase, override_settings

from tests import parallel


class AgainTests(SimpleTestCase):
    def setUp(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(override_settings(VAR_DIR=folder))
        # A process forked beside the thread that counts would wait for it for ever.
        faulthandler.cancel_dump_traceback_later()
        been = folder / "been"

        class AtFirst(unittest.TestCase):
            def test_of_a_call(self) -> None:
                if not been.exists():
                    been.touch()
                    self.fail("too late")

        class Always(unittest.TestCase):
            def test_of_a_rule(self) -> None:
                self.fail("wrong")

        self.at_first, self.always = AtFirst, Always

    def run_tests(self, *kinds: type[unittest.TestCase]) -> tuple[str, dict[str, int]]:
        load = unittest.TestLoader().loadTestsFromTestCase
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            ran = parallel.run(unittest.TestSuite(map(load, kinds)), 2)
        return said.getvalue(), {one.name.rpartition(".")[2]: one.broken for one in ran}

    def test_a_call_that_came_too_late_passes_alone(self) -> None:
        said, broken = self.run_tests(self.at_first)
        self.assertEqual(broken, {"AtFirst": 0})
        self.assertIn("too late", said, "its first failure is shown")
        self.assertRegex(said, r"passed only alone: .*AtFirst")

    def test_a_rule_that_is_broken_stays_broken(self) -> None:
        said, broken = self.run_tests(self.always, self.at_first)
        self.assertEqual(broken, {"Always": 1, "AtFirst": 0})
        self.assertRegex(said, r"passed only alone: \S*AtFirst\n")
