"""Help: the shortcuts and the glossary, in both languages."""

from __future__ import annotations

from html.parser import HTMLParser

from django.test import TestCase
from django.utils import translation

from calls.measures.moments import LATENCIES
from dashboard.help.glossary import GLOSSARY
from dashboard.help.shortcuts import SHORTCUTS
from dashboard.templatetags.page_links import PAGES
from dashboard.words import STATES
from tests.dashboard.operators import a_person

DESIGN_WORDS = {
    *("frame", "at_ms", "wall_ms", "speech_end", "end_of_turn", "turn", "end_of_turn_delay"),
    *("transcription_delay", "llm_ttft", "llm_ttfs", "tts_ttfb", "tool_time", "turn_latency"),
    *("field_turn_latency", "response_latency", "ready_lead", "heard_latency", "cut_in"),
    *("barge_in", "policy_wait", "compute"),
}


class Ids(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attributes if name == "id" and value]


class HelpTestCase(TestCase):
    def setUp(self) -> None:
        self.client.force_login(a_person("viewer"))

    def page(self, address: str, **headers: str) -> str:
        response = self.client.get(address, headers=headers)
        self.assertEqual(response.status_code, 200)
        return response.content.decode()


class GlossaryTests(HelpTestCase):
    def test_every_word_of_the_design_and_every_measure_and_state_is_explained(self) -> None:
        explained = {entry.anchor for group in GLOSSARY for entry in group.entries}
        measures = {latency.name for latency in LATENCIES}
        self.assertEqual((DESIGN_WORDS | measures | set(STATES)) - explained, set())

    def test_each_has_an_anchor_of_its_own_on_the_page(self) -> None:
        ids = Ids(self.page("/en/help/glossary/")).found
        self.assertEqual(len(ids), len(set(ids)))
        for group in GLOSSARY:
            for entry in group.entries:
                self.assertIn(entry.anchor, ids)

    def test_each_is_explained_in_both_languages(self) -> None:
        for group in GLOSSARY:
            for entry in group.entries:
                with translation.override("he"), self.subTest(entry.anchor):
                    self.assertRegex(f"{entry.meaning}", "[א-ת]")
                with translation.override("en"), self.subTest(entry.anchor):
                    self.assertNotRegex(f"{entry.term} {entry.meaning}", "[א-ת]")


class ShortcutsTests(HelpTestCase):
    def test_the_page_tells_every_key(self) -> None:
        page = self.page("/he/help/shortcuts/")
        for group in SHORTCUTS:
            for shortcut in group.shortcuts:
                for key in shortcut.keys:
                    self.assertIn(f"<kbd>{key}</kbd>", page)

    def test_for_the_dialog_it_is_a_fragment_with_a_title(self) -> None:
        fragment = self.page("/he/help/shortcuts/", **{"HX-Request": "true"})
        self.assertNotIn("<html", fragment)
        self.assertIn('<h2 id="shortcuts-title">', fragment)

    def test_each_page_that_g_leads_to_has_its_key_in_the_navigation(self) -> None:
        self.client.force_login(a_person("operator", "noa"))
        told = {shortcut.keys: shortcut.meaning for shortcut in SHORTCUTS[0].shortcuts}
        self.client.force_login(a_person("operator", "olga"))  # who sees them all
        navigation = self.page("/en/profiles/")
        for _name, label, _permission, key in PAGES:
            if key:
                self.assertEqual(told["g", key], label)
                with translation.override("en"):
                    self.assertIn(f'data-key="{key}">{label}</a>', navigation)
        self.assertIn('href="/he/calls/" data-key="c"', self.page("/he/profiles/"))
