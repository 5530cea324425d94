"""How much may go over a real socket: no limit to a message outwards, 64 KB inwards, 8 MB unread."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from simulations.tests.server import Workbench
from simulations.tests.soak.wire import Wire

TICKS = 300
BANKS = [f"B{number:02}" for number in range(40)]
SCENARIO = {
    "ticks_per_day": TICKS,
    "seed": 1,
    "agents": [
        {
            "id": bank,
            "balance": 100_000,
            "arrival_config": {"rate_per_tick": 1, "distribution_type": "exponential", "amount_mean": 20_000},
        }
        for bank in BANKS
    ],
}
SUBSCRIBE = {
    "action": "subscribe",
    "series": [f"balance:{bank}" for bank in BANKS],
    "max_points": 2_000,
    "encoding": "binary",
}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """A server that is ready."""
    bench = Workbench(tmp_path)
    try:
        bench.start()
        yield bench
    finally:
        if bench.process is not None:
            bench.kill()


async def whole_day_and_refusal(address: str, headers: dict[str, str]) -> tuple[bytes, int | None]:
    """Return the first frame, and the close code after a message that is too large."""
    socket: Any
    async with asyncio.timeout(30), websockets.connect(address, additional_headers=headers) as socket:
        await socket.send(json.dumps(SUBSCRIBE))
        async for message in socket:
            if isinstance(message, bytes):
                break
        await socket.send("x" * 65_537)
        await socket.wait_closed()
        return message, socket.close_code


def test_a_whole_day_fits_into_a_frame_and_a_huge_message_is_refused(bench: Workbench) -> None:
    cookie = {"sessionid": bench.session("analyst")}
    with httpx.Client(base_url=bench.url, cookies=cookie, timeout=30) as client:
        run = client.post("/api/simulations", json=SCENARIO).json()["simulation_id"]
        assert client.post(f"/api/simulations/{run}/tick?count={TICKS}").json()["ran"] == TICKS
    address = bench.url.replace("http", "ws") + f"/ws/simulations/{run}"
    headers = {"Cookie": f"sessionid={cookie['sessionid']}", "Origin": bench.url}
    frame, code = asyncio.run(whole_day_and_refusal(address, headers))
    assert len(frame) > 65_536, "the test needs a large frame"
    assert len(frame) == 16 + 8 * TICKS * (1 + len(BANKS))
    assert code == 1009


async def asks_and_does_not_read(bench: Workbench, run: str, headers: dict[str, str]) -> int:
    """Ask for the state as often as one may; return how often until the server let go."""
    wire = await Wire.open(bench.url, f"/ws/simulations/{run}", headers, lambda message: None)
    wire.transport.pause_reading()
    asked = 0
    async with asyncio.timeout(60):
        while not wire.transport.is_closing() and not wire.closed.done():
            for _ in range(20):
                wire.say({"action": "get_state"})
            asked += 20
            if asked % 200 == 0:
                wire.transport.resume_reading()  # only so does a client see that it was let go
                wire.transport.pause_reading()
            await asyncio.sleep(0.25)
    return asked


def test_who_asks_and_does_not_read_is_let_go_before_the_answers_fill_the_memory(bench: Workbench) -> None:
    cookie = {"sessionid": bench.session("analyst")}
    with httpx.Client(base_url=bench.url, cookies=cookie, timeout=30) as client:
        run = client.post("/api/simulations", json=waiting_for_ever()).json()["simulation_id"]
        client.post(f"/api/simulations/{run}/tick?count={TICKS // 2}").raise_for_status()
        headers = {"Cookie": f"sessionid={cookie['sessionid']}", "Origin": bench.url}
        assert asyncio.run(asks_and_does_not_read(bench, run, headers)) > 0
        assert client.get(f"/api/simulations/{run}").status_code == 200


def waiting_for_ever() -> dict[str, Any]:
    """Return banks without money: everything waits, so that a state is long."""
    poor = [agent | {"balance": 0} for agent in SCENARIO["agents"]]  # type: ignore[attr-defined]
    return SCENARIO | {"agents": poor}
