"""The state of a run at a tick that has passed, read from what is stored: nothing is computed again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import floor
from typing import Any

from simulations import storage
from simulations.config.faults import check_text
from simulations.config.inputs import with_liquidity
from simulations.models import Artifact, Run
from simulations.runs.frames import COST_KINDS

MOST_WAITING = 1_000
FLOWS = (
    *("arrivals", "settlements", "dropped", "arrived_value", "settled_value"),
    *(f"cost_{kind}" for kind in COST_KINDS),
)
LEVELS = ("pending", "queue_depth", "queue_value")


@dataclass(frozen=True)
class Opening:
    """What a bank starts with: cents. `collateral` is what posted collateral is worth after the haircut."""

    balance: int
    credit_limit: int
    collateral: int


def state_at(run: Run, tick: int) -> dict[str, Any]:
    """Return the state as `tick` closed, in the shape of the engine's own state as far as it is stored.

    `{"tick", "day", "agents": [{"id", "balance", "credit_limit", "available", "collateral", "pending",
    "queued", "waiting_value", "sent", "received"}], "queues": {rail: {"total", "value", "pending",
    "payments": [...]}}, "totals"}`: cents; a queue's `total` and `value` are of what waits in the rail,
    `pending` what its payments in the banks' own queues count. Of the payments that waited the first 1,000
    are listed, each with its `state`; why they waited is not stored. A payment split later counts as its
    parts. Raises ValueError for a tick that is not stored (yet). Callers store first: `manager.keep`.
    """
    parts = list(run.artifacts.exclude(kind=Artifact.Kind.CHECKPOINT).order_by("part"))
    stored = max((part.to_tick for part in parts), default=0)
    if isinstance(tick, bool) or not isinstance(tick, int) or not 0 <= tick < stored:
        reached = f"from 0 to {stored - 1:,}" if stored else "of a run that has started"
        raise ValueError(f"tick must be an integer {reached}")
    openings = openings_of(run)
    done = _kinds_done(run)
    with storage.opened(run.pk, [part.name for part in parts]):
        agents = _agents(run, parts, tick, openings, limits_change="set_credit_limit" in done)
        waiting = _waiting(run, parts, tick, holds="hold_payment" in done)
        names = _names(parts, Artifact.Kind.SERIES, to=tick)
        figures = storage.totals(run.pk, names, flows=FLOWS, levels=LEVELS, tick=tick)
    for bank, state, count, value in waiting.by_sender:
        agents[bank][state] += count
        agents[bank]["waiting_value"] += value
    return {
        "tick": tick,
        "day": tick // run.ticks_per_day,
        "agents": list(agents.values()),
        "queues": _queues(waiting),
        "totals": _totals(figures, waiting),
    }


def openings_of(run: Run) -> Mapping[str, Opening]:
    """Return what each bank starts with, in the order of the scenario. ValueError for an unreadable one."""
    return _openings(run.document.text, run.liquidity_percent)


def _agents(
    run: Run, parts: list[Artifact], tick: int, openings: Mapping[str, Opening], *, limits_change: bool
) -> dict[str, dict[str, Any]]:
    """Return the rows of the banks, by id in the order of the scenario, nothing waiting yet."""
    sheets = [part for part in parts if part.kind == Artifact.Kind.BALANCES and part.to_tick <= tick + 1]
    if sheets:
        newest = max(sheets, key=lambda part: part.to_tick)
        before, from_tick = storage.accounts_in(run.pk, newest.name), newest.to_tick
    else:
        before = {bank: storage.Account(opening.balance) for bank, opening in openings.items()}
        from_tick = 0
    events = _names(parts, Artifact.Kind.EVENTS, since=from_tick, to=tick)
    accounts = storage.accounts_at(run.pk, events, before, from_tick=from_tick, tick=tick)
    limits = {bank: opening.credit_limit for bank, opening in openings.items()}
    if limits_change:
        limits |= storage.credit_limits_at(run.pk, _names(parts, Artifact.Kind.EVENTS, to=tick), tick)
    return {
        bank: {
            "id": bank,
            "balance": accounts[bank].balance,
            "credit_limit": limits[bank],
            "available": accounts[bank].balance + limits[bank] + opening.collateral,
            "collateral": opening.collateral,
            "pending": 0,
            "queued": 0,
            "waiting_value": 0,
            "sent": accounts[bank].sent,
            "received": accounts[bank].received,
        }
        for bank, opening in openings.items()
    }


def _waiting(run: Run, parts: list[Artifact], tick: int, *, holds: bool) -> storage.Waiting:
    events = [part.name for part in parts if part.kind == Artifact.Kind.EVENTS]
    return storage.waiting_at(
        run.pk,
        _names(parts, Artifact.Kind.PAYMENTS, since=tick + 1),
        tick=tick,
        moved_back=storage.moved_back_at(run.pk, events, tick) if holds else {},
        most=MOST_WAITING,
    )


def _names(parts: Iterable[Artifact], kind: str, *, since: int = 0, to: int | None = None) -> list[str]:
    """Return the files of a kind that have something of the ticks from `since` to `to`, and the last one.

    The last part of payments is the one that says what still waits.
    """
    these = [part for part in parts if part.kind == kind]
    return [
        part.name
        for part in these
        if (part.to_tick > since and (to is None or part.from_tick <= to))
        or (part is these[-1] and kind == Artifact.Kind.PAYMENTS)
    ]


def _queues(waiting: storage.Waiting) -> dict[str, dict[str, Any]]:
    queues: dict[str, dict[str, Any]] = {}
    for rail, state, count, value in waiting.by_rail:
        queue = queues.setdefault(rail, {"total": 0, "value": 0, "pending": 0, "payments": []})
        if state == "queued":
            queue["total"], queue["value"] = count, value
        else:
            queue["pending"] = count
    for payment in waiting.first:
        if payment["deadline_tick"] < 0:
            payment["deadline_tick"] = None
        queues[payment.pop("rail")]["payments"].append(payment)
    return queues


def _totals(figures: Mapping[str, int], waiting: storage.Waiting) -> dict[str, Any]:
    """Name what the series sum up to as the engine's state does."""
    waits = sum(value for _, _, _, value in waiting.by_sender)
    return {
        "arrived_count": figures["arrivals"],
        "arrived_value": figures["arrived_value"],
        "settled_count": figures["settlements"],
        "settled_value": figures["settled_value"],
        "dropped_count": figures["dropped"],
        "dropped_value": figures["arrived_value"] - figures["settled_value"] - waits,
        "pending_count": figures["pending"],
        "pending_value": waits - figures["queue_value"],
        "queued_count": figures["queue_depth"],
        "queued_value": figures["queue_value"],
        "costs": {kind: figures[f"cost_{kind}"] for kind in COST_KINDS},
    }


def _kinds_done(run: Run) -> set[str]:
    """Return the types of the events that the scenario and people had happen."""
    made = run.interventions.values_list("event__type", flat=True).distinct()
    return set(made) | _kinds_scripted(run.document.text)


@lru_cache(maxsize=16)
def scripted_events(text: str) -> tuple[dict[str, Any], ...]:
    """Return the events of a scenario as written, by tick; none where this version cannot read it."""
    config = check_text(text).config
    events = () if config is None else config.to_engine().get("events", ())
    return tuple(sorted(events, key=lambda event: event["tick"]))


@lru_cache(maxsize=16)
def _openings(text: str, liquidity_percent: int) -> dict[str, Opening]:
    agents = with_liquidity(_config(text), liquidity_percent)["agents"]
    return {
        agent["id"]: Opening(agent["balance"], agent.get("credit_limit", 0), _worth(agent.get("collateral")))
        for agent in agents
    }


def _worth(collateral: Mapping[str, Any] | None) -> int:
    """Return floor(posted · (1 - haircut)), the haircut as its shortest decimal says."""
    if not collateral:
        return 0
    posted: int = collateral.get("posted", 0)
    return floor(posted * (1 - Fraction(str(collateral.get("haircut", 0)))))


@lru_cache(maxsize=16)
def _kinds_scripted(text: str) -> frozenset[str]:
    return frozenset(event["type"] for event in _config(text).get("events", ()))


def _config(text: str) -> dict[str, Any]:
    config = check_text(text).config
    if config is None:  # what an older version took may be refused by this one
        raise ValueError("its scenario is no longer one that this version reads")
    return config.to_engine()
