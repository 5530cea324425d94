"""Small tables of plain values as Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from simulations.duck import connect


def write_table(columns: Mapping[str, Sequence[object]], path: Path) -> None:
    """Write columns of one length, at least one row; whole numbers, numbers, text or None in each."""
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
    kinds = {type(value) for value in column if value is not None}
    if kinds <= {int}:
        return "BIGINT"
    return "DOUBLE" if kinds <= {int, float} else "VARCHAR"
