"""Fifty live runs of twenty-five people on one server: is the engine shared fairly, are pages quick?

`python -m simulations.tests.soak.fifty [SECONDS]` starts a server of its own. Each person has two runs and
watches one of them; forty runs of equal scenarios go at full speed, ten are paced. Everybody opens the usual
pages in turn and asks over the socket for the state. Judged are the ticks of the equal runs over the same
time and the 95th percentile of pages; told are also how well the paced runs keep their speed, and how long
answers over the socket take. Prints one JSON object; exits 1 when something gave way.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from simulations.runs.frames import HEADER
from simulations.tests.bench.frames import Server, scenario
from simulations.tests.soak.watchers import SUBSCRIBE
from simulations.tests.soak.wire import Wire

SECONDS = 60.0
WARM_UP_SECONDS = 8.0
USERS, RUNS_EACH, PACED = 25, 2, 10
PACED_SPEED = 50.0
MOST_UNFAIR = 2.0  # ticks of the luckiest of the equal runs to those of the unluckiest
MOST_PAGE_SECONDS = 0.3
THINK_SECONDS = 2.5  # between two pages of one person, on average
PAGES = ("/", "/history/", "/runs/{run}/", "/runs/{run}/banks", "/runs/{run}/queue", "/runs/{run}/feed")


@dataclass
class Party:
    """How many people, how many runs, for how long."""

    users: int = USERS
    paced: int = PACED
    seconds: float = SECONDS
    warm_up: float = WARM_UP_SECONDS


@dataclass
class Person:
    """Somebody signed in, with their runs."""

    session: str
    client: httpx.AsyncClient
    runs: list[str] = field(default_factory=list)


@dataclass
class Taken:
    """What everybody together waited for."""

    pages: dict[str, list[float]] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)
    frames: int = 0
    problems: list[str] = field(default_factory=list)


class Watched:
    """A run under the eyes of its owner: its newest tick, and answers to questions."""

    def __init__(self, taken: Taken) -> None:
        self.taken, self.tick = taken, 0
        self.asked_at: float | None = None
        self.wire: Wire

    def take(self, message: bytes | dict[str, Any]) -> None:
        """Note what comes; acknowledge frames."""
        if isinstance(message, bytes):
            self.taken.frames += 1
            self.wire.say({"action": "ack", "stamp": HEADER.unpack_from(message)[5]})
        elif message["type"] == "status":
            self.tick = message["data"]["tick"]
            if message["data"]["status"] == "failed":
                self.taken.problems.append("a run failed")
        elif message["type"] == "state" and self.asked_at is not None:
            self.taken.answers.append(time.monotonic() - self.asked_at)
            self.asked_at = None
        elif message["type"] == "error":
            self.taken.problems.append(str(message["data"]))

    def ask(self) -> None:
        """Ask for the state, one question at a time."""
        if self.asked_at is None:
            self.asked_at = time.monotonic()
            self.wire.say({"action": "get_state"})


def document(seed: int) -> dict[str, Any]:
    """Return a scenario that lasts; equal but for its seed."""
    return {**scenario(seed), "num_days": 40}


async def arrived(server: Server, session: str) -> Person:
    """Have somebody come who is signed in."""
    client = httpx.AsyncClient(base_url=server.bench.url, cookies={"sessionid": session}, timeout=60)
    await client.get("/account")
    client.headers["X-CSRFToken"] = client.cookies.get("csrftoken") or ""
    client.headers["Referer"] = server.bench.url
    return Person(session, client)


async def made(person: Person, seed: int, speed: float | None) -> str:
    """Make a run of theirs, not started."""
    answer = await person.client.post("/api/simulations", json=document(seed))
    answer.raise_for_status()
    run = str(answer.json()["simulation_id"])
    person.runs.append(run)
    if speed is not None:
        paced = await person.client.post(f"/runs/{run}/speed", data={"ticks_per_second": str(speed)})
        assert paced.status_code < 400, paced.text
    return run


async def browses(person: Person, taken: Taken, rng: random.Random, until: float) -> None:
    """Open one page after another, with time to read in between."""
    await asyncio.sleep(rng.uniform(0, THINK_SECONDS))
    while time.monotonic() < until:
        page = rng.choice(PAGES)
        started = time.monotonic()
        answer = await person.client.get(page.format(run=rng.choice(person.runs)))
        if answer.status_code != 200:
            taken.problems.append(f"{page}: {answer.status_code}")
        taken.pages.setdefault(page, []).append(time.monotonic() - started)
        await asyncio.sleep(rng.uniform(0.5, 1.5) * THINK_SECONDS)


async def watches(server: Server, person: Person, run: str, taken: Taken) -> Watched:
    """Open a socket to a run as its owner."""
    watched = Watched(taken)
    headers = {"Cookie": f"sessionid={person.session}", "Origin": server.bench.url}
    watched.wire = await Wire.open(server.bench.url, f"/ws/simulations/{run}", headers, watched.take)
    return watched


async def asks(watched: Watched, rng: random.Random, until: float) -> None:
    """Ask over the socket now and then."""
    while time.monotonic() < until:
        await asyncio.sleep(rng.uniform(0.5, 1.5) * THINK_SECONDS)
        watched.ask()


async def played(server: Server, party: Party) -> dict[str, Any]:
    """Have everybody play; return what they had of it."""
    taken = Taken()
    sessions = server.bench.sessions([f"person{number}" for number in range(party.users)])
    people = [await arrived(server, session) for session in sessions]
    runs = [(person, number) for number in range(RUNS_EACH) for person in people]
    speeds = [PACED_SPEED if place < party.paced else None for place in range(len(runs))]
    names = [
        await made(person, seed, speed)
        for seed, ((person, _), speed) in enumerate(zip(runs, speeds, strict=True))
    ]
    # Every run has a socket, so that its tick is known; one run of each person is drawn as well.
    sockets = [
        await watches(server, person, name, taken) for (person, _), name in zip(runs, names, strict=True)
    ]
    for (person, number), name, socket in zip(runs, names, sockets, strict=True):
        if number == 0:
            socket.wire.say(SUBSCRIBE)
        (await person.client.post(f"/api/simulations/{name}/start")).raise_for_status()
    await asyncio.sleep(party.warm_up)
    before, started = [socket.tick for socket in sockets], time.monotonic()
    processor = server.processor_seconds()
    until = started + party.seconds
    drawn = sockets[: party.users]
    await asyncio.gather(
        *(browses(person, taken, random.Random(n), until) for n, person in enumerate(people)),
        *(asks(socket, random.Random(-1 - n), until) for n, socket in enumerate(drawn)),
    )
    seconds = time.monotonic() - started
    ticks = [socket.tick - first for socket, first in zip(sockets, before, strict=True)]
    processor = server.processor_seconds() - processor
    for socket in sockets:
        socket.wire.abort()
    for person in people:
        for name in person.runs:
            await person.client.post(f"/api/simulations/{name}/stop")
        await person.client.aclose()
    equal = [count for count, speed in zip(ticks, speeds, strict=True) if speed is None]
    paced = [count / seconds / PACED_SPEED for count, speed in zip(ticks, speeds, strict=True) if speed]
    return {
        "seconds": seconds,
        "ticks_per_second": sum(ticks) / seconds,
        "server_seconds": processor,
        "memory_kib": server.memory_kib(),
        "ticks_least": min(equal),
        "ticks_most": max(equal),
        "unfair": max(equal) / max(1, min(equal)),
        "paced_kept_least": min(paced, default=1.0),
        "frames_per_second": taken.frames / seconds,
        "pages": {page: _spread(times) for page, times in sorted(taken.pages.items())},
        "all_pages": _spread([each for times in taken.pages.values() for each in times]),
        "socket_answers": _spread(taken.answers),
        "problems": sorted(set(taken.problems)),
    }


def _spread(times: list[float]) -> dict[str, float]:
    """Return how many, the median and the 95th percentile, in seconds."""
    if len(times) < 2:
        return {"count": len(times), "median": sum(times), "p95": sum(times)}
    percentiles = statistics.quantiles(times, n=100, method="inclusive")
    return {"count": len(times), "median": percentiles[49], "p95": percentiles[94]}


def main() -> None:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            figures = asyncio.run(played(server, Party(seconds=parser.parse_args().seconds)))
        finally:
            server.bench.stop()
    json.dump(figures, sys.stdout, indent=2)
    sys.stdout.write("\n")
    slow = figures["all_pages"]["p95"] > MOST_PAGE_SECONDS
    if figures["problems"] or figures["unfair"] > MOST_UNFAIR or slow:
        sys.exit(1)


if __name__ == "__main__":
    main()
