"""One scenario with many seeds: a row of measures for each, how they spread, and bands over time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from payment_simulator_core_rs import Cancelled, Progress, simulate_many

from simulations.engine.protocol import PaymentColumns

__all__ = [
    "BANDS",
    "BAND_BANKS",
    "BAND_POINTS",
    "QUANTILES",
    "Cancelled",
    "Plan",
    "Progress",
    "Sweep",
    "sweep",
]

# Rows of each band, and their shares of the seeds.
QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
BANDS = (
    *("queue_depth", "queue_value", "pending", "arrived_value_total", "settled_value_total", "cost_total"),
    "throughput",
)
# Of bands that people look at: as many points as a chart is wide, and banks as a run's page shows.
BAND_POINTS = 600
BAND_BANKS = 10


@dataclass(frozen=True)
class Plan:
    """Which seeds, how many at a time, over how many ticks (None: all), with bands of how many points.

    `banks`: of how many banks balances have bands, too; of all if there are no more, else of those that sent
    and received most with the first seed. What the seeds trace takes seeds · points · series · 8 bytes, at
    most 96 MiB: with very many seeds there are fewer points.
    """

    seeds: Iterable[int]
    threads: int = 1
    ticks: int | None = None
    points: int = 0
    banks: int = 0


@dataclass(frozen=True)
class Sweep:
    """What the seeds gave, in their order.

    `measures`: by name a column, int64 for counts and cents, else float64, NaN for null. `summary`: by the
    same names `count, mean, standard_deviation, standard_error, minimum, q05 … q95, maximum`. `bands`: `tick`
    and, for each of `BANDS` and `balance:<ID>` in the order of the scenario, an array of five rows, one a
    quantile; `throughput` over the seeds that settled something, NaN if none did. `digests` are those of
    single runs.
    """

    seeds: NDArray[Any]
    digests: list[str]
    measures: dict[str, NDArray[Any]]
    summary: dict[str, dict[str, float | None]]
    bands: dict[str, NDArray[Any]]

    def rows(self) -> list[dict[str, Any]]:
        """Return one plain dict a seed: `seed`, the measures (None for null), `digest`."""
        columns = {name: column.tolist() for name, column in self.measures.items()}
        return [
            {
                "seed": seed,
                **{name: _or_none(column[at]) for name, column in columns.items()},
                "digest": digest,
            }
            for at, (seed, digest) in enumerate(zip(self.seeds.tolist(), self.digests, strict=True))
        ]


def sweep(
    config: Mapping[str, Any],
    payments: PaymentColumns | None,
    plan: Plan,
    progress: Progress | None = None,
) -> Sweep:
    """Run a config once for each seed of the plan, in one call of the core without the interpreter.

    `progress` counts the seeds that are done, and cancels. ValueError: the config or the seeds are refused,
    with `.faults`; RuntimeError: a run failed, its seed is named; Cancelled.
    """
    columns = dict(payments) if payments is not None else None
    found = simulate_many(
        dict(config), plan.seeds, None, plan.threads, columns, plan.ticks, plan.points, progress, plan.banks
    )
    return Sweep(
        seeds=found["seed"],
        digests=found["digest"],
        measures=found["measures"],
        summary=found["summary"],
        bands=found["bands"],
    )


def _or_none(value: float) -> float | None:
    return None if isinstance(value, float) and math.isnan(value) else value
