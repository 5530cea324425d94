"""Whose turn it is to ask, and who pays: questions of people beside runs that go on in this process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from simulations.runs import asking
from simulations.runs.registry import registry


def paid_by(user_id: int) -> AbstractContextManager[None]:
    """Return what to hold while a question is answered: who asks pays where runs go on."""
    return asking.at_cost_of(user_id) if registry.computes else nullcontext()


def seconds_to_wait(user_id: int) -> float:
    """Return how long somebody's next question has to wait, for the sake of the runs that go on here."""
    return asking.allowance.wait(user_id) if registry.computes else 0.0


@contextmanager
def in_turn(user_id: int) -> Iterator[None]:
    """Answer a question of somebody who waits in this thread, when it is their turn; they pay for it."""
    if not registry.computes:
        yield
        return
    with asking.turns.waited_for(user_id):
        if seconds := seconds_to_wait(user_id):
            asking.lend_connection()
            time.sleep(seconds)
        with asking.at_cost_of(user_id):
            yield
