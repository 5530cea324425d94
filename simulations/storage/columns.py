"""Columns before they are stored. One whose rows are all the same is a single value.

Of a run's figures many never move: costs of another kind, methods not in use, what is "none" throughout. The
engine drains such a column as an array that repeats its one value without room for each row; it is joined
and stored for next to nothing, and can be read like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]


def repeated(value: Column, rows: int) -> Column:
    """Return a column of so many rows that all have the one value of `value`."""
    return np.broadcast_to(value, rows)


def is_repeated(column: Column) -> bool:
    """Whether a column is one whole number, repeated."""
    return column.dtype.kind in "iu" and len(column) > 1 and column.strides == (0,)


def end_to_end(columns: Sequence[Column]) -> Column:
    """Return at least one column's rows after one another."""
    first = columns[0]
    if all(is_repeated(column) and column[0] == first[0] for column in columns):
        return repeated(first[:1], sum(map(len, columns)))
    return np.concatenate(columns)
