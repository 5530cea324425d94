"""Rows of stored runs: filtered, ordered, by page.

Every value a person gives is bound; column names come from the lists below only.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from simulations.duck import connect
from simulations.storage.columns import Column
from simulations.storage.parts import run_dir

Kind = Literal["series", "events", "payments"]
COLUMNS: dict[str, tuple[str, ...]] = {
    "events": (
        *("seq", "tick", "type", "payment", "agent", "counterparty"),
        *("rail", "amount", "method", "reason"),
    ),
    "payments": (
        *("id", "payment", "parent", "sender", "receiver", "amount", "priority", "rail", "arrival_tick"),
        *("deadline_tick", "release_tick", "end_tick", "status", "method", "reason"),
    ),
}
OPERATORS = frozenset({"=", "!=", "<", "<=", ">", ">=", "in", "contains"})


@dataclass(frozen=True)
class Where:
    """A condition: `=`, `!=`, `<`, `<=`, `>`, `>=`, `in` (a list), `contains` (text, any case).

    Of several columns one must meet it.
    """

    column: str | tuple[str, ...]
    operator: str
    value: Any


@dataclass(frozen=True)
class Page:
    """Some of the rows that fit, and how many there are in all."""

    rows: list[dict[str, Any]]
    total: int


def source_of(run_id: uuid.UUID | str, kind: str, names: Sequence[str]) -> tuple[list[Path], str]:
    """Return the files and the table function that reads them, binding what `bound_of` returns."""
    folder = run_dir(run_id)
    return [folder / Path(name).name for name in names], source_of_files(kind)


def source_of_files(kind: str) -> str:
    """Return the table function or subquery that reads parts of a kind, in the order of their making."""
    source = "read_parquet($files, union_by_name=true, filename='part')"
    if kind == "payments":
        # A part shows what waited when it was written; only the last one is still right about that.
        return f"(SELECT * FROM {source} WHERE status IN ('settled', 'dropped') OR part = $newest)"
    return source


def bound_of(kind: str, paths: Sequence[Path]) -> dict[str, Any]:
    """Return what the reading of these files binds."""
    files: dict[str, Any] = {"files": [str(path) for path in paths]}
    return files | {"newest": str(paths[-1])} if kind == "payments" else files


def _condition(kind: str, where: Iterable[Where]) -> tuple[str, dict[str, Any]]:
    """Return the WHERE clause and what it binds; ValueError for an unknown column or operator."""
    clauses, bound = [], {}
    for number, each in enumerate(where):
        if each.operator not in OPERATORS:
            raise ValueError(f"unknown operator {each.operator!r}")
        parameter = f"value_{number}"
        bound[parameter] = list(each.value) if each.operator == "in" else each.value
        columns = (each.column,) if isinstance(each.column, str) else each.column
        for column in columns:
            _known(kind, column)
        terms = [_term(column, each.operator, parameter) for column in columns]
        clauses.append(f"({' OR '.join(terms)})")
    return (f"WHERE {' AND '.join(clauses)}" if clauses else ""), bound


def _term(column: str, operator: str, parameter: str) -> str:
    if operator == "in":
        return f'list_contains(${parameter}, "{column}")'
    if operator == "contains":
        return f'contains(lower("{column}"), lower(${parameter}))'
    return f'"{column}" {operator} ${parameter}'


def _known(kind: str, column: str) -> None:
    if kind in COLUMNS and column not in COLUMNS[kind]:
        raise ValueError(f"{kind} have no column {column!r}")
    if '"' in column:
        raise ValueError(f"not a column name: {column!r}")


def _order(kind: str, order: Sequence[str]) -> str:
    terms = []
    for term in order:
        column = term.removeprefix("-")
        _known(kind, column)
        terms.append(f'"{column}" {"DESC" if term.startswith("-") else "ASC"} NULLS LAST')
    return f"ORDER BY {', '.join(terms)}" if terms else ""


def read(  # noqa: PLR0913 (the parts of a query, by name)
    run_id: uuid.UUID | str,
    kind: Kind,
    names: Sequence[str],
    columns: Sequence[str],
    *,
    where: Iterable[Where] = (),
    order: Sequence[str] = (),
    limit: int | None = None,
    offset: int = 0,
) -> dict[str, Column]:
    """Return columns of the parts `names`: numbers as numpy arrays, text as object arrays, null masked.

    `order` lists column names, `-` before a name for descending; without it rows are as stored.
    """
    for column in columns:
        _known(kind, column)
    if not names:
        return {column: np.empty(0, dtype=object) for column in columns}
    paths, source = source_of(run_id, kind, names)
    clause, bound = _condition(kind, where)
    chosen = ", ".join(f'"{column}"' for column in columns)
    page = "LIMIT $most OFFSET $skipped" if limit is not None else ""
    bound |= {"most": limit, "skipped": offset} if limit is not None else {}
    with connect(paths) as connection:
        result: dict[str, Column] = connection.execute(
            f"SELECT {chosen} FROM {source} {clause} {_order(kind, order)} {page}",
            bound_of(kind, paths) | bound,
        ).fetchnumpy()
    return result


def page(  # noqa: PLR0913 (the parts of a query, by name)
    run_id: uuid.UUID | str,
    kind: Kind,
    names: Sequence[str],
    *,
    where: Iterable[Where] = (),
    order: Sequence[str] = (),
    limit: int,
    offset: int = 0,
) -> Page:
    """Return one page of rows as dicts, null as None, and the number of all rows that fit."""
    if not names:
        return Page([], 0)
    paths, source = source_of(run_id, kind, names)
    clause, bound = _condition(kind, where)
    bound |= bound_of(kind, paths)
    columns = COLUMNS.get(kind, ("*",))
    chosen = ", ".join(column if column == "*" else f'"{column}"' for column in columns)
    with connect(paths) as connection:
        total = connection.execute(f"SELECT count(*) FROM {source} {clause}", bound).fetchall()[0][0]
        cursor = connection.execute(
            f"SELECT {chosen} FROM {source} {clause} {_order(kind, order)} LIMIT $most OFFSET $skipped",
            bound | {"most": limit, "skipped": offset},
        )
        titles = [title[0] for title in cursor.description or []]
        return Page([dict(zip(titles, row, strict=True)) for row in cursor.fetchall()], int(total))


def newest(run_id: uuid.UUID | str, name: str, most: int) -> dict[str, Column]:
    """Return the last `most` events of a part, in their order, without reading the rest of it."""
    paths, source = source_of(run_id, "events", [name])
    bound = bound_of("events", paths)
    with connect(paths) as connection:
        last = connection.execute(f"SELECT max(seq) FROM {source}", bound).fetchall()[0][0]
    where = [Where("seq", ">", -1 if last is None else last - most)]
    return read(run_id, "events", [name], COLUMNS["events"], where=where, order=["seq"])
