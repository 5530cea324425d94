"""Section 8: events from the file and interventions; one that finds nothing to act on is refused."""

from collections.abc import Callable
from typing import Any

from .costs import charge_drop, charge_transfer
from .scenario import given, read_limits, read_policy
from .state import Payment, State

Event = dict[str, Any]


def arrive(state: State, entry: Event, name: str | None) -> None:
    """Give a payment the next arrival number and put it into its sender's own queue."""
    state.arrived += 1
    state.payments.append(
        Payment(
            id=name or f"X{state.arrived}",
            number=state.arrived,
            part=0,
            parent=None,
            sender=state.agent(entry["sender"]),
            receiver=state.agent(entry["receiver"]),
            amount=entry["amount"],
            priority=given(entry, "priority", 5),
            rail_named=entry.get("rail"),
            arrival_tick=state.tick,
            deadline_tick=entry.get("deadline_tick"),
            divisible=given(entry, "divisible", False),
        )
    )


def named(state: State, name: str) -> list[Payment]:
    """The waiting payments an event means: the one of that name, or the parts of a split one."""
    return [p for p in state.waiting() if name in (p.id, p.parent)]


def inject_payment(state: State, event: Event) -> str | None:
    """A payment arrives in step 1."""
    arrive(state, event, event.get("id"))
    return None


def transfer_liquidity(state: State, event: Event) -> str | None:
    """Money comes in from outside, or goes out if it is available."""
    agent = state.agent(event["agent"])
    if event["amount"] < 0 and state.available(agent) < -event["amount"]:
        return "more than is available"
    agent.balance += event["amount"]
    charge_transfer(state, agent, event["amount"])
    return None


def set_credit_limit(state: State, event: Event) -> str | None:
    """A new credit line; it may be cut below its use."""
    state.agent(event["agent"]).credit_limit = event["credit_limit"]
    return None


def set_arrival_rate(state: State, event: Event) -> str | None:
    """A multiplier of the configured rate, of one bank or of all; replaces the last."""
    name = event.get("agent")
    concerned = [a for a in state.agents if name in (None, a.id) and a.arrival_config is not None]
    for agent in concerned:
        agent.rate_multiplier = float(event["multiplier"])
    return None if concerned else "nothing arrives there"


def outage(state: State, event: Event) -> str | None:
    """The bank submits nothing until it recovers."""
    agent = state.agent(event["agent"])
    was, agent.in_outage = agent.in_outage, True
    return "already in an outage" if was else None


def recover(state: State, event: Event) -> str | None:
    """The bank submits again."""
    agent = state.agent(event["agent"])
    was, agent.in_outage = agent.in_outage, False
    return None if was else "not in an outage"


def set_policy(state: State, event: Event) -> str | None:
    """Another policy from this tick on."""
    state.agent(event["agent"]).policy = read_policy(event["policy"])
    return None


def set_limits(state: State, event: Event) -> str | None:
    """Replaces all limits; today's outflow stays."""
    state.agent(event["agent"]).limits = read_limits(event["limits"])
    return None


def set_liquidity_saving(state: State, event: Event) -> str | None:
    """Other algorithms on a rail."""
    rail = next(rail for rail in state.rails if rail.id == event["rail"])
    rail.saving = list(event["liquidity_saving"])
    rail.saving_every = given(event, "lsm_every_ticks", rail.saving_every)
    return None


def hold_payment(state: State, event: Event) -> str | None:
    """Back to the bank's own queue, until released."""
    found = [p for p in named(state, event["payment"]) if not p.held]
    for payment in found:
        payment.status, payment.held, payment.ordered_out = "pending", True, False
        payment.rail = None
    return None if found else "nothing to hold"


def release_payment(state: State, event: Event) -> str | None:
    """Out in step 3 of this tick, whatever the policy says; in an outage at recovery."""
    found = [p for p in named(state, event["payment"]) if p.status == "pending" and not p.ordered_out]
    for payment in found:
        payment.ordered_out = True
    return None if found else "nothing to release"


def cancel_payment(state: State, event: Event) -> str | None:
    """Drops it, at a cost."""
    found = named(state, event["payment"])
    for payment in found:
        payment.status, payment.end_tick = "dropped", state.tick
        charge_drop(state, payment)
    return None if found else "nothing to cancel"


def reprioritise_payment(state: State, event: Event) -> str | None:
    """Another priority at once, in its bank's queue and on its rail."""
    found = [p for p in named(state, event["payment"]) if p.priority != event["priority"]]
    for payment in found:
        payment.priority = event["priority"]
    return None if found else "nothing to change"


HANDLERS: dict[str, Callable[[State, Event], str | None]] = {
    handler.__name__: handler
    for handler in (
        inject_payment,
        transfer_liquidity,
        set_credit_limit,
        set_arrival_rate,
        outage,
        recover,
        set_policy,
        set_limits,
        set_liquidity_saving,
        hold_payment,
        release_payment,
        cancel_payment,
        reprioritise_payment,
    )
}


def act(state: State) -> None:
    """Step 1: events of this tick in file order, then interventions in the order they were made."""
    scheduled = [event for event in state.scenario.events if event["tick"] == state.tick]
    live = [event for tick, event in state.interventions if tick == state.tick]
    for event in scheduled + live:
        refusal = HANDLERS[event["type"]](state, event)
        if refusal is not None:
            state.refusals.append((state.tick, event, refusal))
