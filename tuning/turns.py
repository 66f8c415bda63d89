"""The turn-taking core: who has the floor, decided from what was heard.

Rule 1. No clock, no I/O, no Django. Time is the `at_ms` of the event fed; the frame is the tick.
Rule 2. Everything that decides lives here (what is heard is counted in heard.py, what is said
        in agent.py); everything that acts lives in calls/.
Rule 3. The same events give the same actions. Replay depends on it.
Rule 4. Nothing that the caller says is thrown away in silence: it is answered or dismissed by name.
Rule 5. From the first digit keyed until `#`, or KEYPAD_WAIT_MS after the last, voice ends no turn;
        what was said since the last decision is answered together with the digits.

    LISTENING --- silence reached ---> THINKING --- ReplyBegan ---> SPEAKING
        ^  ^                              |                             |
        |  +-------- caller resumed ------+                             |
        +---- ReplyEnded (refractory time begins), barge-in, failure ---+

The end of a turn: `now - max(speech end, speech began + min_utterance_ms)` has reached
`vad_hangover_ms` + the short or the long silence, and a transcript reaches the speech end.
"""

from __future__ import annotations

from tuning.agent import Agent, Floor
from tuning.events import (
    Action,
    Amend,
    CallBegan,
    Dismiss,
    Event,
    Heard,
    LineStalled,
    Pressed,
    Recognise,
    ReplyBegan,
    ReplyEnded,
    ReplyFailed,
    ReplyLate,
    Retuned,
    Transcribed,
    TranscriberFailed,
)
from tuning.heard import Keys, Voice, Words
from tuning.profile import FRAME_MS, Profile

TRANSCRIPT_SLACK_MS = 250
"""A transcript that ends this little before the speech end reaches it: a VAD hangs on for
118-158 ms after real speech, and transcribers give end times in steps of 100."""
NOISE_MS = 150
"""Voice shorter than this that never brings a word was noise."""
OVERLAP_MS = 500
"""Voice this close before the end of a reply is its answer: people come in early."""
KEYPAD_WAIT_MS = 3000
KEY_TONE_MS = 500
"""Voice so soon after a key was pressed is its tone, or the hand on the telephone."""
LINE_DEAD_MS = 30_000


class TurnTaker:
    """Decides the turns of one call. Feed it events, do what it returns."""

    def __init__(self) -> None:
        self.profile = Profile()
        self.revision = 0
        self.now_ms = 0
        self._last_frame_ms = 0
        self._agent = Agent(turn=-1, seed=0)
        self._voice, self._words, self._keys = Voice(), Words(), Keys()
        self._is_open = False
        """Whether the voice opens a turn; in the refractory time it has to earn that."""
        self._asked: tuple[Voice, Words] | None = None
        """What the reply under way answers, for the caller who resumes before it is heard."""
        self._since: list[Transcribed] = []
        """Transcripts since that reply was asked for."""
        self._unheard: Voice | None = None
        """Voice without words, for which the caller has been asked to repeat."""
        self._recognised_ms = -1
        self._keyed_ms = -KEY_TONE_MS

    @property
    def turn(self) -> int:
        """The number of the newest turn."""
        return self._agent.turn

    @property
    def state(self) -> str:
        """What an operator sees: listening, waiting, thinking, speaking or refractory."""
        if not self._agent.is_listening:
            return str(self._agent.floor.value)
        if self._is_open and self._voice.is_heard:
            return "waiting" if self.now_ms > self._voice.ended_ms else "listening"
        return "refractory" if self._agent.is_refractory(self.now_ms, self.profile) else "listening"

    def feed(self, event: Event) -> list[Action]:
        """Take one thing that happened; return what to do about it."""
        if self._agent.is_over:
            return []
        self.now_ms = event.at_ms
        match event:
            case CallBegan():
                return self._begin(event)
            case Heard():
                self._last_frame_ms = event.at_ms
                self._voice.hear(event, self.profile)
                return self._tick()
            case Transcribed():
                return self._transcribed(event)
            case ReplyBegan():
                if self._agent.began(event):
                    self._asked, self._since = None, []
            case ReplyEnded(turn=turn) if self._agent.is_saying(turn):
                self._asked = None
                return self._agent.ended(event)
            case ReplyLate(turn=turn) if self._agent.is_saying(turn):
                return self._say(self._agent.apologise("late"))
            case ReplyFailed(turn=turn) if self._agent.is_saying(turn):
                return self._say(self._agent.apologise("failed"))
            case TranscriberFailed() if not self._agent.last_words:
                why = "transcriber failed"
                return self._say(self._agent.say_last("apology_goodbye", why, "failed"))
            case Pressed() if not self._agent.last_words:
                return self._pressed(event)
            case LineStalled():
                if event.at_ms - self._last_frame_ms >= LINE_DEAD_MS:
                    return self._agent.hang_up("line stalled")
                return self._tick(is_stalled=True)
            case Retuned():
                self.profile, self.revision = event.profile, event.revision
        return []

    def _begin(self, event: CallBegan) -> list[Action]:
        self.profile, self.revision = event.profile, event.revision
        self._agent = Agent(event.turn - 1, event.seed)
        return self._say(self._agent.prompt("greeting", "greeting"))

    # The tick: every timeout is a comparison made on the next frame.

    def _tick(self, is_stalled: bool = False) -> list[Action]:
        self._words.settle(self.now_ms, self.profile.stt_partial_debounce_ms)
        if self.now_ms >= self.profile.max_call_s * 1000 and not self._agent.last_words:
            return self._say(self._agent.say_last("time_up", "time up", "time up"))
        if not self._agent.is_listening:
            return self._while_talking()
        if self._keys.digits:
            is_keyed = self.now_ms - self._keys.ended_ms >= KEYPAD_WAIT_MS
            return self._reply_keyed() if is_keyed else []
        return self._while_listening(is_stalled) if self._voice.is_heard else []

    def _while_talking(self) -> list[Action]:
        voice = self._voice
        if self._agent.last_words:
            return []
        is_quiet = not voice.is_heard or self.now_ms - voice.ended_ms > OVERLAP_MS
        if is_quiet and (filler := self._agent.fill(self.now_ms, self.profile)):
            return filler
        if not voice.is_heard or self.now_ms - self._keyed_ms < KEY_TONE_MS:
            return []
        if voice.ended_ms == self.now_ms and voice.stretch_ms >= self.profile.barge_in_ms:
            return self._take_floor()
        is_speaking = self._agent.floor is Floor.SPEAKING
        if is_speaking and self.now_ms - voice.ended_ms > OVERLAP_MS:
            return self._dismiss("spoken over")
        return []

    def _while_listening(self, is_stalled: bool) -> list[Action]:
        profile, voice, words = self.profile, self._voice, self._words
        self._is_open = (
            self._is_open
            or not self._agent.is_refractory(voice.ended_ms, profile)
            or voice.stretch_ms >= profile.barge_in_ms
            or bool(words.text)
        )
        silent_from_ms = max(voice.ended_ms, voice.began_ms + profile.min_utterance_ms)
        waited_ms = self.now_ms - silent_from_ms - profile.end_silence_ms(voice.span_ms)
        if waited_ms < 0:
            return []
        if words.text and words.until_ms >= voice.ended_ms - TRANSCRIPT_SLACK_MS:
            return self._reply(voice, self._rule(waited_ms, is_stalled))
        if not profile.streaming_stt and self._recognised_ms != voice.ended_ms:
            self._recognised_ms = voice.ended_ms
            from_ms = max(voice.began_ms, words.until_ms)
            return [Recognise(self.turn + 1, from_ms, voice.ended_ms)]
        if waited_ms < profile.transcript_wait_ms:
            return []
        words.settle(self.now_ms, debounce_ms=0)  # a word that may change is better than none
        if words.text:
            return self._reply(voice, "line stalled" if is_stalled else "transcriber")
        if not self._is_open:
            return self._dismiss("after a reply")
        if voice.span_ms < NOISE_MS:
            return self._dismiss("noise")
        if self._unheard:
            return self._dismiss("no words")
        self._unheard = voice
        return self._say(self._agent.not_heard(voice))

    # The caller.

    def _transcribed(self, event: Transcribed) -> list[Action]:
        if self._voice.is_heard and event.until_ms > self._voice.began_ms:
            self._words.take(event)
            self._since.append(event)
            return []
        unheard = None if self._agent.last_words else self._unheard
        if unheard and event.until_ms > unheard.began_ms:
            return self._heard_after_all(event, unheard)
        # Nothing was said since: these words belong to the turn already answered.
        self._since.append(event)
        text = self._words.amended(event)
        return [Amend(self.turn, text)] if text and not self._agent.is_prompting else []

    def _heard_after_all(self, event: Transcribed, voice: Voice) -> list[Action]:
        """The words of voice that the caller was asked to repeat have come: answer them."""
        actions = self._stop("caller resumed")
        if self._voice.is_heard:
            self._voice.began_ms = voice.began_ms
        else:
            self._voice = voice
        self._is_open = True
        self._words.take(event)
        return actions

    def _take_floor(self) -> list[Action]:
        """The caller speaks on: before the reply is heard it was no end of turn after all."""
        is_heard = self._agent.floor is Floor.SPEAKING
        if self._asked:
            earlier, self._words = self._asked
            self._voice.began_ms = earlier.began_ms
            for event in self._since:
                self._words.take(event)
        self._is_open = True
        return self._stop("barge-in" if is_heard else "caller resumed")

    def _pressed(self, event: Pressed) -> list[Action]:
        self._keys.press(event)
        self._keyed_ms = event.at_ms
        actions = self._stop("keypad")
        return [*actions, *self._reply_keyed()] if event.digit == "#" else actions

    def _dismiss(self, why: str) -> list[Action]:
        voice, self._voice, self._is_open = self._voice, self._voice.anew(), False
        self._words.forget()
        return [Dismiss(voice.began_ms, voice.ended_ms, why)]

    # The agent.

    def _rule(self, waited_ms: int, is_stalled: bool) -> str:
        """What was waited for last. waited_ms: since the silence was long enough."""
        if is_stalled:
            return "line stalled"
        if waited_ms >= FRAME_MS:
            return "transcriber"
        is_short = self._voice.span_ms < self.profile.short_utterance_ms
        return "short silence" if is_short else "long silence"

    def _reply(self, voice: Voice, why: str) -> list[Action]:
        words = self._words
        reply = self._agent.reply(self.now_ms, words.text, voice, why, self.profile)
        self._listen_anew()
        self._asked, self._unheard = (voice, words.copy()), None
        words.answer()
        return [reply]

    def _reply_keyed(self) -> list[Action]:
        keys, self._keys = self._keys, Keys()
        self._words.settle(self.now_ms, debounce_ms=0)
        is_wordless = self._voice.is_heard and not self._words.text
        unused = self._dismiss("spoken over") if is_wordless else []
        self._words.add(keys.digits or ("" if self._words.text else "#"), keys.ended_ms)
        return [*unused, *self._reply(Voice(keys.began_ms, keys.ended_ms), "keypad")]

    def _say(self, actions: list[Action]) -> list[Action]:
        """The agent says something that answers no words."""
        self._listen_anew()
        self._words.forget()
        return actions

    def _listen_anew(self) -> None:
        self._voice, self._is_open = self._voice.anew(), False
        self._asked, self._since = None, []

    def _stop(self, why: str) -> list[Action]:
        self._asked = None
        return [] if self._agent.is_listening else [self._agent.stop(why)]
