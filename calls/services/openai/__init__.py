"""OpenAI's chat completions, or any server that speaks them."""

from calls.services.vendors import Setting, Vendor

VENDOR = Vendor(
    "openai",
    plays={"writer": "calls.services.openai.writer.OpenAiWriter"},
    judge="calls.services.openai.judge.OpenAiJudge",
    summariser="calls.services.openai.summariser.OpenAiSummariser",
    settings=(
        Setting(
            "OPENAI_API_KEY",
            "of the account that answers are written on",
            is_secret=True,
            chooses=("writer",),
        ),
        Setting(
            "OPENAI_BASE_URL",
            "any server with OpenAI's chat completions; empty: OpenAI's own",
            chooses=("writer",),
        ),
        Setting("OPENAI_MODEL", "what writes the answers", "gpt-6-luna"),
        Setting(
            "OPENAI_FALLBACK_MODEL",
            "asked once, when the model fails before its first word; empty: none",
        ),
        Setting(
            "OPENAI_REASONING_EFFORT",
            "more makes callers wait, and gpt-6-luna refuses tools; `default`: the model's own",
            "none",
        ),
    ),
)
