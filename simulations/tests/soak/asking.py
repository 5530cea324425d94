"""A viewer who asks without end: what is left of the runs that others have going on?

`python -m simulations.tests.soak.asking [SECONDS]` starts a server of its own. Two equal runs go at full
speed. Somebody who may only look opens a dozen sockets to the first and asks each for the state again as
soon as it was answered, in turn with as long a rest. Judged is what both runs keep of their speed, the one
asked and the one beside it. Prints one JSON object; exits 1 when one of them keeps too little.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from simulations.tests.bench.frames import Server
from simulations.tests.soak.watchers import year
from simulations.tests.soak.wire import Wire

SECONDS = 60.0
ROUNDS = 3
SOCKETS = 12
LEAST_SHARE = 0.6


class Asker:
    """A socket that is asked for the state again whenever the state came."""

    def __init__(self) -> None:
        self.answers = 0
        self.asks = False
        self.problems: list[str] = []
        self.wire: Wire

    def take(self, message: bytes | dict[str, Any]) -> None:
        """Count an answer and ask again."""
        if isinstance(message, bytes):
            return
        if message["type"] == "state":
            self.answers += 1
            if self.asks:
                self.wire.say({"action": "get_state"})
        elif message["type"] == "error":
            self.problems.append(str(message["data"]))

    def begin(self) -> None:
        """Ask from now on."""
        self.asks = True
        self.wire.say({"action": "get_state"})


async def ticks_in(server: Server, runs: list[str], seconds: float) -> list[float]:
    """Return the ticks a second of each run over a time."""
    before, started = await _ticks(server, runs), time.monotonic()
    await asyncio.sleep(seconds)
    after = await _ticks(server, runs)
    took = time.monotonic() - started
    return [(late - early) / took for early, late in zip(before, after, strict=True)]


async def _ticks(server: Server, runs: list[str]) -> list[int]:
    answers = [await asyncio.to_thread(server.client.get, f"/api/simulations/{run}") for run in runs]
    return [int(answer.json()["tick"]) for answer in answers]


async def asked(server: Server, seconds: float, sockets: int = SOCKETS) -> dict[str, Any]:
    """Have two runs go on, in turn in peace and asked; return figures."""
    address = "/api/simulations?shared=true"
    made = [await asyncio.to_thread(server.client.post, address, json=year()) for _ in range(2)]
    runs = [str(answer.raise_for_status().json()["simulation_id"]) for answer in made]
    for run in runs:
        await asyncio.to_thread(server.start, run)
    viewer = server.bench.session("viewer")
    headers = {"Cookie": f"sessionid={viewer}", "Origin": server.bench.url}
    askers = [Asker() for _ in range(sockets)]
    for asker in askers:
        asker.wire = await Wire.open(server.bench.url, f"/ws/simulations/{runs[0]}", headers, asker.take)
    part = seconds / ROUNDS / 2
    await ticks_in(server, runs, min(part, 2.0))
    peace, war = [], []
    for _ in range(ROUNDS):
        peace.append(await ticks_in(server, runs, part))
        for asker in askers:
            asker.begin()
        war.append(await ticks_in(server, runs, part))
        for asker in askers:
            asker.asks = False
        await asyncio.sleep(0.5)
    for asker in askers:
        asker.wire.abort()
    for run in runs:
        await asyncio.to_thread(server.stop, run)
    shares = [
        sum(each[place] for each in war) / sum(each[place] for each in peace) for place in range(len(runs))
    ]
    return {
        "peace": peace,
        "asked": war,
        "share_of_the_run_asked": shares[0],
        "share_of_the_run_beside": shares[1],
        "answers_per_second": sum(asker.answers for asker in askers) / (part * ROUNDS),
        "least_answers": min(asker.answers for asker in askers),
        "problems": sorted({problem for asker in askers for problem in asker.problems}),
    }


def main() -> None:
    """Ask and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            figures = asyncio.run(asked(server, parser.parse_args().seconds))
        finally:
            server.bench.stop()
    json.dump(figures, sys.stdout, indent=2)
    sys.stdout.write("\n")
    shares = figures["share_of_the_run_asked"], figures["share_of_the_run_beside"]
    if figures["problems"] or min(shares) < LEAST_SHARE:
        sys.exit(1)


if __name__ == "__main__":
    main()
