"""What a watcher can ask for over the socket, done in threads: the socket itself only waits.

Rights are read from the database at every action: a withdrawn share or a closed account steers nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from simulations.config import strict_json
from simulations.config.clock import DayClock
from simulations.models import Run
from simulations.runs import charting, lifecycle, manager
from simulations.runs.asking import turns
from simulations.runs.frames import Malformed
from simulations.runs.registry import registry
from simulations.runs.replay import Unrepeatable
from simulations.runs.seats import Seat, Ticket, take_seat

if TYPE_CHECKING:
    from simulations.runs.driver import LiveRun
    from simulations.runs.frames import Outbox, Points

WATCHING = frozenset({"get_state", "explain"})
STEERING = frozenset({"tick", "run", "pause", "step", "run_to", "speed", "stop", "apply"})
KNOWN = WATCHING | STEERING | {"subscribe", "ack"}


class Refused(Exception):
    """An action that was understood and is not possible; `code` and `details` go into the error message."""

    def __init__(self, code: str, text: str, **details: Any) -> None:
        super().__init__(text)
        self.code, self.details = code, details


@dataclass(frozen=True)
class About:
    """What a socket keeps of the run's row."""

    status: str
    tick: int
    ticks_total: int
    ticks_per_day: int
    ticks_per_second: float | None
    clock: DayClock | None
    agents: frozenset[str] = field(default_factory=frozenset)
    is_ours: bool = True  # this engine can compute it again


@dataclass(frozen=True)
class Joined:
    """A run as a socket finds it; `live` is None when it can no longer be computed, `problem` says why."""

    live: LiveRun | None
    about: About
    user_id: int
    problem: str = ""


def parsed(text: str | None, most_bytes: int) -> dict[str, Any]:
    """Return a message as a dict with a known action. Raises `Malformed`."""
    if text is None:
        raise Malformed("messages are JSON text")
    if len(text.encode()) > most_bytes:
        raise Malformed(f"messages have at most {most_bytes:,} bytes")
    try:
        message = orjson.loads(text)
        if isinstance(message, dict) and message.get("action") == "apply":  # kept for good: read it strictly
            message = strict_json.loads(text)
    except ValueError as problem:
        raise Malformed(f"not JSON: {problem}") from None
    if not isinstance(message, dict) or not isinstance(message.get("action"), str):
        raise Malformed('a message is an object with "action"')
    if message["action"] not in KNOWN:
        raise Malformed(f"unknown action {message['action']!r:.60}; known are {', '.join(sorted(KNOWN))}")
    return message


def join(ticket: Ticket, run_id: UUID) -> Joined:
    """Return the run for a watcher, in memory if it can be. Raises `SeatLost`, `OwnedElsewhere`."""
    seat = take_seat(ticket, run_id)
    run = seat.run
    try:
        live = registry.live(run, just_read=True)
    except Unrepeatable as problem:
        run.refresh_from_db(fields=["status", "tick"])
        about = replace(_about(run, []), is_ours=False)
        return Joined(None, about, seat.user.pk, str(problem))
    return Joined(live, _about(run, [bank.id for bank in live.banks]), seat.user.pk)


def _about(run: Run, agents: list[str]) -> About:
    config = {"day_start": run.day_start, "day_end": run.day_end, "ticks_per_day": run.ticks_per_day}
    return About(
        run.status,
        run.tick,
        run.ticks_total,
        run.ticks_per_day,
        run.ticks_per_second,
        DayClock.of(config),
        frozenset(agents),
    )


def at_rest(live: LiveRun, about: About) -> About:
    """Return what a socket keeps of a run that was put away: where it stood then."""
    return replace(about, status=live.status, tick=live.tick, ticks_per_second=live.pace.ticks_per_second)


def is_held(run_id: UUID) -> bool:
    """Whether a run is in memory here; waits for nothing."""
    return registry.held(run_id) is not None


def status_of(live: LiveRun | None, about: About) -> dict[str, Any]:
    """Return the `status` message: where the run stands and how fast it goes. Reads plain attributes only."""
    status = live.status if live else about.status
    tick = live.tick if live else about.tick
    return {
        "status": status,
        "tick": tick,
        "ticks_total": about.ticks_total,
        "day": min(tick, about.ticks_total - 1) // about.ticks_per_day,
        "clock": _clock_label(about, tick),
        "ticks_per_second": live.pace.ticks_per_second if live else about.ticks_per_second,
        "ticks_per_second_now": round(live.ticks_per_second_now, 1) if live else 0.0,
        "goal_tick": live.goal_tick if live else None,
        "trouble": live.trouble if live else "",
        "possible": lifecycle.of_engine(status, is_ours=about.is_ours),
    }


def _clock_label(about: About, tick: int) -> str:
    """Return the clock time at which the next tick begins; the end of the day once a run is over."""
    if about.clock is None:
        return ""
    if tick >= about.ticks_total:
        seconds = about.clock.end
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return about.clock.label(tick)


async def frame(live: LiveRun, outbox: Outbox) -> Points:
    """Return the points of an outbox's next frame. Raises `Gone`."""
    return await live.serving.together.answer(
        outbox.wanted, lambda wanted: live.serving.ask(live, wanted, charting.points)
    )


@asynccontextmanager
async def turn_of(user_id: int, message: dict[str, Any]) -> AsyncIterator[None]:
    """Answer a message when it is its turn: questions wait, so that runs that go on do not."""
    if message["action"] not in WATCHING or not registry.computes:
        yield
        return
    async with turns.in_loop(user_id):
        await asyncio.sleep(manager.seconds_to_wait(user_id))
        yield


def message_of(kind: str, data: object) -> str:
    """Return the JSON text of a message to the page."""
    return orjson.dumps({"type": kind, "data": data}).decode()


def perform(ticket: Ticket, run_id: UUID, message: dict[str, Any]) -> str | None:
    """Do one action and return its answer as JSON, None where the `status` that follows says it all.

    Raises `Refused`, `Malformed`, `SeatLost`.
    """
    seat = take_seat(ticket, run_id)
    if message["action"] not in WATCHING:
        return _perform(seat, message)
    with manager.paid_by(seat.user.pk):
        return _perform(seat, message)


def _perform(seat: Seat, message: dict[str, Any]) -> str | None:
    action = message["action"]
    if action in STEERING and not seat.may_steer:
        raise Refused(
            "forbidden", "Only the owner of a run may steer it. Branch or duplicate it into your own."
        )
    try:
        return _do(action, message, seat.run, seat.user)
    except Malformed:
        raise
    except lifecycle.Conflict as conflict:
        raise Refused(
            "conflict", str(conflict), status=conflict.status, possible=list(conflict.possible)
        ) from None
    except Unrepeatable as problem:
        raise Refused("unrepeatable", str(problem)) from None
    except ValueError as problem:
        raise Refused("refused", str(problem), faults=getattr(problem, "faults", [])) from None
    except RuntimeError as problem:
        raise Refused("failed", f"The run failed: {problem}") from None


def _do(action: str, message: dict[str, Any], run: Run, user: Any) -> str | None:
    if action in COMMANDS:
        COMMANDS[action](run, message, user)
        return None
    kind, answer = ANSWERED[action]
    data = answer(run, message, user)
    return None if data is None else message_of(kind, data)


def _speed(run: Run, message: dict[str, Any], user: Any) -> Run:
    if "ticks_per_second" not in message:
        raise Malformed("ticks_per_second must be given; null is as fast as possible")
    return manager.speed(run, message["ticks_per_second"], by=user)


def _apply(run: Run, message: dict[str, Any], user: Any) -> dict[str, Any]:
    event = message.get("event")
    if not isinstance(event, dict):
        raise Malformed("event must be an object")
    made = manager.apply(run, event, by=user)
    return {"tick": made.tick, "sequence": made.seq}


# What changes how a run goes is answered by the `status` that follows; the rest has an answer of its own.
COMMANDS: dict[str, Callable[[Run, dict[str, Any], Any], object]] = {
    "run": lambda run, message, user: manager.start(run, by=user),
    "pause": lambda run, message, user: manager.pause(run, by=user),
    "stop": lambda run, message, user: manager.stop(run, by=user),
    "run_to": lambda run, message, user: manager.run_to(run, message.get("tick"), by=user),
    "speed": _speed,
}
# Action -> the type of its answer, and what is in it; None where a `status` follows after all.
ANSWERED: dict[str, tuple[str, Callable[[Run, dict[str, Any], Any], dict[str, Any] | None]]] = {
    "tick": ("tick_result", lambda run, message, user: manager.tick(run, by=user)),
    "step": ("tick_result", lambda run, message, user: manager.step(run, message.get("until"), by=user)),
    "apply": ("applied", _apply),
    "get_state": ("state", lambda run, message, user: manager.state(run)),
    "explain": (
        "explanation",
        lambda run, message, user: manager.explain(run, str(message.get("payment", ""))),
    ),
}
