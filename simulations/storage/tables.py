"""Small tables of plain values as Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from simulations.duck import connect


def write_table(columns: Mapping[str, Sequence[object]], path: Path) -> None:
    """Write columns of one length, at least one row; whole numbers, numbers, decimals, text or None in each.

    Whole numbers beyond 64 bits are exact decimals, of at most 38 digits.
    """
    with connect([path]) as connection:
        values = ", ".join(
            f"unnest(CAST(? AS {_type(column)}[])) AS {_quoted(name)}" for name, column in columns.items()
        )
        quoted = str(path).replace("'", "''")
        statement = f"COPY (SELECT {values}) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)"
        connection.execute(statement, [list(column) for column in columns.values()]).fetchall()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _type(column: Sequence[object]) -> str:
    known = [value for value in column if value is not None]
    kinds = {type(value) for value in known}
    if kinds <= {int}:
        fits = all(-(2**63) <= value < 2**63 for value in known if isinstance(value, int))
        return "BIGINT" if fits else "DECIMAL(38, 0)"
    if kinds == {Decimal}:
        places = max(-int(value.as_tuple().exponent) for value in known if isinstance(value, Decimal))
        return f"DECIMAL(38, {max(0, places)})"
    return "DOUBLE" if kinds <= {int, float} else "VARCHAR"
