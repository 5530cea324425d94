"""What happens during a run by plan: one class per event of docs/model.md, section 8.

The same shapes, without `tick`, are the interventions a person makes in a live run.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, Field, StrictBool, StrictInt

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
    """The bank that pays."""
    receiver: AgentId
    """The bank that is paid."""
    amount: PositiveCents
    """Cents."""
    id: PaymentId | None = None
    """Absent: X and its arrival number."""
    deadline_tick: DeadlineTick | None = None
    """From the start of the run; absent: no deadline."""
    priority: Priority = 5
    """0 to 10; 8 and above is urgent."""
    divisible: StrictBool = False
    """Whether its bank may split it."""
    rail: RailId | None = None
    """Absent: the first rail."""


class TransferLiquidity(_AgentEvent):
    """Money from, or to, outside; more than is available cannot be withdrawn."""

    type: Literal["transfer_liquidity"]
    amount: SignedCents
    """Cents; negative withdraws."""


class SetCreditLimit(_AgentEvent):
    """A new credit line."""

    type: Literal["set_credit_limit"]
    credit_limit: Line
    """How far its balance may fall below zero, in cents; cut below its use, the bank sends nothing."""


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
    """When it submits its payments from here on."""


class SetLimits(_AgentEvent):
    """New limits in place of all old ones; what went out today still counts."""

    type: Literal["set_limits"]
    limits: Limits
    """What it may send, net, in a day."""


class SetLiquiditySaving(_Event):
    """Other algorithms for a rail."""

    type: Literal["set_liquidity_saving"]
    rail: RailId
    """An immediate rail."""
    liquidity_saving: list[Algorithm]
    """In place of the old ones, in the order in which they are tried; none: an empty list."""
    lsm_every_ticks: EveryTicks | None = None
    """Absent: as often as before."""


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
    """0 to 10; 8 and above is urgent."""


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

EVENTS: dict[str, type[BaseModel]] = {
    get_args(each.model_fields["type"].annotation)[0]: each for each in get_args(get_args(Event)[0])
}
"""The models of events by type, in the order of the engine's codes (docs/determinism.md)."""
