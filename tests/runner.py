"""The test runner: Django's, with a last line that says how many ran, for people and for CI."""

from __future__ import annotations

import unittest
from typing import Any

from django.conf import settings
from django.db import connection
from django.test.runner import DiscoverRunner

from tuning.profile import SHIPPED, Profile


class CountingRunner(DiscoverRunner):
    """Prints `N passed, N failed` alone on the last line."""

    def setup_databases(self, **kwargs: Any) -> Any:
        # Most tests are about something else than timing, and their callers speak in fixed waits.
        # They go ten times as fast as any service, and would be filled in every turn.
        settings.DEFAULT_PROFILE = "balanced"
        settings.DEFAULT_KNOBS = Profile(**SHIPPED["balanced"] | {"filler_after_ms": 0})
        # Nobody guesses a test's password: half a second each is not worth it.
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        made = super().setup_databases(**kwargs)
        if connection.vendor == "sqlite":  # its tables are emptied by deleting, between tests
            with connection.cursor() as cursor:
                cursor.execute("drop trigger if exists audit_never_deleted")
        return made

    def suite_result(
        self, suite: unittest.TestSuite, result: unittest.TestResult, **kwargs: Any
    ) -> int:
        broken = {_whole(test) for test, _why in [*result.failures, *result.errors]}
        broken |= set(result.unexpectedSuccesses)
        # A class or module that could not be set up is broken without having been run.
        ran = sum(isinstance(test, unittest.TestCase) for test in broken)
        self._counts = result.testsRun - ran - len(result.skipped), len(broken)
        return len(broken)

    def run_tests(self, test_labels: list[str], **kwargs: Any) -> int:
        failed = super().run_tests(test_labels, **kwargs)
        passed, broken = self._counts
        print(f"{passed} passed, {broken} failed", flush=True)  # noqa: T201
        return failed


def _whole(test: Any) -> Any:
    """A subtest stands for its test."""
    return getattr(test, "test_case", test)
