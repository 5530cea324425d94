"""Section 12: why a payment waits."""

from typing import Any

from .queues import ahead
from .saving import greatest_offset, mutual, settled_by_resolution
from .settlement import shortfalls
from .state import Payment, State


def explain(state: State, payment: Payment) -> dict[str, Any]:
    """The first reason that applies, with what it names; `reason` is None if nothing stands in its way."""
    if payment.status == "pending":
        if payment.held and not payment.ordered_out:
            return {"reason": "held"}
        return {"reason": "outage" if payment.sender.in_outage else "not_yet_released"}
    rail = payment.rail
    assert rail is not None, "a queued payment has entered a rail"
    if rail.deferred:
        return {"reason": "awaiting_settlement"}
    before = ahead(state, rail, payment)
    if before:
        head = explain(state, before[0])
        return {"reason": "behind_head", "head": before[0].id, "head_reason": head["reason"]}
    missing = shortfalls(state, rail, payment.sender, [payment])
    for reason in ("liquidity", "reservation", "bilateral_limit", "multilateral_limit"):
        if reason in missing:
            return {"reason": reason, "missing": missing[reason]}
    return {"reason": None}


def would_settle(state: State, payment: Payment) -> dict[str, bool]:
    """Whether each algorithm would settle it now, on a rail where it is queued."""
    rail = payment.rail
    assert rail is not None, "a queued payment has entered a rail"
    there = mutual(state, rail, payment.sender, payment.receiver)
    back = mutual(state, rail, payment.receiver, payment.sender)
    greatest = greatest_offset(state, rail, there, back)
    return {
        "bilateral": greatest is not None and payment in there[: greatest[0]],
        "multilateral": payment in settled_by_resolution(state, rail),
    }
