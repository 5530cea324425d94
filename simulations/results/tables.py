"""Measures as a table: a column a measure; a row a run or, of a run whole, also a row a day and a bank."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from simulations.models import Run
from simulations.results import stored
from simulations.results.catalogue import GROUPS, MEASURES, SUMS
from simulations.results.intraday import BCBS_248, THROUGHPUT
from simulations.results.measures import Measure

STUCK = Measure(
    "stuck",
    "Stuck in",
    "text",
    "Of each rail on which something is queued at the end: gridlock or deadlock.",
    "Gridlock if resolution would settle some of it now, deadlock if only money from elsewhere helps.",
)
STUCK_SOURCE = ("Bech and Soramäki, Bank of Finland Discussion Papers 9/2001.", "")
Table = dict[str, list[Any]]
"""Columns by name, in their order and of one length."""

UNITS = {
    "money": "minor units of the currency; in `_units` units of it",
    "share": "share, 0 to 1",
    "ticks": "ticks",
    "count": "count",
    "sum": "exact sum",
    "text": "word",
}


def table_of(runs: Iterable[Run], *, whole: bool = False) -> Table:
    """Return the measures of runs, money in minor units and in `<measure>_units` in units of its currency.

    `whole` adds `day` (null: all days) and `bank` (null: the system): a row for the run, each day, each bank,
    and each bank on each day.
    """
    rows = [row for run in runs for row in _rows(run, whole)]
    # Runs of other days have other hours and rails: a column stands where the first row has it.
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def definitions() -> Table:
    """Return what each column of `table_of` says: a row a measure, with its definition and source."""
    rows = [(measure, group.source, group.address) for group in GROUPS for measure in group.measures]
    rows += [(measure, "", "") for measure in SUMS]
    rows += [(THROUGHPUT, BCBS_248.source, BCBS_248.address), (STUCK, *STUCK_SOURCE)]
    return {
        "measure": [measure.key for measure, _, _ in rows],
        "label": [measure.label for measure, _, _ in rows],
        "unit": [UNITS.get(measure.unit, "number") for measure, _, _ in rows],
        "what": [measure.explanation for measure, _, _ in rows],
        "definition": [measure.formula for measure, _, _ in rows],
        "source": [source for _, source, _ in rows],
        "address": [address for _, _, address in rows],
    }


def _rows(run: Run, whole: bool) -> Iterator[dict[str, object]]:
    facts = {
        "run": str(run.pk),
        "name": run.name,
        "scenario": run.scenario_name,
        "seed": run.seed,
        "liquidity_percent": run.liquidity_percent,
        "status": run.status,
        "digest": run.digest,
        "currency": run.currency_code,
    }
    values, decimals = stored.measures_of(run), run.currency_decimals
    if not whole:
        yield {**facts, **_figures(values, decimals)}
        return
    days = values.get("days", ())
    banks = stored.banks_of(run)
    yield {**facts, "day": None, "bank": None, **_figures(values, decimals)}
    for day, figures in enumerate(days):
        yield {**facts, "day": day, "bank": None, **_figures(figures, decimals)}
    for bank, figures in banks.items():
        yield {**facts, "day": None, "bank": bank, **_figures(stored.as_system(figures), decimals)}
    for day, figures in enumerate(days):
        for bank in banks:
            of_day = stored.as_system(stored.of_bank(figures, bank))
            yield {**facts, "day": day, "bank": bank, **_figures(of_day, decimals)}


def _figures(values: Mapping[str, Any], decimals: int) -> dict[str, object]:
    """Return every measure, then throughput by hour and what each rail is stuck in."""
    by_hour: Mapping[str, float | None] = values.get(THROUGHPUT.key, {})
    stuck: Mapping[str, str] = values.get("stuck", {})
    found: dict[str, object] = {}
    for measure in (*MEASURES, *SUMS):
        value = found[measure.key] = measure.of(values)
        if measure.unit == "money":
            found[f"{measure.key}_units"] = in_units(value, decimals)
    return {
        **found,
        **{f"{THROUGHPUT.key}.{by}": share for by, share in by_hour.items()},
        **{f"stuck.{rail}": how for rail, how in stuck.items()},
    }


def in_units(value: float | None, decimals: int) -> Decimal | None:
    """Return an amount in units of its currency: exact, but for means, which are rounded half up."""
    if value is None:
        return None
    whole = Decimal(value).to_integral_value("ROUND_HALF_UP")
    return whole.scaleb(-decimals)
