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
    arrival,
    bound_values,
    refuse_bad_rows,
    refuse_if_many_are_torn,
    tests,
    typed_rows,
)
from simulations.config.payment_file import Layout, records, refuse

__all__ = ["Columns", "read_rows"]

# Of columns a file may lack: the SQL of its value, what stands for none, the type.
_OPTIONAL = {
    "deadline_tick": ("deadline", -1, "BIGINT"),
    "priority": ("priority", 5, "UTINYINT"),
    "rail": ("enum_code(rail)::SMALLINT", -1, "SMALLINT"),
    "divisible": ("divisible", 0, "UTINYINT"),
}
_DTYPES = {"BIGINT": np.int64, "UTINYINT": np.uint8, "SMALLINT": np.int16}


def read_rows(connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout, terms: Terms) -> Columns:
    """Return all rows in order of arrival, or raise `PaymentFileRefused` if one is bad or none is there.

    Columns as `read_payments` gives them; of a file with clock times also `us` (microseconds of the day) and
    `day`. The types of `make_types` must be there.
    """
    bound = bound_values(connection, path, layout)
    rows = _sound_rows(connection, path, layout, terms, bound)
    count = len(rows["amount"])
    if count == 0:
        raise refuse("the file has a header and no payments; add a line for each", layout.skip)
    if layout.has("time"):
        rows = _in_order(rows)
    if layout.has("id"):
        text, offsets = packed_ids.unpacked(rows)
        if packed_ids.may_be_bad(rows, text):
            refuse_bad_rows(connection, path, layout, terms, bound)
        rows = packed_ids.dropped(rows) | {"id_bytes": text, "id_offsets": offsets}
    for name, (_, none, kind) in _OPTIONAL.items():
        rows.setdefault(name, np.full(count, none, dtype=_DTYPES[kind]))
    return rows


def _sound_rows(
    connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout, terms: Terms, bound: dict[str, Any]
) -> Columns:
    """Return the rows in the order of the file with their ids packed, of which only the ids may be bad."""
    words = _words_expected(path, layout) if layout.has("id") else 0
    chosen = _values(layout, terms) + (packed_ids.expressions(0, words) if layout.has("id") else [])
    try:
        rows = _fetched(connection, chosen, layout, terms, bound)
    except duckdb.InvalidInputException:
        refuse_if_many_are_torn(path, layout)
        refuse_bad_rows(connection, path, layout, terms, bound)
        raise
    if rows.pop("bad").any():
        refuse_bad_rows(connection, path, layout, terms, bound)
    needed = packed_ids.words_in(rows)
    if needed > words:
        rows |= _fetched(connection, packed_ids.expressions(words, needed), layout, terms, bound)
    return rows


def _values(layout: Layout, terms: Terms) -> list[str]:
    """Return the SQL of each column of a typed row, with `bad`: whether something is wrong with it."""
    bad = " OR ".join(f"({test})" for test in tests(layout, terms).values())
    values = {
        "bad": f"coalesce({bad}, false)",
        "sender": "enum_code(sender)",
        "receiver": "enum_code(receiver)",
        "amount": "amount",
        "arrival_tick": f"({arrival(layout, terms)})::BIGINT",
    }
    for name, (value, none, kind) in _OPTIONAL.items():
        if layout.has(name):
            values[name] = f"coalesce({value}, {none})::{kind}"
    if layout.has("time"):
        values |= {"us": "us", "day": "day::BIGINT"}
    return [f"{value} AS {name}" for name, value in values.items()]


def _words_expected(path: Path, layout: Layout) -> int:
    """Return the numbers that the first row's id takes: ids are mostly of one length."""
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
    rows = f"SELECT {', '.join(chosen)} FROM ({typed_rows(layout, terms, 'raise')})"
    found = connection.execute(rows, bound).fetchnumpy()
    return {name: np.ascontiguousarray(values) for name, values in found.items()}


def _in_order(rows: Columns) -> Columns:
    """Return rows by day, time and line: most files are so already, and sorting takes longer than reading."""
    at = rows["day"] * 86_400_000_000 + rows["us"]
    if (at[1:] >= at[:-1]).all():
        return rows
    order = np.argsort(at, kind="stable")
    return {name: values[order] for name, values in rows.items()}
