"""Many seeds of one small day: 12 banks, 100 ticks, a payment a bank and tick, no events kept.

Prints one JSON object: runs a second on one thread and on two, without bands and with them, medians of five
after one warm-up, taken in turns; and what two threads gain over one.
"""

import json
import statistics
import sys
import time
from typing import Any

from simulations.engine.sweep import Plan, sweep

SEEDS = 1_000
ROUNDS = 5
DAY: dict[str, Any] = {
    "ticks_per_day": 100,
    "seed": 1,
    "agents": [
        {
            "id": f"B{number:02}",
            "balance": 1_000_000,
            "credit_limit": 500_000,
            "arrival_config": {
                "rate_per_tick": 1.0,
                "distribution_type": "lognormal",
                "amount_mean": 100_000,
                "amount_std_dev": 200_000,
                "deadline_ticks": [10, 50],
            },
        }
        for number in range(12)
    ],
    "costs": {"overdraft_rate": 0.0001, "delay_rate_per_tick": 0.000001},
}


def runs_a_second(threads: int, points: int) -> float:
    """Measure one call."""
    began = time.perf_counter()
    sweep(DAY, None, Plan(range(SEEDS), threads, None, points))
    return SEEDS / (time.perf_counter() - began)


def main() -> None:
    """Measure one thread and two in turns, so that what else the machine does falls on both."""
    report: dict[str, float] = {}
    for points, name in ((0, "measures"), (100, "measures_and_bands")):
        rounds = [(runs_a_second(1, points), runs_a_second(2, points)) for _ in range(ROUNDS + 1)]
        warm = rounds[1:]
        report[f"{name}_one_thread_cold"] = rounds[0][0]
        report[f"{name}_one_thread"] = statistics.median(one for one, _ in warm)
        report[f"{name}_two_threads"] = statistics.median(two for _, two in warm)
        report[f"{name}_gain"] = statistics.median(two / one for one, two in warm)
    json.dump(report, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
