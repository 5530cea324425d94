"""Section 11: measures of a finished run, from the payments and the order of settlements; exact fractions."""

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from typing import Any

from . import provision
from .costs import charged
from .scenario import COST_KINDS, Agent
from .state import Payment, State


@dataclass
class Record:
    """A run with what its ticks told: their results, what waited in step 8 of each, and which were stuck."""

    state: State
    results: list[dict[str, Any]] = field(default_factory=list)
    samples: list[list[Payment]] = field(default_factory=list)
    stuck_ticks: list[int] = field(default_factory=list)


def value(payments: list[Payment]) -> int:
    """Add up amounts, in cents."""
    return sum(p.amount for p in payments)


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


def highest(agent: Agent, sets: list[list[Payment]]) -> int:
    """The largest received less sent after any set, at least 0, in cents."""
    position = top = 0
    for payments in sets:
        position -= sum(p.amount for p in payments if p.sender is agent)
        position += sum(p.amount for p in payments if p.receiver is agent)
        top = max(top, position)
    return top


def of_day(state: State, tick: int | None, day: int) -> bool:
    """Whether a tick belongs to a day."""
    return tick is not None and tick // state.scenario.ticks_per_day == day


def sets_of_day(state: State, day: int) -> list[list[Payment]]:
    """The sets settled in a day, in their order."""
    return [s for s in state.settlements if of_day(state, s[0].end_tick, day)]


def liquidity_used(state: State, agent: Agent, day: int) -> int:
    """The deepest position of a bank over a day's settlements, in cents."""
    return deepest(agent, sets_of_day(state, day))


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
    worth, count = value(payments), len(payments)
    delays = [delay(state, p) for p in payments]
    weighted = sum(p.amount * delay(state, p) for p in payments)
    return {
        "arrived_count": count,
        "arrived_value": worth,
        "settled_count": len(settled),
        "settled_value": value(settled),
        "dropped_count": len(dropped),
        "dropped_value": value(dropped),
        "pending_count": sum(p.status == "pending" for p in payments),
        "queued_count": sum(p.status == "queued" for p in payments),
        "settlement_rate_count": ratio(len(settled), count),
        "settlement_rate_value": ratio(value(settled), worth),
        "average_delay": ratio(sum(delays), count),
        "maximum_delay": max(delays, default=None),
        "value_weighted_delay": ratio(weighted, worth),
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


def shares(settled: list[Payment]) -> dict[str, Fraction | None]:
    """Shares of the settled value by method."""
    total = sum(p.amount for p in settled)
    return {
        method: ratio(sum(p.amount for p in settled if p.method == method), total)
        for method in ("gross", "bilateral", "multilateral", "net")
    }


def deciles(state: State, settled: list[Payment]) -> list[int]:
    """The ticks of the day by which one tenth, two tenths, … of the settled value were settled."""
    per_day = state.scenario.ticks_per_day
    by_tick = [value([p for p in settled if (p.end_tick or 0) % per_day == tick]) for tick in range(per_day)]
    so_far = list(accumulate(by_tick))
    total = value(settled)
    return [
        next(tick for tick in range(per_day) if 10 * so_far[tick] >= tenth * total)
        for tenth in range(1, 11 if settled else 1)
    ]


def time_specific(payments: list[Payment]) -> dict[str, int]:
    """Payments with a deadline: how many, their value, how many missed it."""
    bound = [p for p in payments if p.deadline_tick is not None]
    return {
        "time_specific_count": len(bound),
        "time_specific_value": sum(p.amount for p in bound),
        "time_specific_late_count": sum(p.overdue for p in bound),
    }


BOUNDS = {"liquidity_used": liquidity_used, "ub": upper_bound, "lb": lower_bound}


def waits(state: State, samples: list[list[Payment]], day: int) -> dict[str, Any]:
    """Delays within a day, of all that waited or arrived in it."""
    start = day * state.scenario.ticks_per_day
    end = start + state.scenario.ticks_per_day
    there = [
        p
        for p in state.payments
        if p.arrival_tick < end and not (p.end_tick is not None and p.end_tick < start)
    ]
    weighted = sum(value(waiting) for waiting in samples)
    within = [min(left_at(state, p), end) - max(p.arrival_tick, start) for p in there]
    return {"value_weighted_delay": ratio(weighted, value(there)), "maximum_delay": max(within, default=None)}


def of_banks(state: State, day: int) -> dict[str, Any]:
    """What each bank sent and received in a day, and its largest net credit, in cents."""
    sets = sets_of_day(state, day)
    settled = [p for payments in sets for p in payments]
    return {
        "gross_sent": {a.id: sum(p.amount for p in settled if p.sender is a) for a in state.agents},
        "gross_received": {a.id: sum(p.amount for p in settled if p.receiver is a) for a in state.agents},
        "largest_positive_net_position": {agent.id: highest(agent, sets) for agent in state.agents},
    }


def day_metrics(record: Record, day: int) -> dict[str, Any]:
    """Measures of one day: counts are of what happened in its ticks, what waits is as it closed."""
    state = record.state
    ticks = slice(day * state.scenario.ticks_per_day, (day + 1) * state.scenario.ticks_per_day)
    results = record.results[ticks]
    sums = {
        name: sum(result[key] for result in results)
        for name, key in (
            ("arrived_count", "arrivals"),
            ("arrived_value", "arrived_value"),
            ("settled_count", "settlements"),
            ("settled_value", "settled_value"),
            ("dropped_count", "dropped"),
        )
    }
    bounds = {
        name: {agent.id: bound(state, agent, day) for agent in state.agents} for name, bound in BOUNDS.items()
    }
    settled = [p for p in state.payments if p.status == "settled" and of_day(state, p.end_tick, day)]
    return {
        **sums,
        **bounds,
        **of_banks(state, day),
        **provision.measures(
            state, [day], settled, bounds["liquidity_used"], of_banks(state, day)["gross_sent"]
        ),
        **queue([(len(waiting), value(waiting)) for waiting in record.samples[ticks]]),
        **waits(state, record.samples[ticks], day),
        "queue_length_end": results[-1]["pending"] + results[-1]["queue_depth"],
        "pending_count": results[-1]["pending"],
        "queued_count": results[-1]["queue_depth"],
        "settlement_rate_count": ratio(sums["settled_count"], sums["arrived_count"]),
        "settlement_rate_value": ratio(sums["settled_value"], sums["arrived_value"]),
        "rho": rho(state, state.payments, [day]),
        "turnover": ratio(sums["settled_value"], sum(bounds["liquidity_used"].values())),
        "shares": shares(settled),
        "deciles": deciles(state, settled),
        "stuck_ticks": sum(of_day(state, tick, day) for tick in record.stuck_ticks),
        "costs": {kind: sum(result["costs"][kind] for result in results) for kind in COST_KINDS},
    }


def agent_metrics(record: Record, agent: Agent, days: list[dict[str, Any]]) -> dict[str, Any]:
    """Measures of what one bank sends."""
    state = record.state
    own = [p for p in state.payments if p.sender is agent]
    samples = [[p for p in waiting if p.sender is agent] for waiting in record.samples]
    return {
        **flow(state, own, list(range(len(days)))),
        **{name: max(day[name][agent.id] for day in days) for name in BOUNDS},
        **time_specific(own),
        **queue([(len(waiting), value(waiting)) for waiting in samples]),
        "queue_length_end": sum(p.status in ("pending", "queued") for p in own),
        "queue_value_end": value([p for p in own if p.status in ("pending", "queued")]),
        "shares": shares([p for p in own if p.status == "settled"]),
        **{
            name: sum(provision.average_position(state, agent, day, sign) for day in range(len(days)))
            / len(days)
            for name, sign in (("average_net_position", 1), ("average_net_credit_position", -1))
        },
        "largest_negative_net_position": max(day["liquidity_used"][agent.id] for day in days),
        "largest_positive_net_position": max(
            highest(agent, sets_of_day(state, day)) for day in range(len(days))
        ),
        "gross_sent": sum(p.amount for p in own if p.status == "settled"),
        "gross_received": sum(
            p.amount for p in state.payments if p.receiver is agent and p.status == "settled"
        ),
        "costs": charged(agent),
    }


def metrics(record: Record) -> dict[str, Any]:
    """Measures of the run, its days and its banks, named as in the engine's interface."""
    state = record.state
    days = [day_metrics(record, day) for day in range(state.scenario.num_days)]
    bounds = {
        name: {agent.id: max(day[name][agent.id] for day in days) for agent in state.agents}
        for name in BOUNDS
    }
    settled = [p for p in state.payments if p.status == "settled"]
    sent = {agent.id: sum(day["gross_sent"][agent.id] for day in days) for agent in state.agents}
    relative = provision.relative_to_usage(bounds["liquidity_used"], sent)
    samples = [(len(waiting), value(waiting)) for waiting in record.samples]
    waited = sum(p.amount * delay(state, p) for p in state.payments)
    assert waited == sum(worth for _, worth in samples), "the queue's integral is the delay"
    return {
        **flow(state, state.payments, list(range(len(days)))),
        **queue(samples),
        **bounds,
        **time_specific(state.payments),
        **provision.measures(state, list(range(len(days))), settled, bounds["liquidity_used"], sent),
        "turnover": ratio(value(settled), sum(bounds["liquidity_used"].values())),
        "shares": shares(settled),
        "deciles": deciles(state, settled),
        "stuck_ticks": len(record.stuck_ticks),
        "costs": {kind: sum(charged(agent)[kind] for agent in state.agents) for kind in COST_KINDS},
        "days": days,
        "agents": {
            agent.id: {
                **agent_metrics(record, agent, days),
                "liquidity_provision_relative_to_usage": relative[agent.id],
            }
            for agent in state.agents
        },
    }
