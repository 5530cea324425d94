"""States and branches at any tick of large days, as a person gets them: over HTTP from a running workbench.

`python -m simulations.tests.bench.moments` makes two days in a workbench of its own (1 M payments of 200
banks that save liquidity every tick; 20 M of 1,000 banks with ample money), then asks for states at random
ticks and branches off there. `make FOLDER` and `ask FOLDER` do one half each: so the days are made once, and
what is measured can have the machine to itself. Prints one JSON object.
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulations.tests.bench.frames import Server

TICKS = 36_000
DAYS: dict[str, dict[str, Any]] = {
    "saving": {"banks": 200, "payments": 1_000_000, "balance": 2_000_000, "saves": True},
    "ample": {"banks": 1_000, "payments": 20_000_000, "balance": 10**12, "saves": False},
}
SETTINGS = {"LOG_FORMAT": "json"}
ASKS = 20
MAKING_SECONDS = 1_800.0
BRANCH_SECONDS = 60.0
STEPS = ("inputs_s", "restore_s", "replay_s")  # of bringing a run back, as the server logs them


def scenario(name: str) -> dict[str, Any]:
    """Return a day of 36,000 ticks whose payments arrive by themselves."""
    day = DAYS[name]
    billionths = day["payments"] * 10**9 // (TICKS * day["banks"])  # a rate has nine places
    arrivals = {
        "rate_per_tick": billionths / 10**9,
        "distribution_type": "exponential",
        "amount_mean": 100_000,
    }
    rail: dict[str, Any] = {"id": "RTGS", "settlement_type": "immediate", "queue": "priority_fifo"}
    if day["saves"]:
        rail |= {"liquidity_saving": ["bilateral", "multilateral"], "lsm_every_ticks": 1}
    return {
        "name": f"{day['payments']:,} payments",
        "ticks_per_day": TICKS,
        "seed": 3,
        "agents": [
            {"id": f"B{number:04}", "balance": day["balance"], "arrival_config": arrivals}
            for number in range(day["banks"])
        ],
        "rails": [rail],
        "costs": {"delay_penalty_per_tick": 1},
    }


def make(folder: Path, names: Iterable[str]) -> None:
    """Run the days to their end; their ids go into `days.json`."""
    server = Server(folder, SETTINGS)
    runs = {}
    try:
        for name in names:
            runs[name] = server.create_of(scenario(name))
            server.start(runs[name])
            server.finish(runs[name], MAKING_SECONDS)
    finally:
        server.bench.stop()
    (folder / "days.json").write_text(json.dumps(runs))


def ask(folder: Path, names: Iterable[str], asks: int, seed: int) -> dict[str, Any]:
    """Ask for states and branches of the days at random ticks; return what it took."""
    runs = json.loads((folder / "days.json").read_text())
    server = Server(folder, SETTINGS)
    draw = random.Random(seed)
    try:
        return {name: asked(server, runs[name], asks, draw) for name in names}
    finally:
        server.bench.stop()


def asked(server: Server, run: str, asks: int, draw: random.Random) -> dict[str, Any]:
    """Return what states and branches of one day took, and what its checkpoints cost."""
    facts = server.client.get(f"/api/simulations/{run}").raise_for_status().json()
    ticks = [draw.randrange(facts["tick"] - 1) for _ in range(asks)]
    states = [state_at(server, run, tick) for tick in ticks]
    branches = [branch_from(server, run, tick) for tick in ticks]
    taken = [entry for entry in logged(server, "run.checkpointed") if entry["simulation_id"] == run]
    backs = [entry for entry in logged(server, "run.brought_back") if entry["simulation_id"] != run][-asks:]
    return {
        "payments": facts["arrived_count"],
        "engine_seconds": facts["engine_seconds"],
        "state_first_s": states[0].seconds,
        "state_s": summary((each.seconds, each.tick) for each in states[1:]),
        "state_cpu_s": summary((each.cpu_seconds, each.tick) for each in states[1:]),
        "branch_first_s": branches[0].seconds,
        "branch_s": summary((each.seconds, each.tick) for each in branches[1:]),
        "branch_cpu_s": summary((each.cpu_seconds, each.tick) for each in branches[1:]),
        "branch_steps_s": {step: summary((back[step], back["tick"]) for back in backs) for step in STEPS},
        "branch_replayed_ticks": summary((back["tick"] - back["from_tick"], back["tick"]) for back in backs),
        "checkpoints": len(taken),
        "checkpoint_ms": summary((entry["cost_ms"], entry["tick"]) for entry in taken),
        "checkpoint_cpu_ms": summary((entry["cpu_ms"], entry["tick"]) for entry in taken),
        "checkpoint_bytes_most": max(entry["bytes"] for entry in taken),
    }


@dataclass(frozen=True)
class Took:
    """What one question took: on the wall, and of the server's processor."""

    tick: int
    seconds: float
    cpu_seconds: float


class Watch:
    """Runs from when it is made."""

    def __init__(self, server: Server) -> None:
        """Start."""
        self._server = server
        self._started, self._cpu_started = time.monotonic(), self._cpu_seconds()

    def took(self, tick: int) -> Took:
        """Return what has passed for a question about a tick."""
        seconds, cpu_seconds = time.monotonic() - self._started, self._cpu_seconds() - self._cpu_started
        return Took(tick, round(seconds, 4), round(cpu_seconds, 2))

    def _cpu_seconds(self) -> float:
        """Return how long the server has computed, all its threads together."""
        assert self._server.bench.process is not None
        line = Path(f"/proc/{self._server.bench.process.pid}/stat").read_text()
        fields = line.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def state_at(server: Server, run: str, tick: int) -> Took:
    """Return what it takes until the state at a tick is there."""
    watch = Watch(server)
    answer = server.client.get(f"/api/simulations/{run}/state", params={"tick": tick}).raise_for_status()
    took = watch.took(tick)
    assert answer.json()["tick"] == tick
    return took


def branch_from(server: Server, run: str, tick: int) -> Took:
    """Return what it takes until a branch has run a tick of its own; then take it away."""
    watch, deadline = Watch(server), time.monotonic() + BRANCH_SECONDS
    made = server.client.post(f"/api/simulations/{run}/branch", json={"tick": tick}).raise_for_status()
    branch = str(made.json()["simulation_id"])
    server.start(branch)
    while server.client.get(f"/api/simulations/{branch}/state").raise_for_status().json()["tick"] <= tick:
        assert time.monotonic() < deadline, f"the branch from tick {tick} does not run"
    took = watch.took(tick)
    server.client.delete(f"/api/simulations/{branch}").raise_for_status()
    return took


def logged(server: Server, event: str) -> list[dict[str, Any]]:
    """Return what the server logged of one kind, since the days were made."""
    entries = [json.loads(line) for line in server.bench.log().splitlines() if line.startswith("{")]
    return [entry for entry in entries if entry["event"] == event]


def summary(figures: Iterable[tuple[float, int]]) -> dict[str, float]:
    """Return the median, the greatest, and the tick of the greatest, of `(figure, tick)`."""
    known = sorted(figures)
    most, at = known[-1]
    return {"median": round(statistics.median(figure for figure, _ in known), 4), "most": most, "at_tick": at}


def main() -> None:
    """Make the days, or ask for their moments, or both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=("make", "ask"))
    parser.add_argument("folder", nargs="?", type=Path, help="where the days are kept between the two halves")
    parser.add_argument("--days", nargs="+", choices=tuple(DAYS), default=tuple(DAYS))
    parser.add_argument("--asks", type=int, default=ASKS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as own:
        folder = options.folder or Path(own)
        if options.what != "ask":
            folder.mkdir(parents=True, exist_ok=True)
            make(folder, options.days)
        if options.what != "make":
            json.dump(ask(folder, options.days, options.asks, options.seed), sys.stdout, indent=2)
            sys.stdout.write("\n")


if __name__ == "__main__":
    main()
