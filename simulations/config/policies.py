"""When a bank submits its payments: one class per policy of docs/model.md, section 7."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from simulations.config.strict import Strict
from simulations.config.values import DayTick, Line, PositiveCents, Rate, Ticks


class SplitAbove(Strict):
    """Divisible payments above an amount are sent in parts."""

    amount: PositiveCents
    """Divisible payments above this are split, in cents."""
    parts: Annotated[StrictInt, Field(ge=2, le=1_000)]
    """Into how many parts."""


class _Policy(Strict):
    split_above: SplitAbove | None = None
    """Send divisible payments above an amount in parts."""


class ReleaseAll(_Policy):
    """Submits every payment as soon as it arrives."""

    type: Literal["release_all"]


class Deadline(_Policy):
    """Submits a payment when it is due: shortly before its deadline, or before the day ends."""

    type: Literal["deadline"]
    due_ticks: Ticks = 0
    """A payment is due when its deadline, or the last tick of the day, is at most this many ticks away."""


class LiquidityAware(_Policy):
    """Submits what is due, and else what leaves the bank at least `keep`."""

    type: Literal["liquidity_aware"]
    keep: Line
    """What the bank wants to keep available, in cents."""
    due_ticks: Ticks = 0
    """A payment is due when its deadline, or the last tick of the day, is at most this many ticks away."""


class ReceiptReactive(_Policy):
    """Sends what it has received today, and `seed_amount` on top (Johnson, McAndrews and Soramäki 2004)."""

    type: Literal["receipt_reactive"]
    seed_amount: Line
    """What may go out before anything has come in, in cents."""


class Throughput(_Policy):
    """Keeps to a curve of shares of the day's value; beyond the curve it is liquidity-aware."""

    type: Literal["throughput"]
    targets: Annotated[list[tuple[DayTick, Rate]], Field(min_length=1)]
    """Pairs of a tick of the day and the share of value to have been released by then; both ascend."""
    keep: Line
    """What the bank wants to keep available beyond the curve, in cents."""
    due_ticks: Ticks = 0
    """A payment is due when its deadline, or the last tick of the day, is at most this many ticks away."""


Policy = Annotated[
    ReleaseAll | Deadline | LiquidityAware | ReceiptReactive | Throughput, Field(discriminator="type")
]
