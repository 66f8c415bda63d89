"""The real OpenAI client against a local server that misbehaves, and its connections."""

from __future__ import annotations

import asyncio

from django.test import SimpleTestCase, override_settings, tag

from calls.language.hebrew import HEBREW
from calls.services import Farewell, Piece, Requested, ServiceFailed, ServiceLate
from calls.services.openai.api import SPARES, WARMING
from calls.services.openai.writer import OpenAiWriter
from tests.servers.openai_answers import QUOTA, Answer
from tests.services.openai_turns import FALLBACK, MODEL, begun, said, served, until, words, written

TEXTS = HEBREW.instructions
LATE = Answer("מאוחר מדי", first_s=30)


class HurriedWriter(OpenAiWriter):
    first_s, next_s = 0.2, 0.15


@tag("protocol")
class DeadlineTests(SimpleTestCase):
    async def test_a_late_first_token_is_a_late_service(self) -> None:
        async with served() as server:
            server.answers["שלום"] = LATE
            with self.assertRaisesMessage(ServiceLate, f"OpenAI {MODEL} was silent for 0.2 s"):
                await written("שלום", by=HurriedWriter())
            await until(lambda: server.cut_off == 1)
            self.assertEqual(len(server.requests), 1)

    async def test_a_stall_after_the_first_token_is_a_late_service_and_nothing_is_said_twice(
        self,
    ) -> None:
        async with served(OPENAI_FALLBACK_MODEL=FALLBACK) as server:
            server.answers["שלום"] = Answer("שלום לכם", stall_after=1)
            pieces: list[Piece] = []
            with self.assertRaisesMessage(ServiceLate, "was silent for 0.15 s"):
                async for piece in HurriedWriter().write(said("שלום")):
                    pieces.append(piece)
            self.assertEqual(pieces, [Requested(MODEL), "שלום"])
            self.assertEqual([asked["model"] for asked in server.requests], [MODEL])

    async def test_the_fallback_model_is_asked_once_after_a_word_of_patience(self) -> None:
        async with served(OPENAI_FALLBACK_MODEL=FALLBACK) as server:
            server.answers_of = {MODEL: LATE, FALLBACK: Answer("בשמחה.")}
            with self.assertLogs("calls.services.openai.writer", "WARNING") as logs:
                pieces = await written("סודי ביותר", by=HurriedWriter())
            self.assertEqual(words(pieces), TEXTS.patience + "בשמחה.")
            self.assertEqual([asked["model"] for asked in server.requests], [MODEL, FALLBACK])
            self.assertNotIn("סודי", "".join(logs.output))

    async def test_goodbye_is_said_even_if_only_patience_was_asked_for_before(self) -> None:
        async with served(OPENAI_FALLBACK_MODEL=FALLBACK) as server:
            bye = Answer(tools=(("say_goodbye", '{"farewell":"להתראות"}'),))
            server.answers_of = {MODEL: LATE, FALLBACK: bye}
            with self.assertLogs("calls.services.openai.writer", "WARNING"):
                pieces = await written("תודה", by=HurriedWriter())
            self.assertEqual(pieces, [TEXTS.patience, "להתראות", Farewell()])

    async def test_a_failure_at_once_goes_to_the_fallback_without_a_word(self) -> None:
        async with served(OPENAI_FALLBACK_MODEL=FALLBACK) as server:
            for fault in (Answer(error=500), Answer(error=429), Answer("א", drop_after=0)):
                server.answers_of = {MODEL: fault, FALLBACK: Answer("בשמחה.")}
                with self.assertLogs("calls.services.openai.writer", "WARNING"):
                    self.assertEqual(words(await written("שלום")), "בשמחה.")

    async def test_when_both_fail_both_are_named(self) -> None:
        async with served(OPENAI_FALLBACK_MODEL=FALLBACK) as server:
            server.answers_of = {MODEL: Answer(error=503), FALLBACK: LATE}
            expected = f"out of order \\(503\\).*overloaded.*; then OpenAI {FALLBACK} was silent"
            with (
                self.assertLogs("calls.services.openai.writer", "WARNING"),
                self.assertRaisesRegex(ServiceLate, expected),
            ):
                await written("שלום", by=HurriedWriter())


@tag("protocol")
class FaultTests(SimpleTestCase):
    async def failure(self, *, answer: Answer | None = None, **settings: str) -> str:
        async with served(**settings) as server:
            if answer:
                server.answers["שלום"] = answer
            with self.assertRaises(ServiceFailed) as failed:
                await written("שלום")
            self.assertLessEqual(len(server.requests), 1, "a retry was hidden")
        return str(failed.exception)

    async def test_each_refusal_is_told_in_the_providers_words_with_what_to_do(self) -> None:
        for answer, told in (
            (Answer(error=429), ("rate limit", "Please try again in 120ms")),
            (Answer(error=429, body=QUOTA), ("add credit", "exceeded your current quota")),
            (Answer(error=500), ("out of order (500)", "Sorry about that")),
            (Answer(error=503), ("out of order (503)", "overloaded")),
            (Answer("שלום", fails_after=0), ("during an answer", "Sorry about that")),
            (Answer("שלום", drop_after=0), ("cannot be reached",)),
            (Answer("", finish="content_filter"), ("answered nothing (content_filter)",)),
        ):
            failure = await self.failure(answer=answer)
            for each in told:
                self.assertIn(each, failure)

    async def test_a_refused_key_names_its_variable_and_shows_nothing_of_it(self) -> None:
        wrong = "sk-proj-thisismysecretkey"
        failure = await self.failure(OPENAI_API_KEY=wrong, OPENAI_FALLBACK_MODEL=FALLBACK)
        self.assertIn("OPENAI_API_KEY is refused: set a valid key", failure)
        self.assertIn("Incorrect API key provided", failure)
        for part in (wrong[:8], wrong[-4:]):
            self.assertNotIn(part, failure)

    async def test_a_missing_key_and_a_missing_model_are_named(self) -> None:
        self.assertIn("gpt-9", await self.failure(OPENAI_MODEL="gpt-9"))
        nothing = override_settings(OPENAI_API_KEY="", OPENAI_BASE_URL="")
        with nothing, self.assertRaisesMessage(ServiceFailed, "OPENAI_API_KEY is not set"):
            await OpenAiWriter.warm_up()

    async def test_a_parameter_that_the_model_does_not_take_is_told(self) -> None:
        failure = await self.failure(OPENAI_REASONING_EFFORT="low")
        self.assertIn("set reasoning_effort to 'none'", failure)

    async def test_a_server_that_cannot_be_reached_fails_at_once(self) -> None:
        async with served(OPENAI_BASE_URL="http://127.0.0.1:9/v1"):
            with self.assertRaisesMessage(ServiceFailed, "check the network and OPENAI_BASE_URL"):
                await written("שלום")

    async def test_after_a_fault_the_next_turn_is_as_before(self) -> None:
        async with served() as server:
            for fault in (Answer(error=500), Answer("א", drop_after=0), Answer("א", fails_after=0)):
                server.answers["שלום"] = fault
                with self.assertRaises(ServiceFailed):
                    await written("שלום")
                server.answers["שלום"] = Answer("בשמחה.")
                self.assertEqual(words(await written("שלום")), "בשמחה.")


def is_warm() -> bool:
    """Nothing goes on in the background."""
    return WARMING not in {task.get_name() for task in asyncio.all_tasks()}


@tag("protocol")
class ConnectionTests(SimpleTestCase):
    async def test_warming_up_opens_spare_connections_and_turns_use_them(self) -> None:
        async with served() as server:
            await OpenAiWriter.warm_up()
            self.assertEqual((server.connections, server.looks), (SPARES, SPARES))
            for _turn in range(3):
                await written("שלום")
            self.assertEqual(server.connections, SPARES)

    async def test_a_warm_up_tells_what_is_wrong_with_key_and_models(self) -> None:
        for wrong in (
            {"OPENAI_API_KEY": "sk-wrong"},
            {"OPENAI_MODEL": "gpt-9"},
            {"OPENAI_FALLBACK_MODEL": "gpt-9"},
        ):
            async with served(**wrong):
                with self.assertRaises(ServiceFailed):
                    await OpenAiWriter.warm_up()

    async def test_a_compatible_server_need_not_tell_its_models(self) -> None:
        async with served() as server:
            server.tells_models = False
            await OpenAiWriter.warm_up()
            self.assertEqual(server.looks, SPARES)

    async def test_an_interrupted_answer_is_stopped_at_the_server(self) -> None:
        async with served() as server:
            server.answers["שלום"] = Answer("מילה " * 500, token_s=0.005)
            writing = OpenAiWriter().write(said("שלום"))
            await begun(writing)
            await writing.aclose()
            await until(lambda: server.cut_off == 1)

    async def test_a_cancelled_turn_is_stopped_at_the_server_before_its_first_token(self) -> None:
        async with served() as server:
            server.answers["שלום"] = LATE
            turn = asyncio.create_task(written("שלום"))
            await until(lambda: len(server.requests) == 1)
            turn.cancel()
            await until(lambda: server.cut_off == 1)

    async def test_the_turn_after_an_interruption_finds_a_warm_connection(self) -> None:
        async with served() as server:
            await OpenAiWriter.warm_up()
            server.answers["ארוך"] = Answer("מילה " * 500, token_s=0.005)
            for interruptions in range(1, 6):
                writing = OpenAiWriter().write(said("משהו ארוך"))
                await begun(writing)
                await writing.aclose()
                await until(is_warm)
                self.assertEqual(server.looks, SPARES * (interruptions + 1))
                before = server.connections
                await written("שלום")
                self.assertEqual(server.connections, before)
            self.assertEqual(server.connections, SPARES + 5)

    async def test_a_fallback_finds_a_warm_connection(self) -> None:
        async with served(OPENAI_FALLBACK_MODEL=FALLBACK) as server:
            await OpenAiWriter.warm_up()
            server.answers_of = {MODEL: LATE}
            before = server.connections
            with self.assertLogs("calls.services.openai.writer", "WARNING"):
                await written("שלום", by=HurriedWriter())
            self.assertEqual(server.connections, before)

    async def test_a_turn_right_after_an_interruption_takes_the_spare(self) -> None:
        async with served() as server:
            await OpenAiWriter.warm_up()
            server.answers["ארוך"] = Answer("מילה " * 500, token_s=0.005)
            writing = OpenAiWriter().write(said("משהו ארוך"))
            await begun(writing)
            before = server.connections
            await writing.aclose()
            await begun(OpenAiWriter().write(said("שלום")))
            self.assertEqual(server.connections, before)

    async def test_the_greeting_warms_the_connections_for_the_first_turn(self) -> None:
        async with served() as server:
            await written()
            await until(is_warm)
            self.assertEqual(server.looks, SPARES)
            await written("שלום")
            self.assertEqual(server.connections, SPARES)
