"""What crossing into the engine costs: one `tick()`, one `advance(1)`, and `advance` over the same ticks.

Prints one JSON object: microseconds per tick, median of five after one warm-up, of 12 banks that do
nothing and of 12 banks with arrivals.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from simulations.engine.rust_backend import RustBackend

TICKS = 20_000
ROUNDS = 5


def scenario(rate: float | None) -> dict[str, Any]:
    """Twelve banks; with a rate each of them sends."""
    arrivals = {"distribution_type": "lognormal", "amount_mean": 100_000, "amount_std_dev": 30_000}
    agents = [
        {"id": f"B{number:02d}", "balance": 10_000_000}
        | ({"arrival_config": {"rate_per_tick": rate, **arrivals}} if rate else {})
        for number in range(12)
    ]
    return {"ticks_per_day": TICKS, "seed": 1, "agents": agents}


def tick_by_tick(backend: RustBackend) -> None:
    """Cross once a tick and take the whole tick result."""
    for _ in range(TICKS):
        backend.tick()


def advance_by_one(backend: RustBackend) -> None:
    """Cross once a tick and take the sums."""
    for _ in range(TICKS):
        backend.advance(1)


def advance_whole(backend: RustBackend) -> None:
    """Cross once."""
    backend.advance(TICKS)


def microseconds_a_tick(work: Callable[[RustBackend], None], rate: float | None) -> dict[str, float]:
    """Return the median of five rounds on fresh runs, and the first, cold one."""
    times = []
    for _ in range(ROUNDS + 1):
        backend = RustBackend(scenario(rate))
        started = time.perf_counter()
        work(backend)
        times.append((time.perf_counter() - started) / TICKS * 1e6)
    return {"cold": times[0], "warm_median": statistics.median(times[1:])}


def main() -> None:
    """Measure all three ways, idle and busy."""
    result = {
        f"{work.__name__}_{name}_us": microseconds_a_tick(work, rate)
        for work in (tick_by_tick, advance_by_one, advance_whole)
        for name, rate in (("idle", None), ("busy", 0.5))
    }
    json.dump(result, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
