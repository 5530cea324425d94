"""Stored runs as files for people: the same names, with clock times and currency units beside."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from simulations.config.clock import DayClock
from simulations.duck import connect
from simulations.storage.reading import Kind, bound_of, source_of, source_of_files

Format = Literal["parquet", "csv", "excel"]
_TICKS = ("tick", "arrival_tick", "deadline_tick", "release_tick", "end_tick")
_MONEY = (
    *("amount", "queue_value", "settled_value", "arrived_value", "dropped_value", "queue_value_max"),
    *("liquidity_used_total", "ub_total", "lb_total", "time_specific_value", "maximum_liquidity_provision"),
    *("queue_value_end", "largest_simultaneous_provision", "cost"),
)
_MEANS = ("queue_value_mean", "average_net_position", "aggregate_average_net_position")
# Of a band: `settled_value_total_q05`, `balance:A_q95`.
_BAND = re.compile(r"(_total)?_q\d\d$")


@dataclass(frozen=True)
class Labels:
    """How a scenario shows ticks and cents. No `clock`: no times; no `start_date`: days by number."""

    decimals: int
    ticks_per_day: int
    num_days: int
    clock: DayClock | None
    start_date: datetime.date | None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self:
        """Return the labels of a scenario given as plain values."""
        date = config.get("start_date")
        return cls(
            decimals=(config.get("currency") or {}).get("decimals", 2),
            ticks_per_day=config["ticks_per_day"],
            num_days=config.get("num_days") or 1,
            clock=DayClock.of(config),
            start_date=datetime.date.fromisoformat(date) if date else None,
        )


@dataclass(frozen=True)
class Rows:
    """What is exported: a table function or subquery, what it binds, and the files it reads."""

    source: str
    bound: Mapping[str, Any]
    paths: Sequence[Path]


def stored_rows(run_id: uuid.UUID | str, kind: Kind, names: Sequence[str]) -> Rows:
    """Return the rows of one kind in the parts `names` of a run."""
    paths, source = source_of(run_id, kind, names)
    return Rows(source, bound_of(kind, paths), paths)


def part_rows(kind: Kind, paths: Sequence[Path]) -> Rows:
    """Return the rows of one kind in files that belong to no stored run."""
    return Rows(source_of_files(kind), bound_of(kind, paths), paths)


def export(rows: Rows, target: Path, form: Format, labels: Labels) -> None:
    """Write rows to a file. `excel` is CSV with `;` and a decimal comma."""
    with connect([*rows.paths, target]) as connection:
        described = connection.execute(f"DESCRIBE SELECT * FROM {rows.source}", dict(rows.bound)).fetchall()
        types = {row[0]: row[1] for row in described if row[0] != "part"}
        columns = ", ".join(term for name, kind in types.items() for term in _terms(name, kind, labels, form))
        options = {
            "parquet": "FORMAT parquet, COMPRESSION zstd",
            "csv": "FORMAT csv, HEADER",
            "excel": "FORMAT csv, HEADER, DELIMITER ';'",
        }[form]
        quoted = str(target).replace("'", "''")
        statement = f"COPY (SELECT {columns} FROM {rows.source}) TO '{quoted}' ({options})"
        connection.execute(statement, dict(rows.bound)).fetchall()


def _terms(name: str, kind: str, labels: Labels, form: Format) -> list[str]:
    """Return the column and, beside it, its clock time or its currency units."""
    terms = [f'"{name}"']
    if kind == "DOUBLE" and form == "excel":
        terms = [f"replace(CAST(\"{name}\" AS VARCHAR), '.', ',') AS \"{name}\""]
    if name in _TICKS and labels.clock is not None:
        beside = name.removesuffix("tick") + "time"
        terms.append(f'{_time(name, labels, labels.clock)} AS "{beside}"')
    if _is_money(name, kind):
        exact = f"CAST(\"{name}\" AS DECIMAL(20, 0)) * CAST('{_unit(labels.decimals)}' AS DECIMAL(7, 6))"
        units = f"CAST({exact} AS DECIMAL(26, {labels.decimals}))"
        if form == "excel":
            units = f"replace(CAST({units} AS VARCHAR), '.', ',')"
        terms.append(f'{units} AS "{name}_units"')
    return terms


def _is_money(name: str, kind: str) -> bool:
    """Whether a column holds cents. Means and bands may lie between two; their units are of the nearest."""
    series = _BAND.sub("", name)
    if kind == "DOUBLE" and series == name:
        return name in _MEANS
    return series in _MONEY or series.startswith(("cost_", "balance:"))


def _unit(decimals: int) -> str:
    return f"{1 / 10**decimals:.6f}"


def _time(name: str, labels: Labels, clock: DayClock) -> str:
    """Return the SQL of the time at which a tick begins; null where there is none."""
    tick = f'CASE WHEN "{name}" >= 0 THEN "{name}"::BIGINT END'
    day = f"({tick}) // {labels.ticks_per_day}"
    since = f"(({tick}) % {labels.ticks_per_day}) * {clock.end - clock.start} // {clock.ticks_per_day}"
    seconds = f"{clock.start} + {since}"
    time = f"strftime(make_timestamp(({seconds}) * 1000000), '%H:%M:%S')"
    if labels.start_date is not None:
        return f"strftime(DATE '{labels.start_date}' + ({day})::INTEGER, '%Y-%m-%d ') || {time}"
    return time if labels.num_days == 1 else f"'day ' || ({day}) || ' ' || {time}"
