"""Section 4: one rule for a payment and for a set."""

from .scenario import Agent, Rail
from .state import Payment, State

URGENT = 8  # priorities from here on may use the reservation


def net_outflow(state: State, sender: Agent, receivers: list[Agent], also: list[Payment]) -> int:
    """What the sender paid the receivers today less what they sent back, with a set counted in."""
    counted = state.settled_today() + also
    paid = sum(p.amount for p in counted if p.sender is sender and p.receiver in receivers)
    returned = sum(p.amount for p in counted if p.receiver is sender and p.sender in receivers)
    return paid - returned


def reservation_left(state: State, agent: Agent, also: list[Payment]) -> int:
    """What today's urgent payments, with a set counted in, have left of the reservation."""
    counted = state.settled_today() + also
    used = sum(p.amount for p in counted if p.sender is agent and p.priority >= URGENT)
    return max(0, agent.reserved_urgent - used)


def change_at_once(rail: Rail, agent: Agent, payments: list[Payment]) -> int:
    """What settling a set does to the balance now: gains wait under `crediting: end_of_tick`."""
    sent = sum(p.amount for p in payments if p.sender is agent)
    received = sum(p.amount for p in payments if p.receiver is agent)
    if rail.credits_at_end_of_tick and received > sent:
        return 0
    return received - sent


def shortfalls(state: State, rail: Rail, sender: Agent, payments: list[Payment]) -> dict[str, int]:
    """What a sending bank lacks, in cents, for a set to settle, by reason; empty if it may."""
    own = [p for p in payments if p.sender is sender]
    available = state.available(sender) + change_at_once(rail, sender, payments)
    missing = {}
    if available < 0:
        missing["liquidity"] = -available
    left = reservation_left(state, sender, payments)
    if any(p.priority < URGENT for p in own) and available < left:
        missing["reservation"] = left - available
    for receiver in state.agents:
        limit = sender.limits.bilateral.get(receiver.id)
        if limit is not None and any(p.receiver is receiver for p in own):
            over = net_outflow(state, sender, [receiver], payments) - limit
            if over > 0:
                missing["bilateral_limit"] = max(over, missing.get("bilateral_limit", 0))
    if sender.limits.multilateral is not None:
        over = net_outflow(state, sender, state.agents, payments) - sender.limits.multilateral
        if over > 0:
            missing["multilateral_limit"] = over
    return missing


def may_settle(state: State, rail: Rail, payments: list[Payment]) -> bool:
    """Whether every bank that sends in the set ends it well."""
    senders = [agent for agent in state.agents if any(p.sender is agent for p in payments)]
    return not any(shortfalls(state, rail, sender, payments) for sender in senders)


def settle(state: State, rail: Rail, payments: list[Payment], method: str) -> None:
    """Settle a set: final, at full value, all of it or nothing."""
    for agent in state.agents:
        sent = sum(p.amount for p in payments if p.sender is agent)
        received = sum(p.amount for p in payments if p.receiver is agent)
        change = change_at_once(rail, agent, payments)
        agent.balance += change
        agent.in_flight += received - sent - change
    for payment in payments:
        payment.status, payment.end_tick, payment.method = "settled", state.tick, method
    state.settlements.append(payments)


def book_credits(state: State) -> None:
    """Step 7: book what `crediting: end_of_tick` held back."""
    for agent in state.agents:
        agent.balance += agent.in_flight
        agent.in_flight = 0
