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
    waited = sum(
        _left_waiting(result) + (result["dropped"] if rejecting else 0)
        for result, rejecting in zip(results, _rejecting(results), strict=True)
    )
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


def _rejecting(results: list[Mapping[str, Any]]) -> list[bool]:
    """Return of each tick whether its close may have dropped what waited, as far as the results tell.

    A day ends where the next begins; days are of one length. If something waited beyond one, none rejects.
    """
    ends = [at for at, (one, following) in enumerate(pairwise(results)) if one["day"] != following["day"]]
    last = len(results) - 1
    if not ends or (last - ends[-1]) % (ends[0] + 1) == 0:
        ends.append(last)
    carried = any(_left_waiting(results[at]) for at in ends)
    return [not carried and at in set(ends) for at in range(len(results))]


def _left_waiting(result: Mapping[str, Any]) -> int:
    waiting: int = result["queue_depth"] + result["pending"]
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
