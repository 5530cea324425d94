"""A run goes from one server process to another when that is asked, and survives the death of its owner."""

from pathlib import Path

import httpx
import pytest

from simulations.runs.tests.cast import wait_until
from simulations.tests.server import Workbench
from simulations.tests.test_scale import SCENARIO, client, settings_of_scale

__all__ = ["settings_of_scale"]

pytestmark = [pytest.mark.postgres, pytest.mark.redis]
BUSY_SECONDS = 60.0  # that a step may take on a busy machine
LONG = {**SCENARIO, "ticks_per_day": 20_000, "num_days": 5}


def speed(client: httpx.Client, run: str, ticks_per_second: str) -> None:
    """Set how fast a run goes; empty is as fast as it can."""
    data = {"ticks_per_second": ticks_per_second}
    answer = client.post(f"/runs/{run}/speed", data=data, headers={"HX-Request": "true"})
    assert answer.status_code == 204, answer.text


def test_a_run_is_handed_over_and_survives_its_owner(settings_of_scale, tmp_path: Path) -> None:
    first = Workbench(tmp_path, settings=settings_of_scale)
    second = Workbench(tmp_path, settings=settings_of_scale)
    try:
        first.start()
        second.start()
        session = first.session("analyst", staff=True)
        with client(first, session) as one, client(second, session) as two:
            run = one.post("/api/simulations", json=LONG).json()["simulation_id"]
            speed(one, run, "1000")
            one.post(f"/api/simulations/{run}/start").raise_for_status()
            state = f"/api/simulations/{run}/state"
            refused = two.get(state)
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
            wait_until(lambda: two.get(state).status_code == 200, BUSY_SECONDS)
            event = {"type": "transfer_liquidity", "agent": "A", "amount": 5_000}
            two.post(f"/api/simulations/{run}/events", json=event).raise_for_status()
            second.kill()
            reached = one.get(f"/api/simulations/{run}").json()["tick"]
            wait_until(lambda: one.get(f"/api/simulations/{run}").json()["tick"] > reached, BUSY_SECONDS)
            assert one.get(state).status_code == 200
            speed(one, run, "")
            wait_until(
                lambda: one.get(f"/api/simulations/{run}").json()["status"] == "finished", BUSY_SECONDS
            )
        assert first.manage("verify_run", run).startswith("identical")
    finally:
        for bench in (first, second):
            if bench.process is not None:
                bench.stop()
