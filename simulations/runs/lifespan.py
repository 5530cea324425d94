"""What a server does before its first request and after its last one, where it tells us of them.

Servers that speak ASGI's lifespan protocol (uvicorn) send both; `manage.py serve` does the same by itself.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from simulations.runs import manager, sweeping
from simulations.runs.allocating import give_large_blocks_back

# After which a thread has to let another have the interpreter. Python's own 5 ms add up: a page, and what
# stores a run, ask for it a hundred times, beside threads that step, store and send.
SWITCH_SECONDS = 0.001

_held_open: list[BaseDatabaseWrapper] = []


async def lifespan(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Take up the runs whose server died, in the background; at the end, let all live runs rest."""
    coming_back: asyncio.Task[None] | None = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            manager.open_doors()
            coming_back = asyncio.create_task(asyncio.to_thread(bring_back))
            await send({"type": "lifespan.startup.complete"})
        else:
            if coming_back is not None:
                await coming_back
            await asyncio.to_thread(put_to_rest)
            await send({"type": "lifespan.shutdown.complete"})
            return


def bring_back() -> None:
    """Make this process ready to hold runs; take up the runs and sweeps whose server died."""
    give_large_blocks_back()
    sys.setswitchinterval(SWITCH_SECONDS)
    hold_database_open()
    try:
        manager.recover()
        sweeping.recover()
    finally:
        connections.close_all()


def put_to_rest() -> None:
    """Store and release every live run of this process; its sweeps wait for the next one."""
    try:
        manager.close_doors()
        sweeping.shut_down()
        manager.shut_down()
    finally:
        connections.close_all()
        while _held_open:
            _held_open.pop().close()


def hold_database_open() -> None:
    """Keep one connection to an SQLite database as long as the server lives.

    When the last one closes, SQLite removes its log, and whoever comes next makes it anew: work at every
    request, and on a full disk not possible, so that not even reading would be.
    """
    if connection.vendor == "sqlite":
        held = connection.copy()
        held.inc_thread_sharing()
        held.ensure_connection()
        _held_open.append(held)
