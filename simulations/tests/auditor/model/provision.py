"""Section 11, CPMI: how banks provide and use liquidity; exact fractions, pair by pair and tick by tick."""

from fractions import Fraction
from typing import Any

from .scenario import Agent
from .state import Payment, State

Sets = list[list[Payment]]


def position(agent: Agent, sets: Sets) -> int:
    """Sent less received, in cents."""
    sent = sum(p.amount for payments in sets for p in payments if p.sender is agent)
    return sent - sum(p.amount for payments in sets for p in payments if p.receiver is agent)


def average_position(state: State, agent: Agent, day: int, sign: int) -> Fraction:
    """The net debit (sign 1) or credit (-1) over a day, weighed by what is left half-way through a tick."""
    per_day = state.scenario.ticks_per_day
    ticks = [sets[0].end_tick or 0 for sets in state.settlements]
    total = Fraction(0)
    for tick in range(per_day):
        now = day * per_day + tick
        until = [s for s, end in zip(state.settlements, ticks, strict=True) if day * per_day <= end <= now]
        total += max(0, sign * position(agent, until)) * (per_day - tick - Fraction(1, 2))
    return 2 * total / per_day**2


def relative_to_usage(largest: dict[str, int], sent: dict[str, int]) -> dict[str, Fraction | None]:
    """Each bank's share of what is provided less its share of what is sent."""
    provided, usage = sum(largest.values()), sum(sent.values())
    if not provided or not usage:
        return dict.fromkeys(largest)
    return {bank: Fraction(largest[bank], provided) - Fraction(sent[bank], usage) for bank in largest}


def gini(largest: dict[str, int]) -> Fraction | None:
    """Mean difference of all pairs over twice the mean."""
    total, count = sum(largest.values()), len(largest)
    pairs = sum(abs(one - other) for one in largest.values() for other in largest.values())
    return Fraction(pairs, 2 * count * total) if total else None


def gini_of_cost(largest: dict[str, int], sent: list[Payment]) -> Fraction | None:
    """Mean difference of liquidity cost over pairs of payments of different banks, over twice the mean."""
    value = {bank: sum(p.amount for p in sent if p.sender.id == bank) for bank in largest}
    number = {bank: sum(p.sender.id == bank for p in sent) for bank in largest}
    cost = {bank: Fraction(largest[bank], value[bank]) for bank in largest if value[bank]}
    if not cost or not any(largest.values()):
        return None
    mean = Fraction(sum(largest.values()), sum(value.values()))
    pairs = sum(number[one] * number[other] * abs(cost[one] - cost[other]) for one in cost for other in cost)
    return Fraction(pairs) / (2 * len(sent) ** 2 * mean)


def measures(
    state: State, days: list[int], settled: list[Payment], largest: dict[str, int], sent: dict[str, int]
) -> dict[str, Any]:
    """Measures of the system over some days."""
    per_day = state.scenario.ticks_per_day
    relative = relative_to_usage(largest, sent)
    each = [average_position(state, agent, day, 1) for agent in state.agents for day in days]
    debit = sum(each, Fraction(0)) / len(days)
    value = sum(p.amount for p in settled)
    moments = sum(p.amount * ((p.end_tick or 0) % per_day) for p in settled)
    return {
        "average_net_position": debit / len(state.agents),
        "aggregate_average_net_position": debit,
        "maximum_liquidity_provision": sum(largest.values()),
        "aggregate_liquidity_provision_relative_to_usage": (
            sum((max(Fraction(0), share) for share in relative.values() if share is not None), Fraction(0))
            if any(share is not None for share in relative.values())
            else None
        ),
        "system_liquidity_efficiency": (
            Fraction(value, sum(largest.values())) if any(largest.values()) else None
        ),
        "gini_of_provision": gini(largest),
        "gini_of_liquidity_cost": gini_of_cost(largest, settled),
        "average_payment_timing": Fraction(moments, value) if value else None,
    }
