"""The same code on PostgreSQL and Redis, in two server processes, without changing a line."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest

from simulations.tests.server import Workbench

SCENARIO = {
    "name": "Two banks",
    "ticks_per_day": 50,
    "seed": 7,
    "agents": [
        {
            "id": name,
            "balance": 100_000,
            "arrival_config": {"rate_per_tick": 1, "distribution_type": "exponential", "amount_mean": 20_000},
        }
        for name in ("A", "B")
    ],
}

pytestmark = [pytest.mark.postgres, pytest.mark.redis]


def service(name: str) -> str:
    """Return the address of a service; skip where none is named, but never in CI."""
    address = os.environ.get(name, "")
    if not address and os.environ.get("CI") == "true":
        pytest.fail(f"CI must run this, and {name} names no server")
    if not address:
        pytest.skip(f"{name} names no server")
    return address


@pytest.fixture
def settings_of_scale() -> Iterator[dict[str, str]]:
    """A database of its own on PostgreSQL, and Redis."""
    postgres, redis = service("TEST_POSTGRES_URL"), service("TEST_REDIS_URL")
    name = f"payments_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield {"DATABASE_URL": urlunsplit(urlsplit(postgres)._replace(path=f"/{name}")), "REDIS_URL": redis}
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def client(bench: Workbench, session: str) -> Iterator[httpx.Client]:
    """A signed-in client of one server."""
    with httpx.Client(base_url=bench.url, cookies={"sessionid": session}, timeout=30) as client:
        client.get("/account")
        token = client.cookies.get("csrftoken") or ""
        client.headers.update({"X-CSRFToken": token, "Referer": bench.url})
        yield client


def test_two_processes_share_postgres_and_redis(settings_of_scale, tmp_path: Path) -> None:
    first = Workbench(tmp_path, settings=settings_of_scale)
    second = Workbench(tmp_path, settings=settings_of_scale)
    try:
        first.start()
        second.start()
        assert not first.first_link, "with a database server there is no first link"
        session = first.session("analyst", staff=True)
        with client(first, session) as one, client(second, session) as two:
            run = one.post("/api/simulations", json=SCENARIO).json()["simulation_id"]
            for _ in range(10):
                one.post(f"/api/simulations/{run}/tick").raise_for_status()
            seen = two.get(f"/api/simulations/{run}").json()
            assert seen["status"] in {"created", "paused"}
            one.post(f"/api/simulations/{run}/tick?count=100").raise_for_status()
            digest = one.get(f"/api/simulations/{run}").json()["digest"]
            assert two.get(f"/api/simulations/{run}").json()["digest"] == digest
            assert len(digest) == 64
            assert two.delete(f"/api/simulations/{run}").json() == {"status": "deleted"}
            assert one.get(f"/api/simulations/{run}").status_code == 404
    finally:
        for bench in (first, second):
            if bench.process is not None:
                bench.stop()
