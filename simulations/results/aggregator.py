"""Measures from tick results alone, for scripts that step a run and keep what `tick()` returned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypedDict


class AgentMetrics(TypedDict):
    """Of one agent, in cents. Balances as they stood at the close of the ticks."""

    avg_balance: float
    min_balance: int
    total_sent: int
    total_received: int


@dataclass(frozen=True)
class SimulationMetrics:
    """Of all ticks given. `settlement_rate` is by count, 0.0 when nothing arrived; `average_delay` in ticks.

    `max_queue_depth` counts payments in the rails' queues (Queue 2).
    """

    total_ticks: int = 0
    total_arrivals: int = 0
    total_settlements: int = 0
    total_dropped: int = 0
    settlement_rate: float = 0.0
    average_delay: float = 0.0
    max_queue_depth: int = 0
    agent_metrics: dict[str, AgentMetrics] = field(default_factory=dict)


def aggregate_metrics(tick_results: Iterable[Mapping[str, Any]]) -> SimulationMetrics:
    """Return the measures of a run from its tick results, in order from its first tick; of none, zeros.

    Equal to the engine's `metrics()` where both exist: the sum of all delays is the sum over the ticks of the
    payments that wait (docs/model.md, section 11).
    """
    results = list(tick_results)
    if not results:
        return SimulationMetrics()
    arrivals = sum(result["arrivals"] for result in results)
    settlements = sum(result["settlements"] for result in results)
    waited = sum(_waiting(result, ends) for result, ends in zip(results, _day_ends(results), strict=True))
    return SimulationMetrics(
        total_ticks=len(results),
        total_arrivals=arrivals,
        total_settlements=settlements,
        total_dropped=sum(result["dropped"] for result in results),
        settlement_rate=settlements / arrivals if arrivals else 0.0,
        average_delay=waited / arrivals if arrivals else 0.0,
        max_queue_depth=max(result["queue_depth"] for result in results),
        agent_metrics=_agents(results),
    )


def _day_ends(results: list[Mapping[str, Any]]) -> list[bool]:
    return [one["day"] != following["day"] for one, following in pairwise(results)] + [True]


def _waiting(result: Mapping[str, Any], day_ends: bool) -> int:
    """Return how many payments waited before the day's close, which may have dropped all of them."""
    waiting: int = result["queue_depth"] + result["pending"]
    if day_ends and waiting == 0:
        waiting += result["dropped"]
    return waiting


def _agents(results: list[Mapping[str, Any]]) -> dict[str, AgentMetrics]:
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for result in results:
        for agent in result["agents"]:
            rows.setdefault(agent["id"], []).append(agent)
    return {
        agent: AgentMetrics(
            avg_balance=sum(row["balance"] for row in of_agent) / len(of_agent),
            min_balance=min(row["balance"] for row in of_agent),
            total_sent=sum(row["sent"] for row in of_agent),
            total_received=sum(row["received"] for row in of_agent),
        )
        for agent, of_agent in rows.items()
    }
