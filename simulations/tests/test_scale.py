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


def needed(name: str, found: str) -> str:
    """Return what a test needs of the machine; skip where it is absent, but never in CI."""
    if not found and os.environ.get("CI") == "true":
        pytest.fail(f"CI must run this, and there is no {name}")
    if not found:
        pytest.skip(f"there is no {name} here")
    return found


def service(name: str) -> str:
    """Return the address of a service."""
    return needed(name, os.environ.get(name, ""))


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
def client(bench: Workbench, session: str, url: str = "") -> Iterator[httpx.Client]:
    """A signed-in client of one server, or of what stands in front of it at `url`."""
    with httpx.Client(base_url=url or bench.url, cookies={"sessionid": session}, timeout=30) as client:
        client.get("/account")
        token = client.cookies.get("csrftoken") or ""
        client.headers.update({"X-CSRFToken": token, "Referer": url or bench.url})
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
