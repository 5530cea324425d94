"""A scenario at a glance: banks, payments and value to expect in a day, liquidity against what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulations.config.events import InjectPayment
from simulations.config.liquidity import liquidity_bounds
from simulations.config.schema import AgentConfig, ArrivalConfig, SimulationConfig

MAX_FLOWS = 200
# Up to here a table of all pairs is smaller and quicker than sorting the payments by pair.
_DENSE_BANKS = 1_000


@dataclass(frozen=True)
class Summary:
    """Figures of a faultless document; money in cents.

    `upper` and `lower` are UB and LB by bank over what is scripted; `flows` are the greatest values by sender
    and receiver, scripted (of the run) and expected (of a day).
    """

    banks: int
    rails: int
    ticks_per_day: int
    num_days: int
    scripted_count: int
    scripted_value: int
    expected_count_per_day: float
    expected_value_per_day: float
    opening_liquidity: int
    upper: dict[str, int]
    lower: dict[str, int]
    flows: list[tuple[str, str, int]]


def summarise(config: SimulationConfig, columns: Mapping[str, NDArray[Any]] | None) -> Summary:
    """Return the summary of a config and the columns of its payment file."""
    ids = [agent.id for agent in config.agents]
    sender, receiver, amount, tick = _scripted(config, columns)
    upper, lower = _bounds(config, sender, receiver, amount, tick)
    arrivals = [(agent, agent.arrival_config) for agent in config.agents if agent.arrival_config]
    counts = {agent.id: expected_per_day(each, config.ticks_per_day) for agent, each in arrivals}
    means = {agent.id: each.amount_mean for agent, each in arrivals}
    return Summary(
        banks=len(ids),
        rails=len(config.rails or [None]),
        ticks_per_day=config.ticks_per_day,
        num_days=config.num_days,
        scripted_count=len(amount),
        scripted_value=int(amount.sum()),
        expected_count_per_day=sum(counts.values()),
        expected_value_per_day=sum(counts[bank] * means[bank] for bank in counts),
        opening_liquidity=sum(opening_of(agent) for agent in config.agents),
        upper=dict(zip(ids, upper.tolist(), strict=True)) if len(amount) else {},
        lower=dict(zip(ids, lower.tolist(), strict=True)) if len(amount) else {},
        flows=_flows(config, counts, sender, receiver, amount),
    )


def _bounds(
    config: SimulationConfig,
    sender: NDArray[np.integer],
    receiver: NDArray[np.integer],
    amount: NDArray[np.integer],
    tick: NDArray[np.integer],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return UB and LB of each bank; payments of a file mostly stand in order of arrival already."""
    if np.any(tick[1:] < tick[:-1]):
        order = np.argsort(tick, kind="stable")
        sender, receiver, amount, tick = (each[order] for each in (sender, receiver, amount, tick))
    return liquidity_bounds(sender, receiver, amount, tick // config.ticks_per_day, len(config.agents))


def expected_per_day(arrivals: ArrivalConfig, ticks_per_day: int) -> float:
    """Return the mean number of payments a bank generates in a day."""
    profile = np.ones(ticks_per_day)
    for window in arrivals.time_windows:
        profile[window.start_tick : window.end_tick] *= float(window.rate_multiplier)
    return float(arrivals.rate_per_tick) * float(profile.sum())


def opening_of(agent: AgentConfig) -> int:
    """Return what a bank may pay with at first, in cents: balance, credit line, collateral after haircut."""
    haircut = round(float(agent.collateral.haircut) * 1e9)
    return agent.balance + agent.credit_limit + agent.collateral.posted * (10**9 - haircut) // 10**9


def _scripted(
    config: SimulationConfig, columns: Mapping[str, NDArray[Any]] | None
) -> tuple[NDArray[np.integer], ...]:
    """Return sender, receiver, amount and arrival tick of all scripted payments, of one tick as they arrive.

    Those that events inject come first: events take effect before a tick's payments arrive.
    """
    index = {agent.id: number for number, agent in enumerate(config.agents)}
    rows = [
        (index[each.sender], index[each.receiver], each.amount, each.tick)
        for each in config.events
        if isinstance(each, InjectPayment)
    ]
    rows += [
        (index[each.sender], index[each.receiver], each.amount, each.arrival_tick)
        for each in config.initial_transactions
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    written = tuple(table[:, place] for place in range(4))
    if columns is None:
        return written
    filed = tuple(columns[name] for name in ("sender", "receiver", "amount", "arrival_tick"))
    if not rows:
        return filed
    return tuple(np.concatenate(pair) for pair in zip(written, filed, strict=True))


def _flows(
    config: SimulationConfig,
    counts: dict[str, float],
    sender: NDArray[np.integer],
    receiver: NDArray[np.integer],
    amount: NDArray[np.integer],
) -> list[tuple[str, str, int]]:
    ids = [agent.id for agent in config.agents]
    pair = sender.astype(np.int64) * len(ids) + receiver
    if len(ids) <= _DENSE_BANKS:
        dense = np.bincount(pair, weights=amount, minlength=1)
        pairs = np.flatnonzero(dense)
        value = dense[pairs]
    else:
        pairs, inverse = np.unique(pair, return_inverse=True)
        value = np.bincount(inverse, weights=amount, minlength=len(pairs))
    flows = {(ids[pair // len(ids)], ids[pair % len(ids)]): float(value[k]) for k, pair in enumerate(pairs)}
    for agent in config.agents:
        arrivals = agent.arrival_config
        # Without weights every bank pays every other alike: nothing to see, and n² of it.
        if arrivals is None or arrivals.counterparty_weights is None:
            continue
        total = sum(float(weight) for weight in arrivals.counterparty_weights.values())
        for other, weight in arrivals.counterparty_weights.items() if total else ():
            expected = counts[agent.id] * arrivals.amount_mean * float(weight) / total
            flows[agent.id, other] = flows.get((agent.id, other), 0.0) + expected
    greatest = sorted(flows.items(), key=lambda item: -item[1])[:MAX_FLOWS]
    return [(source, target, round(value)) for (source, target), value in greatest]
