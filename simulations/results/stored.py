"""What is stored of a run, as the pages show it: measures, curves, banks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from simulations import storage
from simulations.config.faults import check_text
from simulations.config.inputs import with_liquidity
from simulations.models import Run, Sweep
from simulations.storage.exporting import Labels

COST_KINDS = ("overdraft", "collateral", "liquidity", "delay", "deadline", "split", "eod", "drop")
FLOWS = (
    *("arrivals", "settlements", "dropped", "arrived_value", "settled_value"),
    *(f"cost_{kind}" for kind in COST_KINDS),
)
# What the system's figures hold bank by bank.
BY_BANK = (
    *("liquidity_used", "ub", "lb", "largest_positive_net_position", "available_at_start_of_day"),
    *("gross_sent", "gross_received"),
)
LEVELS = ("queue_depth", "queue_value", "pending")
MOST_ACTIVE = 10
CHART_POINTS = 1200
MOST_LINES = 24
MOST_MARKS = 200


def stored_ticks(run: Run) -> int:
    """Return the tick up to which (exclusive) the run is stored."""
    last = run.artifacts.order_by("-to_tick").values_list("to_tick", flat=True).first()
    return last or 0


def measures_of(run: Run) -> Mapping[str, Any]:
    """Return the run's measures; of one that is not over, the few that stored parts give so far."""
    if run.metrics is not None:
        stored: Mapping[str, Any] = run.metrics
        return stored
    return _so_far(run)


def _so_far(run: Run) -> dict[str, Any]:
    points = system_curves(run)
    if not len(points["tick"]):
        return {}
    last = {name: int(values[-1]) for name, values in points.items()}
    counts = storage.payment_counts(run.pk, run.part_names("payments"))
    arrived, settled = last["arrived_value"], last["settled_value"]
    return {
        "arrived_count": last["arrivals"],
        "arrived_value": arrived,
        "settled_count": last["settlements"],
        "settled_value": settled,
        "dropped_count": last["dropped"],
        "pending_count": counts.get("pending", 0),
        "queued_count": counts.get("queued", 0),
        "settlement_rate_count": last["settlements"] / last["arrivals"] if last["arrivals"] else None,
        "settlement_rate_value": settled / arrived if arrived else None,
        "costs": {kind: last[f"cost_{kind}"] for kind in COST_KINDS},
    }


def banks_of(run: Run) -> dict[str, dict[str, Any]]:
    """Return measures by bank, in the order of the scenario; sums of payments where the run is not over."""
    if run.metrics is not None:
        agents: dict[str, dict[str, Any]] = run.metrics["agents"]
        return agents
    sums = storage.bank_sums(run.pk, run.part_names("payments"))
    return {bank: _with_rate(sums.get(bank, {})) for bank in openings(run)}


def _with_rate(sums: dict[str, int]) -> dict[str, Any]:
    arrived = sums.get("arrived_value", 0)
    rate = sums["settled_value"] / arrived if arrived else None
    return {**sums, "gross_sent": sums.get("settled_value"), "settlement_rate_value": rate}


def as_system(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return a bank's figures under the keys of the system's measures."""
    totals = {f"{name}_total": figures.get(name) for name in ("liquidity_used", "ub", "lb")}
    return {**figures, **totals}


def of_bank(figures: Mapping[str, Any], bank: str) -> dict[str, Any]:
    """Return what the system's figures, of a run or a day, hold bank by bank, for one of them."""
    return {name: figures[name].get(bank) for name in BY_BANK if name in figures}


def openings(run: Run) -> dict[str, int]:
    """Return each bank's balance before the first tick, in cents, in the order of the scenario."""
    return dict(_openings(run.document.text, run.liquidity_percent))


def bank_names(run: Run | Sweep) -> dict[str, str]:
    """Return the labels that the scenario gives its banks."""
    return dict(_names(run.document.text))


@lru_cache(maxsize=16)
def _openings(text: str, liquidity_percent: int) -> tuple[tuple[str, int], ...]:
    config = check_text(text).config
    if config is None:  # what an older version took may be refused by this one
        return ()
    agents = with_liquidity(config.to_engine(), liquidity_percent)["agents"]
    return tuple((agent["id"], agent["balance"]) for agent in agents)


@lru_cache(maxsize=16)
def _names(text: str) -> tuple[tuple[str, str], ...]:
    config = check_text(text).config
    return tuple((agent.id, agent.name or "") for agent in config.agents) if config else ()


def most_active(run: Run) -> list[str]:
    """Return the banks that sent and received most, in the order of the scenario."""
    banks = banks_of(run)

    def turnover(bank: str) -> int:
        return (banks[bank].get("gross_sent") or 0) + (banks[bank].get("gross_received") or 0)

    chosen = set(sorted(banks, key=turnover, reverse=True)[:MOST_ACTIVE])
    return [bank for bank in banks if bank in chosen]


def system_curves(run: Run, from_tick: int = 0, to_tick: int | None = None) -> dict[str, storage.Column]:
    """Return tick, sums so far of the flows, and levels, thinned for a chart; see `storage.curves`."""
    return storage.curves(
        run.pk,
        run.part_names("series"),
        flows=FLOWS,
        levels=LEVELS,
        until=stored_ticks(run),
        from_tick=from_tick,
        to_tick=to_tick,
        max_points=CHART_POINTS,
    )


def balance_curves(
    run: Run, banks: Sequence[str], from_tick: int = 0, to_tick: int | None = None
) -> dict[str, storage.Column]:
    """Return tick and the balance of each bank, thinned for a chart; a point stands until the next."""
    # Before the names: a run that goes on may store more between the two.
    until = stored_ticks(run)
    opening = openings(run)
    chosen = {bank: opening[bank] for bank in banks if bank in opening}
    last = max(0, until - 1) if to_tick is None else to_tick
    whole = storage.balances(
        run.pk, run.part_names("events"), chosen, to_tick=last, max_points=2 * run.ticks_total + 2
    )
    first = max(0, int(np.searchsorted(whole["tick"], from_tick, side="right")) - 1)
    shown = {name: values[first:] for name, values in whole.items()}
    shown["tick"][0] = max(from_tick, shown["tick"][0])
    if last > shown["tick"][-1]:
        shown = {name: np.append(values, values[-1]) for name, values in shown.items()}
        shown["tick"][-1] = last
    return storage.thin(shown, CHART_POINTS)


def marks_of(run: Run) -> list[dict[str, Any]]:
    """Return what was done to the run and when, by its scenario or by people: the first 200."""
    where = [storage.Where("type", "=", "intervened")]
    names = run.part_names("events")
    rows = storage.page(run.pk, "events", names, where=where, order=["seq"], limit=MOST_MARKS).rows
    return [{"tick": row["tick"], "what": row["reason"]} for row in rows]


def labels_of(run: Run) -> Labels:
    """Return how the run's ticks and cents are shown in files."""
    return Labels.of(
        {
            "currency": {"decimals": run.currency_decimals},
            "ticks_per_day": run.ticks_per_day,
            "num_days": run.ticks_total // run.ticks_per_day,
            "day_start": run.day_start,
            "day_end": run.day_end,
            "start_date": run.start_date.isoformat() if run.start_date else None,
        }
    )


def page_facts(run: Run) -> dict[str, Any]:
    """Return what the scripts of a page need to show the run's ticks and cents."""
    return {
        "ticks_total": run.ticks_total,
        "ticks_per_day": run.ticks_per_day,
        "num_days": run.ticks_total // run.ticks_per_day,
        "day_start": run.day_start,
        "day_end": run.day_end,
        "currency": run.currency,
    }
