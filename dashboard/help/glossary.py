"""The glossary: the pages' words in plain language. Each entry has an anchor to link to:
`{% url "glossary" %}#response_latency`. Measures are named as in calls.models.Turn."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.measures.moments import Latencies


@dataclass(frozen=True, slots=True)
class Entry:
    anchor: str
    term: Promise
    meaning: Promise


@dataclass(frozen=True, slots=True)
class GlossaryGroup:
    anchor: str
    title: Promise
    entries: tuple[Entry, ...]


GLOSSARY = (
    GlossaryGroup(
        "conversation",
        _("The conversation"),
        (
            Entry("call", _("Call"), _("One telephone call, from the ring to the hang-up.")),
            Entry(
                "turn",
                _("Turn"),
                _("One exchange: what the caller said, and what the agent answered."),
            ),
            Entry(
                "utterance",
                _("Utterance"),
                _("What a caller says in one go, with the short pauses inside it."),
            ),
            Entry(
                "utterance_class",
                _("Short and long utterances"),
                _(
                    "After a short answer the agent waits less than after a long sentence, so the "
                    "two are always measured separately. The profile says where one ends and the "
                    "other begins."
                ),
            ),
            Entry(
                "trial",
                _("Trial"),
                _(
                    "Two revisions of a profile on new calls, each on its share, until a rule that "
                    "was written down first says which is better, or that there is no difference."
                ),
            ),
            Entry(
                "greeting",
                _("Greeting"),
                _("What the agent says first, before anybody has spoken."),
            ),
            Entry(
                "cut_in",
                _("Cut-in"),
                _(
                    "The agent began to speak although the caller was about to go on. This is the "
                    "price of waiting too little."
                ),
            ),
            Entry(
                "barge_in",
                _("Barge-in"),
                _("The caller speaks over the agent, and the agent stops and listens."),
            ),
            Entry(
                "dropped_short_answer",
                _("Dropped short answer"),
                _(
                    "A short sound that may have been an answer, such as “yes”, but was taken for "
                    "noise: speech of 150–600 ms that led to no turn, or a turn that an operator "
                    "labelled as one."
                ),
            ),
            Entry(
                "label",
                _("Label"),
                _("What a turn really was, according to an operator: a cut-in, fine, noise, or "
                  "a dropped answer. It overrides what the system counted."),
            ),
            Entry(
                "backchannel",
                _("Listening sounds"),
                _("“Mm-hm”, “yes, yes”: the caller is listening and does not want to speak."),
            ),
        ),
    ),
    GlossaryGroup(
        "states",
        _("The states of a call in progress"),
        (
            Entry(
                "listening",
                _("Listening"),
                _("The agent hears the caller, or waits for words."),
            ),
            Entry(
                "waiting",
                _("Waiting"),
                _(
                    "The caller has fallen silent; the agent measures the silence against its "
                    "threshold."
                ),
            ),
            Entry(
                "thinking",
                _("Thinking"),
                _(
                    "The system has decided that the caller has finished; the answer is being "
                    "prepared."
                ),
            ),
            Entry("speaking", _("Speaking"), _("The caller hears the agent.")),
            Entry(
                "refractory",
                _("Just spoke"),
                _(
                    "A moment right after an answer in which no new answer begins, so that an "
                    "echo or a late word does not start one."
                ),
            ),
            Entry(
                "person",
                _("A person"),
                _(
                    "One of you has taken over: they speak with the caller, and the agent is "
                    "silent until the call is handed back."
                ),
            ),
            Entry(
                "whisper",
                _("Whisper"),
                _("A line that only the agent gets. It follows it in its next reply."),
            ),
        ),
    ),
    GlossaryGroup(
        "measures",
        _("The measures of a turn"),
        (
            Entry(
                "speech_end",
                _("Speech end"),
                _("The last moment at which the caller's voice is heard: time zero of a turn."),
            ),
            Entry(
                "response_latency",
                Latencies.response_latency.label,
                _(
                    "How long the caller waits: from their last sound to the first sound of "
                    "the answer. The most important number here. An opener counts; the filler "
                    "of a late answer does not."
                ),
            ),
            Entry(
                "content_latency",
                Latencies.content_latency.label,
                _(
                    "From the caller's last sound to the first sound that is neither an opener "
                    "nor a filler. Where there is neither, it equals the response latency; "
                    "otherwise the opener's length is part of it."
                ),
            ),
            Entry(
                "opener",
                _("Opener"),
                _(
                    "A short beginning of an answer, like “Sure,”, whose audio is ready: it is "
                    "heard while the rest is still being spoken. Each number may have its own. "
                    "The same one is never heard twice running in a call."
                ),
            ),
            Entry(
                "end_of_turn",
                _("Decision"),
                _("The moment at which the system decides that the caller has finished."),
            ),
            Entry(
                "end_of_turn_delay",
                Latencies.end_of_turn_delay.label,
                _(
                    "From the speech end to the decision: mostly the silence that the profile "
                    "requires."
                ),
            ),
            Entry(
                "transcription_delay",
                Latencies.transcription_delay.label,
                _("From the speech end until the words were available as text."),
            ),
            Entry(
                "judges",
                _("Judges"),
                _(
                    "Two say whether the words are all that the caller wanted to say: a local "
                    "judge that has learned from callers' lines, and the language model that "
                    "answers. Their verdicts set how long a silence must be."
                ),
            ),
            Entry(
                "verdict_latency",
                Latencies.verdict_latency.label,
                _("How long the language model took to say whether the caller had finished."),
            ),
            Entry(
                "knowledge_latency",
                Latencies.knowledge_latency.label,
                _("How long it took to find what the business knows of the caller's words."),
            ),
            Entry(
                "llm_ttft",
                Latencies.llm_ttft.label,
                _("How long the language model took until the first piece of its answer."),
            ),
            Entry(
                "llm_ttfs",
                Latencies.llm_ttfs.label,
                _("How long the language model took until the first sentence could be spoken."),
            ),
            Entry(
                "tts_ttfb",
                Latencies.tts_ttfb.label,
                _("How long the voice took, from receiving the text to its first sound."),
            ),
            Entry(
                "tool_time",
                Latencies.tool_time.label,
                _(
                    "How long the systems of the business took that a number's tools ask: from "
                    "the first question to the last answer. Words fill that wait."
                ),
            ),
            Entry(
                "turn_latency",
                Latencies.turn_latency.label,
                _("From the decision to the first sound sent, without the silence before it."),
            ),
            Entry(
                "field_turn_latency",
                Latencies.field_turn_latency.label,
                _(
                    "An older log line: from the decision to the text handed to the voice. It "
                    "leaves out the silence and the voice, so it looks better than what the caller "
                    "hears."
                ),
            ),
            Entry(
                "ready_lead",
                Latencies.ready_lead.label,
                _(
                    "How long before the decision the answer was ready to be heard. Positive: "
                    "it was prepared ahead; negative: it was ready only after."
                ),
            ),
            Entry(
                "heard_latency",
                Latencies.heard_latency.label,
                _("Until the telephone company confirmed that the caller hears the answer."),
            ),
            Entry(
                "policy_wait",
                _("Policy wait"),
                _(
                    "The part of a wait that the profile imposes. You can change it; charts "
                    "show it hatched."
                ),
            ),
            Entry(
                "compute",
                _("Compute"),
                _("The part that the services take: recognition, language model, voice."),
            ),
            Entry(
                "waterfall",
                _("Waterfall"),
                _(
                    "A turn's stages on one time axis. Stages overlap, so their lengths do not add "
                    "up to the wait."
                ),
            ),
        ),
    ),
    GlossaryGroup(
        "statistics",
        _("The figures"),
        (
            Entry("p50", _("p50 (median)"), _("Half of the turns were faster, half slower.")),
            Entry("p95", _("p95"), _("Ninety-five turns in a hundred were faster.")),
            Entry(
                "interval",
                _("Confidence interval"),
                _(
                    "Where the true figure probably is, given how few calls there were. Two "
                    "figures whose intervals overlap may be the same."
                ),
            ),
            Entry(
                "not_enough_turns",
                _("Not enough turns"),
                _(
                    "So few turns that any figure would be down to chance. Wait for more "
                    "calls, or widen the filter."
                ),
            ),
            Entry(
                "target",
                _("Target"),
                _("The wait that the figures are compared with; there is one for each class."),
            ),
            Entry(
                "trade_off",
                _("Trade-off"),
                _(
                    "A shorter wait makes answers faster and cut-ins more frequent. The page "
                    "plots one against the other, from the pauses of real callers."
                ),
            ),
            Entry(
                "pause",
                _("Pause"),
                _("A silence inside an utterance, after which the caller went on."),
            ),
            Entry(
                "outcome",
                _("Outcome"),
                _("How a call or a turn ended: completed, interrupted, no reply, failed."),
            ),
        ),
    ),
    GlossaryGroup(
        "profiles",
        _("Profiles"),
        (
            Entry(
                "profile",
                _("Profile"),
                _(
                    "A named set of values that decide when a caller has finished and how they are "
                    "answered."
                ),
            ),
            Entry(
                "revision",
                _("Revision"),
                _("One published version of a profile. It never changes; each turn records "
                  "which one it ran on."),
            ),
            Entry(
                "draft",
                _("Draft"),
                _("Your own unpublished changes to a profile. No call runs on a draft."),
            ),
            Entry(
                "publish",
                _("Publish"),
                _(
                    "Make a draft the newest revision. Calls in progress adopt it at their "
                    "next frame."
                ),
            ),
            Entry(
                "restore",
                _("Restore"),
                _("Publish an old revision's values again, as a new revision."),
            ),
            Entry(
                "hangover",
                _("Hangover"),
                _("How long a voice still counts as speech after its last sound, so that the "
                  "ends of words are not lost. Under the fixed rule it is added to every turn; "
                  "under the adaptive rule, only while words are missing."),
            ),
            Entry(
                "silence",
                _("Silence"),
                _("How long the caller must be silent before the turn counts as over."),
            ),
            Entry(
                "replay",
                _("Replay"),
                _(
                    "Recorded calls, decided again with other values, each turn in the "
                    "surroundings that were recorded. What would have been said next, had the "
                    "answer come at another time, it does not say."
                ),
            ),
        ),
    ),
    GlossaryGroup(
        "machinery",
        _("The machinery"),
        (
            Entry(
                "frame",
                _("Frame"),
                _("20 ms of the caller's sound, the smallest step of time."),
            ),
            Entry(
                "vad",
                _("Speech detector (VAD)"),
                _("Decides for each frame whether it is speech. It does not recognise words."),
            ),
            Entry(
                "at_ms",
                _("at_ms"),
                _("The clock of the caller's sound, in milliseconds since the call's stream "
                  "began. Decisions are based on it."),
            ),
            Entry(
                "wall_ms",
                _("wall_ms"),
                _(
                    "Real time, in milliseconds since the call's stream began. Measurements "
                    "are based on it."
                ),
            ),
            Entry(
                "transcriber",
                _("Transcriber (STT)"),
                _("The service that turns speech into text."),
            ),
            Entry("writer", _("Writer (LLM)"), _("The service that writes the answers.")),
            Entry("speaker", _("Voice (TTS)"), _("The service that turns text into speech.")),
            Entry(
                "mark",
                _("Mark"),
                _(
                    "A signal that the telephone company sends back when the caller has heard "
                    "everything up to it."
                ),
            ),
            Entry(
                "worker",
                _("Server process"),
                _("A program that handles calls. The setup page shows how each of them is "
                  "doing."),
            ),
        ),
    ),
)  # fmt: skip
