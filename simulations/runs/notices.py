"""Small events about runs for other pages and processes, through the channel layer. Never frames."""

from __future__ import annotations

import asyncio
import threading
from typing import Any
from uuid import UUID

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

log = structlog.get_logger(__name__)
_lock = threading.Lock()
_loops: dict[asyncio.AbstractEventLoop, int] = {}


def run_group(run_id: UUID | str) -> str:
    """Return the group of those who care about one run."""
    return f"run.{run_id}"


def user_group(user_id: int) -> str:
    """Return the group of those who care about one person's runs."""
    return f"runs.user.{user_id}"


def seats_of_run(run_id: UUID | str) -> str:
    """Return the group of the sockets that watch one run."""
    return f"seats.run.{run_id}"


def seats_of_user(user_id: int) -> str:
    """Return the group of one person's open sockets."""
    return f"seats.user.{user_id}"


def attend() -> None:
    """Make the running loop known as one in which listeners live."""
    loop = asyncio.get_running_loop()
    with _lock:
        _loops[loop] = _loops.get(loop, 0) + 1


def leave() -> None:
    """The opposite of `attend`, once for each."""
    loop = asyncio.get_running_loop()
    with _lock:
        _loops[loop] -= 1
        if not _loops[loop]:
            del _loops[loop]


def run_changed(run_id: UUID, owner_id: int, status: str, tick: int) -> None:
    """Tell whoever listens that a run changed; callable from any thread, never waits.

    A group send from another thread does not wake a listener of the in-memory layer, so it is made in a loop
    that has listeners. Without any in this process there is nobody to tell here, and pages poll.
    """
    message = {"type": "run.changed", "run_id": str(run_id), "status": status, "tick": tick}
    loop = _listening()
    if loop is not None:
        asyncio.run_coroutine_threadsafe(_send([run_group(run_id), user_group(owner_id)], message), loop)


def seats_changed(*, user_id: int | None = None, run_id: UUID | None = None) -> None:
    """Have the sockets of a person, or of a run, see at once whether they still may watch.

    For sign-out, a new password, a revoked token, a withdrawn share; not from coroutines. The sockets may be
    those of another process, so it is told even where nobody listens here. A channel layer that fails is
    logged: sockets look for themselves every half minute.
    """
    groups = [seats_of_user(user_id)] if user_id is not None else []
    groups += [seats_of_run(run_id)] if run_id is not None else []
    message = {"type": "seat.check"}
    loop = _listening()
    if loop is not None:
        asyncio.run_coroutine_threadsafe(_send(groups, message), loop)
        return
    try:
        async_to_sync(_send)(groups, message)
    except Exception:
        log.exception("seats.not_told")


def _listening() -> asyncio.AbstractEventLoop | None:
    """Return a loop of this process that has listeners."""
    with _lock:
        return next((loop for loop in _loops if not loop.is_closed()), None)


async def _send(groups: list[str], message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        for group in groups:
            await layer.group_send(group, message)
