"""Frames over the socket: how many a second, how large, and what a watcher costs the engine.

Starts a server of its own, runs a 60-bank day at full speed without a watcher, with one that acknowledges,
and with one that acknowledges beside one that never reads. Prints one JSON object.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import websockets

from simulations.tests.server import Workbench
from simulations.tests.soak.wire import OnMessage, Wire

BANKS = 60
TICKS = 86_400
SERIES = ["queue_depth", "queue_value", "arrived_value_total", "settled_value_total"]


def scenario(seed: int) -> dict[str, Any]:
    """Sixty banks with little money, so that queues build."""
    arrivals = {
        "rate_per_tick": 0.05,
        "distribution_type": "lognormal",
        "amount_mean": 100_000,
        "amount_std_dev": 200_000,
    }
    agents = [
        {"id": f"B{number:02d}", "balance": 2_000_000, "arrival_config": arrivals} for number in range(BANKS)
    ]
    return {"name": "Sixty banks", "ticks_per_day": TICKS, "num_days": 4, "seed": seed, "agents": agents}


class Server:
    """A started workbench and a signed-in client."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """Start on a folder of its own."""
        self.bench = Workbench(folder, settings=dict(settings or {}))
        self.bench.start()
        cookie = {"sessionid": self.bench.session("bench", staff=True)}
        self.headers = {"Cookie": f"sessionid={cookie['sessionid']}", "Origin": self.bench.url}
        self.client = httpx.Client(base_url=self.bench.url, cookies=cookie, timeout=60)
        self.client.get("/account")
        self.client.headers["X-CSRFToken"] = self.client.cookies.get("csrftoken") or ""
        self.client.headers["Referer"] = self.bench.url

    def create(self, seed: int) -> str:
        """Make a run of the sixty banks that has not started."""
        return self.create_of(scenario(seed))

    def create_of(self, document: dict[str, Any]) -> str:
        """Make a run of a scenario that has not started."""
        answer = self.client.post("/api/simulations", json=document)
        answer.raise_for_status()
        return str(answer.json()["simulation_id"])

    def start(self, run: str) -> None:
        """Start it at full speed."""
        self.client.post(f"/api/simulations/{run}/start").raise_for_status()

    def stop(self, run: str) -> None:
        """End it before its time."""
        self.client.post(f"/api/simulations/{run}/stop").raise_for_status()

    def finish(self, run: str, most_seconds: float = 300) -> float:
        """Wait for the end; return the engine's seconds."""
        deadline = time.monotonic() + most_seconds
        while time.monotonic() < deadline:
            facts = self.client.get(f"/api/simulations/{run}").json()
            if facts["status"] in {"finished", "failed"}:
                assert facts["status"] == "finished", facts
                return float(facts["engine_seconds"])
            time.sleep(0.05)
        raise TimeoutError(run)

    def socket(self, run: str) -> Any:
        """Open a socket to the run."""
        address = self.bench.url.replace("http", "ws") + f"/ws/simulations/{run}"
        return websockets.connect(address, additional_headers=self.headers, max_size=None, open_timeout=60)

    async def wire(self, run: str, on_message: OnMessage) -> Wire:
        """Open a socket to the run that costs this program as little as it can."""
        return await Wire.open(self.bench.url, f"/ws/simulations/{run}", self.headers, on_message)

    def processor_seconds(self) -> float:
        """Return the processor time that the server has used."""
        assert self.bench.process is not None
        stat = Path(f"/proc/{self.bench.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def memory_kib(self) -> int:
        """Return the resident size of the server."""
        assert self.bench.process is not None
        status = Path(f"/proc/{self.bench.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])


async def watch(server: Server, run: str, figures: dict[str, float]) -> None:
    """Subscribe, acknowledge every frame, count."""
    subscribe = {"action": "subscribe", "series": SERIES, "max_points": 600, "encoding": "binary"}
    async with server.socket(run) as socket:
        await socket.send(json.dumps(subscribe))
        started = time.monotonic()
        async for message in socket:
            if isinstance(message, str):
                status = json.loads(message)
                if status["type"] == "status" and status["data"]["status"] in {"finished", "failed"}:
                    break
                continue
            figures["frames"] += 1
            figures["bytes"] += len(message)
            stamp = int.from_bytes(message[12:16], "little")
            await socket.send(json.dumps({"action": "ack", "stamp": stamp}))
        figures["seconds"] = time.monotonic() - started


async def stall(server: Server, run: str, done: asyncio.Event) -> None:
    """Subscribe and never read again."""
    async with server.socket(run) as socket:
        await socket.send(json.dumps({"action": "subscribe", "series": SERIES, "max_points": 2_000}))
        socket.transport.pause_reading()
        await done.wait()
        socket.transport.resume_reading()


async def watched(server: Server, run: str, stalled: int) -> dict[str, float]:
    """Run to the end under one healthy watcher and some that never read."""
    figures = {"frames": 0.0, "bytes": 0.0, "seconds": 0.0}
    done = asyncio.Event()
    others = [asyncio.create_task(stall(server, run, done)) for _ in range(stalled)]
    healthy = asyncio.create_task(watch(server, run, figures))
    await asyncio.sleep(0.3)
    before = server.memory_kib()
    await asyncio.to_thread(server.start, run)
    await healthy
    figures["memory_growth_kib"] = server.memory_kib() - before
    done.set()
    await asyncio.gather(*others, return_exceptions=True)
    return figures


def main() -> None:
    """Measure unwatched, watched, and watched beside a stalled client."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            result: dict[str, Any] = {}
            for name, watchers in (("warm_up", None), ("unwatched", None), ("watched", 0), ("stalled", 1)):
                run = server.create(seed=1)
                if watchers is None:
                    server.start(run)
                    figures: dict[str, float] = {}
                else:
                    figures = asyncio.run(watched(server, run, watchers))
                    figures["frames_per_second"] = figures["frames"] / figures["seconds"]
                    figures["bytes_per_frame"] = figures["bytes"] / max(1, figures["frames"])
                figures["engine_seconds"] = server.finish(run)
                result[name] = figures
            unwatched = result["unwatched"]["engine_seconds"]
            for name in ("watched", "stalled"):
                result[name]["speed_share"] = unwatched / result[name]["engine_seconds"]
        finally:
            server.bench.stop()
    json.dump(result, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
