"""What each row of a payment file must be: the SQL that types and checks it, and words for what is wrong.

Torn rows raise where good rows are taken ("raise"), and are kept apart where bad ones are told ("keep").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from simulations.config.clock import DayClock
from simulations.config.payment_file import MAX_ROWS_TOLD, BadRow, Layout, PaymentFileRefused, records

MAX_AMOUNT = 10**15
_MAX_DEADLINE = 2**32 - 2
# With more torn rows than this, only they are told: DuckDB takes 40 µs for each.
_MAX_TORN = 1_000
_WRONG = (
    *("sender", "receiver", "self", "amount", "time", "outside", "date", "day", "arrival_tick", "rail"),
    *("deadline_tick", "deadline_before", "priority", "divisible", "id", "duplicate"),
)
_CLOCK = r"([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


@dataclass(frozen=True)
class Terms:
    """What the scenario asks of a file. `agents` None: any bank; `num_days` None: any number of days."""

    agents: Sequence[str]
    rails: Sequence[str] | None
    clock: DayClock | None
    ticks_per_day: int | None
    num_days: int | None
    decimals: int

    @property
    def ticks(self) -> int:
        """Ticks of the run; without a scenario, more than any run has."""
        if self.ticks_per_day is None or self.num_days is None:
            return 86_400 * 366
        return self.ticks_per_day * self.num_days


def column(layout: Layout, name: str) -> str:
    """Return the quoted name of a column in this layout, or NULL if the file has none."""
    if layout.dialect == "research":
        name = {"sender": "from", "receiver": "to", "amount": "value"}.get(name, name)
    return f'"{name}"' if layout.has(name) else "NULL"


def read_csv(layout: Layout, torn: Literal["raise", "keep", "skip"]) -> str:
    """Return the table function that reads the file bound to $path as text columns.

    A torn row (too few fields, too many, an open quote) raises, is kept in `reject_errors`, or is skipped.
    """
    names = ", ".join(f"'{name}': 'VARCHAR'" for name in layout.columns)
    rejects = {"raise": "ignore_errors=false", "keep": "store_rejects=true", "skip": "ignore_errors=true"}[
        torn
    ]
    return (
        f"read_csv($path, columns={{{names}}}, auto_detect=false, header=false, skip={layout.skip}, "
        f"delim='{layout.delimiter}', quote='\"', escape='\"', strict_mode=true, null_padding=false, "
        f"max_line_size=1048576, {rejects})"
    )


def make_types(connection: duckdb.DuckDBPyConnection, terms: Terms) -> None:
    """Declare banks, rails and faults as enumerations, so that text becomes an index while it is read."""
    lists = {"bank": terms.agents, "rail_name": terms.rails or ["RTGS"], "wrong": _WRONG}
    types = []
    for name, members in lists.items():
        quoted = ", ".join("'" + member.replace("'", "''") + "'" for member in members)
        types.append(f"CREATE TYPE {name} AS ENUM ({quoted})")
    connection.execute("; ".join(types))


def _whole(text: str, digits: int = 18) -> str:
    """Return the SQL of a whole number, NULL if the text is none; the pattern is for leading zeros only."""
    number = f"TRY_CAST({text} AS BIGINT)"
    plain = f"CAST({number} AS VARCHAR) = {text} AND {number} >= 0"
    padded = f"regexp_full_match({text}, '[0-9]{{1,{digits}}}')"
    return f"CASE WHEN {plain} THEN {number} WHEN {padded} THEN CAST({text} AS BIGINT) END"


def _date(layout: Layout) -> str:
    text = column(layout, "date")
    return f"CASE WHEN regexp_full_match({text}, '{_DATE}') THEN TRY_CAST({text} AS DATE) END"


def typed_rows(layout: Layout, terms: Terms, torn: Literal["raise", "keep"]) -> str:
    """Return the SELECT that gives each row the values of the columns it has, NULL where one is no good.

    Rows are numbered, as `k`, only to be told: it takes one thread alone.
    """
    time, divisible = column(layout, "time"), column(layout, "divisible")
    clock = f"regexp_full_match({time}, '{_CLOCK}')"
    words = "WHEN 'true' THEN 1 WHEN '1' THEN 1 WHEN 'false' THEN 0 WHEN '0' THEN 0"
    # Name, the column of the file without which there is none, SQL.
    values = [
        ("sender", "", _index(layout, "sender", "bank")),
        ("receiver", "", _index(layout, "receiver", "bank")),
        ("amount", "", _cents(layout, terms)),
        ("id", "id", column(layout, "id")),
        ("us", "time", f"CASE WHEN {clock} THEN epoch_us(CAST({time} AS TIME)) END"),
        ("date", "date", _date(layout)),
        ("day", "time", _day(layout)),
        ("arrival", "arrival_tick", _whole(column(layout, "arrival_tick"))),
        ("deadline", "deadline_tick", _whole(column(layout, "deadline_tick"))),
        ("priority", "priority", _whole(column(layout, "priority"), 2)),
        ("rail", "rail", _index(layout, "rail", "rail_name")),
        ("divisible", "divisible", f"CASE lower({divisible}) {words} END"),
    ]
    values += [
        (f"has_{name}", name, f"{column(layout, name)} IS NOT NULL")
        for name in ("deadline_tick", "priority", "rail", "divisible")
    ]
    if torn == "keep":
        values.append(("k", "", "row_number() OVER () - 1"))
    chosen = ", ".join(f"{sql} AS {name}" for name, needs, sql in values if not needs or layout.has(needs))
    return f"SELECT {chosen} FROM {read_csv(layout, torn)}"


def _day(layout: Layout) -> str:
    if layout.has("date"):
        return f"list_position($dates, {_date(layout)}) - 1"
    return _whole(column(layout, "day"), 4) if layout.has("day") else "0"


def _index(layout: Layout, name: str, enumeration: str) -> str:
    return f"TRY_CAST({column(layout, name)} AS {enumeration})"


def _cents(layout: Layout, terms: Terms) -> str:
    amount = column(layout, "amount")
    if layout.dialect != "research":
        return _whole(amount)
    number = f"replace({amount}, ',', '.')" if layout.delimiter == ";" else amount
    places = f"[0-9]{{1,{terms.decimals}}}0*" if terms.decimals else "0+"
    exact = f"CAST({number} AS DECIMAL(28, {terms.decimals})) * {10**terms.decimals}"
    good = rf"regexp_full_match({number}, '[0-9]{{1,16}}(\.{places})?')"
    return f"CASE WHEN {good} THEN TRY_CAST({exact} AS BIGINT) END"


def bound_values(connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout) -> dict[str, Any]:
    """Return what `checked_rows` leaves open: the file, and in a file with dates the days it has."""
    bound: dict[str, Any] = {"path": str(path)}
    if layout.has("date"):
        days = f"SELECT {_date(layout)} AS day FROM {read_csv(layout, 'skip')}"
        found = connection.execute(f"SELECT list(DISTINCT day ORDER BY day) FROM ({days})", bound)
        bound["dates"] = found.fetchall()[0][0] or []
    return bound


def refuse_if_many_are_torn(path: Path, layout: Layout) -> None:
    width, total = len(layout.columns), 0
    told: list[BadRow] = []
    for line, fields in records(path, layout):
        if len(fields) != width:
            total += 1
            if len(told) < MAX_ROWS_TOLD:
                told.append(BadRow(line, f"{len(fields)} fields, the header has {width}"))
    if total > _MAX_TORN:
        raise PaymentFileRefused(told, total)


def arrival(layout: Layout, terms: Terms) -> str:
    """Return the SQL of a typed row's arrival tick."""
    if not layout.has("time"):
        return "arrival"
    if terms.clock is None:
        return "day * 86400 + us // 1000000"
    span = (terms.clock.end - terms.clock.start) * 1_000_000
    since = f"(us - {terms.clock.start * 1_000_000})"
    return f"day * {terms.clock.ticks_per_day} + {since} * {terms.clock.ticks_per_day} // {span}"


def tests(layout: Layout, terms: Terms) -> dict[str, str]:
    """Return the tests a typed row must not meet; the first it meets names what is wrong with it.

    Ids are looked at elsewhere: `packed_ids` tells in no time whether all are good.
    """
    found = {
        "sender": "sender IS NULL",
        "receiver": "receiver IS NULL",
        "self": "sender = receiver",
        "amount": f"amount IS NULL OR amount NOT BETWEEN 1 AND {MAX_AMOUNT}",
    }
    if layout.has("time"):
        found["time"] = "us IS NULL"
        if terms.clock is not None:
            low, high = terms.clock.start * 1_000_000, terms.clock.end * 1_000_000
            found["outside"] = f"us < {low} OR us >= {high}"
        if layout.has("date"):
            found["date"] = "date IS NULL"
        if layout.has("date") or layout.has("day"):
            found["day"] = (
                "day IS NULL" if terms.num_days is None else f"coalesce(day, 1e9) >= {terms.num_days}"
            )
    else:
        found["arrival_tick"] = f"arrival IS NULL OR arrival >= {terms.ticks}"
    if layout.has("deadline_tick"):
        found["deadline_tick"] = f"has_deadline_tick AND (deadline IS NULL OR deadline > {_MAX_DEADLINE})"
        found["deadline_before"] = f"deadline < ({arrival(layout, terms)})"
    if layout.has("priority"):
        found["priority"] = "has_priority AND (priority IS NULL OR priority > 10)"
    if layout.has("rail") and terms.rails is not None:
        found["rail"] = "has_rail AND rail IS NULL"
    if layout.has("divisible"):
        found["divisible"] = "has_divisible AND divisible IS NULL"
    return found


def refuse_bad_rows(
    connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout, terms: Terms, bound: dict[str, Any]
) -> None:
    """Read a file again and raise `PaymentFileRefused` if a row is bad, repeats an id or cannot be read."""
    named = tests(layout, terms)
    if layout.has("id"):
        named["id"] = "id IS NOT NULL AND NOT regexp_full_match(id, '[A-Za-z0-9_.:-]{1,64}')"
    wrong = " ".join(f"WHEN {test} THEN '{name}'" for name, test in named.items())
    identity = "id" if layout.has("id") else "NULL::VARCHAR AS id"
    connection.execute(
        f"""CREATE TABLE checked AS SELECT k, {identity}, CAST(CASE {wrong} END AS wrong) AS bad
        FROM ({typed_rows(layout, terms, "keep")})""",
        bound,
    )
    torn = _torn_rows(connection)
    wrong, repeated = connection.execute(
        "SELECT count(bad), count(id) - count(DISTINCT id) FROM checked"
    ).fetchall()[0]
    if not torn and not wrong and not repeated:
        return
    if repeated:
        connection.execute(
            """UPDATE checked SET bad = 'duplicate' WHERE bad IS NULL AND k IN (SELECT k FROM checked
            WHERE id IS NOT NULL QUALIFY row_number() OVER (PARTITION BY id ORDER BY k) > 1)"""
        )
        wrong = connection.execute("SELECT count(bad) FROM checked").fetchall()[0][0]
    first = connection.execute(
        "SELECT k, bad FROM checked WHERE bad IS NOT NULL ORDER BY k LIMIT $most", {"most": MAX_ROWS_TOLD}
    ).fetchall()
    told = torn + _with_lines(path, layout, terms, dict(first))
    told.sort(key=lambda row: row.line)
    raise PaymentFileRefused(told[:MAX_ROWS_TOLD], wrong + len(torn))


def _with_lines(path: Path, layout: Layout, terms: Terms, bad: dict[int, str]) -> list[BadRow]:
    """Find the lines of rows by their number among those that could be read."""
    told: list[BadRow] = []
    k = 0
    for line, fields in records(path, layout):
        if len(told) == len(bad):
            break
        if len(fields) != len(layout.columns):
            continue
        if k in bad:
            values = dict(zip(layout.columns, fields, strict=True))
            told.append(BadRow(line, _reason(bad[k], values, layout, terms)))
        k += 1
    return told


def _torn_rows(connection: duckdb.DuckDBPyConnection) -> list[BadRow]:
    tables = connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'").fetchall()
    if not tables:
        return []
    rows = connection.execute("SELECT line, min(error_message) FROM reject_errors GROUP BY line").fetchall()
    return [BadRow(line, f"not a row of this file: {' '.join(text.split()).lower()}") for line, text in rows]


def _reason(code: str, values: dict[str, str], layout: Layout, terms: Terms) -> str:
    """Say in words what is wrong with a row."""
    name = column(layout, {"self": "sender", "outside": "time", "duplicate": "id"}.get(code, code))
    if code == "deadline_before":
        name = '"deadline_tick"'
    key = name.strip('"')
    found = values.get(key, "")
    shown = f'"{found[:60]}"' if found else "nothing"
    unit = f"an amount above 0 with at most {terms.decimals} decimal places"
    cents = f"an integer of cents from 1 to {MAX_AMOUNT}"
    clock = terms.clock
    sentences = {
        "sender": f"{key} {shown} is no bank of the scenario",
        "receiver": f"{key} {shown} is no bank of the scenario",
        "self": f"bank {shown} pays itself",
        "amount": f"{key} must be {unit if layout.dialect == 'research' else cents}, found {shown}",
        "time": f"time must be HH:MM or HH:MM:SS, found {shown}",
        "outside": f"time {found} is outside the day"
        if clock is None
        else f"time {found} is outside the day, "
        f"{clock.label(0)} to {clock.end // 3600:02}:{clock.end // 60 % 60:02}",
        "date": f"date must be YYYY-MM-DD, found {shown}",
        "day": f"day {shown} is beyond the {terms.num_days} days of the scenario",
        "arrival_tick": f"arrival_tick must be an integer from 0 to {terms.ticks - 1}, found {shown}",
        "deadline_tick": f"deadline_tick must be an integer, found {shown}",
        "deadline_before": f"deadline_tick {found} is before the arrival",
        "priority": f"priority must be an integer from 0 to 10, found {shown}",
        "rail": f"rail {shown} is no rail of the scenario",
        "divisible": f"divisible must be true or false, found {shown}",
        "id": f"id must be 1 to 64 of A-Z, a-z, 0-9, _, ., : and -, found {shown}",
        "duplicate": f"id {shown} stands in an earlier row, too",
    }
    return sentences[code]
