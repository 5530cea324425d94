"""Section 9: exact costs; only a cumulative cost of one agent and kind is ever rounded, half up."""

from fractions import Fraction

from .scenario import COST_KINDS, Agent
from .state import Payment, State


def rounded(amount: Fraction) -> int:
    """Round half up to whole cents."""
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def charged(agent: Agent) -> dict[str, int]:
    """Cumulative costs of a bank by kind, in cents."""
    return {kind: rounded(agent.costs[kind]) for kind in COST_KINDS}


def charge_opening(state: State) -> None:
    """Step 0: `liquidity`, on what the bank opens the day with."""
    for agent in state.agents:
        agent.costs["liquidity"] += max(0, agent.balance) * state.scenario.costs.liquidity_rate


def charge_transfer(state: State, agent: Agent, amount: int) -> None:
    """`liquidity`, on money brought in during the day."""
    agent.costs["liquidity"] += max(0, amount) * state.scenario.costs.liquidity_rate


def charge_split(state: State, payment: Payment, parts: int) -> None:
    """`split`, when a payment is split."""
    payment.sender.costs["split"] += state.scenario.costs.split_fee * (parts - 1)


def charge_drop(state: State, payment: Payment) -> None:
    """`drop`, when a payment is cancelled."""
    costs = state.scenario.costs
    payment.sender.costs["drop"] += costs.drop_penalty + costs.drop_rate * payment.amount


def mark_overdue(state: State) -> None:
    """Step 8, first: what still waits at the end of its deadline tick becomes overdue, once."""
    costs = state.scenario.costs
    for payment in state.waiting():
        passed = payment.deadline_tick is not None and payment.deadline_tick <= state.tick
        if passed and not payment.overdue:
            payment.overdue = True
            payment.sender.costs["deadline"] += costs.deadline_penalty + costs.deadline_rate * payment.amount


def accrue(state: State) -> None:
    """Step 8, then: `overdraft`, `collateral` and `delay` of this tick."""
    costs = state.scenario.costs
    for agent in state.agents:
        overdraft = max(0, -agent.balance)
        agent.costs["overdraft"] += overdraft * costs.overdraft_rate / state.scenario.ticks_per_day
        agent.costs["collateral"] += agent.posted * costs.collateral_rate / state.scenario.ticks_per_day
    for payment in state.waiting():
        delay = costs.delay_penalty_per_tick + costs.delay_rate_per_tick * payment.amount
        delay *= costs.priority_multipliers.get(payment.priority, Fraction(1))
        if payment.overdue:
            delay *= costs.overdue_multiplier
        payment.sender.costs["delay"] += delay


def charge_end_of_day(state: State) -> None:
    """Step 9: `eod`, for all that waits."""
    costs = state.scenario.costs
    for payment in state.waiting():
        payment.sender.costs["eod"] += costs.eod_penalty + costs.eod_rate * payment.amount
