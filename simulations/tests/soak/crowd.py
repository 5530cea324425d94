"""Two hundred watchers on one run: twenty never read, twenty reconnect every second, the others do all right.

`python -m simulations.tests.soak.crowd [SECONDS]` starts a server of its own and runs sixty banks at full
speed, in turn under one watcher and under the crowd. No healthy watcher may miss anything, the engine must
keep its speed, and the crowd's memory in the last round must be that of the second. Prints one JSON object;
exits 1 when something gave way.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simulations.tests.bench.frames import Server
from simulations.tests.soak.watchers import ALONE, LEAST_SHARE, Company, Round, play, speed

CROWD_SECONDS = 600.0
ROUNDS = 4
CROWD = Company(healthy=160, stalled=20, reconnecting=20)
MOST_CHANGE = 0.1  # of memory, between the second round and the last


def summary(played: Round) -> dict[str, Any]:
    """Return a round with what its many watchers saw in a few numbers."""
    frames = sorted(each.frames for each in played.seen)
    sizes = sum(each.size for each in played.seen)
    return {name: value for name, value in asdict(played).items() if name != "seen"} | {
        "frames_least": frames[0],
        "frames_most": frames[-1],
        "frames_per_second": frames[len(frames) // 2] / played.seconds,
        "bytes_per_frame": sizes / max(1, sum(frames)),
    }


def crowded(seconds: float, crowd: Company = CROWD) -> dict[str, Any]:
    """Watch runs for so long in all by a crowd, and in between for half of it by one; return figures."""
    alone: list[Round] = []
    many: list[Round] = []
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            asyncio.run(play(server, min(seconds, 5.0), ALONE))
            while len(many) < ROUNDS or sum(each.seconds for each in many) < seconds:  # a run may end earlier
                alone.append(asyncio.run(play(server, seconds / ROUNDS / 2, ALONE)))
                many.append(asyncio.run(play(server, seconds / ROUNDS, crowd)))
        finally:
            server.bench.stop()
    return {
        "alone": [summary(each) for each in alone],
        "crowd": [summary(each) for each in many],
        "speed_share": speed(many) / speed(alone),
        "memory_change": many[-1].rss_most_kib / many[1].rss_most_kib - 1,
        "missed": [missing for each in (*alone, *many) for missing in each.missed],
    }


def main() -> None:
    """Watch for the time given and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=CROWD_SECONDS)
    figures = crowded(parser.parse_args().seconds)
    json.dump(figures, sys.stdout, indent=2)
    sys.stdout.write("\n")
    uneven = abs(figures["memory_change"]) > MOST_CHANGE
    if figures["missed"] or figures["speed_share"] < LEAST_SHARE or uneven:
        sys.exit(1)


if __name__ == "__main__":
    main()
