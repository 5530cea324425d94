"""The rows of a payment file as columns: read once and by all threads if they are good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from simulations.config import packed_ids
from simulations.config.packed_ids import Columns
from simulations.config.payment_checks import (
    Terms,
    bound_values,
    checked_rows,
    refuse_bad_rows,
    refuse_if_many_are_torn,
)
from simulations.config.payment_file import Layout, records, refuse

__all__ = ["Columns", "read_rows"]

_VALUES = {
    "sender": "enum_code(sender)",
    "receiver": "enum_code(receiver)",
    "amount": "amount",
    "arrival_tick": "arrival::BIGINT",
    "deadline_tick": "coalesce(deadline::BIGINT, -1)",
    "priority": "coalesce(priority, 5)::UTINYINT",
    "rail": "coalesce(enum_code(rail)::SMALLINT, -1)::SMALLINT",
    "divisible": "coalesce(divisible, 0)::UTINYINT",
}
_TIMES = {"us": "us", "day": "day"}


def read_rows(connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout, terms: Terms) -> Columns:
    """Return all rows in order of arrival, or raise `PaymentFileRefused` if one is bad or none is there.

    Columns as `read_payments` gives them; of a file with clock times also `us` (microseconds of the day) and
    `day`. The types of `make_types` must be there.
    """
    bound = bound_values(connection, path, layout)
    values = _VALUES | (_TIMES if layout.has("time") else {})
    chosen = [f"{value} AS {name}" for name, value in values.items()]
    words = _words_expected(path, layout)
    if layout.has("id"):
        chosen += packed_ids.expressions(0, words)
    try:
        rows = _fetched(connection, ["bad", *chosen], layout, terms, bound)
    except duckdb.InvalidInputException:
        refuse_if_many_are_torn(path, layout)
        refuse_bad_rows(connection, path, layout, terms, bound)
        raise
    if rows.pop("bad").any():
        refuse_bad_rows(connection, path, layout, terms, bound)
    if len(rows["amount"]) == 0:
        raise refuse("the file has a header and no payments; add a line for each", layout.skip)
    if layout.has("id"):
        needed = packed_ids.words_of(int(rows["id_length"].max()))
        if needed > words:
            rows |= _fetched(connection, packed_ids.expressions(words, needed), layout, terms, bound)
    if layout.has("time"):
        rows = _in_order(rows)
    if layout.has("id"):
        text, offsets = packed_ids.unpacked(rows)
        if packed_ids.may_be_bad(rows, text):
            refuse_bad_rows(connection, path, layout, terms, bound)
        rows = {name: rows[name] for name in values} | {"id_bytes": text, "id_offsets": offsets}
    return rows


def _words_expected(path: Path, layout: Layout) -> int:
    """Return the numbers that the first row's id takes: ids are mostly of one length."""
    if not layout.has("id"):
        return 0
    for _, fields in records(path, layout):
        if len(fields) == len(layout.columns):
            return packed_ids.words_of(len(fields[layout.columns.index("id")]))
    return 0


def _fetched(
    connection: duckdb.DuckDBPyConnection,
    chosen: list[str],
    layout: Layout,
    terms: Terms,
    bound: dict[str, Any],
) -> Columns:
    rows = f"SELECT {', '.join(chosen)} FROM ({checked_rows(layout, terms, 'raise')})"
    found = connection.execute(rows, bound).fetchnumpy()
    return {name: np.ascontiguousarray(values) for name, values in found.items()}


def _in_order(rows: Columns) -> Columns:
    """Return rows by day, time and line: most files are so already, and sorting takes longer than reading."""
    at = rows["day"].astype(np.int64) * 86_400_000_000 + rows["us"]
    if (at[1:] >= at[:-1]).all():
        return rows
    order = np.argsort(at, kind="stable")
    return {name: values[order] for name, values in rows.items()}
