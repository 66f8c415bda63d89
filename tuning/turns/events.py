"""What the core is told (events, past tense) and what it answers (actions, imperative).

`at_ms` is the caller-audio clock: milliseconds of caller audio heard since the stream began,
the frame in hand included. Every event and action that belongs to a turn carries the turn's
number, so that a late report is recognised as late. Turn 0 is the greeting.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tuning.turns.completion import Asked
from tuning.turns.knob import Value
from tuning.turns.profile import Profile

HEBREW = "he"
"""The language of every call before calls named one: a line without one means this."""
JUDGED = 1 << 4
"""The bit of `Heard.speech` that Silero's model sets: bits 0-3 are webrtcvad's four modes."""
SPEECH, SILENCE = 0b11111, 0
"""`Heard.speech` of a frame that all four modes and the model call speech, or that none does."""


@dataclass(frozen=True, slots=True)
class CallBegan:
    """The first event of every stream. `seed` feeds the random response delays.

    turn: the greeting's number: 0, or higher for a stream that took over from another.
    language: the code of the language that is spoken, by which replay finds its words.
    person_wait_s: how long to wait for a person who is asked for; 0: nobody can be.
    awaited, awaited_ms: why one was awaited in the stream before, and for how long already.
    """

    at_ms: int
    revision: int
    profile: Profile
    seed: int
    turn: int = 0
    language: str = HEBREW
    person_wait_s: int = 0
    awaited: str = ""
    awaited_ms: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """One 20 ms frame of the caller's audio.

    speech: bit m is set when VAD aggressiveness m (0-3) calls the frame speech, so that the knob
        can be replayed without audio; bit JUDGED when the model does, which is asked only where
        a mode fires. Frames in journals from before there was a model never have that bit.
    level_db: loudness in dB below full scale (0 to -100).
    echo: how much of the agent's own voice is in it, 0 to 100 (calls.audio.echo); measured only
        where there is speech over the agent.
    """

    at_ms: int
    speech: int
    level_db: int = -100
    echo: int = 0


@dataclass(frozen=True, slots=True)
class Transcribed:
    """The words of one segment of the caller's speech, up to `until_ms`.

    A partial replaces the partial before it; a final closes the segment. `stability` is the
    transcriber's own estimate (0 to 1) that a partial will not change. `text` is never empty.
    """

    at_ms: int
    until_ms: int
    text: str
    final: bool = False
    stability: float = 0.0


@dataclass(frozen=True, slots=True)
class Asks:
    """What this turn's reply asks the caller; see completion.Asked."""

    at_ms: int
    turn: int
    asked: Asked


@dataclass(frozen=True, slots=True)
class JudgedLocally:
    """What the local judge says of all the words since the last decision, as soon as they change.

    text: those words. whole, cut_short, needs_time: how likely each is, 0 to 1. version: of the
    judge's weights.
    """

    at_ms: int
    text: str
    whole: float
    cut_short: float
    needs_time: float
    version: str


@dataclass(frozen=True, slots=True)
class JudgedByModel:
    """The verdict that Think asked for. text: Think's; verdict: one of endpointing.VERDICTS."""

    at_ms: int
    turn: int
    text: str
    verdict: str


@dataclass(frozen=True, slots=True)
class TranscriberFailed:
    """There will be no more transcripts in this call."""

    at_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class ReplyBegan:
    """The caller has heard the first audio of a reply."""

    at_ms: int
    turn: int


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The caller has heard the end of a reply. `farewell`: it said goodbye, so the call is over."""

    at_ms: int
    turn: int
    farewell: bool = False


@dataclass(frozen=True, slots=True)
class ReplyLate:
    """A service has not delivered a reply's first audio within its deadline."""

    at_ms: int
    turn: int
    reason: str


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """A service could not deliver a reply, or the rest of one."""

    at_ms: int
    turn: int
    reason: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """The caller pressed a key on the telephone."""

    at_ms: int
    digit: str


@dataclass(frozen=True, slots=True)
class PersonWanted:
    """The caller asks for a person, and hears that one is called. why: asked."""

    at_ms: int
    why: str


@dataclass(frozen=True, slots=True)
class LineStalled:
    """No frame came for a second (fed every second); meanwhile at_ms follows the wall clock."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Retuned:
    """An operator has published a new revision of this call's profile, or tries knobs in this call.

    tried: the knobs by which `profile` then differs from `revision`, which stays the call's.
    """

    at_ms: int
    revision: int
    profile: Profile
    tried: dict[str, Value] = field(default_factory=dict)


# A person beside the agent. who: their user name. notice: what the caller must be told before a
# person listens or speaks, as the number has it; "": nothing. It is said once in a call.


@dataclass(frozen=True, slots=True)
class ListenedIn:
    """A person wants to listen in."""

    at_ms: int
    who: str
    notice: str = ""


@dataclass(frozen=True, slots=True)
class TookOver:
    """A person wants to speak with the caller in the agent's place."""

    at_ms: int
    who: str
    notice: str = ""


@dataclass(frozen=True, slots=True)
class HandedBack:
    """The person who has the floor, or was to have it, leaves the call to the agent. why: handed
    back, or lost. note: what the agent is to know from now on."""

    at_ms: int
    who: str
    why: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Whispered:
    """A person tells the agent what to do in its next reply."""

    at_ms: int
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class AskedToSay:
    """A person wants this said in the agent's voice, now."""

    at_ms: int
    who: str
    text: str
    notice: str = ""


@dataclass(frozen=True, slots=True)
class PersonSpoke:
    """The words of the person who has the floor, or has just had it."""

    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The caller has finished: answer what they said.

    spoke_from_ms, spoke_until_ms: the utterance's first and last voice. why: the rule that fired
    (short silence, long silence, finished words, unfinished words, asked for time, transcriber,
    keypad, line stalled).
    delay_ms: the reply's audio starts no earlier than this after the decision.
    limit_ms: no sentence starts after this much of the reply; 0: no limit.
    prepared: the reply that Think began is the answer. parts: as in endpointing.Silence.
    """

    turn: int
    text: str
    spoke_from_ms: int
    spoke_until_ms: int
    why: str
    delay_ms: int
    limit_ms: int = 0
    prepared: bool = False
    parts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Think:
    """Begin a reply to these words: perhaps the caller has finished.

    It must not be heard until Reply says so, and until then nothing is done that cannot be undone:
    what only looks something up may be asked, perhaps in vain. What Reply lets act is run to its
    end and done once, although StopReply may follow. with_verdict: the model is to say first
    whether they have finished; without, the caller has had their time, and is to be answered.
    """

    turn: int
    text: str
    with_verdict: bool = False


@dataclass(frozen=True, slots=True)
class Forget:
    """The reply that Think began is not wanted."""

    turn: int


@dataclass(frozen=True, slots=True)
class Resume:
    """It was no interruption: continue from the cut sentence. why: no words, backchannel."""

    turn: int
    why: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """Say a prompt: greeting, not_heard, no_input, no_input_goodbye, apology,
    apology_goodbye, time_up, apology_person, nobody_came, handed_back, person_lost.

    spoke_from_ms, spoke_until_ms: the utterance that not_heard answers; None: there is none.
    parts: as in Reply.
    """

    turn: int
    name: str
    why: str
    spoke_from_ms: int | None = None
    spoke_until_ms: int | None = None
    parts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallPerson:
    """Call a person to this call. why: asked, failures."""

    why: str


@dataclass(frozen=True, slots=True)
class Say:
    """Say this, word for word. why: asked to say, notice."""

    turn: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """The person has the floor: their voice goes to the caller, and this turn is theirs."""

    turn: int
    who: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """The person does not get the floor. why: last words, notice failed."""

    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Overhear:
    """The caller has said this, and it is not the agent who answers: a new turn of the person, or
    one that is left as it is.

    spoke_from_ms, spoke_until_ms: as in Reply.
    """

    turn: int
    text: str
    spoke_from_ms: int
    spoke_until_ms: int


@dataclass(frozen=True, slots=True)
class Fill:
    """The reply is late: say a few ready-made words before it."""

    turn: int


@dataclass(frozen=True, slots=True)
class StopReply:
    """Fall silent at once. why: barge-in, cut-in, caller resumed, keypad, late, failed, time up,
    taken over, asked to say.

    may_resume: it may have been no interruption, and Resume may follow. A StopReply without it,
    or the next turn, ends the reply for good.
    """

    turn: int
    why: str
    may_resume: bool = False


@dataclass(frozen=True, slots=True)
class Recognise:
    """Streaming is off: recognise this stretch of the caller's audio in one go."""

    turn: int
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Amend:
    """The final words of a turn that has already been answered: correct its record."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class Dismiss:
    """A stretch of voice makes no turn. why: noise, no words, backchannel, spoken over, after a
    reply."""

    from_ms: int
    until_ms: int
    why: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call. why: goodbye, no input, time up, failed, line stalled."""

    why: str


Event = (
    CallBegan
    | Heard
    | Transcribed
    | TranscriberFailed
    | Asks
    | JudgedLocally
    | JudgedByModel
    | ReplyBegan
    | ReplyEnded
    | ReplyLate
    | ReplyFailed
    | Pressed
    | PersonWanted
    | LineStalled
    | Retuned
    | ListenedIn
    | TookOver
    | HandedBack
    | Whispered
    | AskedToSay
    | PersonSpoke
)
Action = (
    Reply
    | Think
    | Forget
    | Resume
    | Prompt
    | CallPerson
    | Say
    | HandOver
    | Refuse
    | Overhear
    | Fill
    | StopReply
    | Recognise
    | Amend
    | Dismiss
    | HangUp
)
