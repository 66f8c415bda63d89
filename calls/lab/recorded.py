"""A recorded call, as the lab tries profiles on it: its journal, and what services took for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from django.conf import settings
from django.db.models import TextChoices
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from calls.language import language
from calls.models import Call, Turn
from calls.records.turn_in_progress import TurnInProgress
from tuning.lab.tried import CallTried, LocalJudge, Timing, TurnTried
from tuning.lab.trying import tried
from tuning.turns import journal
from tuning.turns.events import Action, CallBegan, Event, JudgedLocally, Reply, Retuned
from tuning.turns.profile import Profile
from tuning.turns.replay import recorded


class Unusable(TextChoices):
    """Why nothing can be tried on a call."""

    FORGOTTEN = "forgotten", _("deleted meanwhile")
    NO_JOURNAL = "no journal", _("it has no journal")
    NO_WORDS = "no words", _("its words were deleted because of their age, and its journal too")
    UNREADABLE = "unreadable", _("its journal cannot be read")
    NOT_ITSELF = "not itself", _("its journal does not give the recorded decisions again")


class CannotTry(Exception):
    """A call on which nothing can be tried. why: an Unusable."""

    def __init__(self, why: Unusable) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """labels: what operators heard, by turn; it overrides what the rules make of a decision."""

    pk: int
    entries: Sequence[Event | Action]
    timings: dict[int, Timing]
    judge: LocalJudge | None
    labels: dict[int, str]

    @classmethod
    def load(cls, pk: int) -> RecordedCall:
        """Raises CannotTry."""
        call = Call.objects.filter(pk=pk).first()
        if call is None:
            raise CannotTry(Unusable.FORGOTTEN)
        if call.words_forgotten:
            raise CannotTry(Unusable.NO_WORDS)
        if call.replays is False:
            raise CannotTry(Unusable.NOT_ITSELF)
        try:
            entries = list(journal.read(call.journal()))
            spoken = next((each.language for each in entries if isinstance(each, CallBegan)), "")
            judge = local_judge(spoken) if spoken else None
        except Exception as error:  # whatever an old or a broken journal may hold
            raise CannotTry(Unusable.UNREADABLE) from error
        if not spoken:
            raise CannotTry(Unusable.NO_JOURNAL)
        turns = list(call.turns.all())
        labels = {turn.number: turn.label for turn in turns if turn.label}
        return cls(pk, entries, timings_of(turns), judge, labels)

    def under(self, profiles: Sequence[Profile | None], *, short_ms: int) -> list[CallTried]:
        """Its turns, as each of these profiles would have taken them; under None, and under the
        one that it ran on, as they were.

        short_ms: an utterance below this is a short one, under all of them.
        """
        ran_on = self._ran_on()
        found = tried(
            self.entries,
            [None if profile == ran_on else profile for profile in profiles],
            language.words_of,
            self.timings,
            judge=self.judge,
            short_ms=short_ms,
            has_verdicts=asks_model(),
        )
        if self.labels:
            decided = {
                entry.turn: at_ms
                for at_ms, entry in recorded(self.entries)
                if isinstance(entry, Reply)
            }
            for each in found:
                each.turns = [self._as_heard(turn, decided) for turn in each.turns]
        return found

    def _ran_on(self) -> Profile | None:
        """The one profile that it had from beginning to end; None: it had several."""
        had = [each.profile for each in self.entries if isinstance(each, CallBegan | Retuned)]
        return had[0] if all(each == had[0] for each in had) else None

    def _as_heard(self, turn: TurnTried, decided: dict[int, int]) -> TurnTried:
        label = self.labels.get(turn.turn)
        if not label or decided.get(turn.turn) != turn.decided_ms:
            return turn
        return replace(turn, is_cut_in=label == Turn.Label.CUT_IN)


def timings_of(turns: Iterable[Turn | TurnInProgress]) -> dict[int, Timing]:
    """What services took for each turn that was answered. A reply that was stopped before it was
    heard would have been heard as soon after it was sent as the call's others were."""
    answered = [
        turn for turn in turns if turn.ready_ms is not None or turn.first_audio_ms is not None
    ]
    usual_ms = median(
        [each for turn in answered if (each := _heard_after(turn)) is not None] or [0.0]
    )
    return {
        turn.number: Timing(
            _makes(turn),
            usual_ms if (heard_ms := _heard_after(turn)) is None else heard_ms,
            turn.response_latency,
            turn.answered,
        )
        for turn in answered
    }


def _makes(turn: Turn | TurnInProgress) -> float:
    ready_ms = turn.first_audio_ms if turn.ready_ms is None else turn.ready_ms
    asked_ms = turn.decided_ms if turn.asked_ms is None else turn.asked_ms
    return 0.0 if ready_ms is None or asked_ms is None else max(0.0, ready_ms - asked_ms)


def _heard_after(turn: Turn | TurnInProgress) -> float | None:
    if turn.heard_ms is None or turn.first_audio_ms is None:
        return None
    return max(0.0, turn.heard_ms - turn.first_audio_ms)


def local_judge(spoken: str) -> LocalJudge | None:
    """What the local judge of this language says now; None: it has none. KeyError: no such
    language."""
    judge = language.known(spoken).judge
    if judge is None:
        return None

    def judged(question: str, text: str) -> JudgedLocally:
        found = judge(question, text)
        return JudgedLocally(
            0,
            text,
            round(found.whole, 3),
            round(found.cut_short, 3),
            round(found.needs_time, 3),
            found.version,
        )

    return judged


def asks_model() -> bool:
    """Whether calls ask a model if their caller has finished."""
    writer = import_string(settings.WRITER)
    return settings.TURN_VERDICT == "model" and bool(writer.gives_verdicts)
