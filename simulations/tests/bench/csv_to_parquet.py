"""A scripted day from its CSV to Parquet parts and measures, by the paths that `simulate --output` takes.

Checked and loaded, run to the end, stored, measured; generating the day and interpreter start are excluded.
The rounds run in a process of their own, so that its peak memory is theirs alone.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from simulations.config.importing import read_payments
from simulations.engine.rust_backend import RustBackend
from simulations.management.commands.simulate import run_ticks
from simulations.storage.tape import Tape
from simulations.tests.bench import workload

ROUNDS = 6


def day(csv: Path, document: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the seconds of each step of one day, those of both processors together, and what it came to."""
    seconds: dict[str, float] = dict.fromkeys(("load", "new", "run_and_store", "measure"), 0.0)
    began_cpu, last = time.process_time(), time.perf_counter()

    def lap(step: str) -> None:
        nonlocal last
        now = time.perf_counter()
        seconds[step] += now - last
        last = now

    payments = read_payments(
        csv,
        agents=[agent["id"] for agent in document["agents"]],
        rails=["RTGS"],
        clock=None,
        ticks_per_day=document["ticks_per_day"],
        num_days=1,
    )
    lap("load")
    backend = RustBackend(document, payments)
    del payments
    lap("new")
    with Tape(folder) as tape:
        run_ticks(backend, document["ticks_per_day"], tape, lambda _tick: None)
        tape.close(backend)
        lap("run_and_store")
        metrics = backend.metrics()
        lap("measure")
    return {
        **seconds,
        "total": sum(seconds.values()),
        "processor": time.process_time() - began_cpu,
        "settled": metrics["settled_count"],
        "digest": backend.digest(),
    }


def rounds(csv: Path, scenario: Path, folder: Path) -> dict[str, Any]:
    """Return the first, cold round, the median of the others, and the peak memory of this process."""
    document = json.loads(scenario.read_text())
    cold, *warm = (day(csv, document, folder) for _ in range(ROUNDS))
    median = {
        name: statistics.median(each[name] for each in warm)
        for name, value in cold.items()
        if isinstance(value, float)
    }
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"cold": cold, "warm_median": median, "peak_mb": round(peak_kb / 1024)}


def main() -> None:
    """Generate the day and have it run by another process, or, with `--rounds`, be that process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=1_000_000)
    parser.add_argument("--banks", type=int, default=200)
    parser.add_argument("--percent-of-ub", type=int, default=100)
    parser.add_argument("--rounds", type=Path, metavar="DIR", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rounds:
        csv, scenario = options.rounds / "day.csv", options.rounds / "day.json"
        json.dump(rounds(csv, scenario, options.rounds / "stored"), sys.stdout, indent=2)
        return
    work = workload.generate(options.banks, options.payments, ticks=36_000)
    with tempfile.TemporaryDirectory() as folder:
        workload.write_csv(work, Path(folder) / "day.csv")
        document = workload.scenario(work, options.percent_of_ub)
        (Path(folder) / "day.json").write_text(json.dumps(document))
        command = [sys.executable, "-m", "simulations.tests.bench.csv_to_parquet", "--rounds", folder]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
