"""How large messages may be over a real socket: no limit outwards, 64 KB inwards."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from simulations.tests.server import Workbench

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
