"""Parts of the live page that htmx fetches anew while the run goes on: banks, queue, feed, status."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from simulations import access
from simulations.engine.protocol import EVENT_TYPES
from simulations.models import Run
from simulations.runs import charting, feed, manager
from simulations.runs.ownership import Gone
from simulations.runs.recorder import waiting
from simulations.runs.registry import registry
from simulations.runs.replay import Unrepeatable

if TYPE_CHECKING:
    from simulations.runs.driver import Bank, LiveRun

MOST_BANKS = 200
MOST_QUEUED = 100
MOST_EXPLAINED = 40
MOST_DIGITS = 9
MOST_PENDING = 50_000  # beyond, listing them would hold the run up
SPARK_POINTS = 40
SPARK_WIDTH, SPARK_HEIGHT = 96, 24

Part = Callable[[HttpRequest, Run, "LiveRun"], dict[str, Any]]


def part(template: str) -> Callable[[Part], Callable[..., HttpResponse]]:
    """Make a view of a function that returns a part's context; a run that cannot be loaded says so."""

    def wrap(function: Part) -> Callable[..., HttpResponse]:
        @require_GET
        @wraps(function)
        def view(request: HttpRequest, run_id: UUID) -> HttpResponse:
            run = access.watchable_run(request.user, run_id)
            code = run.currency_code
            context: dict[str, Any] = {
                "run": run,
                # The heads of a table name the currency, its cells need not.
                "units": {"code": "", "decimals": run.currency_decimals},
                "unit": f", {code}" if code else "",
            }
            try:
                context |= function(request, run, registry.live(run))
            except (Unrepeatable, Gone, ValueError) as problem:
                context["problem"] = str(problem)
            return render(request, f"simulations/runs/{template}", context)

        return view

    return wrap


@part("_banks.html")
def run_banks(request: HttpRequest, run: Run, live: LiveRun) -> dict[str, Any]:
    """Banks that fit the search, those that are to send the most first: an order that stays."""
    wanted = request.GET.get("q", "").strip().casefold()
    fitting = [bank for bank in live.banks if wanted in bank.id.casefold() or wanted in bank.name.casefold()]

    shown = sorted(fitting, key=lambda bank: -bank.expected_cents)[:MOST_BANKS]

    names = [f"balance:{bank.id}" for bank in shown]
    columns, _ = charting.points(live, names, 0, SPARK_POINTS).result()
    at = _asked_tick(request)
    state = live.now(lambda backend: backend.get_state()) if at is None else manager.state_at(run, at)
    rows = [_bank_row(bank, state["agents"][bank.index]) for bank in shown]
    for row, line in zip(rows, _sparklines(columns, len(shown), live.ticks_total), strict=True):
        row["spark"] = line
    return {
        "rows": rows,
        "total": len(fitting),
        "q": request.GET.get("q", ""),
        "at": at,
        "then": _then(at, state),
    }


def _asked_tick(request: HttpRequest) -> int | None:
    """Return the past tick whose close is asked for, None for now."""
    text = request.GET.get("at", "")
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None


def _then(at: int | None, state: dict[str, Any]) -> dict[str, Any] | None:
    """Return the totals of a past tick for the page's figures."""
    if at is None:
        return None
    totals = state["totals"]
    return {"tick": at, **totals, "costs": sum(totals["costs"].values())}


def _bank_row(bank: Bank, now: dict[str, Any]) -> dict[str, Any]:
    return {"bank": bank, "now": now, "waiting": now["pending"] + now["queued"]}


def _sparklines(columns: bytes, count: int, ticks_total: int) -> list[str]:
    """Return the points of one SVG polyline a bank: x the whole run, y its own range."""
    table = np.frombuffer(columns, dtype="<f8").reshape(count + 1, -1)
    x = table[0] / max(1, ticks_total - 1) * SPARK_WIDTH
    lines = []
    for values in table[1:]:
        if not len(values):
            lines.append("")
            continue
        low, span = values.min(), np.ptp(values) or 1.0
        y = (SPARK_HEIGHT - 2) - (values - low) / span * (SPARK_HEIGHT - 4)
        lines.append(" ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)))
    return lines


@part("_queue.html")
def run_queue(request: HttpRequest, run: Run, live: LiveRun) -> dict[str, Any]:
    """What waits at the rails and at the banks, the first of each queue, why, and what would free it.

    A past tick is shown from what is stored, at once; `?why=1` computes the run again up to there, and the
    page asks for that when it has shown the rest.
    """

    def read(backend: Any) -> list[dict[str, Any]]:
        state = backend.get_state()
        queues = [
            {"title": rail, "total": queue["total"], "rows": queue["payments"][:MOST_QUEUED]}
            for rail, queue in state["queues"].items()
        ]
        pending = sum(agent["pending"] for agent in state["agents"])
        if pending:
            rows = _pending(backend, live) if pending <= MOST_PENDING else []
            queues.append({"title": "Banks’ own queues", "total": pending, "rows": rows, "own": True})
        for queue in queues:
            for row in queue["rows"][:MOST_EXPLAINED]:
                row["why"] = backend.explain(row["id"])
        return queues

    at = _asked_tick(request)
    queues = live.now(read) if at is None else _queues_then(manager.state_at(run, at))
    total = sum(queue["total"] for queue in queues)
    context = {"queues": queues, "total": total, "tick": live.tick if at is None else at + 1, "at": at}
    if at is not None and "why" in request.GET:
        context["why_not"] = _explain_then(run, at, queues)
        context["explained"] = True
    return context


def _explain_then(run: Run, at: int, queues: list[dict[str, Any]]) -> str:
    """Put why each waited as a tick closed into the first rows; return why that cannot be told."""
    rows = [row for queue in queues for row in queue["rows"][:MOST_EXPLAINED]]
    try:
        found = manager.explained_at(run, at, [row["id"] for row in rows])
    except Unrepeatable as problem:
        return str(problem)
    for row in rows:
        row["why"] = found.get(row["id"])
    return ""


def _queues_then(state: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the queues of a past state as the page lists them; why they waited is not stored."""
    payments = [payment for queue in state["queues"].values() for payment in queue["payments"]]
    queues = [
        {
            "title": rail,
            "total": queue["total"],
            "rows": [row for row in queue["payments"] if row["state"] == "queued"][:MOST_QUEUED],
        }
        for rail, queue in state["queues"].items()
    ]
    pending = state["totals"]["pending_count"]
    rows = [row for row in payments if row["state"] == "pending"][:MOST_QUEUED]
    return [*queues, {"title": "Banks’ own queues", "total": pending, "rows": rows, "own": True}]


def _pending(backend: Any, live: LiveRun) -> list[dict[str, Any]]:
    """Return the first payments their banks have not submitted, by arrival, as rows of a queue."""
    live.recorder.collect(backend, live.tick)
    columns = waiting(backend.payments())
    labels = columns["labels"]
    rows = []
    for k in np.flatnonzero(columns["status"] == labels["status"].index("pending"))[:MOST_QUEUED]:
        deadline = int(columns["deadline_tick"][k])
        rows.append(
            {
                "id": columns["id"][k],
                "sender": labels["sender"][columns["sender"][k]],
                "receiver": labels["receiver"][columns["receiver"][k]],
                "amount": int(columns["amount"][k]),
                "priority": int(columns["priority"][k]),
                "arrival_tick": int(columns["arrival_tick"][k]),
                "deadline_tick": deadline if deadline >= 0 else None,
            }
        )
    return rows


@part("_feed.html")
def run_feed(request: HttpRequest, run: Run, live: LiveRun) -> dict[str, Any]:
    """The newest events that fit the filter."""
    event_type = request.GET.get("type", "")
    wanted = feed.FeedFilter(
        event_type if event_type in EVENT_TYPES else "", request.GET.get("agent", "").strip()
    )
    return {"events": feed.newest(live, wanted)}


@require_GET
def run_at(request: HttpRequest, run_id: UUID, tick: int) -> HttpResponse:
    """The state as a tick that has passed closed, as JSON; 400 with a `detail` for a tick not stored."""
    run = access.visible_run(request.user, run_id)
    try:
        return JsonResponse(manager.state_at(run, tick))
    except ValueError as problem:
        return JsonResponse({"detail": str(problem)}, status=400)


@require_GET
def run_status(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Status and progress in a line, for lists."""
    run = access.watchable_run(request.user, run_id)
    live = registry.held(run.pk)
    if live is not None:
        run.tick, run.status = live.tick, live.status
    return render(request, "simulations/runs/_status.html", {"run": run})
