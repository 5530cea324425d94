"""What the live page draws besides lines: who owes whom now, and a map of banks against time. JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from simulations import access
from simulations.runs import charting
from simulations.runs.ownership import Gone
from simulations.runs.recorder import waiting
from simulations.runs.registry import registry
from simulations.runs.replay import Unrepeatable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulations.runs.driver import Bank, LiveRun
    from simulations.runs.recorder import Columns

MOST_BANKS = 200
MOST_EDGES = 2_000
MOST_WAITING = 200_000  # beyond, adding them up would hold the run up
HEAT_POINTS = 160
LINE_POINTS = 600
MEASURES = ("queued_value", "balance", "available")


def _answer(run_id: UUID, request: HttpRequest, read: Callable[[LiveRun], dict[str, Any]]) -> HttpResponse:
    """Answer with what `read` finds in a run, or with `problem` where it cannot be loaded."""
    run = access.visible_run(request.user, run_id)
    try:
        found = read(registry.live(run))
    except (Unrepeatable, Gone) as problem:
        found = {"problem": str(problem)}
    body = orjson.dumps(found, option=orjson.OPT_SERIALIZE_NUMPY)
    return HttpResponse(body, content_type="application/json", headers={"Cache-Control": "no-store"})


def _most_active(live: LiveRun) -> list[Bank]:
    """The banks a picture shows, those that are to send the most first: an order that stays."""
    return sorted(live.banks, key=lambda bank: -bank.expected_cents)[:MOST_BANKS]


@require_GET
def run_map(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Who owes whom now: banks with balances, and the value queued between each two of them, in cents.

    `{tick, banks: [{id, name, index, balance, waiting}], queued, pairs, edges: {from, to, value, count}}`;
    edges are columns, `from` and `to` are places in `banks`, the greatest 2,000 by value.
    """

    def read(live: LiveRun) -> dict[str, Any]:
        def look(backend: Any) -> tuple[dict[str, Any], Columns | None]:
            state = backend.get_state()
            if sum(agent["pending"] + agent["queued"] for agent in state["agents"]) > MOST_WAITING:
                return state, None
            live.recorder.collect(backend, live.tick)
            return state, waiting(backend.payments())

        state, columns = live.now(look)
        shown = _most_active(live)
        agents = [state["agents"][bank.index] for bank in shown]
        banks = [
            {
                "id": bank.id,
                "name": bank.name,
                "index": bank.index,
                "balance": now["balance"],
                "waiting": now["pending"] + now["queued"],
            }
            for bank, now in zip(shown, agents, strict=True)
        ]
        if columns is None:
            problem = (
                f"More than {MOST_WAITING:,} payments wait; they are not added up while the run goes on."
            )
            return {"tick": state["tick"], "banks": banks, "edges": {}, "problem": problem}
        return {"tick": state["tick"], "banks": banks, **owed(columns, shown, len(live.banks))}

    return _answer(run_id, request, read)


def owed(columns: Columns, shown: Sequence[Bank], total: int) -> dict[str, Any]:
    """Add up the queued payments of the banks shown by sender and receiver: columns of the greatest sums."""
    place = np.full(total, -1, "i8")
    place[[bank.index for bank in shown]] = np.arange(len(shown))
    queued = columns["status"] == columns["labels"]["status"].index("queued")
    sender, receiver = place[columns["sender"][queued]], place[columns["receiver"][queued]]
    both = (sender >= 0) & (receiver >= 0)
    pairs, which = np.unique(sender[both] * len(shown) + receiver[both], return_inverse=True)
    value = np.zeros(len(pairs), "i8")
    np.add.at(value, which, columns["amount"][queued][both])
    greatest = np.argsort(-value, kind="stable")[:MOST_EDGES]
    count = np.bincount(which, minlength=len(pairs))
    edges = {
        "from": pairs[greatest] // len(shown),
        "to": pairs[greatest] % len(shown),
        "value": value[greatest],
        "count": count[greatest],
    }
    return {"queued": int(value.sum()), "pairs": len(pairs), "edges": edges}


@require_GET
def run_heat(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """A measure of each bank over the run so far, in cents: `{tick, banks, ticks, values}`, a row a bank.

    Thinned to 160 points or fewer; each bucket keeps its extremes, so that no peak is missing.
    """
    asked = request.GET.get("measure", "")
    measure = asked if asked in MEASURES else MEASURES[0]

    def read(live: LiveRun) -> dict[str, Any]:
        shown = _most_active(live)
        names = [f"{measure}:{bank.id}" for bank in shown]
        columns, tick = charting.points(live, names, 0, HEAT_POINTS).result()
        table = np.frombuffer(columns, "<f8").reshape(len(shown) + 1, -1).astype("i8")
        banks = [{"id": bank.id, "name": bank.name, "index": bank.index} for bank in shown]
        return {"tick": tick, "banks": banks, "ticks": table[0], "values": list(table[1:])}

    return _answer(run_id, request, read)


@require_GET
def run_lines(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What a branch is drawn beside: `{ticks, settled, waiting}`, value so far in cents, and a count."""

    def read(live: LiveRun) -> dict[str, Any]:
        names = ["settled_value_total", "queue_depth", "pending"]
        columns, _ = charting.points(live, names, 0, LINE_POINTS).result()
        ticks, settled, queued, pending = np.frombuffer(columns, "<f8").reshape(4, -1).astype("i8")
        return {"ticks": ticks, "settled": settled, "waiting": queued + pending}

    return _answer(run_id, request, read)
