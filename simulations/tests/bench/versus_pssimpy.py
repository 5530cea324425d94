"""The same CSV through PSSimPy 0.1.5 and through this engine, from the file to the measures.

PSSimPy gets an environment of its own under `.tools/`. Interpreter start and imports are excluded on both
sides. `--payments 50000 --half-blocked`: banks that send half of the payments never have money, the others
always enough, so that both engines leave the same half unsettled, in whatever order they serve queues.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from simulations.config.importing import read_payments
from simulations.engine.rust_backend import RustBackend
from simulations.tests.bench import workload

ROOT = Path(__file__).resolve().parents[3]
HOME = ROOT / ".tools" / "pssimpy"


def environment() -> Path:
    """Return the interpreter that has PSSimPy 0.1.5, made at the first call."""
    python = HOME / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", HOME], check=True)
        uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
        install = [uv, "pip", "install", "--quiet", "--python", str(python), "pssimpy==0.1.5"]
        subprocess.run(install, check=True)
    return python


def theirs(csv: Path, openings: dict[str, int], ticks: int) -> dict[str, Any]:
    """Run the day in PSSimPy."""
    banks = csv.with_suffix(".json")
    banks.write_text(json.dumps(openings))
    program = Path(__file__).with_name("pssimpy_day.py")
    command = [str(environment()), str(program), str(csv), str(banks), str(ticks)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def ours(csv: Path, document: dict[str, Any]) -> dict[str, Any]:
    """Run the day here: CSV, engine, measures; the engine's share is timed apart."""
    started, processor = time.perf_counter(), time.process_time()
    payments = read_payments(
        csv,
        agents=[agent["id"] for agent in document["agents"]],
        rails=["RTGS"],
        clock=None,
        ticks_per_day=document["ticks_per_day"],
        num_days=1,
    )
    loaded, processor_loaded = time.perf_counter(), time.process_time()
    backend = RustBackend(document, payments)
    backend.advance(document["ticks_per_day"])
    metrics = backend.metrics()
    ended, processor_ended = time.perf_counter(), time.process_time()
    return {
        "seconds": ended - started,
        "engine_seconds": ended - loaded,
        "processor_seconds": processor_ended - processor,
        "engine_processor_seconds": processor_ended - processor_loaded,
        "settled": metrics["settled_count"],
    }


def main() -> None:
    """Print both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=10_000)
    parser.add_argument("--banks", type=int, default=50)
    parser.add_argument("--percent-of-ub", type=int, default=100)
    parser.add_argument("--half-blocked", action="store_true")
    options = parser.parse_args()
    work = workload.generate(options.banks, options.payments, ticks=36_000)
    document = (
        workload.half_blocked(work)
        if options.half_blocked
        else workload.scenario(work, options.percent_of_ub)
    )
    agents: Any = document["agents"]
    with tempfile.TemporaryDirectory() as folder:
        csv = Path(folder) / "day.csv"
        workload.write_csv(work, csv)
        rounds = [ours(csv, document) for _ in range(6)]
        other = theirs(csv, {agent["id"]: agent["balance"] for agent in agents}, work.ticks)
    warm = {name: statistics.median(each[name] for each in rounds[1:]) for name in rounds[0]}
    result = {
        "banks": options.banks,
        "payments": options.payments,
        "opened_with": "half blocked" if options.half_blocked else f"{options.percent_of_ub} % of UB",
        "ours_cold": rounds[0],
        "ours_warm_median": warm,
        "pssimpy": other,
        "ratio": other["seconds"] / warm["seconds"],
        "ratio_engine": other["seconds"] / warm["engine_seconds"],
        "ratio_processor": other["processor_seconds"] / warm["processor_seconds"],
        "ratio_engine_processor": other["processor_seconds"] / warm["engine_processor_seconds"],
    }
    json.dump(result, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
