"""What happens during a run by plan: one class per event of docs/model.md, section 8.

The same shapes, without `tick`, are the interventions a person makes in a live run.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt

from simulations.config.policies import Policy
from simulations.config.strict import Strict
from simulations.config.values import (
    AgentId,
    DeadlineTick,
    Line,
    PaymentId,
    PaymentName,
    PositiveCents,
    Priority,
    RailId,
    RateMultiplier,
    SignedCents,
    TickNumber,
)

Algorithm = Literal["entry_offset", "bilateral", "multilateral"]
EveryTicks = Annotated[StrictInt, Field(ge=1, le=86_400)]


class Limits(Strict):
    """Net sending limits of a day, in cents; a limit of 0 is a limit."""

    bilateral: dict[AgentId, Line] = Field(default_factory=dict)
    """The most that may go, net, to each of these banks."""
    multilateral: Line | None = None
    """The most that may go, net, to all others together."""


class _Event(Strict):
    tick: TickNumber
    """When, counted from the start of the run."""


class _AgentEvent(_Event):
    agent: AgentId
    """The bank it is about."""


class _PaymentEvent(_Event):
    payment: PaymentName
    """Id of the payment it is about; the id of a split payment means all its unsettled parts."""


class InjectPayment(_Event):
    """A payment arrives."""

    type: Literal["inject_payment"]
    sender: AgentId
    receiver: AgentId
    amount: PositiveCents
    """Cents."""
    id: PaymentId | None = None
    deadline_tick: DeadlineTick | None = None
    priority: Priority = 5
    divisible: StrictBool = False
    rail: RailId | None = None


class TransferLiquidity(_AgentEvent):
    """Money from, or to, outside; more than is available cannot be withdrawn."""

    type: Literal["transfer_liquidity"]
    amount: SignedCents
    """Cents; negative withdraws."""


class SetCreditLimit(_AgentEvent):
    """A new credit line."""

    type: Literal["set_credit_limit"]
    credit_limit: Line


class SetArrivalRate(_Event):
    """Scales generated arrivals from here on; replaces the last such event."""

    type: Literal["set_arrival_rate"]
    agent: AgentId | None = None
    """Absent: all banks."""
    multiplier: RateMultiplier
    """Of the configured rate."""


class Outage(_AgentEvent):
    """The bank submits nothing until it recovers; it still receives."""

    type: Literal["outage"]


class Recover(_AgentEvent):
    """Ends an outage."""

    type: Literal["recover"]


class SetPolicy(_AgentEvent):
    """A new policy."""

    type: Literal["set_policy"]
    policy: Policy


class SetLimits(_AgentEvent):
    """New limits in place of all old ones; what went out today still counts."""

    type: Literal["set_limits"]
    limits: Limits


class SetLiquiditySaving(_Event):
    """Other algorithms for a rail."""

    type: Literal["set_liquidity_saving"]
    rail: RailId
    liquidity_saving: list[Algorithm]
    lsm_every_ticks: EveryTicks | None = None


class HoldPayment(_PaymentEvent):
    """Takes a payment back to its bank's own queue until it is released."""

    type: Literal["hold_payment"]


class ReleasePayment(_PaymentEvent):
    """Submits a payment, whatever the policy says."""

    type: Literal["release_payment"]


class CancelPayment(_PaymentEvent):
    """Drops a payment."""

    type: Literal["cancel_payment"]


class ReprioritisePayment(_PaymentEvent):
    """Another priority, at once."""

    type: Literal["reprioritise_payment"]
    priority: Priority


Event = Annotated[
    InjectPayment
    | TransferLiquidity
    | SetCreditLimit
    | SetArrivalRate
    | Outage
    | Recover
    | SetPolicy
    | SetLimits
    | SetLiquiditySaving
    | HoldPayment
    | ReleasePayment
    | CancelPayment
    | ReprioritisePayment,
    Field(discriminator="type"),
]
