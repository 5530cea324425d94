"""A disk that takes nothing more and a database that somebody else has locked, under a run that goes on.

`python -m simulations.tests.soak.troubles [SECONDS]` starts a server of its own and a run, then takes the
disk away (nothing may be written to a file: parts, checkpoints, database or log) and gives it back, then
holds the database's write lock for so many seconds. The run must say what troubles it, tell who steers it
meanwhile to try again, go on by itself, and end with the digest of its inputs. Prints one JSON object.
"""

import argparse
import json
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect

from simulations.tests.server import Workbench
from simulations.tests.soak.kills import Attack

LOCKED_SECONDS = 30.0
WAIT_SECONDS = 60.0
TICKS_PER_SECOND = 5_000.0
IN_TROUBLE = "payment_simulator_runs_in_trouble"


@contextmanager
def disk_full(bench: Workbench) -> Iterator[None]:
    """Let the server write to no file; who runs as root may write to full and read-only disks otherwise."""
    assert bench.process is not None
    most = resource.prlimit(bench.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(bench.process.pid, resource.RLIMIT_FSIZE, (0, most[1]))
    try:
        yield
    finally:
        resource.prlimit(bench.process.pid, resource.RLIMIT_FSIZE, most)


@contextmanager
def database_locked(bench: Workbench) -> Iterator[None]:
    """Hold the lock that every writer of the database needs."""
    with closing(sqlite3.connect(bench.data_dir / "db.sqlite3", timeout=60, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def in_trouble(client: httpx.Client) -> bool:
    """Whether the server says that a run cannot be stored."""
    figures = client.get("/api/metrics").raise_for_status().text
    return any(line.startswith(IN_TROUBLE) and float(line.split()[-1]) > 0 for line in figures.splitlines())


def wait_until(holds: Callable[[], bool], bench: Workbench) -> float:
    """Wait until something holds and return how many seconds that took."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < WAIT_SECONDS, f"it did not come about:\n{bench.log()[-4000:]}"
        time.sleep(0.05)
    return time.monotonic() - started


def steered_in_vain(attacker: Attack, client: httpx.Client) -> float:
    """Try to pause, stop and intervene where nothing can be stored; return the seconds until the last no.

    Each is told to try again, over the API and the socket, and the run goes on as if nobody had asked.
    """
    started = time.monotonic()
    address = f"/api/simulations/{attacker.run}"
    event = {"type": "transfer_liquidity", "agent": "B00", "amount": 1}
    for path, body in (("pause", None), ("stop", None), ("events", event)):
        answer = client.post(f"{address}/{path}", json=body)
        assert answer.status_code == 503, f"{path}: {answer.status_code} {answer.text}"
        assert int(answer.headers["Retry-After"]) >= 1
    assert steered_by_socket(attacker, {"action": "pause"})["code"] == "try_again"
    assert attacker.facts(client)["status"] == "running"
    return time.monotonic() - started


def steered_by_socket(attacker: Attack, command: dict[str, Any]) -> dict[str, Any]:
    """Give a command over a socket and return the error that answers it."""
    url = f"{attacker.bench.url.replace('http', 'ws')}/ws/simulations/{attacker.run}"
    headers = {"Cookie": f"sessionid={attacker.session}", "Origin": attacker.bench.url}
    with connect(url, additional_headers=headers) as socket:
        socket.send(json.dumps(command))
        while True:
            message = json.loads(socket.recv(timeout=WAIT_SECONDS))
            if message["type"] == "error":
                found: dict[str, Any] = message["data"]
                return found


def intervened(attacker: Attack) -> tuple[int, float]:
    """Intervene once; return the status of the answer, done or try again, and how many seconds it took."""
    started = time.monotonic()
    event = {"type": "transfer_liquidity", "agent": "B00", "amount": 1}
    with attacker.client() as client:
        client.timeout = httpx.Timeout(WAIT_SECONDS)
        answer = client.post(f"/api/simulations/{attacker.run}/events", json=event)
    assert answer.status_code in {201, 503}, answer.text
    assert "detail" in answer.json() or "seq" in answer.json()
    return answer.status_code, time.monotonic() - started


def attack(folder: Path, locked_seconds: float) -> dict[str, Any]:
    """Take disk and database away for a while; return what was seen. Raises AssertionError."""
    attacker = Attack(Workbench(folder), random.Random(1))
    attacker.begin()
    bench = attacker.bench
    try:
        with attacker.client() as client:
            attacker.speed(client, TICKS_PER_SECOND)
            with disk_full(bench):
                said = wait_until(lambda: in_trouble(client), bench)
                refused = steered_in_vain(attacker, client)
            stored = attacker.facts(client)["tick"]
            resumed = wait_until(
                lambda: not in_trouble(client) and attacker.facts(client)["tick"] > stored, bench
            )
            with ThreadPoolExecutor(1) as other, database_locked(bench):
                asks = other.submit(intervened, attacker)
                ends = time.monotonic() + locked_seconds
                slowest = 0.0
                while time.monotonic() < ends:
                    asked = time.monotonic()
                    assert attacker.facts(client)["status"] == "running"
                    slowest = max(slowest, time.monotonic() - asked)
                    time.sleep(0.05)
            answer, answered = asks.result()
            stored = attacker.facts(client)["tick"]
            unlocked = wait_until(lambda: attacker.facts(client)["tick"] > stored, bench)
        found = attacker.end()
        verdict = bench.manage("verify_run", attacker.run)
    finally:
        bench.stop()
    assert verdict.startswith("identical"), verdict
    return {
        "disk full": {
            "seconds_until_it_says_so": said,
            "seconds_until_it_stores_again": resumed,
            "seconds_until_four_commands_were_refused": refused,
        },
        "database locked": {
            "seconds": locked_seconds,
            "slowest_reading_seconds": slowest,
            "an_intervention_was_answered": answer,
            "seconds_until_it_was_answered": answered,
            "seconds_until_it_stores_again": unlocked,
        },
        "ticks": found["tick"],
        "digest": found["digest"],
    }


def main() -> None:
    """Attack and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=LOCKED_SECONDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        json.dump(attack(Path(folder), options.seconds), sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
