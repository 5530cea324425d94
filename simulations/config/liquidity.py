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
    # Each payment twice, as an outflow and as an inflow, grouped by bank and day in arrival order: a stable
    # sort by group alone, of the narrowest type that holds it, or a million payments take a second.
    days = int(day.max()) + 1
    groups = banks * days
    narrow = np.uint16 if groups <= 2**16 else np.uint32 if groups <= 2**32 else np.uint64
    group = np.empty(2 * len(amount), dtype=narrow)
    group[0::2] = sender.astype(np.int64) * days + day
    group[1::2] = receiver.astype(np.int64) * days + day
    flow = np.empty(2 * len(amount), dtype=np.int64)
    flow[0::2] = amount
    np.negative(flow[0::2], out=flow[1::2])
    order = np.argsort(group, kind="stable")
    group, flow = group[order], flow[order]
    del order
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    owner = group[starts].astype(np.int64) // days
    np.cumsum(flow, out=flow)
    before = np.r_[0, flow[starts[1:] - 1]]
    ends = np.r_[starts[1:], len(flow)] - 1
    np.maximum.at(upper, owner, np.maximum.reduceat(flow, starts) - before)
    np.maximum.at(lower, owner, flow[ends] - before)
    return upper, lower
