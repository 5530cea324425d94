"""Bad watchers: one that never reads, one that reloads every second, beside one that does all right.

`python -m simulations.tests.soak.watchers [SECONDS]` starts a server of its own and runs sixty banks at full
speed, first under one healthy watcher alone, then under all three. When a run ends the next starts under the
same attack, until it lasted as long as asked for. The healthy one must miss nothing of any run, memory must
stay flat and the engine must keep its speed. Prints one JSON object; exits 1 when something gave way.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from simulations.runs.frames import HEADER, KIND_WHOLE
from simulations.tests.bench.frames import Server, scenario

SERIES = ["arrivals_total", "settlements_total", "arrived_value_total", "settled_value_total", "queue_depth"]
# As long as a run may be, twenty million payments: some 100 s at full speed on two quiet cores.
ATTACK_SECONDS = 120.0
DAYS, RATE = 366, 0.01
LEAST_SHARE = 0.8
MOST_GROWTH_KIB = 48 * 1024
SHOWN_SECONDS = 60.0  # until all must have come, and until all must have been shown the last tick
OVER = {"stopped", "finished", "failed"}
SUBSCRIBE = {"action": "subscribe", "series": SERIES, "max_points": 600, "encoding": "binary"}
STALLS_SECONDS = 45  # a watcher that takes nothing is sent away after a minute; this one comes back before


@dataclass
class Seen:
    """What the healthy watcher was shown."""

    frames: int = 0
    size: int = 0  # of all frames, in bytes
    gaps: int = 0
    backward_ticks: int = 0
    connections: int = 0
    last: dict[str, float] = field(default_factory=dict)
    queue_depth_least: float = float("inf")
    queue_depth_most: float = float("-inf")
    last_tick: float = -1.0

    def take(self, frame: bytes, expected: int) -> int:
        """Note a frame; return the sequence number the next one must have."""
        _, kind, width, points, sequence, _ = HEADER.unpack_from(frame)
        columns = np.frombuffer(frame[HEADER.size :], "<f8").reshape(width, points)
        self.frames += 1
        self.size += len(frame)
        self.gaps += sequence != expected or (kind == KIND_WHOLE) != (sequence == 0)
        if points:
            ticks = columns[0]
            self.backward_ticks += int(kind != KIND_WHOLE and ticks[0] <= self.last_tick)
            self.last_tick = float(ticks[-1])
            self.last = dict(zip(SERIES, columns[1:, -1].tolist(), strict=True))
            depth = columns[1 + SERIES.index("queue_depth")]
            self.queue_depth_least = min(self.queue_depth_least, float(depth.min()))
            self.queue_depth_most = max(self.queue_depth_most, float(depth.max()))
        return int(sequence) + 1


@dataclass(frozen=True)
class Company:
    """Who watches a run: at least one does all right."""

    healthy: int = 1
    stalled: int = 0
    reloading: int = 0
    reconnecting: int = 0


ALONE = Company()
ATTACKED = Company(stalled=1, reloading=1)


@dataclass
class Round:
    """One run under watch: how far it came before it was asked to stop, what it cost, what was seen of it."""

    seconds: float
    ticks: int
    payments: int
    ticks_per_second: float
    server_seconds: float  # of processor time
    clients_seconds: float  # the same of this program, all watchers together
    rss_start_kib: int
    rss_end_kib: int
    rss_growth_kib: int
    rss_most_kib: int
    reloads: int
    seen: list[Seen]
    missed: list[str]


async def healthy(server: Server, run: str, seen: Seen, joined: asyncio.Event, over: asyncio.Event) -> None:
    """Acknowledge every frame until the run is over and its last tick was shown."""
    expected, ends_at = 0, float("inf")
    shown = asyncio.Event()

    def take(message: bytes | dict[str, Any]) -> None:
        nonlocal expected, ends_at
        if isinstance(message, bytes):
            expected = seen.take(message, expected)
            wire.say({"action": "ack", "stamp": HEADER.unpack_from(message)[5]})
        elif message["type"] == "status" and message["data"]["status"] in OVER:
            ends_at = message["data"]["tick"]
        if seen.last_tick + 1 >= ends_at:
            shown.set()

    wire = await server.wire(run, take)
    seen.connections += 1
    wire.closed.add_done_callback(lambda _: shown.set())
    joined.set()
    wire.say(SUBSCRIBE)
    await shown.wait()
    over.set()
    wire.abort()


async def never_reads(server: Server, run: str, over: asyncio.Event) -> int:
    """Subscribe to much and leave it lying, again and again; reloads nothing."""
    banks = [f"balance:B{number:02}" for number in range(60)]
    while not over.is_set():
        wire = await server.wire(run, _leave_lying)
        wire.say({"action": "subscribe", "series": [*SERIES, *banks], "max_points": 2_000})
        wire.transport.pause_reading()
        await _rest(over, STALLS_SECONDS)
        wire.abort()
    return 0


def _leave_lying(message: bytes | dict[str, Any]) -> None:
    """Do nothing with what comes."""


async def reloads(server: Server, run: str, over: asyncio.Event) -> int:
    """Open the page, its parts and its socket every second, as somebody who presses F5; return how often."""
    banks = [f"balance:B{number:02}" for number in range(10)]
    subscribe = {"action": "subscribe", "series": [*SERIES, *banks], "max_points": 600, "encoding": "binary"}
    count = 0
    while not over.is_set():
        started = time.monotonic()
        for path in ("", "banks", "queue", "feed"):
            answer = await asyncio.to_thread(server.client.get, f"/runs/{run}/{path}")
            answer.raise_for_status()
        async with server.socket(run) as socket:
            await socket.send(json.dumps(subscribe))
            while not isinstance(await socket.recv(), bytes):
                pass
        count += 1
        await _rest(over, started + 1.0 - time.monotonic())
    return count


async def reconnects(server: Server, run: str, over: asyncio.Event) -> int:
    """Lose the socket and come back every second, to the whole day so far; return how often."""
    count = 0
    while not over.is_set():
        wire = await server.wire(run, _leave_lying)
        wire.say(SUBSCRIBE)
        await _rest(over, 1.0)
        wire.abort()
        count += 1
    return count


async def _rest(over: asyncio.Event, seconds: float) -> None:
    """Wait, but not longer than the round lasts."""
    try:
        await asyncio.wait_for(over.wait(), max(0.0, seconds))
    except TimeoutError:
        return


async def memory(server: Server, over: asyncio.Event) -> list[int]:
    """Return the server's resident size in KiB, every half second."""
    sizes = []
    while not over.is_set():
        sizes.append(server.memory_kib())
        await _rest(over, 0.5)
    return sizes


def year() -> dict[str, Any]:
    """Return the sixty banks with fewer payments a day, and many days."""
    document = {**scenario(seed=1), "num_days": DAYS}
    for agent in document["agents"]:
        agent["arrival_config"] = {**agent["arrival_config"], "rate_per_tick": RATE}
    return document


async def play(server: Server, seconds: float, company: Company) -> Round:
    """Run at full speed for a while under watch, to its end or stopped; see whether anything was missed."""
    run = await asyncio.to_thread(server.create_of, year())
    over, seen = asyncio.Event(), [Seen() for _ in range(company.healthy)]
    joined = [asyncio.Event() for _ in seen]
    watchers = [
        asyncio.create_task(healthy(server, run, each, there, over))
        for each, there in zip(seen, joined, strict=True)
    ]
    sizes = asyncio.create_task(memory(server, over))
    others = [never_reads] * company.stalled + [reloads] * company.reloading
    others += [reconnects] * company.reconnecting
    bad = [asyncio.create_task(other(server, run, over)) for other in others]
    await asyncio.wait_for(asyncio.gather(*(there.wait() for there in joined)), SHOWN_SECONDS)
    started = time.monotonic()
    server_before, clients_before = server.processor_seconds(), time.process_time()
    await asyncio.to_thread(server.start, run)
    await _rest(over, seconds)
    computed = await asyncio.to_thread(_tick_of, server, run)
    took = time.monotonic() - started
    server_took = server.processor_seconds() - server_before
    clients_took = time.process_time() - clients_before
    if not over.is_set():
        await asyncio.to_thread(server.stop, run)
    await asyncio.wait_for(asyncio.gather(*watchers), SHOWN_SECONDS)
    counts = await asyncio.gather(*bad)
    measured = await sizes
    ticks = _tick_of(server, run)
    measures = server.client.get(f"/api/simulations/{run}/metrics").json()
    folder = server.bench.data_dir / "runs" / run
    result = Round(
        seconds=took,
        ticks=computed,
        payments=measures["arrived_count"],
        ticks_per_second=computed / took,
        server_seconds=server_took,
        clients_seconds=clients_took,
        rss_start_kib=measured[0],
        rss_end_kib=measured[-1],
        rss_growth_kib=growth(measured),
        rss_most_kib=max(measured),
        reloads=sum(counts),
        seen=seen,
        missed=sorted({each for one in seen for each in missed(folder, ticks, measures, one)}),
    )
    shutil.rmtree(folder)  # minutes at full speed are gigabytes
    return result


def _tick_of(server: Server, run: str) -> int:
    """Return the next tick of a run."""
    return int(server.client.get(f"/api/simulations/{run}").json()["tick"])


def growth(sizes: list[int]) -> int:
    """Return by how much the last quarter's median is above the second quarter's: the first warms up."""
    quarter = max(1, len(sizes) // 4)
    return round(statistics.median(sizes[-quarter:]) - statistics.median(sizes[quarter : 2 * quarter]))


def missed(folder: Path, ticks: int, measures: dict[str, Any], seen: Seen) -> list[str]:
    """Return what the healthy watcher was not shown as it was stored."""
    stored = duckdb.execute(
        "SELECT min(queue_depth), max(queue_depth) FROM read_parquet($files)",
        {"files": [str(path) for path in folder.glob("series-*.parquet")]},
    ).fetchone()
    assert stored is not None
    truth = {
        "last tick": (seen.last_tick, ticks - 1),
        "arrivals": (seen.last["arrivals_total"], measures["arrived_count"]),
        "settlements": (seen.last["settlements_total"], measures["settled_count"]),
        "arrived value": (seen.last["arrived_value_total"], measures["arrived_value"]),
        "settled value": (seen.last["settled_value_total"], measures["settled_value"]),
        "least queue depth": (seen.queue_depth_least, stored[0]),
        "greatest queue depth": (seen.queue_depth_most, stored[1]),
        "gaps in the sequence": (seen.gaps, 0),
        "ticks that went backward": (seen.backward_ticks, 0),
        "connections": (seen.connections, 1),
    }
    return [f"{name}: saw {saw}, is {is_}" for name, (saw, is_) in truth.items() if saw != is_]


def attacked_for(server: Server, seconds: float) -> list[Round]:
    """Attack run after run, the next the moment one ended, until the attack lasted so long."""
    rounds: list[Round] = []
    while (left := seconds - sum(each.seconds for each in rounds)) > 0:
        rounds.append(asyncio.run(play(server, left, ATTACKED)))
    return rounds


def speed(rounds: list[Round]) -> float:
    """Return the ticks a second over some rounds."""
    return sum(each.ticks for each in rounds) / sum(each.seconds for each in rounds)


def attack(seconds: float) -> dict[str, Any]:
    """Play a round alone before and after the attacked ones, so that a busy machine shows; return figures."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            asyncio.run(play(server, min(seconds, 5.0), ALONE))
            alone = [asyncio.run(play(server, seconds / 2, ALONE))]
            attacked = attacked_for(server, seconds)
            alone.append(asyncio.run(play(server, seconds / 2, ALONE)))
        finally:
            server.bench.stop()
    return {
        "alone": [asdict(each) for each in alone],
        "attacked": [asdict(each) for each in attacked],
        "attacked_seconds": sum(each.seconds for each in attacked),
        "speed_share": speed(attacked) / speed(alone),
        "missed": [missing for each in (*alone, *attacked) for missing in each.missed],
    }


def main() -> None:
    """Attack for the time given and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=ATTACK_SECONDS)
    figures = attack(parser.parse_args().seconds)
    json.dump(figures, sys.stdout, indent=2)
    sys.stdout.write("\n")
    flat = all(each["rss_growth_kib"] <= MOST_GROWTH_KIB for each in figures["attacked"])
    if figures["missed"] or figures["speed_share"] < LEAST_SHARE or not flat:
        sys.exit(1)


if __name__ == "__main__":
    main()
