"""Small events about runs for other pages and processes, through the channel layer. Never frames."""

from __future__ import annotations

import asyncio
import threading
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer

_lock = threading.Lock()
_loops: dict[asyncio.AbstractEventLoop, int] = {}


def run_group(run_id: UUID | str) -> str:
    """Return the group of those who care about one run."""
    return f"run.{run_id}"


def user_group(user_id: int) -> str:
    """Return the group of those who care about one person's runs."""
    return f"runs.user.{user_id}"


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
    with _lock:
        loop = next((loop for loop in _loops if not loop.is_closed()), None)
    if loop is None:
        return
    message = {"type": "run.changed", "run_id": str(run_id), "status": status, "tick": tick}
    asyncio.run_coroutine_threadsafe(_send([run_group(run_id), user_group(owner_id)], message), loop)


async def _send(groups: list[str], message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        for group in groups:
            await layer.group_send(group, message)
