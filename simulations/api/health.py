"""Whether the parts a server needs do what they are for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection

from simulations.engine.rust_backend import RustBackend

log = structlog.get_logger(__name__)
LAYER_SECONDS = 2.0
SMALLEST = {
    "ticks_per_day": 1,
    "seed": 0,
    "agents": [{"id": "A", "balance": 1}, {"id": "B", "balance": 0}],
    "initial_transactions": [{"sender": "A", "receiver": "B", "amount": 1, "arrival_tick": 0}],
}


def report() -> dict[str, str]:
    """Try each part once: `ok` or `failed`; why goes to the log, not to strangers."""
    parts = {"database": _database, "channel_layer": _channel_layer, "engine": _engine}
    found = {name: _tried(name, attempt) for name, attempt in parts.items()}
    status = "ok" if set(found.values()) == {"ok"} else "failed"
    return {"status": status, **found}


def _tried(name: str, attempt: Callable[[], None]) -> str:
    try:
        attempt()
    except Exception:  # whatever is wrong with a part is what this is to report
        log.exception("health.failed", part=name)
        return "failed"
    return "ok"


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def _channel_layer() -> None:
    layer = get_channel_layer()
    if layer is None:
        raise RuntimeError("there is no channel layer")
    name = async_to_sync(layer.new_channel)("health")
    async_to_sync(layer.send)(name, {"type": "health.check"})
    async_to_sync(asyncio.wait_for)(layer.receive(name), LAYER_SECONDS)


def _engine() -> None:
    settled = RustBackend(SMALLEST).tick()["settlements"]
    if settled != 1:
        raise RuntimeError(f"a payment that can settle did not: {settled} settlements")
