"""`make bench`, the Python half: every program once, its figures as JSON, and the machine they came from."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS: tuple[tuple[str, list[str]], ...] = (
    ("binding", []),
    ("frames", []),
    ("seeds", []),
    ("csv_to_parquet", []),
    ("versus_pssimpy", ["--payments", "10000"]),
)


def machine() -> str:
    """Describe the machine in one line."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}"


def main() -> None:
    """Run the programs named on the command line, or all."""
    wanted = set(sys.argv[1:])
    report: dict[str, object] = {"machine": machine()}
    for name, arguments in PROGRAMS:
        if wanted and name not in wanted:
            continue
        command = [sys.executable, "-m", f"simulations.tests.bench.{name}", *arguments]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        report[name] = json.loads(done.stdout)
    json.dump(report, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
