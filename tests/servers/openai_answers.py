"""What the local OpenAI server answers and refuses: chunks, errors and checks. Pure."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from calls.language.hebrew import HEBREW
from calls.services import By, HistoryLine
from calls.services.receptionist.desk import BookingDesk, serves
from calls.services.receptionist.writer import dialogue
from calls.services.tools import ToolCall

Json = dict[str, Any]
TOKEN_LETTERS = 4
ERRORS: dict[int, Json] = {
    429: {
        "message": "Rate limit reached for gpt-6-luna in organization org-local on requests per "
        "min (RPM): Limit 500, Used 500, Requested 1. Please try again in 120ms.",
        "type": "requests",
        "code": "rate_limit_exceeded",
    },
    500: {
        "message": "The server had an error while processing your request. Sorry about that!",
        "type": "server_error",
    },
    503: {
        "message": "The engine is currently overloaded, please try again later",
        "type": "server_error",
    },
}
QUOTA: Json = {
    "message": "You exceeded your current quota, please check your plan and billing details.",
    "type": "insufficient_quota",
    "code": "insufficient_quota",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered, and how well the server behaves meanwhile.

    tools: names and JSON arguments. first_s, token_s: before the first and every later token.
    stall_after, drop_after: tokens before it falls silent, or cuts the connection.
    error: instead of an answer, the error of this status (`body`: with another one's body).
    fails_after: tokens before an error comes inside the stream. refusal: of a model that is asked
        for structured output, and will not.
    """

    text: str = ""
    tools: tuple[tuple[str, str], ...] = ()
    first_s: float = 0.0
    token_s: float = 0.0
    stall_after: int | None = None
    drop_after: int | None = None
    fails_after: int | None = None
    error: int = 0
    body: Json | None = None
    finish: str = ""
    refusal: str = ""


class Refused(Exception):
    def __init__(self, status: int, message: str, code: str = "", param: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.error: Json = {"message": message, "type": "invalid_request_error"}
        self.error |= {"code": code or None, "param": param or None}


def chunks(asked: Json, answer: Answer, name: str) -> Iterator[Json]:
    """An answer as the chunks that OpenAI makes of it."""
    has_usage = (asked.get("stream_options") or {}).get("include_usage")
    shell: Json = {"id": name, "object": "chat.completion.chunk", "created": int(time.time())}
    shell |= {"model": asked["model"], "service_tier": "default", "system_fingerprint": "fp_local"}
    shell |= {"usage": None} if has_usage else {}

    def chunk(delta: Json, finish: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return shell | {"choices": [choice]}

    yield chunk({"role": "assistant", "content": "", "refusal": None})
    for token in tokens(answer.text):
        yield chunk({"content": token})
    for token in tokens(answer.refusal) if answer.refusal else ():
        yield chunk({"refusal": token})
    for index, (tool, arguments) in enumerate(answer.tools):
        call: Json = {"index": index, "id": f"call_{name[9:]}_{index}", "type": "function"}
        yield chunk({"tool_calls": [call | {"function": {"name": tool, "arguments": ""}}]})
        for token in tokens(arguments):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": token}}]})
    yield chunk({}, answer.finish or ("tool_calls" if answer.tools else "stop"))
    if has_usage:
        count = len(tokens(answer.text))
        usage: Json = {"prompt_tokens": 1200, "completion_tokens": count}
        usage |= {"total_tokens": 1200 + count, "prompt_tokens_details": {"cached_tokens": 1024}}
        yield shell | {"choices": [], "usage": usage}


def receptionist(messages: Sequence[Json], tools: Sequence[Json] = ()) -> Answer:
    """The embedded receptionist's answer to the same conversation, and what it would ask of the
    tools."""
    history = [
        HistoryLine(By.CALLER if each["role"] == "user" else By.AGENT, each["content"] or "")
        for each in messages
    ]
    offered = {each["function"]["name"]: each["function"]["parameters"] for each in tools}
    if (desk := dialogue(HEBREW).desk) and serves(offered):
        history, is_for_desk = dialogue(HEBREW).beside(desk, history)
        if is_for_desk:
            return _at_desk(desk, messages)
    moment = dialogue(HEBREW).moment(history)
    if dialogue(HEBREW).questions[moment.question].ends:
        return Answer(moment.say, tools=(("say_goodbye", '{"farewell":""}'),))
    return Answer(moment.say)


def _at_desk(desk: BookingDesk, messages: Sequence[Json]) -> Answer:
    said = [each["content"] for each in messages if each["role"] == "user"]
    called = {
        call["id"]: call["function"]["name"]
        for each in messages
        for call in each.get("tool_calls") or ()
    }
    results = [
        (called[each["tool_call_id"]], each["content"])
        for each in messages
        if each["role"] == "tool"
    ]
    notes = [each["content"] for each in messages if each["role"] == "system"]
    answer = desk.answer(said, notes, results)
    if isinstance(answer, ToolCall):
        return Answer(tools=((answer.name, answer.arguments),))
    return Answer(answer)


def with_opener(messages: Sequence[Json], answer: Answer) -> Answer:
    """The same, begun with an opener that the instructions name: in each turn the next one."""
    head, _named, _after = HEBREW.instructions.openers.partition("{openers}")
    _before, _head, told = str(messages[0]["content"]).partition(head)
    openers = re.findall(r'"([^"]+)"', told.split("\n")[0])
    if not openers or not answer.text or messages[-1]["role"] != "user":
        return answer
    turn = sum(message["role"] == "user" for message in messages) - 1
    return replace(answer, text=f"{openers[turn % len(openers)]} {answer.text}")


def tokens(text: str) -> list[str]:
    """At most four letters each, a space in front: about what a tokeniser makes of Hebrew."""
    words = (f" {word}" if number else word for number, word in enumerate(text.split(" ")))
    return [
        word[begin : begin + TOKEN_LETTERS]
        for word in words
        for begin in range(0, len(word), TOKEN_LETTERS)
    ]


def check_tool_results(messages: Sequence[Json]) -> None:
    """Every tool call has its result, and every result its call."""
    waiting: list[str] = []
    for message in [*messages, {"role": "end"}]:
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                raise Refused(
                    400,
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceeding message with 'tool_calls'.",
                    param="messages",
                )
            waiting.remove(message["tool_call_id"])
        elif waiting:
            raise Refused(
                400,
                "An assistant message with 'tool_calls' must be followed by tool messages "
                "responding to each 'tool_call_id'. The following tool_call_ids did not have "
                f"response messages: {', '.join(waiting)}",
                param="messages",
            )
        waiting += [call["id"] for call in message.get("tool_calls") or ()]


def event(payload: Json) -> bytes:
    return b"data: " + json.dumps(payload, ensure_ascii=False).encode() + b"\n\n"


def check_parameters(asked: Json) -> None:
    """What a model that reasons does not take."""
    if "max_tokens" in asked:
        message = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead."
        )
        raise Refused(400, message, "unsupported_parameter", "max_tokens")
    if asked.get("reasoning_effort", "medium") == "none":
        return
    if "temperature" in asked:
        message = "Unsupported parameter: 'temperature' is not supported with this model."
        raise Refused(400, message, "unsupported_parameter", "temperature")
    if asked.get("tools"):
        message = (
            f"Function tools with reasoning_effort are not supported for {asked['model']} in "
            "/v1/chat/completions. Use /v1/responses or set reasoning_effort to 'none'."
        )
        raise Refused(400, message, param="reasoning_effort")
