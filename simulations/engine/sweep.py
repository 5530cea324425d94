"""One scenario with many seeds, several at a time: a row of measures for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulations.engine.protocol import PaymentColumns
from simulations.engine.rust_backend import RustBackend

MEASURES = (
    *("arrived_count", "arrived_value", "settled_count", "settled_value", "settlement_rate_count"),
    *("settlement_rate_value", "average_delay", "maximum_delay", "rho", "queue_length_max"),
    *("liquidity_used_total", "turnover", "stuck_ticks"),
)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_TICKS = 100_000


@dataclass(frozen=True)
class Outcome:
    """What one seed gave: `measures` by the names of `metrics()`, and `cost`, cents of all kinds."""

    seed: int
    measures: dict[str, float | None]
    digest: str


def outcomes(
    config: Mapping[str, Any],
    payments: PaymentColumns | None,
    seeds: Iterable[int],
    *,
    threads: int = 1,
    ticks: int | None = None,
) -> Iterator[Outcome]:
    """Run a config once for each seed and yield the outcomes in the order of the seeds.

    The engine lets go of the interpreter while it runs, so that `threads` runs go on at the same time.
    """

    def play(seed: int) -> Outcome:
        backend = RustBackend({**config, "seed": seed}, payments, run=f"seed {seed}")
        left = ticks if ticks is not None else 2**32
        while left > 0:
            result = backend.advance(min(left, _TICKS))
            backend.drain()
            left -= result["ticks"]
            if result["finished"]:
                break
        metrics = backend.metrics()
        measures = {name: metrics[name] for name in MEASURES} | {"cost": sum(metrics["costs"].values())}
        return Outcome(seed, measures, backend.digest())

    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(play, seeds)


def quantiles(found: Iterable[Outcome]) -> dict[str, dict[str, float | None]]:
    """Return mean and quantiles (`q05` … `q95`) of each measure; seeds where it is null are left out."""
    rows = list(found)
    table: dict[str, dict[str, float | None]] = {}
    for name in (*MEASURES, "cost"):
        found_values = (row.measures[name] for row in rows)
        values = np.array([value for value in found_values if value is not None], dtype=float)
        names = ["mean", *(f"q{round(share * 100):02}" for share in QUANTILES)]
        if not len(values):
            table[name] = dict.fromkeys(names)
            continue
        figures = [np.mean(values), *np.quantile(values, QUANTILES)]
        table[name] = {key: float(figure) for key, figure in zip(names, figures, strict=True)}
    return table
