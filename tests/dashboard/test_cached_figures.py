"""Figures that are kept for a while: a label is in them at once."""

from __future__ import annotations

from django.core.cache import cache
from django.test import TestCase, override_settings

from calls.records.turn import Turn
from dashboard.cached_figures import cached, drop_cached
from tests.dashboard.call_rows import a_call, a_turn
from tests.dashboard.operators import a_person
from tuning.models import TimingProfile


@override_settings(FIGURES_KEPT_S=30)
class KeptTests(TestCase):
    def setUp(self) -> None:
        cache.clear()
        self.addCleanup(cache.clear)
        self.client.force_login(a_person("operator"))
        profile = TimingProfile.objects.get(name="balanced")
        TimingProfile.objects.update(is_default=False)
        TimingProfile.objects.filter(pk=profile.pk).update(is_default=True)
        for number in range(1, 41):
            call = a_call(number)
            a_turn(call, 1, outcome="cut-in", pause_short_ms=100)
            a_turn(call, 2)
        self.last = call

    def label(self, label: str) -> None:
        address = f"/en/calls/{self.last.pk}/turns/1/label/"
        self.assertEqual(self.client.post(address, {"label": label}).status_code, 302)

    def observed(self) -> float:
        context = self.client.get("/en/latencies/trade-off/").context
        return float(context["panels"][0].observed)

    def cut_ins(self) -> float:
        return float(self.client.get("/en/").context["tiles"].cut_ins.rate.value)

    def test_what_was_worked_out_is_kept(self) -> None:
        self.assertEqual(self.cut_ins(), 0.5)
        Turn.objects.filter(number=1).update(label="fine")
        self.assertEqual(
            (self.cut_ins(), cached("a", lambda: 1), cached("a", lambda: 2)), (0.5, 1, 1)
        )

    def test_where_nothing_is_kept_it_is_worked_out_each_time(self) -> None:
        with self.settings(FIGURES_KEPT_S=0):
            self.assertEqual((cached("a", lambda: 1), cached("a", lambda: 2)), (1, 2))

    def test_a_label_is_in_every_figure_at_once(self) -> None:
        self.assertEqual((self.cut_ins(), self.observed()), (0.5, 0.5))
        self.label("fine")
        self.assertEqual((self.cut_ins(), self.observed()), (39 / 80, 39 / 80))
        self.label("")
        self.assertEqual((self.cut_ins(), self.observed()), (0.5, 0.5))

    def test_what_was_being_worked_out_meanwhile_is_not_kept(self) -> None:
        def slowly() -> int:
            drop_cached()
            return 1

        self.assertEqual((cached("a", slowly), cached("a", lambda: 2)), (1, 2))
