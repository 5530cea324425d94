"""How much liquidity a day of payments needs at most (UB) and at least (LB); docs/model.md, section 11."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def liquidity_bounds(
    sender: NDArray[np.integer],
    receiver: NDArray[np.integer],
    amount: NDArray[np.integer],
    day: NDArray[np.integer],
    banks: int,
) -> tuple[Ints, Ints]:
    """Return UB and LB of each bank, cents, maxima over the days.

    Rows are payments in arrival-number order. UB is the largest running net outflow of a day if every payment
    settled as it arrived, LB the day's net debit. Bech and Soramäki, Bank of Finland DP 9/2001.
    """
    upper = np.zeros(banks, dtype=np.int64)
    lower = np.zeros(banks, dtype=np.int64)
    if len(amount) == 0:
        return upper, lower
    # Each payment twice, as an outflow and as an inflow, grouped by bank and day in arrival order.
    bank = np.concatenate([sender, receiver]).astype(np.int64)
    flow = np.concatenate([amount, -amount.astype(np.int64)]).astype(np.int64)
    days = np.concatenate([day, day]).astype(np.int64)
    number = np.tile(np.arange(len(amount)), 2)
    group = bank * (int(days.max()) + 1) + days
    order = np.lexsort((number, group))
    group, flow = group[order], flow[order]
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    running = np.cumsum(flow)
    before = np.repeat(running[starts] - flow[starts], np.diff(np.r_[starts, len(flow)]))
    position = running - before
    ends = np.r_[starts[1:], len(flow)] - 1
    owner = bank[order][starts]
    np.maximum.at(upper, owner, np.maximum(np.maximum.reduceat(position, starts), 0))
    np.maximum.at(lower, owner, np.maximum(position[ends], 0))
    return upper, lower
