"""Section 12: why a payment waits, asked between two ticks."""

from typing import Any

from .queues import ahead
from .saving import greatest_offset, mutual, settled_by_resolution
from .scenario import Rail
from .settlement import shortfalls
from .state import Payment, State

LACKS = ("liquidity", "reservation", "bilateral_limit", "multilateral_limit")


def next_settlement(state: State, rail: Rail) -> int | None:
    """The next tick after this one in which a deferred-net rail settles, if the run has one."""
    per_day = state.scenario.ticks_per_day
    to_come = range(state.tick + 1, per_day * state.scenario.num_days)
    return next((tick for tick in to_come if tick % per_day in rail.settle_at_ticks), None)


def explain_all(state: State) -> dict[str, dict[str, Any]]:
    """Why each waiting payment waits, by id."""
    state.tick -= 1  # by the counters as the last tick left them: a new day's start with its first tick
    resolved = {rail: settled_by_resolution(state, rail) for rail in state.rails if not rail.deferred}
    told = {payment.id: explain(state, payment, resolved) for payment in state.waiting()}
    state.tick += 1
    return told


def explain(state: State, payment: Payment, resolved: dict[Rail, list[Payment]]) -> dict[str, Any]:
    """Why it waits, with what the reason names, and whether an algorithm would settle it now."""
    told = reason(state, payment)
    rail = payment.rail
    if rail is not None and not rail.deferred:
        there = mutual(state, rail, payment.sender, payment.receiver)
        back = mutual(state, rail, payment.receiver, payment.sender)
        greatest = greatest_offset(state, rail, there, back)
        told["bilateral_would_settle"] = greatest is not None and payment in there[: greatest[0]]
        told["multilateral_would_settle"] = payment in resolved[rail]
    return told


def reason(state: State, payment: Payment) -> dict[str, Any]:
    """The first reason that applies, with what it names; nothing if nothing stands in its way."""
    if payment.status == "pending":
        if payment.held and not payment.ordered_out:
            return {"reason": "held"}
        return {"reason": "outage" if payment.sender.in_outage else "not_yet_released"}
    rail = payment.rail
    assert rail is not None, "a queued payment has entered a rail"
    if rail.deferred:
        return {"reason": "awaiting_settlement", "settlement_tick": next_settlement(state, rail)}
    before = ahead(state, rail, payment)
    if before:
        head = {f"head_{key}": value for key, value in reason(state, before[0]).items()}
        return {"reason": "behind_head", "head": before[0].id} | head
    missing = shortfalls(state, rail, payment.sender, [payment])
    first = next((lack for lack in LACKS if lack in missing), None)
    return {"reason": first, "missing": missing[first]} if first else {}
