"""What stays in memory of runs that are over: the server's resident size after one, five and ten of them.

`python -m simulations.tests.soak.memory [PAYMENTS]` starts a server of its own and runs days of a million
payments one after another, each under a watcher that stays. After each it waits until the server has put it
away. Prints one JSON object; exits 1 when the size goes on growing.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from simulations.tests.bench.frames import Server, scenario

RUNS, SHOWN = 10, (1, 5, 10)
PUT_AWAY_SECONDS = 42.0  # `registry.OVER_SECONDS` and two heartbeats
MOST_GROWTH_KIB = 64 * 1024  # from the second run on; the first one warms up


def day(payments: int) -> dict[str, Any]:
    """Return one day of sixty banks with about so many payments."""
    document = {**scenario(seed=1), "num_days": 1}
    banks = document["agents"]
    for agent in banks:
        rate = round(payments / document["ticks_per_day"] / len(banks), 6)
        agent["arrival_config"] = {**agent["arrival_config"], "rate_per_tick": rate}
    return document


async def watched_runs(server: Server, payments: int) -> list[int]:
    """Run days to their end, keep their sockets open; return the resident size after each, in KiB."""
    subscribe = {"action": "subscribe", "series": ["queue_depth"], "max_points": 600, "encoding": "binary"}
    sizes = []
    async with AsyncExitStack() as sockets:
        for _ in range(RUNS):
            run = await asyncio.to_thread(server.create_of, day(payments))
            socket = await sockets.enter_async_context(server.socket(run))
            await socket.send(json.dumps(subscribe))
            await asyncio.to_thread(server.start, run)
            await asyncio.to_thread(server.finish, run)
            await asyncio.sleep(PUT_AWAY_SECONDS)
            sizes.append(server.memory_kib())
    return sizes


def main() -> None:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("payments", nargs="?", type=int, default=1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            idle = server.memory_kib()
            sizes = asyncio.run(watched_runs(server, parser.parse_args().payments))
        finally:
            server.bench.stop()
    after = {number: sizes[number - 1] for number in SHOWN}
    growth = sizes[-1] - sizes[1]
    json.dump({"idle_kib": idle, "after_runs_kib": after, "growth_kib": growth}, sys.stdout, indent=2)
    sys.stdout.write("\n")
    if growth > MOST_GROWTH_KIB:
        sys.exit(1)


if __name__ == "__main__":
    main()
