"""The turn-taking core: decides who has the floor from what was heard.

Rule 1. No clock, no I/O, no Django. Time is the `at_ms` of the event fed; the frame is the tick.
Rule 2. Every decision is made here (heard.py keeps track of what is heard, agent.py of what is
        said); everything that acts is in calls/.
Rule 3. The same events give the same actions. Replay depends on it.
Rule 4. Nothing that the caller says is dropped silently: it is answered, or dismissed with a
        reason.
Rule 5. From the first digit until `#`, or until KEYPAD_WAIT_MS after the last digit, voice ends no
        turn; what was said since the last decision is answered together with the digits.
Rule 6. While a person has the floor the agent neither speaks nor prepares to, and no time runs out;
        what the caller says is gathered as ever, and overheard. Last words are not taken over.

    LISTENING -> THINKING   the end of a turn; words that do not come; nobody speaks
    THINKING -> SPEAKING    ReplyBegan
    THINKING -> LISTENING   the caller resumes
    SPEAKING -> LISTENING   ReplyEnded (refractory time begins); words interrupt
    SPEAKING -> HELD        voice interrupts, so far without words
    HELD -> SPEAKING        no word comes, or only a backchannel: the reply goes on
    HELD -> LISTENING       a word comes, or what is held fails
    LISTENING, HELD, THINKING, SPEAKING -> KEYING   a digit
    KEYING -> THINKING      `#`, or no key for KEYPAD_WAIT_MS
    THINKING, SPEAKING -> THINKING   the reply is late or fails: an apology
    LISTENING -> THINKING   nobody has come whom the caller asked for: a message may be left
    LISTENING, HELD, KEYING, THINKING, SPEAKING -> PERSON   a person takes over
    LISTENING, HELD, KEYING, THINKING, SPEAKING -> THINKING   a notice; what a person wants said
    PERSON -> PERSON        the caller has finished, and is overheard
    PERSON -> THINKING      the person hands back, or is lost: a prompt
    any -> THINKING         `#` alone; last words, which nothing stops: time up, no transcriber
    THINKING, SPEAKING -> OVER   last words or a goodbye were heard; an apology fails, too
    any -> OVER             the line is dead

A notice is what a caller must be told before a person listens or speaks: it is heard to its end,
whoever speaks over it. One who takes over waits for it; for one who listens in it comes as soon as
nobody speaks.

A turn ends when the silence since the speech end is as long as endpointing.py requires and a
transcript reaches the speech end. Where rules conflict the order is: resume, protection,
backchannel, barge-in, end of turn.
"""

from __future__ import annotations

from copy import deepcopy

from tuning.turns import completion, endpointing
from tuning.turns.agent import Agent, Floor
from tuning.turns.completion import Asked
from tuning.turns.endpointing import Reading, Silence
from tuning.turns.events import (
    Action,
    Amend,
    AskedToSay,
    Asks,
    CallBegan,
    Dismiss,
    Event,
    HandedBack,
    HandOver,
    Heard,
    JudgedByModel,
    JudgedLocally,
    LineStalled,
    ListenedIn,
    Overhear,
    PersonSpoke,
    PersonWanted,
    Pressed,
    Recognise,
    Refuse,
    ReplyBegan,
    ReplyEnded,
    ReplyFailed,
    ReplyLate,
    Retuned,
    TookOver,
    Transcribed,
    TranscriberFailed,
    Whispered,
)
from tuning.turns.heard import CallerVoice, CallerWords, Keys
from tuning.turns.interruption import CUT_IN_MS, HeldReply, SpokenOver, is_interruption
from tuning.turns.knob import Value
from tuning.turns.preemptive import PreemptiveGeneration
from tuning.turns.profile import FRAME_MS, Profile
from tuning.turns.stepping_in import ASKED, NOTICE, CalledPerson, SteppingIn
from tuning.turns.words import LanguageWords

NOISE_MS = 150
"""Voice shorter than this that never brings a word is noise."""
OVERLAP_MS = 500
"""Voice this close to the end of a reply is an answer to it: people come in early."""
KEYPAD_WAIT_MS = 3000
KEY_TONE_MS = 500
"""Voice this soon after a key press is its tone, or a hand on the telephone."""
LINE_DEAD_MS = 30_000


class TurnTaker:
    """Decides the turns of one call. Feed it events and do what it returns."""

    def __init__(self, language: LanguageWords) -> None:
        """language: the words of the one that is spoken."""
        self._language = language
        self.profile = Profile()
        self.revision = 0
        self.tried: dict[str, Value] = {}
        """Knobs that are tried in this call: no revision has them."""
        self.now_ms = 0
        self._last_frame_ms = 0
        self._agent = Agent(turn=-1, seed=0)
        self._voice, self._words, self._keys = CallerVoice(), CallerWords(language), Keys()
        self._is_open = False
        """Whether the voice opens a turn; in the refractory time it has to earn that."""
        self._answered: tuple[CallerVoice, CallerWords] | None = None
        """What the reply under way answers, for the caller who resumes before it is heard, or
        just after."""
        self._since: list[Transcribed] = []
        """Transcripts since that reply was asked for."""
        self._unheard: CallerVoice | None = None
        """Voice without words, for which the caller has been asked to repeat."""
        self._recognised_ms = -1
        self._keyed_ms = -KEY_TONE_MS
        self._ahead = PreemptiveGeneration(language)
        self._judged: JudgedLocally | None = None
        """The local judge's newest verdict."""
        self._asked_ms = 0
        """The silence that the newest frame was judged by."""
        self._asks = Asked()
        """What the newest reply asks."""
        self._withdrawn = ""
        """The words of a reply that voice withdrew, until the next."""
        self._held = HeldReply()
        self._heard_turn = -1
        """The turn that has the newest words."""
        self._person = SteppingIn()
        self._is_deaf = False
        """There will be no more words of the caller's."""

    @property
    def turn(self) -> int:
        """The number of the newest turn."""
        return self._agent.turn

    @property
    def called_person(self) -> CalledPerson:
        """Whom the caller has asked for."""
        return self._agent.called_person

    @property
    def state(self) -> str:
        """The state as operators see it: listening, waiting, thinking, speaking, refractory or
        person."""
        if self._agent.has_floor or self._agent.floor is Floor.PERSON:
            return str(self._agent.floor.value)
        if self._is_open and self._voice.is_heard:
            return "waiting" if self.now_ms > self._voice.ended_ms else "listening"
        return "refractory" if self._agent.is_refractory(self.now_ms, self.profile) else "listening"

    @property
    def is_listening(self) -> bool:
        """Whether the caller has the floor, or may take it at once."""
        return self._agent.floor is Floor.LISTENING

    @property
    def is_noticed(self) -> bool:
        """Whether the caller has heard the notice that a person may listen or speak."""
        return self._person.is_noticed

    @property
    def is_hearing(self) -> bool:
        """Whether there is voice that is not yet answered or dismissed."""
        return self._voice.is_heard

    def copy(self, profile: Profile) -> TurnTaker:
        """Another core in this state, which goes on under this profile."""
        shared = {id(each): each for each in (self._language, self.profile)}
        made = deepcopy(self, shared)
        made.profile = profile
        return made

    @property
    def asked_ms(self) -> int:
        """The silence that would end the turn now; 0: no silence is being counted."""
        return self._asked_ms if self.state == "waiting" else 0

    @property
    def silence_ms(self) -> int:
        """How much of `asked_ms` has passed."""
        return self.now_ms - self._voice.ended_ms if self.asked_ms else 0

    @property
    def words_so_far(self) -> str:
        """What has been transcribed since the last decision, so far."""
        return self._words.newest

    def feed(self, event: Event) -> list[Action]:
        """Take one event; return what to do about it."""
        if self._agent.floor is Floor.OVER:
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
            case Asks(turn=turn) if turn == self.turn:
                self._asks = event.asked
            case JudgedLocally():
                self._judged = event
            case JudgedByModel():
                self._ahead.judged(event)
                return self._tick()  # what it allows is not left to the next frame
            case ReplyBegan():
                self._agent.began(event)
            case ReplyEnded(turn=turn) if self._agent.is_saying(turn):
                self._answered = None
                return [*self._agent.ended(event), *self._after(turn)]
            case ReplyLate(turn=turn) if self._agent.is_saying(turn):
                return self._reply_failed("late")
            case ReplyFailed(turn=turn) if self._agent.is_saying(turn):
                return self._reply_failed("failed")
            case ReplyFailed(turn=turn) if self._agent.floor is Floor.HELD and turn == self.turn:
                self._agent.let_go()  # nothing is left to go on with
                self._is_open = True
            case TranscriberFailed() if not self._agent.last_words:
                self._is_deaf = True
                return [] if self._person.who else self._give_up()
            case PersonWanted() if not (self._agent.last_words or self._person.who):
                return self.called_person.call(event.at_ms, event.why)
            case Pressed() if not self._agent.last_words:
                return self._pressed(event)
            case LineStalled():
                if event.at_ms - self._last_frame_ms >= LINE_DEAD_MS:
                    return self._agent.hang_up("line stalled")
                return self._tick(is_stalled=True)
            case Retuned():
                self.profile, self.revision = event.profile, event.revision
                self.tried = event.tried
            case ListenedIn() | TookOver() | HandedBack() | Whispered() | AskedToSay():
                return self._step_in(event)
            case PersonSpoke():
                pass  # it is in the journal, and with the turn: nothing hangs on it
        return []

    def _begin(self, event: CallBegan) -> list[Action]:
        self.profile, self.revision = event.profile, event.revision
        self._agent = Agent(event.turn - 1, event.seed, event.person_wait_s)
        self.called_person.go_on(event.awaited, event.awaited_ms)
        return self._say(self._agent.prompt("greeting", "greeting"))

    # The tick: every timeout is a comparison made on the next frame.

    def _tick(self, is_stalled: bool = False) -> list[Action]:
        profile = self.profile
        is_adaptive = profile.endpointing == "adaptive"
        self._words.settle(self.now_ms, 0 if is_adaptive else profile.stt_partial_debounce_ms)
        if self._is_time_up and not self._agent.last_words:
            return self._say(self._agent.say_last("time_up", "time up", "time up"))
        match self._agent.floor:
            case Floor.PERSON:
                return self._while_person_has_floor()
            case Floor.THINKING | Floor.SPEAKING:
                return self._while_agent_has_floor()
            case Floor.HELD:
                return self._while_held()
            case Floor.KEYING:
                is_keyed = self.now_ms - self._keys.ended_ms >= KEYPAD_WAIT_MS
                return self._reply_keyed() if is_keyed else []
            case _:
                return self._while_listening(is_stalled)

    @property
    def _is_time_up(self) -> bool:
        """The time of persons does not count."""
        person = self._person
        limit_ms = self.profile.max_call_s * 1000 + person.held_ms(self.now_ms)
        return not person.who and self.now_ms >= limit_ms

    def _while_listening(self, is_stalled: bool) -> list[Action]:
        noise = self._dismiss_noise()
        if self._voice.is_heard:
            return self._while_caller_has_floor(is_stalled)
        if self._person.due:
            return [*noise, *self._give_notice(self._person.due)]
        if missed := self._agent.miss_input(self.now_ms, self.profile):
            self._agent.is_undisturbed = bool(noise)
            return [*noise, *self._say(missed)]
        return noise

    def _dismiss_noise(self) -> list[Action]:
        """A sound that has lasted too long to be speech, which would have brought words."""
        profile, voice = self.profile, self._voice
        is_long = 0 < profile.no_input_ms <= voice.stretch_ms and voice.ended_ms == self.now_ms
        if not (is_long and profile.streaming_stt) or self._words.newest:
            return []
        noise, self._voice = self._dismiss("no words"), CallerVoice()
        return noise

    def _while_agent_has_floor(self) -> list[Action]:
        voice, agent = self._voice, self._agent
        if agent.last_words or agent.is_giving_notice:
            return []
        if agent.says_for and agent.floor is Floor.THINKING:
            return []  # it answers nothing that could go on
        is_quiet = not voice.is_heard or self.now_ms - voice.ended_ms > OVERLAP_MS
        if is_quiet and (filler := agent.fill(self.now_ms, self.profile)):
            return filler
        if not voice.is_heard or self.now_ms - self._keyed_ms < KEY_TONE_MS:
            return []
        over = SpokenOver(self._words.newest, self._asks, self._language)
        if is_interruption(over, voice, agent, self.now_ms, self.profile, self._is_cut_in):
            return self._take_floor()
        is_speaking = agent.floor is Floor.SPEAKING
        if is_speaking and self.now_ms - voice.ended_ms > OVERLAP_MS:
            return self._dismiss("spoken over")
        return []

    @property
    def _is_cut_in(self) -> bool:
        """Whether this speaker had not finished when the current reply was decided."""
        return self._answered is not None and self.now_ms - self._agent.began_ms < CUT_IN_MS

    def _while_held(self) -> list[Action]:
        """Voice has stopped a reply; its words decide whether that was an interruption."""
        over = SpokenOver(self._words.newest, self._held.asked, self._language)
        if over.takes_floor:
            return self._interrupt(self._held.why)
        why = self._held.goes_on(over, self.now_ms, self._voice, self.profile)
        return self._resume(why) if why else []

    def _while_caller_has_floor(self, is_stalled: bool) -> list[Action]:
        """There is voice to be answered, or dismissed with a reason: has the caller finished?"""
        profile, voice, words = self.profile, self._voice, self._words
        self._is_open = self._is_open or self._opens_turn
        if endpointing.is_noise_after(words, voice, profile):
            heard = CallerVoice(voice.began_ms, max(voice.began_ms, words.until_ms))
            return self._reply(heard, endpointing.by_words(profile), is_noisy=True)
        reading = self._read_words()
        silence = self._silence(reading)
        self._asked_ms = silence.asked_ms
        waited_ms = self.now_ms - voice.ended_ms - silence.asked_ms
        if waited_ms < 0:
            return self._think_ahead(reading, silence)
        if self._is_settled(reading):
            return self._reply(voice, silence.as_waited(waited_ms, is_stalled))
        return self._await_words(silence, waited_ms, is_stalled)

    @property
    def _opens_turn(self) -> bool:
        """Whether this is more than an echo or a late word just after a reply."""
        is_refractory = self._agent.is_refractory(self._voice.ended_ms, self.profile)
        is_long = self._voice.stretch_ms >= self.profile.barge_in_ms
        return not is_refractory or is_long or bool(self._words.text)

    def _silence(self, reading: Reading | None) -> Silence:
        """How long the silence after these words must be, as things stand."""
        profile, voice = self.profile, self._voice
        if profile.endpointing == "fixed":
            return endpointing.fixed(profile, voice)
        if reading is None or not self._is_settled(reading):
            return endpointing.uncovered(profile)
        opinion = self._ahead.opinion(self._words.text)
        return endpointing.adaptive(profile, reading, opinion, voice.ended_ms)

    def _read_words(self) -> Reading | None:
        """What is known of the words; None while some are still missing."""
        if self.profile.endpointing == "fixed":
            return Reading() if self._words.reach(self._voice) else None
        if not self._words.cover(self._voice, self.now_ms):
            return None
        text, judged = self._words.text, self._judged
        whole = judged.whole if judged and judged.text == text else None
        return Reading(completion.must_go_on(text, self._asks, self._language), whole)

    def _is_settled(self, reading: Reading | None) -> bool:
        """Are these words all, and not about to change?"""
        if reading is None or self.profile.endpointing == "fixed":
            return reading is not None
        words = self._words
        return words.is_final or words.stood_ms(self.now_ms) >= self.profile.stable_ms

    def _think_ahead(self, reading: Reading | None, silence: Silence) -> list[Action]:
        if reading is None or not self._is_open:
            return []
        text, quiet_ms = self._words.text, self.now_ms - self._voice.ended_ms
        turn, profile = self.turn + 1, self.profile
        is_long = "longest" in silence.parts and silence.asked_ms >= profile.end_silence_long_ms
        if is_long or self._ahead.awaits_answer(text):
            left_ms = silence.asked_ms - quiet_ms
            ready = self._ahead.be_ready(turn, text, left_ms, profile)
            if ready:
                return ready
        return self._ahead.think(turn, text, reading, quiet_ms, self.now_ms, profile)

    def _await_words(self, silence: Silence, waited_ms: int, is_stalled: bool) -> list[Action]:
        """The silence is long enough, but the words do not yet reach the speech end."""
        voice, words = self._voice, self._words
        if (asked := self._recognise()) or waited_ms < self.profile.transcript_wait_ms:
            return asked
        words.settle(self.now_ms, debounce_ms=0)  # a word that may change is better than none
        if words.text:
            return self._reply(voice, silence.as_waited(waited_ms + FRAME_MS, is_stalled))
        if why := self._why_no_turn:
            return self._dismiss(why)
        self._unheard = voice
        return self._say(self._agent.not_heard(voice, silence))

    def _recognise(self) -> list[Action]:
        """Without streaming the words of each stretch have to be asked for, once."""
        voice = self._voice
        if self.profile.streaming_stt or self._recognised_ms == voice.ended_ms:
            return []
        self._recognised_ms = voice.ended_ms
        from_ms = max(voice.began_ms, self._words.until_ms)
        return [Recognise(self.turn + 1, from_ms, voice.ended_ms)]

    @property
    def _why_no_turn(self) -> str:
        """Why to ignore voice that has brought no words; "": tell the caller it was not heard."""
        if not self._is_open:
            return "after a reply"
        if self._voice.span_ms < NOISE_MS:
            return "noise"
        return "no words" if self._unheard else ""

    # A person.

    def _while_person_has_floor(self) -> list[Action]:
        """What the caller says is overheard once they have been silent for a while, and the words
        are all there."""
        profile, voice, words = self.profile, self._voice, self._words
        if self._keys.is_pressed:
            is_keyed = self.now_ms - self._keys.ended_ms >= KEYPAD_WAIT_MS
            return self._overhear() if is_keyed else []
        noise = self._dismiss_noise()
        if not self._voice.is_heard:
            return noise
        if endpointing.is_noise_after(words, voice, profile):
            return self._overhear()
        waited_ms = self.now_ms - voice.ended_ms - endpointing.uncovered(profile).asked_ms
        if waited_ms < 0:
            return []
        if self._is_settled(self._read_words()):
            return self._overhear()
        if (asked := self._recognise()) or waited_ms < profile.transcript_wait_ms:
            return asked
        return self._hear_out("no words")

    def _step_in(
        self, event: ListenedIn | TookOver | HandedBack | Whispered | AskedToSay
    ) -> list[Action]:
        match event:
            case ListenedIn() if not self._agent.is_giving_notice:
                self._person.listen_in(event.notice)
            case Whispered():
                return self._ahead.begin_anew()
            case TookOver() if not self._person.who:
                return self._taken_over(event)
            case AskedToSay() if not self._person.who and not self._agent.last_words:
                return self._asked_to_say(event)
            case HandedBack() if self._person.who == event.who:
                return self._handed_back(event)
        return []

    def _taken_over(self, event: TookOver) -> list[Action]:
        person = self._person
        if self._agent.last_words:
            return [Refuse(event.who, "last words")]
        person.who = event.who
        if self._agent.is_giving_notice:
            return []
        silenced = self._silence_agent("taken over")
        if notice := person.notice(event.notice):
            return [*silenced, *self._give_notice(notice)]
        return [*silenced, self._hand_over()]

    def _hand_over(self) -> HandOver:
        self._person.begin(self.now_ms)
        self.called_person.await_no_longer(self.now_ms)
        self._asks = Asked()
        return HandOver(self._agent.leave_to_person(), self._person.who)

    def _handed_back(self, event: HandedBack) -> list[Action]:
        has_floor = self._agent.floor is Floor.PERSON
        self._person.end(self.now_ms)
        if not has_floor:  # the notice is still being said
            return self._give_up() if self._is_deaf else []
        heard = self._hear_out("spoken over")
        if self._is_deaf:
            return [*heard, *self._give_up()]
        prompt = "person_lost" if event.why == "lost" else "handed_back"
        return [*heard, *self._say(self._agent.prompt(prompt, event.why))]

    def _asked_to_say(self, event: AskedToSay) -> list[Action]:
        silenced = self._silence_agent(ASKED)
        heard = self._hear_out("spoken over")
        notice = self._person.notice(event.notice)
        said = self._agent.say(f"{notice} {event.text}".strip(), ASKED)
        if notice:
            self._person.say_in(self.turn)
        return [*silenced, *heard, *self._say(said)]

    def _give_notice(self, text: str) -> list[Action]:
        """What is said meanwhile is kept for whoever has the floor then."""
        said = self._agent.say(text, NOTICE)
        self._person.say_in(self.turn)
        return [*self._ahead.forget(), *said]

    def _after(self, turn: int) -> list[Action]:
        """The caller has heard this turn to its end."""
        was_notice = self._agent.says_for == NOTICE
        self._person.heard(turn)
        if was_notice and self._person.who:
            return [self._hand_over()]
        if was_notice:
            self._await_keys()
        return []

    def _await_keys(self) -> None:
        """Those that were pressed over a notice may not be all."""
        if self._keys.is_pressed:
            self._agent.await_keys()

    def _reply_failed(self, stopped: str) -> list[Action]:
        """Late, or failed. A person does not get the floor without the notice; nor is a caller told
        of one that was for a listener."""
        if not self._agent.is_giving_notice:
            return self._say(self._agent.apologise(self.now_ms, stopped))
        who, stop = self._person.who, self._agent.stop(stopped)
        self._person.end(self.now_ms)
        self._person.due = ""
        if not who:
            self._await_keys()
            return [stop]
        failed: list[Action] = [stop, Refuse(who, "notice failed"), *self._hear_out("spoken over")]
        if self._is_deaf:
            return [*failed, *self._give_up()]
        return [*failed, *self._say(self._agent.prompt("apology", "reply failed"))]

    def _silence_agent(self, why: str) -> list[Action]:
        """Whatever it says, or prepares to, ends here; what the caller says goes on."""
        self._answered, self._since = None, []
        is_busy = self._agent.has_floor or self._agent.floor is Floor.HELD
        return [*self._ahead.forget(), *([self._agent.stop(why)] if is_busy else [])]

    def _hear_out(self, why: str) -> list[Action]:
        """End here what the caller is saying: it is overheard or, without a word, dismissed."""
        self._words.settle(self.now_ms, debounce_ms=0)
        if self._words.text or self._keys.is_pressed:
            return self._overhear()
        return self._dismiss(why) if self._voice.is_heard else []

    def _overhear(self) -> list[Action]:
        voice, keys = self._voice, self._keys
        self._take_keys()
        spans = [each for each in (voice, keys) if each.began_ms >= 0]
        turn, text = self._agent.leave_unanswered(), self._words.text
        self._listen_anew()
        self._words.answer()
        self._heard_turn, self._unheard = turn, None
        began_ms, ended_ms = min(s.began_ms for s in spans), max(s.ended_ms for s in spans)
        return [Overhear(turn, text, began_ms, ended_ms)]

    def _give_up(self) -> list[Action]:
        why = "transcriber failed"
        return self._say(self._agent.say_last("apology_goodbye", why, "failed"))

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
        return [Amend(self._heard_turn, text)] if text and not self._agent.is_prompting else []

    def _heard_after_all(self, event: Transcribed, voice: CallerVoice) -> list[Action]:
        """The words that the caller was asked to repeat have come after all: answer them."""
        actions = [] if self._agent.is_giving_notice else self._stop("caller resumed")
        if self._voice.is_heard:
            self._voice.began_ms = voice.began_ms
        else:
            self._voice = voice
        self._is_open = True
        self._words.take(event)
        return actions

    def _take_floor(self) -> list[Action]:
        """The caller goes on speaking: if the reply is not audible yet, the turn had not ended."""
        agent = self._agent
        if agent.floor is Floor.THINKING:
            return self._interrupt("caller resumed")
        why = "cut-in" if self._is_cut_in else "barge-in"
        if not self.profile.false_interruption_ms or self._words.newest:
            return self._interrupt(why)
        self._held = HeldReply(self._asks, why, self.now_ms)
        return [agent.stop(why, may_resume=True)]

    def _interrupt(self, why: str) -> list[Action]:
        """Stop the reply for good; after a cut-in, or if they resume, the earlier words count."""
        if self._answered and why != "barge-in":
            earlier, self._words = self._answered
            self._withdrawn = self._words.text
            self._voice.began_ms = earlier.began_ms
            for event in self._since:
                self._words.take(event)
        self._is_open = True
        return [self._agent.stop(why)]

    def _resume(self, why: str) -> list[Action]:
        """It was no interruption: continue the reply."""
        return [*self._dismiss(why), self._agent.resume(why)]

    def _pressed(self, event: Pressed) -> list[Action]:
        self._keys.press(event)
        self._keyed_ms = event.at_ms
        if self._agent.is_giving_notice:
            return []
        if self._agent.floor is Floor.PERSON:
            return self._overhear() if event.digit == "#" else []
        actions = self._stop("keypad")
        self._agent.await_keys()
        return [*actions, *self._reply_keyed()] if event.digit == "#" else actions

    def _dismiss(self, why: str) -> list[Action]:
        voice, self._voice, self._is_open = self._voice, self._voice.anew(), False
        self._words.forget()
        return [*self._ahead.forget(), Dismiss(voice.began_ms, voice.ended_ms, why)]

    # The agent.

    def _reply(
        self, voice: CallerVoice, silence: Silence, *, is_noisy: bool = False
    ) -> list[Action]:
        """is_noisy: the sound continues; so may one that withdrew a reply by mistake."""
        words = self._words
        is_noisy = is_noisy or words.text == self._withdrawn
        is_prepared = self._ahead.take(words.text)
        forgotten = self._ahead.forget()
        reply = self._agent.reply(
            self.now_ms, words.text, voice, silence, self.profile, is_prepared=is_prepared
        )
        self._agent.is_undisturbed, self._withdrawn = is_noisy, ""
        self._listen_anew()
        self._answered, self._unheard = (voice, words.copy()), None
        words.answer()
        self._heard_turn = self.turn
        return [*forgotten, reply]

    def _reply_keyed(self) -> list[Action]:
        keys = self._keys
        self._words.settle(self.now_ms, debounce_ms=0)
        is_wordless = self._voice.is_heard and not self._words.text
        unused = self._dismiss("spoken over") if is_wordless else []
        self._take_keys()
        keyed = CallerVoice(keys.began_ms, keys.ended_ms)
        return [*unused, *self._reply(keyed, Silence(KEYPAD_WAIT_MS, "keypad", {}))]

    def _take_keys(self) -> None:
        """The digits so far are words like others."""
        keys, self._keys = self._keys, Keys()
        if keys.is_pressed:
            self._words.add(keys.digits or ("" if self._words.text else "#"), keys.ended_ms)

    def _say(self, actions: list[Action]) -> list[Action]:
        """Say something that does not answer any words."""
        self._listen_anew()
        self._words.forget()
        return [*self._ahead.forget(), *actions]

    def _listen_anew(self) -> None:
        self._voice, self._is_open = self._voice.anew(), False
        self._answered, self._since = None, []
        self._asks = Asked()

    def _stop(self, why: str) -> list[Action]:
        self._answered = None
        if self._agent.has_floor:
            return [self._agent.stop(why)]
        self._agent.let_go()
        return []
