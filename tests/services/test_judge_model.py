"""`manage.py judge_model`: the real OpenAI client, streaming, against the local server."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, override_settings, tag

from calls.language.hebrew import HEBREW
from calls.management.commands.judge_model import CALLS, LINES, QUESTIONS
from calls.services.judging import read_lines
from calls.simulator import known_calls
from calls.simulator.known_questions import read
from tests.servers.openai import OpenAiServer
from tests.servers.openai_answers import Answer
from tests.services.openai_turns import served

LOCAL = {"HEVOICE_CLOUD": "local", "DJANGO_SETTINGS_MODULE": "hevoice.settings"}
WRITER = "calls.services.openai.writer.OpenAiWriter"


async def said(**options: Any) -> str:
    output = StringIO()
    with override_settings(WRITER=WRITER):
        await asyncio.to_thread(
            call_command, "judge_model", stdout=output, stderr=StringIO(), **options
        )
    return output.getvalue()


async def given(**options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await said(json=True, **options))
    return found


def taught(server: OpenAiServer, wrong_share: float) -> None:
    server.verdicts.teach(read_lines(LINES))
    server.verdicts.wrong_share = wrong_share


@tag("protocol")
class JudgeModelTests(SimpleTestCase):
    async def test_a_model_that_is_always_right_and_one_that_never_is(self) -> None:
        async with served() as server:
            taught(server, 0.0)
            good = await given(limit=96)
            server.verdicts.wrong_share = 1.0
            bad = await given(limit=96)
        self.assertEqual((good["right"], good["answered"]), (96, 96))
        self.assertEqual((bad["right"], bad["answered"]), (0, 96))
        self.assertEqual({each["verdict"] for each in good["lines"]}, set("●◐○"))

    async def test_a_share_of_wrong_verdicts_is_counted_and_said_to_be_a_simulation(self) -> None:
        async with served() as server:
            taught(server, 0.1)
            text = await said(price_in=0.1, price_out=0.5)
        self.assertIn("A SIMULATION", text)
        lines = len(read_lines(LINES))
        right = int(text.split("all ")[1].split()[1])
        self.assertTrue(0.85 < right / lines < 0.95, text)
        self.assertRegex(text, r"to the marker +p50 \d+ ms, p95 \d+ ms")
        self.assertRegex(text, r"tokens a line +1200 in \(85% of them cached\)")
        self.assertRegex(text, r"cost +0\.\d+ in all")
        self.assertRegex(text, "mikveh +15 ")

    async def test_it_asks_as_a_call_would(self) -> None:
        async with served() as server:
            await said(limit=3)
        texts = HEBREW.instructions
        for asked in server.requests:
            self.assertTrue(asked["stream"])
            self.assertTrue(asked["messages"][0]["content"].startswith(texts.rules_with_verdict))
            self.assertEqual(
                [each["role"] for each in asked["messages"][1:]], ["assistant", "user"]
            )
            names = {tool["function"]["name"] for tool in asked["tools"]}
            self.assertEqual(names, set(texts.tools))
        self.assertEqual(len({json.dumps(each["messages"][0]) for each in server.requests}), 1)

    async def test_a_model_that_gives_no_verdicts_is_told_so(self) -> None:
        async with served() as server:
            server.verdicts.are_given = False
            text = await said(limit=5)
        self.assertRegex(text, r"no marker +5 answers")
        self.assertNotIn("to the marker", text)

    async def test_a_model_that_goes_on_after_a_verdict_is_told_so(self) -> None:
        async with served() as server:
            server.answers[""] = Answer("◐ ומה עוד?")
            self.assertRegex(await said(limit=5), r"went on +5 answers")

    async def test_ones_own_lines_are_asked(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("garage: מתי נוח? = מחר = ●\ngarage: מתי נוח? = אולי ביום של = ◐\n")
            file.flush()
            async with served() as server:
                server.verdicts.wrong_share = 0.0
                found = await given(lines=Path(file.name))
        self.assertEqual([each["verdict"] for each in found["lines"]], ["●", "◐"])
        self.assertEqual(found["server"], server.url)
        self.assertTrue(found["is_simulated"])

    async def test_what_is_known_is_told_and_of_the_rest_that_it_is_not(self) -> None:
        questions = read(QUESTIONS, settings.BASE_DIR, HEBREW)
        self.assertEqual(sum(each.is_known for each in questions), 20)
        self.assertEqual(len(questions), 40)
        self.assertEqual(sum(each.is_found for each in questions), 20)
        facts = {each.asked: " ".join(ways[0] for ways in each.facts) for each in questions}
        async with served() as server:
            for asked, told in facts.items():
                server.answers[asked] = Answer(told or "המידע לא זמין. להשאיר הודעה?")
            good = await given(knowledge=True)
            for asked, told in facts.items():
                server.answers[asked] = Answer("לא ידוע." if told else "לא ידוע, אולי 250 שקלים.")
            bad = await given(knowledge=True)
            server.answers[questions[-1].asked] = Answer(error=429)
            text = await said(knowledge=True)
        self.assertTrue(all(each["is_right"] for each in good["answers"]))
        self.assertFalse(any(each["is_right"] for each in bad["answers"]))
        self.assertRegex(text, r"tell what is known +0 of 20 .*the search found it for 20")
        self.assertRegex(text, r"say it is not known +0 of 20")
        self.assertIn("A SIMULATION", text)
        told = str(server.requests[0]["messages"][0]["content"])
        self.assertTrue(told.startswith(HEBREW.instructions.rules))
        self.assertIn(HEBREW.instructions.looked_up, told)
        self.assertIn(questions[0].passages[0].words, told)

    async def test_what_was_agreed_is_held_against_what_is_known(self) -> None:
        calls = known_calls.read(CALLS)
        self.assertGreaterEqual(len(calls), 10)
        async with served() as server:
            for call in calls:
                right = {
                    name: value.split("|")[0] if isinstance(value, str) else value
                    for name, value in call.values.items()
                }
                words = call.material.lines[1].text
                open_fields = dict.fromkeys((each.name for each in call.fields), None)
                server.writes_of[words] = Answer(
                    json.dumps(
                        {
                            "summary": "ביקשו. נענו.",
                            "outcome": call.outcomes[0],
                            "values": open_fields | right,
                            "follow_ups": [],
                        }
                    )
                )
            good = await given(agreed=True)
            server.writes_of.clear()
            nothing = {"summary": "שיחה.", "outcome": "done", "values": {}, "follow_ups": []}
            server.writes = Answer(json.dumps(nothing))
            text = await said(agreed=True)
            server.writes = Answer(error=429)
            with self.assertRaisesMessage(CommandError, "rate limit"):
                await said(agreed=True)
        self.assertEqual([each["wrong"] for each in good["calls"]], [[]] * len(calls))
        known = sum(len(call.values) for call in calls)
        fields = sum(len(call.fields) for call in calls)
        self.assertRegex(text, rf"right value +0 of {known} ")
        self.assertRegex(text, rf"left open +{fields - known} of {fields - known} ")
        self.assertIn("A SIMULATION", text)

    async def test_what_fails_later_is_counted_and_the_rest_is_asked(self) -> None:
        last = read_lines(LINES)[-1]
        async with served() as server:
            taught(server, 0.0)
            server.answers[last.text] = Answer(error=429)
            found = await given()
        self.assertEqual(found["answered"], len(found["lines"]) - 1)
        self.assertIn("rate limit", found["lines"][-1]["failure"])


@tag("protocol")
class SimulatedTests(SimpleTestCase):
    def test_without_a_key_the_scripted_servers_are_asked(self) -> None:
        done = subprocess.run(
            [sys.executable, "manage.py", "judge_model", "--limit", "4", "--json"],
            cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=120, check=True,
            env=os.environ | LOCAL,
        )  # fmt: skip
        found = json.loads(done.stdout)
        self.assertTrue(found["is_simulated"])
        self.assertEqual(found["answered"], 4)


@tag("protocol")
class RefusedTests(SimpleTestCase):
    async def assert_refused(self, reason: str, **given_settings: str) -> None:
        async with served(**given_settings):
            with self.assertRaisesMessage(CommandError, reason) as caught:
                await said(limit=2)
        self.assertNotIn("\n", str(caught.exception))

    async def test_a_refused_key_is_told_in_the_providers_words(self) -> None:
        await self.assert_refused(
            "OPENAI_API_KEY is refused: set a valid key (Incorrect API key provided",
            OPENAI_API_KEY="sk-wrong-0123456789",
        )

    async def test_a_model_that_is_not_there_is_told_in_the_providers_words(self) -> None:
        await self.assert_refused("The model `gpt-9` does not exist", OPENAI_MODEL="gpt-9")

    async def test_without_a_key_it_says_what_to_do(self) -> None:
        await self.assert_refused("set it to the key", OPENAI_API_KEY="", OPENAI_BASE_URL="")


class OptionTests(SimpleTestCase):
    def assert_refused(self, reason: str, **options: Any) -> None:
        with self.assertRaisesMessage(CommandError, reason):
            call_command("judge_model", **options)

    @override_settings(WRITER="calls.services.receptionist.writer.Receptionist")
    def test_where_no_language_model_answers_it_says_what_to_set(self) -> None:
        self.assert_refused("set OPENAI_API_KEY or OPENAI_BASE_URL")

    def test_options_that_make_no_sense_are_told(self) -> None:
        self.assert_refused("--limit must be at least 1", limit=0)
        self.assert_refused("--at-once must be at least 1", at_once=0)
        self.assert_refused("give both --price-in and --price-out", price_in=1.0)
        self.assert_refused("No such file", lines=Path("no.txt"))
        self.assert_refused("not `business: question", lines=settings.BASE_DIR / "README.md")
