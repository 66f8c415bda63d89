"""Background work, in Celery. A task takes an id or nothing, and is safe to run twice."""

from __future__ import annotations

import logging

from celery import shared_task

from calls.agreed import writing
from calls.lab import happened, replaying
from calls.lab.replay import Replay
from calls.measures import trial_call
from calls.models import Call
from calls.records import post_call, recovery, retention
from calls.simulator import dashboard_call

logger = logging.getLogger(__name__)

AT_ONCE = 4
"""Workers that a replay takes, as far as there are so many."""


@shared_task
def settle_call(call_pk: int) -> None:
    if post_call.settle(call_pk):
        _write_later(call_pk)


@shared_task
def write_agreed(call_pk: int) -> None:
    """Lasts as long as the language model takes: a task of its own, behind what else waits."""
    wanted = Call.objects.filter(pk=call_pk, agreed__isnull=False).select_related("number")
    if call := wanted.first():
        writing.write(call)


@shared_task
def settle_missed() -> None:
    """Calls and replays whose own task was lost: with its worker, or because the broker was down;
    what processes that died on this machine have left; and trials whose last day has come."""
    recovery.recover()
    for call_pk in post_call.missed():
        post_call.settle(call_pk)
    for call_pk in writing.missed():
        _write_later(call_pk)
    trial_call.look_at_all()
    for replay_pk in Replay.left():
        _work_later(replay_pk)


@shared_task
def place_test_call(test_call_pk: int) -> None:
    """Lasts as long as the call: the worker does nothing else meanwhile."""
    dashboard_call.place(test_call_pk)


@shared_task
def work_on_replay(replay_pk: int) -> None:
    """A part of it, and then its turn again, behind what else waits."""
    if replaying.work_on(replay_pk):
        _work_later(replay_pk)


@shared_task
def work_on_left_replays() -> None:
    for replay_pk in Replay.left():
        _work_later(replay_pk)


@shared_task
def count_what_happened() -> None:
    happened.count_due()


@shared_task
def forget_old() -> None:
    retention.forget()
    Replay.forget_forms()


def place_test_call_later(test_call_pk: int) -> None:
    """Never fails: a call that no worker was asked for is shown as not taken."""
    try:
        place_test_call.delay(test_call_pk)
    except Exception as error:
        logger.warning("The queue does not answer; the test call is not placed: %r", error)


def settle_later(call_pk: int) -> None:
    """Have a worker settle the call. Never fails: what is not asked for now is found later."""
    try:
        settle_call.delay(call_pk)
    except Exception as error:  # a broken file of the queue, too, must not reach the call's end
        logger.warning("The queue does not answer; the call is settled later: %r", error)


def replay_later(replay: Replay, workers: int = AT_ONCE) -> None:
    """Have workers do it. Never fails: what is not asked for now is found later."""
    if replay.is_under_way:
        for _worker in range(min(workers, replay.parts.count())):
            _work_later(replay.pk)


def _write_later(call_pk: int) -> None:
    try:
        write_agreed.delay(call_pk)
    except Exception as error:
        logger.warning("The queue does not answer; what was agreed is written later: %r", error)


def _work_later(replay_pk: int) -> None:
    try:
        work_on_replay.delay(replay_pk)
    except Exception as error:
        logger.warning("The queue does not answer; the replay waits: %r", error)
