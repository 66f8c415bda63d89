"""The agent's side of a call: who has the floor, what is being said, how often replies have failed.

Pure. When the caller has finished, or is interrupting, is decided in turn_taker.py, not here.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from random import Random
from statistics import median

from tuning.turns.endpointing import Silence
from tuning.turns.events import (
    Action,
    Fill,
    HangUp,
    Prompt,
    Reply,
    ReplyBegan,
    ReplyEnded,
    Resume,
    Say,
    StopReply,
)
from tuning.turns.heard import CallerVoice
from tuning.turns.profile import Profile
from tuning.turns.stepping_in import NOTICE, CalledPerson

FAILURES_IN_A_ROW = 3
"""This many failed replies in a row end the call, unless a person can be called to it."""
NO_INPUT_PROMPTS, GOODBYE = 2, "no_input_goodbye"
NOBODY_CAME = "nobody_came"
TOOK_NEEDED, TOOK_KEPT = 2, 5
"""How many earlier replies it takes to expect the next one to be late, and how many are kept."""
SOON_MS, FILLER_MS = 300, 500
"""When a filler is said if the reply is expected to be late; how late makes that worthwhile."""


class Floor(Enum):
    """The state of a call; the diagram in turn_taker.py shows how one leads to another."""

    LISTENING = "listening"
    KEYING = "keying"
    """A number is being keyed in: rule 5 of turn_taker.py."""
    HELD = "held"
    """Voice has stopped a reply, perhaps by mistake: it may continue."""
    THINKING = "thinking"
    """A reply or a prompt has been asked for and is not audible yet."""
    SPEAKING = "speaking"
    PERSON = "person"
    """A person speaks with the caller, and the agent is silent."""
    OVER = "over"


class Agent:
    """The agent says one thing at a time; each is a turn with the next number."""

    def __init__(self, turn: int, seed: int, person_wait_s: int = 0) -> None:
        self.turn = turn
        """The number of the newest turn."""
        self.floor = Floor.LISTENING
        self.last_words = ""
        """Why to hang up once the present prompt has been heard."""
        self.began_ms = 0
        """When the newest turn was first heard."""
        self.is_undisturbed = False
        """Noise has interrupted it already, or never fell silent: only words stop it."""
        self.called_person = CalledPerson(person_wait_s * 1000)
        self.says_for = ""
        """Why it says what it was told to, word for word; "": it does not."""
        self._random = Random(seed)
        self._prompt = ""
        self._failures = 0
        self._ended_ms: int | None = None
        self._alone_since_ms: int | None = None
        """Since when neither speaks; None: not yet."""
        self._decided_ms = 0
        self._unfilled_since_ms: int | None = None
        """When the reply was asked for, while nothing fills its wait."""
        self._took_ms: deque[int] = deque(maxlen=TOOK_KEPT)
        """Decided -> heard, of the latest replies; of one that was filled for being late, the least
        that is worth a filler."""
        self._missed = 0
        """Prompts in a row that nobody answered."""

    @property
    def has_floor(self) -> bool:
        """Whether it is speaking, or about to."""
        return self.floor in (Floor.THINKING, Floor.SPEAKING)

    @property
    def is_giving_notice(self) -> bool:
        """Whether it says what a caller must have heard: nothing of theirs stops it."""
        return self.has_floor and self.says_for == NOTICE

    @property
    def is_prompting(self) -> bool:
        """Whether the newest turn is a prompt, not a reply."""
        return bool(self._prompt)

    def is_saying(self, turn: int) -> bool:
        """Whether a report about this turn is still current."""
        return turn == self.turn and self.has_floor

    def is_refractory(self, at_ms: int, profile: Profile) -> bool:
        """Whether this moment is within the refractory time of the last reply heard to its end."""
        ended_ms = self._ended_ms
        return ended_ms is not None and at_ms < ended_ms + profile.reply_refractory_ms

    def is_protected(self, at_ms: int, profile: Profile) -> bool:
        """Whether this moment is within the protected beginning of what is being said."""
        return self.floor is Floor.SPEAKING and at_ms < self.began_ms + profile.protect_ms

    def reply(
        self,
        now_ms: int,
        text: str,
        voice: CallerVoice,
        silence: Silence,
        profile: Profile,
        *,
        is_prepared: bool = False,
    ) -> Reply:
        self._begin_turn(prompt="")
        self._decided_ms = self._unfilled_since_ms = now_ms
        self._missed = 0
        low, high = profile.response_delay_min_ms, profile.response_delay_max_ms
        delay_ms = low + round(self._random.random() * (high - low))
        return Reply(
            self.turn,
            text,
            voice.began_ms,
            voice.ended_ms,
            silence.why,
            delay_ms,
            limit_ms=profile.reply_limit_s * 1000,
            prepared=is_prepared,
            parts=silence.parts,
        )

    def fill(self, now_ms: int, profile: Profile) -> list[Action]:
        """Fill the wait once, if the reply is late or, going by others in this call, will be."""
        since_ms = self._unfilled_since_ms
        if self.floor is not Floor.THINKING or since_ms is None or not profile.filler_after_ms:
            return []
        usually_ms = median(self._took_ms) if len(self._took_ms) >= TOOK_NEEDED else 0
        is_expected = usually_ms >= profile.filler_after_ms + FILLER_MS
        after_ms = min(SOON_MS, profile.filler_after_ms) if is_expected else profile.filler_after_ms
        if now_ms - since_ms < after_ms:
            return []
        self._unfilled_since_ms = None
        if is_expected:
            self._took_ms.popleft()  # how late this one is stays unknown: soon to be asked anew
        else:
            self._took_ms.append(profile.filler_after_ms + FILLER_MS)
        return [Fill(self.turn)]

    def miss_input(self, now_ms: int, profile: Profile) -> list[Action]:
        """Nobody has spoken since the agent did: ask, ask again, then say goodbye. Who waits for a
        person may be silent."""
        if self.called_person.is_awaited:
            return self._nobody_came(now_ms)
        if self._alone_since_ms is None:
            self._alone_since_ms = now_ms
        if not profile.no_input_ms or now_ms - self._alone_since_ms < profile.no_input_ms:
            return []
        self._missed += 1
        if self._missed > NO_INPUT_PROMPTS:
            return self.prompt(GOODBYE, "no input")
        return self.prompt("no_input", "no input")

    def _nobody_came(self, now_ms: int) -> list[Action]:
        """To the person who is awaited. That is said until it is heard; an agent that still fails
        can take no message."""
        if not self.called_person.is_late(now_ms):
            return []
        if self._failures < FAILURES_IN_A_ROW:
            return self.prompt(NOBODY_CAME, "nobody came")
        self.called_person.await_no_longer(now_ms)
        return self.say_last("apology_goodbye", "nobody came", "failed")

    def prompt(self, name: str, why: str) -> list[Action]:
        self._begin_turn(prompt=name)
        return [Prompt(self.turn, name, why)]

    def say(self, text: str, why: str) -> list[Action]:
        """Word for word, because a person wants it."""
        self._begin_turn(prompt="")
        self.says_for = why
        return [Say(self.turn, text, why)]

    def leave_to_person(self) -> int:
        """Be silent: the next turn, whose number is returned, is a person's."""
        self._begin_turn(prompt="")
        self.floor = Floor.PERSON
        return self.turn

    def leave_unanswered(self) -> int:
        """What the caller has said is a turn that goes without a reply."""
        floor = self.floor
        self._begin_turn(prompt="")
        self.floor, self._missed = floor, 0
        return self.turn

    def not_heard(self, voice: CallerVoice, silence: Silence) -> list[Action]:
        self._begin_turn(prompt="not_heard")
        spoke = voice.began_ms, voice.ended_ms
        return [Prompt(self.turn, "not_heard", "not heard", *spoke, silence.parts)]

    def say_last(self, name: str, why: str, hang_up: str, stopped: str = "") -> list[Action]:
        """Say this to its end, whatever happens, then hang up."""
        self.last_words = hang_up
        stop = [self.stop(stopped or why)] if self.has_floor else []
        return [*stop, *self.prompt(name, why)]

    def stop(self, why: str, *, may_resume: bool = False) -> StopReply:
        self._was_heard()
        self.floor = Floor.HELD if may_resume else Floor.LISTENING
        return StopReply(self.turn, why, may_resume)

    def let_go(self) -> None:
        """Give up the held reply: it will not continue."""
        if self.floor is Floor.HELD:
            self.floor = Floor.LISTENING

    def await_keys(self) -> None:
        self.floor = Floor.KEYING

    def resume(self, why: str) -> Resume:
        """Continue the reply that was stopped."""
        self.floor, self.is_undisturbed = Floor.SPEAKING, True
        return Resume(self.turn, why)

    def hang_up(self, why: str) -> list[Action]:
        self.floor = Floor.OVER
        return [HangUp(why)]

    def began(self, event: ReplyBegan) -> bool:
        """The caller can hear the current turn from now on; False: the report is out of date."""
        is_news = event.turn == self.turn and self.floor is Floor.THINKING
        if is_news:
            self.floor, self.began_ms = Floor.SPEAKING, event.at_ms
            if self._prompt == NOBODY_CAME:
                self.called_person.await_no_longer(event.at_ms)
            if self._unfilled_since_ms is not None:
                self._took_ms.append(event.at_ms - self._decided_ms)
        return is_news

    def ended(self, event: ReplyEnded) -> list[Action]:
        if self.last_words or event.farewell:
            return self.hang_up(self.last_words or "goodbye")
        if self._prompt == GOODBYE:
            return self.hang_up("no input")
        self._was_heard()
        self.floor = Floor.LISTENING
        self._ended_ms = self._alone_since_ms = event.at_ms
        return []

    def apologise(self, now_ms: int, stopped: str) -> list[Action]:
        """Apologise for a turn that is `late` or has `failed`. If that fails too, hang up. After
        too many of them a person is called; without one the call is over."""
        failures, why = self._failures + 1, f"reply {stopped}"
        if self._prompt not in {"", "greeting"}:
            return [self.stop(stopped), *self.hang_up("failed")]
        is_lost = failures >= FAILURES_IN_A_ROW
        if is_lost and not self.called_person.wait_ms:
            return self.say_last("apology_goodbye", why, "failed", stopped)
        called = self.called_person.call(now_ms, "failures") if is_lost else []
        name = "apology_person" if is_lost else "apology"
        said = [self.stop(stopped), *called, *self.prompt(name, why)]
        self._failures = failures
        return said

    def _was_heard(self) -> None:
        """A reply that the caller heard, even in part, resets the count of failures."""
        if self.floor is Floor.SPEAKING and not self._prompt:
            self._failures = 0

    def _begin_turn(self, prompt: str) -> None:
        self.turn += 1
        self._unfilled_since_ms = self._alone_since_ms = None
        self.floor, self._prompt, self.is_undisturbed = Floor.THINKING, prompt, False
        self.says_for = ""
