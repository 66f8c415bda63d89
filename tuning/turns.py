"""The turn-taking core: who has the floor, decided from what was heard.

Rule 1. No clock, no I/O, no Django. Time is the `at_ms` of the event fed; the frame is the tick.
Rule 2. Everything that decides lives here; everything that acts lives in calls/.
Rule 3. The same events give the same actions. Replay depends on it.
Rule 4. Nothing that the caller says is thrown away in silence: it is answered or dismissed by name.

    LISTENING --- silence reached ---> THINKING --- ReplyBegan ---> SPEAKING
        ^  ^                              |                             |
        |  +-------- caller resumed ------+                             |
        +---- ReplyEnded (refractory time begins), barge-in, failure ---+

The end of a turn: `now - max(speech end, speech began + min_utterance_ms)` has reached
`vad_hangover_ms` + the short or the long silence, and a transcript reaches the speech end.
"""

from __future__ import annotations

from enum import Enum
from random import Random

from tuning.events import (
    Action,
    Amend,
    CallBegan,
    Dismiss,
    Event,
    HangUp,
    Heard,
    LineStalled,
    Pressed,
    Prompt,
    Recognise,
    Reply,
    ReplyBegan,
    ReplyEnded,
    ReplyFailed,
    ReplyLate,
    Retuned,
    StopReply,
    Transcribed,
    TranscriberFailed,
)
from tuning.heard import Voice, Words
from tuning.profile import Profile

TRANSCRIPT_SLACK_MS = 250
"""A transcript that ends this little before the speech end reaches it: a VAD hangs on for
118-158 ms after real speech, and transcribers give end times in steps of 100."""
NOISE_MS = 150
"""Voice shorter than this that never brings a word was noise."""
OVERLAP_MS = 500
"""Voice this close before the end of a reply is its answer: people come in early."""
KEYPAD_WAIT_MS = 3000
LINE_DEAD_MS = 30_000
FAILURES_IN_A_ROW = 3
"""So many failed replies end the call."""


class Floor(Enum):
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"


class TurnTaker:
    """Decides the turns of one call. Feed it events, do what it returns."""

    def __init__(self) -> None:
        self.profile = Profile()
        self.revision = 0
        self.turn = -1
        self.floor = Floor.LISTENING
        self.now_ms = 0
        self._random = Random(0)
        self._voice, self._words = Voice(), Words()
        self._is_open = False
        """Whether the voice opens a turn; in the refractory time it has to earn that."""
        self._asked: tuple[Voice, Words] | None = None
        """What the reply under way answers, for the caller who resumes before it is heard."""
        self._since: list[Transcribed] = []
        """Transcripts since that reply was asked for."""
        self._is_prompt, self._is_greeting = False, False
        self._unheard: Voice | None = None
        """Voice without words, for which the caller has been asked to repeat."""
        self._recognised_ms = -1
        self._digits, self._pressed_ms, self._keyed_from_ms = "", 0, 0
        self._reply_ended_ms: int | None = None
        self._last_frame_ms = 0
        self._failures = 0
        self._last_words = ""
        """Why to hang up once the present prompt has been heard."""
        self._is_over = False

    @property
    def state(self) -> str:
        """What an operator sees: listening, waiting, thinking, speaking or refractory."""
        if self.floor is not Floor.LISTENING:
            return str(self.floor.value)
        if self._is_open and self._voice.is_heard:
            return "waiting" if self.now_ms > self._voice.ended_ms else "listening"
        return "refractory" if self._is_refractory(self.now_ms) else "listening"

    def feed(self, event: Event) -> list[Action]:
        """Take one thing that happened; return what to do about it."""
        if isinstance(event, CallBegan):
            return self._begin(event)
        if self._is_over:
            return []
        self.now_ms = event.at_ms
        match event:
            case Heard():
                self._last_frame_ms = event.at_ms
                is_voiced = bool(event.speech >> self.profile.vad_aggressiveness & 1)
                self._voice.hear(event.at_ms, is_voiced, self.profile)
                return self._tick()
            case Transcribed():
                return self._transcribed(event)
            case ReplyBegan(turn=turn) if turn == self.turn and self.floor is Floor.THINKING:
                self.floor, self._asked, self._since = Floor.SPEAKING, None, []
            case ReplyEnded(turn=turn) if self._is_talking(turn):
                return self._reply_ended(event)
            case ReplyLate(turn=turn) if self._is_talking(turn):
                return self._apologise("late", "reply late")
            case ReplyFailed(turn=turn) if self._is_talking(turn):
                return self._apologise("failed", "reply failed")
            case TranscriberFailed() if not self._last_words:
                return self._say_last("apology_goodbye", "transcriber failed", "failed")
            case Pressed():
                return self._pressed(event)
            case LineStalled():
                if event.at_ms - self._last_frame_ms >= LINE_DEAD_MS:
                    return self._hang_up("line stalled")
                return self._tick(is_stalled=True)
            case Retuned():
                self.profile, self.revision = event.profile, event.revision
        return []

    def _begin(self, event: CallBegan) -> list[Action]:
        TurnTaker.__init__(self)  # a stream that takes over begins afresh
        self.profile, self.revision = event.profile, event.revision
        self._random = Random(event.seed)
        self.turn = event.turn - 1
        return self._prompt("greeting", "greeting")

    # The tick: every timeout is a comparison made on the next frame.

    def _tick(self, is_stalled: bool = False) -> list[Action]:
        self._words.settle(self.now_ms, self.profile.stt_partial_debounce_ms)
        if self.now_ms >= self.profile.max_call_s * 1000 and not self._last_words:
            return self._say_last("time_up", "time up", "time up")
        if self.floor is not Floor.LISTENING:
            return self._while_talking()
        if self._digits:
            is_keyed = self.now_ms - self._pressed_ms >= KEYPAD_WAIT_MS
            return self._reply_keyed() if is_keyed else []
        return self._while_listening(is_stalled) if self._voice.is_heard else []

    def _while_talking(self) -> list[Action]:
        voice = self._voice
        if not voice.is_heard or self._last_words:
            return []
        if voice.ended_ms == self.now_ms and voice.stretch_ms >= self.profile.barge_in_ms:
            return self._take_floor()
        if self.floor is Floor.SPEAKING and self.now_ms - voice.ended_ms > OVERLAP_MS:
            return self._dismiss("spoken over")
        return []

    def _while_listening(self, is_stalled: bool) -> list[Action]:
        profile, voice, words = self.profile, self._voice, self._words
        self._is_open = (
            self._is_open
            or not self._is_refractory(voice.ended_ms)
            or voice.stretch_ms >= profile.barge_in_ms
            or bool(words.text)
        )
        silent_from_ms = max(voice.ended_ms, voice.began_ms + profile.min_utterance_ms)
        waited_ms = self.now_ms - silent_from_ms - profile.end_silence_ms(voice.span_ms)
        if waited_ms < 0:
            return []
        if words.text and words.until_ms >= voice.ended_ms - TRANSCRIPT_SLACK_MS:
            return self._reply(is_stalled)
        if not profile.streaming_stt and self._recognised_ms != voice.ended_ms:
            self._recognised_ms = voice.ended_ms
            from_ms = max(voice.began_ms, words.until_ms)
            return [Recognise(self.turn + 1, from_ms, voice.ended_ms)]
        if waited_ms < profile.transcript_wait_ms:
            return []
        words.settle(self.now_ms, debounce_ms=0)  # a word that may change is better than none
        if words.text:
            return self._reply(is_stalled)
        if not self._is_open:
            return self._dismiss("after a reply")
        if voice.span_ms < NOISE_MS:
            return self._dismiss("noise")
        if self._unheard:
            return self._dismiss("no words")
        self._unheard = voice
        return self._prompt("not_heard", "not heard")

    # The caller.

    def _transcribed(self, event: Transcribed) -> list[Action]:
        if self._voice.is_heard and event.until_ms > self._voice.began_ms:
            self._words.take(event)
            self._since.append(event)
            return []
        if self._unheard and event.until_ms > self._unheard.began_ms and not self._last_words:
            return self._heard_after_all(event, self._unheard)
        # Nothing was said since: these words belong to the turn already answered.
        self._since.append(event)
        text = self._words.amended(event)
        return [Amend(self.turn, text)] if text and not self._is_prompt else []

    def _heard_after_all(self, event: Transcribed, voice: Voice) -> list[Action]:
        """The words of voice that the caller was asked to repeat have come: answer them."""
        actions: list[Action] = []
        if self.floor is not Floor.LISTENING:
            actions.append(StopReply(self.turn, "caller resumed"))
        if self._voice.is_heard:
            self._voice.began_ms = voice.began_ms
        else:
            self._voice = voice
        self.floor, self._is_open = Floor.LISTENING, True
        self._words.take(event)
        return actions

    def _take_floor(self) -> list[Action]:
        """The caller speaks on: before the reply is heard it was no end of turn after all."""
        is_heard = self.floor is Floor.SPEAKING
        why = "barge-in" if is_heard else "caller resumed"
        self._failures = 0 if is_heard and not self._is_prompt else self._failures
        if self._asked:
            earlier, self._words = self._asked
            self._voice.began_ms = earlier.began_ms
            for event in self._since:
                self._words.take(event)
        self.floor, self._asked, self._is_open = Floor.LISTENING, None, True
        return [StopReply(self.turn, why)]

    def _pressed(self, event: Pressed) -> list[Action]:
        if self._last_words:
            return []
        actions: list[Action] = []
        if self.floor is not Floor.LISTENING:
            self.floor, self._asked = Floor.LISTENING, None
            actions.append(StopReply(self.turn, "keypad"))
        if not self._digits:
            self._keyed_from_ms = event.at_ms
        self._pressed_ms = event.at_ms
        if event.digit == "#":
            return actions + self._reply_keyed()
        self._digits += event.digit
        return actions

    def _dismiss(self, why: str) -> list[Action]:
        voice, self._voice, self._is_open = self._voice, Voice(), False
        self._words.forget()
        return [Dismiss(voice.began_ms, voice.ended_ms, why)]

    # The agent.

    def _reply(self, is_stalled: bool) -> list[Action]:
        voice, words, span_ms = self._voice, self._words, self._voice.span_ms
        why = "short silence" if span_ms < self.profile.short_utterance_ms else "long silence"
        text = words.text
        self._begin_turn(is_prompt=False)
        self._asked, self._unheard = (voice, words.copy()), None
        words.answer()
        return [self._new_reply(text, voice, "line stalled" if is_stalled else why)]

    def _reply_keyed(self) -> list[Action]:
        text, self._digits = self._digits or "#", ""
        keyed = Voice(self._keyed_from_ms, self._pressed_ms)
        self._begin_turn(is_prompt=False)
        self._asked = keyed, Words(_finals=[text], _finals_until_ms=self._pressed_ms)
        self._words.forget()
        return [self._new_reply(text, keyed, "keypad")]

    def _new_reply(self, text: str, voice: Voice, why: str) -> Reply:
        low, high = self.profile.response_delay_min_ms, self.profile.response_delay_max_ms
        delay_ms = low + round(self._random.random() * (high - low))
        return Reply(self.turn, text, voice.began_ms, voice.ended_ms, why, delay_ms)

    def _prompt(self, name: str, why: str) -> list[Action]:
        self._begin_turn(is_prompt=True)
        self._is_greeting = name == "greeting"
        self._words.forget()
        return [Prompt(self.turn, name, why)]

    def _begin_turn(self, is_prompt: bool) -> None:
        self.turn += 1
        self.floor, self._is_prompt = Floor.THINKING, is_prompt
        self._voice, self._is_open = Voice(), False
        self._asked, self._since = None, []

    def _reply_ended(self, event: ReplyEnded) -> list[Action]:
        if self._last_words or event.farewell:
            return self._hang_up(self._last_words or "goodbye")
        self._failures = self._failures if self._is_prompt else 0
        self.floor, self._asked = Floor.LISTENING, None
        self._reply_ended_ms = event.at_ms
        return []

    def _apologise(self, stopped: str, why: str) -> list[Action]:
        self._failures += 1
        stop = StopReply(self.turn, stopped)
        if self._is_prompt and not self._is_greeting:
            return [stop, *self._hang_up("failed")]
        if self._failures >= FAILURES_IN_A_ROW:
            return self._say_last("apology_goodbye", why, "failed", stopped)
        return [stop, *self._prompt("apology", why)]

    def _say_last(self, name: str, why: str, hang_up: str, stopped: str = "") -> list[Action]:
        """Say this to its end, whatever happens, and hang up."""
        self._last_words = hang_up
        stop = [StopReply(self.turn, stopped or why)] if self._is_talking(self.turn) else []
        return [*stop, *self._prompt(name, why)]

    def _hang_up(self, why: str) -> list[Action]:
        self._is_over = True
        return [HangUp(why)]

    def _is_refractory(self, at_ms: int) -> bool:
        ended_ms = self._reply_ended_ms
        return ended_ms is not None and at_ms < ended_ms + self.profile.reply_refractory_ms

    def _is_talking(self, turn: int) -> bool:
        return turn == self.turn and self.floor is not Floor.LISTENING
