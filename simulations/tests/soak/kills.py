"""A server killed at random moments of a run that people steer: nothing may be lost, doubled or half there.

`python -m simulations.tests.soak.kills [KILLS]` starts a server of its own and a run of twelve banks over
five days, intervenes, kills the server, starts it again, and so on. At the end the run's digest must be that
of its inputs, computed in one go, and every intervention that was answered must be there once. Prints one
JSON object.
"""

import argparse
import contextlib
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from simulations.tests.server import Workbench

KILLS = 50
MOST_SECONDS_BETWEEN = 3.0
TICKS_PER_SECOND = 1_000.0
BACK_SECONDS = 60.0
BANKS, DAYS, TICKS_PER_DAY = 12, 5, 80_000


def scenario() -> dict[str, Any]:
    """Return twelve banks that save liquidity, over five days."""
    arrivals = {"rate_per_tick": 0.05, "distribution_type": "exponential", "amount_mean": 10_000}
    return {
        "name": "Killed again and again",
        "ticks_per_day": TICKS_PER_DAY,
        "num_days": DAYS,
        "seed": 11,
        "agents": [
            {"id": f"B{number:02}", "balance": 60_000, "arrival_config": arrivals} for number in range(BANKS)
        ],
        "rails": [
            {"id": "RTGS", "settlement_type": "immediate", "liquidity_saving": ["bilateral", "multilateral"]}
        ],
        "costs": {"delay_penalty_per_tick": 1},
    }


@dataclass
class Attack:
    """One run, its server, and what was answered so far."""

    bench: Workbench
    draw: random.Random
    session: str = ""
    run: str = ""
    answered: list[dict[str, Any]] = field(default_factory=list)
    back_seconds: list[float] = field(default_factory=list)

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """A signed-in client."""
        cookies = {"sessionid": self.session}
        with httpx.Client(base_url=self.bench.url, cookies=cookies, timeout=30) as client:
            client.get("/account")
            token = client.cookies.get("csrftoken") or ""
            client.headers.update({"X-CSRFToken": token, "Referer": self.bench.url})
            yield client

    def begin(self) -> None:
        """Start the server and the run, at a speed that leaves time to kill it."""
        self.bench.start()
        self.session = self.bench.session("attacker", staff=True)
        with self.client() as client:
            answer = client.post("/api/simulations", json=scenario())
            self.run = answer.raise_for_status().json()["simulation_id"]
            self.speed(client, TICKS_PER_SECOND)
            client.post(f"/api/simulations/{self.run}/start").raise_for_status()

    def speed(self, client: httpx.Client, ticks_per_second: float | None) -> None:
        """Set how fast the run goes."""
        data = {"ticks_per_second": "" if ticks_per_second is None else str(ticks_per_second)}
        answer = client.post(f"/runs/{self.run}/speed", data=data, headers={"HX-Request": "true"})
        assert answer.status_code == 204, answer.text

    def facts(self, client: httpx.Client) -> dict[str, Any]:
        """Return the run as the API has it."""
        found: dict[str, Any] = client.get(f"/api/simulations/{self.run}").raise_for_status().json()
        return found

    def strike(self) -> None:
        """Intervene for a moment, then kill the server, perhaps in the middle of an intervention."""
        ends = time.monotonic() + self.draw.uniform(0.05, MOST_SECONDS_BETWEEN)
        with self.client() as client:
            while time.monotonic() < ends:
                self.intervene(client)
        self.bench.kill()
        started = time.monotonic()
        self.bench.start()
        self.wait_until_it_runs()
        self.back_seconds.append(time.monotonic() - started)

    def intervene(self, client: httpx.Client) -> None:
        """Do one thing to the run, now or later; what is answered with 201 must never be lost."""
        bank, number = f"B{self.draw.randrange(BANKS):02}", len(self.answered)
        event = self.draw.choice(
            [
                {"type": "transfer_liquidity", "agent": bank, "amount": 1 + number},
                {"type": "set_credit_limit", "agent": bank, "credit_limit": 1_000 + number},
                {"type": "set_arrival_rate", "agent": bank, "multiplier": self.draw.choice([0.5, 1, 1.5])},
            ]
        )
        with contextlib.suppress(httpx.HTTPStatusError):
            answer = client.post(f"/api/simulations/{self.run}/events", json=event).raise_for_status()
            self.answered.append({"seq": answer.json()["seq"], "event": event})

    def wait_until_it_runs(self) -> None:
        """Wait until the run goes on in the new server."""
        deadline = time.monotonic() + BACK_SECONDS
        with self.client() as client:
            tick = self.facts(client)["tick"]
            while self.facts(client)["tick"] <= tick or self.facts(client)["status"] != "running":
                assert time.monotonic() < deadline, f"the run did not go on:\n{self.bench.log()[-4000:]}"
                time.sleep(0.05)

    def end(self) -> dict[str, Any]:
        """Run to the end; return the run's facts."""
        with self.client() as client:
            self.speed(client, None)
            while (found := self.facts(client))["status"] == "running":
                time.sleep(0.2)
        assert found["status"] == "finished", found
        return found

    def interventions(self) -> list[dict[str, Any]]:
        """Return what the database has, by sequence number."""
        code = (
            "import json\nfrom simulations.models import Intervention\n"
            f"made = Intervention.objects.filter(run_id='{self.run}').order_by('seq')\n"
            "print(json.dumps([{'seq': m.seq, 'event': m.event, 'status': m.status} for m in made]))"
        )
        found: list[dict[str, Any]] = json.loads(self.bench.manage("shell", "-v", "0", "-c", code))
        return found


def attack(folder: Path, kills: int, seed: int) -> dict[str, Any]:
    """Kill a server so many times; return what was seen. Raises AssertionError where something is wrong."""
    attacker = Attack(Workbench(folder), random.Random(seed))
    attacker.begin()
    try:
        for _ in range(kills):
            attacker.strike()
        found = attacker.end()
        stored = attacker.interventions()
        verdict = attacker.bench.manage("verify_run", attacker.run)
    finally:
        attacker.bench.stop()
    assert verdict.startswith("identical"), verdict
    numbers = [made["seq"] for made in stored]
    assert len(set(numbers)) == len(numbers), "an intervention was doubled"
    by_number = {made["seq"]: made for made in stored}
    for each in attacker.answered:
        assert by_number[each["seq"]]["event"] == each["event"], f"intervention {each['seq']} was lost"
    # At most the one under way when the server died was stored and not answered.
    assert len(stored) <= len(attacker.answered) + kills
    assert all(made["status"] in {"applied", "refused"} for made in stored)
    back = sorted(attacker.back_seconds)
    return {
        "kills": kills,
        "ticks": found["tick"],
        "payments": found["arrived_count"],
        "interventions": len(stored),
        "digest": found["digest"],
        "seconds_until_it_runs_again": {"median": back[len(back) // 2], "most": back[-1]},
    }


def main() -> None:
    """Attack and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", nargs="?", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        json.dump(attack(Path(folder), options.kills, options.seed), sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
