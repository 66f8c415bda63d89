"""Predicted and happened: on the profile's history, and of all publications on one page."""

from __future__ import annotations

from dataclasses import asdict

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from calls.lab.comparison import Comparison, Estimate, Figure
from calls.lab.prediction import Outcome, Prediction
from dashboard.advice.shown_outcomes import Kept
from tests.dashboard.operators import a_person
from tests.lab.told import told
from tuning.models import Revision, TimingProfile
from tuning.turns.profile import Profile

PREDICTED = Estimate(0.018, 0.012, 0.026)
CAME_TRUE, CAME_OTHERWISE = Estimate(0.02, 0.014, 0.028), Estimate(0.05, 0.04, 0.06)


def said() -> Comparison:
    found = told()
    before = Estimate(0.03, 0.02, 0.04)
    wait = Figure(Estimate(2000, 1900, 2100), Estimate(1900, 1800, 2000), Estimate(-100, -120, -80))
    figures = found.figures | {
        "cut_ins": Figure(before, PREDICTED, Estimate(-0.012, -0.02, -0.004)),
        "p50_long": wait,
    }
    return Comparison(found.calls, found.before, found.after, 0, figures, found.more_cut_ins)


class PredictionPageTests(TestCase):
    def setUp(self) -> None:
        self.profile = TimingProfile.objects.get(name="balanced")
        self.revision: Revision = self.profile.publish(
            Profile(end_silence_long_ms=1700), by=None, note="as the lab advised"
        )
        self.prediction = Prediction.objects.create(
            revision=self.revision, comparison=said().as_json(), short_ms=2000
        )
        self.client.force_login(a_person())

    def happened(self, days: int = 1, **figures: Estimate | None) -> Outcome:
        return Outcome.objects.create(
            prediction=self.prediction, days=days, calls=80, turns=640,
            figures={name: one and asdict(one) for name, one in figures.items()},
        )  # fmt: skip

    def page(self, address: str = "/en/lab/predictions/") -> str:
        answer = self.client.get(address)
        self.assertEqual(answer.status_code, 200)
        return " ".join(strip_tags(answer.content.decode()).split())

    def test_what_happened_stands_beside_what_was_predicted(self) -> None:
        self.happened(cut_ins=CAME_TRUE, p50_long=Estimate(1920, 1850, 1990))
        page = self.page()
        self.assertIn("In 2 of 2 figures, what happened agrees with what was predicted", page)
        self.assertIn("A day later 640 turns of 80 calls", page)
        self.assertIn("3.0 % 1.8 % 1.2–2.6 % 2.0 % 1.4–2.8 % ✓agrees", page)
        self.assertIn("2,000 ms 1,900 ms 1,800–2,000 ms 1,920 ms 1,850–1,990 ms", page)

    def test_what_came_otherwise_is_said_to_differ(self) -> None:
        self.happened(cut_ins=CAME_OTHERWISE)
        page = self.page()
        self.assertIn("✕differs", page)
        self.assertIn("In 0 of 1 figure", page)

    def test_the_week_counts_and_not_the_day_before_it(self) -> None:
        self.happened(1, cut_ins=CAME_OTHERWISE)
        self.happened(7, cut_ins=CAME_TRUE)
        page = self.page()
        self.assertIn("In 1 of 1 figure", page)
        self.assertIn("A week later", page)

    def test_before_the_first_day_is_over_nothing_is_counted(self) -> None:
        page = self.page()
        self.assertIn("counted a day and a week after", page)
        self.assertNotIn("agrees with what was predicted", page)

    def test_too_few_calls_are_said_to_be_too_few(self) -> None:
        self.happened(cut_ins=None)
        self.assertIn("too few calls to compare", self.page())

    def test_nothing_published_from_the_lab_is_said(self) -> None:
        Prediction.objects.all().delete()
        self.assertIn("Nothing that a replay had tried has been published yet.", self.page())

    def test_the_history_of_the_profile_has_it(self) -> None:
        self.happened(cut_ins=CAME_TRUE, p50_long=Estimate(2300, 2200, 2400))
        page = self.page(f"/en/profiles/{self.profile.pk}/")
        self.assertIn("Predicted, and happened: 1 of 2 agree", page)

    def test_a_viewer_sees_the_history_without_it(self) -> None:
        self.happened(cut_ins=CAME_TRUE)
        self.client.force_login(a_person("viewer", "vera"))
        page = self.page(f"/en/profiles/{self.profile.pk}/")
        self.assertIn("as the lab advised", page)
        self.assertNotIn("Predicted, and happened", page)

    def test_no_figure_is_no_share(self) -> None:
        self.assertEqual(Kept.of([]), Kept(0, 0, 0))

    def test_the_pages_queries_do_not_grow_with_the_publications(self) -> None:
        self.happened(cut_ins=CAME_TRUE)
        with self.assertNumQueries(self._queries()):
            self.page()

    def _queries(self) -> int:
        """How many it takes for one; then there are three."""
        self.page()
        with CaptureQueriesContext(connection) as counted:
            self.page()
        for silence in (1750, 1760):
            revision = self.profile.publish(
                Profile(end_silence_long_ms=silence), by=None, note="again"
            )
            made = Prediction.objects.create(
                revision=revision, comparison=said().as_json(), short_ms=2000
            )
            Outcome.objects.create(
                prediction=made, days=1, calls=80, turns=640,
                figures={"cut_ins": asdict(CAME_TRUE)},
            )  # fmt: skip
        return len(counted)
