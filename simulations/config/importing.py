"""Payment files into columns. DuckDB reads, types and checks; no payment becomes a Python object.

Two layouts, told apart by the header: ours (`id,sender,receiver,amount,arrival_tick|time…`, integer cents)
and the central banks' research layout (`ID,date,time,value,from,to`, decimal currency units). A file is taken
whole or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from simulations.config.clock import DayClock
from simulations.config.liquidity import liquidity_bounds
from simulations.config.payment_checks import Terms, column, make_types, read_csv
from simulations.config.payment_file import (
    BadRow,
    Layout,
    PaymentFileRefused,
    read_layout,
    records,
    refuse,
    scan,
)
from simulations.config.payment_rows import Columns, read_rows
from simulations.config.values import MAX_TOTAL
from simulations.duck import Stopped, Watch, connect, watched

__all__ = [
    "BadRow",
    "Columns",
    "FileFacts",
    "Participant",
    "PaymentFileRefused",
    "Stopped",
    "Watch",
    "inspect",
    "openings",
    "read_participants",
    "read_payments",
    "watched",
]

_AGENT_ID = "[A-Z0-9_]{1,32}"


def read_payments(  # noqa: PLR0913 (each one is a fact of the scenario, by name)
    path: Path,
    *,
    agents: Sequence[str],
    rails: Sequence[str],
    clock: DayClock | None,
    ticks_per_day: int,
    num_days: int,
    decimals: int = 2,
) -> Columns:
    """Return the payments of a file as columns for the engine, or raise `PaymentFileRefused`.

    `sender`, `receiver` and `rail` are indices into `agents` and `rails`; `amount` is cents; ticks count from
    the start of the run; -1 = no deadline, no rail; ids are `id_bytes`, `id_offsets`. Rows with clock times
    are in order of day, time and line, others as in the file. `decimals` are the currency's.
    """
    scan(path)
    layout = read_layout(path)
    if layout.has("time") and clock is None:
        raise refuse("clock times need day_start and day_end in the scenario; set both", layout.skip)
    terms = Terms(agents, rails, clock, ticks_per_day, num_days, decimals)
    with connect([path]) as connection:
        make_types(connection, terms)
        rows = read_rows(connection, path, layout, terms)
    return {name: values for name, values in rows.items() if name not in ("us", "day")}


@dataclass(frozen=True)
class FileFacts:
    """What a payment file holds. Money in cents; `upper` and `lower` are UB and LB by bank, maxima over days.

    Times are clock labels as in the file, or None where it has ticks.
    """

    dialect: str
    rows: int
    banks: list[str]
    days: int
    value: int
    first_time: str | None
    last_time: str | None
    upper: dict[str, int]
    lower: dict[str, int]


def inspect(path: Path, *, decimals: int = 2, ticks_per_day: int | None = None) -> FileFacts:
    """Return the facts of a payment file, whatever the scenario; raise `PaymentFileRefused` if a row is bad.

    `ticks_per_day` tells the days of a file with arrival ticks apart; without it they are one day.
    """
    scan(path)
    layout = read_layout(path)
    with connect([path]) as connection:
        banks = _banks(connection, path, layout)
        terms = Terms(banks or ["NONE"], None, None, ticks_per_day, None, decimals)
        make_types(connection, terms)
        rows = read_rows(connection, path, layout, terms)
    return _facts(rows, layout, banks, ticks_per_day)


def _banks(connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout) -> list[str]:
    """Return the ids of all banks in a file, sorted; texts that are no ids are left to the row checks."""
    sender, receiver = column(layout, "sender"), column(layout, "receiver")
    found = connection.execute(
        f"""SELECT DISTINCT bank
        FROM (SELECT unnest([{sender}, {receiver}]) AS bank FROM {read_csv(layout, "skip")})
        WHERE regexp_full_match(bank, '{_AGENT_ID}') ORDER BY bank LIMIT 10001""",
        {"path": str(path)},
    ).fetchall()
    if len(found) > 10_000:
        raise refuse("the file names more than 10,000 banks")
    return [bank for (bank,) in found]


def _facts(rows: Columns, layout: Layout, banks: list[str], ticks_per_day: int | None) -> FileFacts:
    value = _sum(rows["amount"])
    if value > MAX_TOTAL:
        raise refuse(f"the payments sum to {value:,} cents; at most {MAX_TOTAL:,} are run, so split the file")
    timed = layout.has("time")
    day = rows["day"] if timed else rows["arrival_tick"] // (ticks_per_day or 86_400 * 366)
    upper, lower = liquidity_bounds(rows["sender"], rows["receiver"], rows["amount"], day, len(banks))
    return FileFacts(
        dialect=layout.dialect,
        rows=len(rows["amount"]),
        banks=banks,
        days=int(day.max()) + 1,
        value=value,
        first_time=_clock_text(int(rows["us"].min())) if timed else None,
        last_time=_clock_text(int(rows["us"].max())) if timed else None,
        upper=dict(zip(banks, upper.tolist(), strict=True)),
        lower=dict(zip(banks, lower.tolist(), strict=True)),
    )


def _sum(amount: NDArray[np.int64]) -> int:
    """Return the sum of cents, which may be more than 64 bits hold, exactly."""
    low = 2**32
    return int((amount // low).sum()) * low + int((amount % low).sum())


def _clock_text(micros: int) -> str:
    seconds = micros // 1_000_000
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def openings(facts: FileFacts, fraction: float) -> dict[str, int]:
    """Return opening balances by bank of a file; see `between`."""
    return between(facts.lower, facts.upper, fraction)


def between(lower: Mapping[str, int], upper: Mapping[str, int], fraction: float) -> dict[str, int]:
    """Return LB + fraction·(UB - LB) by bank, in whole cents, rounded down; raise ValueError outside 0..1.

    1 = UB, with which every payment settles as it arrives; 0 = LB, with which it can all settle at the end.
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction must be from 0 to 1, found {fraction}")
    billionths = round(fraction * 10**9)
    return {bank: low + (upper[bank] - low) * billionths // 10**9 for bank, low in lower.items()}


@dataclass(frozen=True)
class Participant:
    """A row of a participants file; cents."""

    id: str
    balance: int
    credit_limit: int


def read_participants(path: Path) -> list[Participant]:
    """Return the banks of a participants file (`id,balance,credit_limit`), or raise `PaymentFileRefused`."""
    lines = scan(path)
    layout = read_layout(path, required=("id", "balance", "credit_limit"))
    if lines > 1_000_000:
        raise refuse("a participants file has at most 10,000 banks; this one has more lines than that")
    participants: dict[str, Participant] = {}
    bad: list[BadRow] = []
    for line, fields in records(path, layout):
        problem = _participant_problem(layout, fields, participants)
        if problem:
            bad.append(BadRow(line, problem))
            continue
        values = dict(zip(layout.columns, fields, strict=True))
        bank = Participant(values["id"], int(values["balance"]), int(values["credit_limit"]))
        participants[bank.id] = bank
    if bad:
        raise PaymentFileRefused(bad[:100], len(bad))
    if not 1 <= len(participants) <= 10_000:
        raise refuse(f"the file has {len(participants):,} banks; 1 to 10,000 are read")
    return list(participants.values())


def _participant_problem(layout: Layout, fields: list[str], seen: dict[str, Participant]) -> str | None:
    if len(fields) != len(layout.columns):
        return f"{len(fields)} fields, {len(layout.columns)} are expected"
    values = dict(zip(layout.columns, fields, strict=True))
    if re.fullmatch(_AGENT_ID, values["id"]) is None:
        return f'id must be 1 to 32 of A-Z, 0-9 and _, found "{values["id"][:60]}"'
    if values["id"] in seen:
        return f'id "{values["id"]}" stands in an earlier row, too'
    if re.fullmatch("-?[0-9]{1,18}", values["balance"]) is None:
        return f'balance must be an integer of cents, found "{values["balance"][:60]}"'
    if re.fullmatch("[0-9]{1,18}", values["credit_limit"]) is None:
        return f'credit_limit must be an integer of cents, at least 0, found "{values["credit_limit"][:60]}"'
    return None
