"""Section 11: measures of a finished run, from the payments and the order of settlements; exact fractions."""

from fractions import Fraction
from typing import Any

from .costs import charged
from .scenario import COST_KINDS, Agent
from .state import Payment, State


def ratio(above: int, below: int) -> Fraction | None:
    """A ratio with denominator 0 is null."""
    return Fraction(above, below) if below else None


def left_at(state: State, payment: Payment) -> int:
    """The instant a payment left: its tick, the day's end if it was rejected there, now if it waits."""
    if payment.end_tick is None:
        return state.tick
    return payment.end_tick + (1 if payment.rejected else 0)


def delay(state: State, payment: Payment) -> int:
    """Ticks from arrival until it left."""
    return left_at(state, payment) - payment.arrival_tick


def rho_terms(state: State, payments: list[Payment], day: int) -> tuple[int, int]:
    """Numerator and denominator of a day's delay indicator."""
    start = day * state.scenario.ticks_per_day
    end = start + state.scenario.ticks_per_day
    waited = most = 0
    for p in payments:
        gone_before = p.end_tick is not None and p.end_tick < start
        if p.arrival_tick < end and not gone_before:
            since = max(p.arrival_tick, start)
            waited += p.amount * (min(left_at(state, p), end) - since)
            most += p.amount * (end - since)
    return waited, most


def rho(state: State, payments: list[Payment], days: list[int]) -> Fraction | None:
    """The delay indicator: the ratio of the sums over days."""
    terms = [rho_terms(state, payments, day) for day in days]
    return ratio(sum(waited for waited, _ in terms), sum(most for _, most in terms))


def deepest(agent: Agent, sets: list[list[Payment]]) -> int:
    """The largest sent less received after any set, at least 0, in cents."""
    position = lowest = 0
    for payments in sets:
        position += sum(p.amount for p in payments if p.sender is agent)
        position -= sum(p.amount for p in payments if p.receiver is agent)
        lowest = max(lowest, position)
    return lowest


def of_day(state: State, tick: int | None, day: int) -> bool:
    """Whether a tick belongs to a day."""
    return tick is not None and tick // state.scenario.ticks_per_day == day


def liquidity_used(state: State, agent: Agent, day: int) -> int:
    """The deepest position of a bank over a day's settlements, in cents."""
    return deepest(agent, [s for s in state.settlements if of_day(state, s[0].end_tick, day)])


def upper_bound(state: State, agent: Agent, day: int) -> int:
    """The same if every payment of the day settled on arrival, in cents."""
    arrived = [p for p in state.payments if of_day(state, p.arrival_tick, day)]
    arrived.sort(key=lambda p: (p.number, p.part))
    return deepest(agent, [[p] for p in arrived])


def lower_bound(state: State, agent: Agent, day: int) -> int:
    """The day's net debit of a bank, in cents."""
    return deepest(agent, [[p for p in state.payments if of_day(state, p.arrival_tick, day)]])


def flow(state: State, payments: list[Payment], days: list[int]) -> dict[str, Any]:
    """What is said of the system and of a bank's payments alike."""
    settled = [p for p in payments if p.status == "settled"]
    dropped = [p for p in payments if p.status == "dropped"]
    value, count = sum(p.amount for p in payments), len(payments)
    delays = [delay(state, p) for p in payments]
    weighted = sum(p.amount * delay(state, p) for p in payments)
    return {
        "arrived_count": count,
        "arrived_value": value,
        "settled_count": len(settled),
        "settled_value": sum(p.amount for p in settled),
        "dropped_count": len(dropped),
        "dropped_value": sum(p.amount for p in dropped),
        "pending_count": sum(p.status == "pending" for p in payments),
        "queued_count": sum(p.status == "queued" for p in payments),
        "settlement_rate_count": ratio(len(settled), count),
        "settlement_rate_value": ratio(sum(p.amount for p in settled), value),
        "average_delay": ratio(sum(delays), count),
        "maximum_delay": max(delays, default=None),
        "value_weighted_delay": ratio(weighted, value),
        "rho": rho(state, payments, days),
    }


def queue(samples: list[tuple[int, int]]) -> dict[str, Any]:
    """Length and value of what waits, over the ticks sampled."""
    measures: dict[str, Any] = {}
    for name, at in (("queue_length", 0), ("queue_value", 1)):
        sampled = [sample[at] for sample in samples]
        measures[f"{name}_mean"] = ratio(sum(sampled), len(sampled))
        measures[f"{name}_max"] = max(sampled, default=0)
        measures[f"{name}_integral"] = sum(sampled)
    return measures


def metrics(state: State, samples: list[tuple[int, int]], stuck: list[int]) -> dict[str, Any]:
    """Measures of the run, its days and its banks, named as in the engine's interface."""
    days = list(range(state.scenario.num_days))
    bounds = {"liquidity_used": liquidity_used, "ub": upper_bound, "lb": lower_bound}
    by_day = [
        {
            name: {agent.id: bound(state, agent, day) for agent in state.agents}
            for name, bound in bounds.items()
        }
        for day in days
    ]
    system = {
        name: {agent.id: max(of_day[name][agent.id] for of_day in by_day) for agent in state.agents}
        for name in bounds
    }
    settled_value = sum(p.amount for p in state.payments if p.status == "settled")
    assert sum(value for _, value in samples) == sum(p.amount * delay(state, p) for p in state.payments), (
        "the queue's integral is the delay"
    )
    return {
        **flow(state, state.payments, days),
        **queue(samples),
        **system,
        "turnover": ratio(settled_value, sum(system["liquidity_used"].values())),
        "stuck_ticks": len(stuck),
        "costs": {kind: sum(charged(agent)[kind] for agent in state.agents) for kind in COST_KINDS},
        "days": [{**of_day, "rho": rho(state, state.payments, [day])} for day, of_day in enumerate(by_day)],
        "agents": {
            agent.id: {
                **flow(state, [p for p in state.payments if p.sender is agent], days),
                "costs": charged(agent),
            }
            for agent in state.agents
        },
    }
