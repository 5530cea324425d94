"""The same application under another ASGI server, and in two processes behind nginx."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import websockets

from simulations.tests.server import ROOT, Workbench, free_port
from simulations.tests.test_scale import SCENARIO, client, needed, settings_of_scale

__all__ = ["settings_of_scale"]  # a fixture

START_SECONDS = 60
HEADER_BYTES = 16


class Uvicorn(Workbench):
    """The workbench under uvicorn, which tells the application when it starts and ends."""

    def start(self) -> None:
        """Bring the database up to date, start, wait until it answers."""
        self.manage("migrate", "-v", "0")
        command = [sys.executable, "-m", "uvicorn", "webapp.asgi:application", "--port", str(self.port)]
        with (self.data_dir / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment(), stdout=subprocess.PIPE, stderr=log
            )
        until_it_answers(self.url, self.process)


def until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait for an open address."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            httpx.get(f"{url}/api/health", timeout=START_SECONDS).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server did not answer")


def socket_of(url: str, session: str, run: str) -> websockets.connect:
    """Open a socket to a run, as a page of somebody signed in."""
    headers = {"Cookie": f"sessionid={session}", "Origin": url}
    address = f"{url.replace('http', 'ws', 1)}/ws/simulations/{run}"
    return websockets.connect(address, additional_headers=headers)


async def watched(url: str, session: str, run: str) -> dict[str, int]:
    """Run a simulation over its socket to the end, acknowledging frames; return how many messages came."""
    seen = {"frames": 0, "last_tick": -1}
    async with socket_of(url, session, run) as socket:
        wanted = {"action": "subscribe", "series": ["queue_depth"], "max_points": 600, "encoding": "binary"}
        await socket.send(json.dumps(wanted))
        await socket.send(json.dumps({"action": "run"}))
        async for message in socket:
            if isinstance(message, bytes):
                seen["frames"] += 1
                stamp = int.from_bytes(message[12:HEADER_BYTES], "little")
                await socket.send(json.dumps({"action": "ack", "stamp": stamp}))
            elif json.loads(message).get("data", {}).get("status") == "finished":
                seen["last_tick"] = json.loads(message)["data"]["tick"]
                return seen
    return seen


def test_a_run_is_watched_under_uvicorn(tmp_path: Path) -> None:
    bench = Uvicorn(tmp_path)
    bench.start()
    try:
        session = bench.session("analyst")
        with client(bench, session) as api:
            run = api.post("/api/simulations", json=SCENARIO).json()["simulation_id"]
            seen = asyncio.run(watched(bench.url, session, run))
            assert seen["frames"] > 0
            assert seen["last_tick"] == SCENARIO["ticks_per_day"]
    finally:
        bench.stop()


def test_a_server_that_ends_sends_its_watchers_away_to_try_again(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.start()
    try:
        session = bench.session("analyst")
        with client(bench, session) as api:
            run = api.post("/api/simulations", json=SCENARIO).json()["simulation_id"]

        async def code_at_the_end() -> int | None:
            async with socket_of(bench.url, session, run) as socket:
                await socket.recv()
                assert bench.process is not None
                bench.process.terminate()
                await asyncio.wait_for(socket.wait_closed(), START_SECONDS)
                return socket.close_code

        assert asyncio.run(code_at_the_end()) == 1013
    finally:
        bench.stop()
    assert "Traceback" not in bench.log()


def test_uvicorn_puts_live_runs_to_rest_and_takes_them_up_again(tmp_path: Path) -> None:
    bench = Uvicorn(tmp_path)
    bench.start()
    try:
        session = bench.session("analyst")
        with client(bench, session) as api:
            run = api.post("/api/simulations", json=SCENARIO).json()["simulation_id"]
            api.post(f"/api/simulations/{run}/tick?count=20").raise_for_status()
        bench.stop()
        assert "Application shutdown complete" in bench.log()
        assert "Traceback" not in bench.log()
        bench.start()
        with client(bench, session) as api:
            assert api.get(f"/api/simulations/{run}/state").json()["tick"] == 20
    finally:
        bench.stop()


@contextmanager
def nginx(folder: Path, ports: list[int]) -> Iterator[str]:
    """Serve two processes as docs/nginx.conf has it; yield the address in front of them."""
    program = needed("nginx", shutil.which("nginx") or "")
    port = free_port()
    site = (ROOT / "docs/nginx.conf").read_text()
    site = site.replace("listen 80;", f"listen 127.0.0.1:{port};").replace(
        "payments.example.org", "localhost"
    )
    for documented, real in zip((8001, 8002), ports, strict=True):
        site, found = re.subn(rf"127\.0\.0\.1:{documented};", f"127.0.0.1:{real};", site)
        assert found == 1
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{site}\n}}\n"
    )
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        until_it_answers(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.postgres
@pytest.mark.redis
def test_nginx_sends_all_of_one_run_to_one_process(settings_of_scale, tmp_path: Path) -> None:
    first = Workbench(tmp_path, settings=settings_of_scale)
    second = Workbench(tmp_path, settings=settings_of_scale)
    try:
        first.start()
        second.start()
        session = first.session("analyst", staff=True)
        with nginx(tmp_path, [first.port, second.port]) as url, client(first, session, url) as api:
            for _ in range(6):
                run = made_somewhere(api)
                ticks = [api.post(f"/api/simulations/{run}/tick").status_code for _ in range(5)]
                # The process that made the run may have to hand it over, once, to the one that will keep it.
                assert ticks[-1] == 200
                assert set(ticks) <= {200, 503}
                assert asyncio.run(watched(url, session, run))["last_tick"] == SCENARIO["ticks_per_day"]
    finally:
        first.stop()
        second.stop()


def made_somewhere(api: httpx.Client) -> str:
    """Make a run in whichever process answers."""
    answer = api.post("/api/simulations", json=SCENARIO)
    answer.raise_for_status()
    return str(answer.json()["simulation_id"])
