"""Measures as a table: a column a measure; a row a run or, of a run whole, also a row a day and a bank."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from simulations.models import Run
from simulations.results import stored
from simulations.results.catalogue import MEASURES
from simulations.results.intraday import THROUGHPUT

Table = dict[str, list[object]]
"""Columns by name, in their order and of one length; money in minor units."""


def table_of(runs: Iterable[Run], *, whole: bool = False) -> Table:
    """Return the measures of runs; `whole` adds `day` (null: all days) and `bank` (null: the system)."""
    rows = [row for run in runs for row in _rows(run, whole)]
    # Runs of other days have other hours and rails: a column stands where the first row has it.
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


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
    values = stored.measures_of(run)
    if not whole:
        yield {**facts, **_figures(values)}
        return
    yield {**facts, "day": None, "bank": None, **_figures(values)}
    for day, figures in enumerate(values.get("days", ())):
        yield {**facts, "day": day, "bank": None, **_figures(figures)}
    for bank, figures in stored.banks_of(run).items():
        yield {**facts, "day": None, "bank": bank, **_figures(stored.as_system(figures))}


def _figures(values: Mapping[str, Any]) -> dict[str, object]:
    """Return every measure, then throughput by hour and what each rail is stuck in."""
    by_hour: Mapping[str, float | None] = values.get(THROUGHPUT.key, {})
    stuck: Mapping[str, str] = values.get("stuck", {})
    return {
        **{measure.key: measure.of(values) for measure in MEASURES},
        **{f"{THROUGHPUT.key}.{by}": share for by, share in by_hour.items()},
        **{f"stuck.{rail}": how for rail, how in stuck.items()},
    }
