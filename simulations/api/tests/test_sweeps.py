"""Sweeps over HTTP: made, read, cancelled, deleted, and refused."""

import json

import pytest

from simulations.api.tests.cast import two_banks
from simulations.engine.rust_backend import RustBackend
from simulations.models import Sweep
from simulations.runs import sweeping
from simulations.runs.tests.cast import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(owner, as_person):
    return as_person(owner)


def post(client, query="", scenario=None):
    body = json.dumps(scenario or two_banks())
    return client.post(f"/api/sweeps{query}", body, content_type="application/json")


def finished(client, query: str) -> str:
    address = f"/api/sweeps/{post(client, query).json()['sweep_id']}"
    wait_until(lambda: client.get(address).json()["status"] == "finished")
    return address


def test_a_sweep_is_made_read_and_deleted(client):
    address = finished(client, "?seeds=4&first_seed=9&liquidity_percent=100")
    facts = client.get(address).json()
    assert (facts["done"], facts["count"], facts["first_seed"]) == (4, 4, 9)
    measures = client.get(f"{address}/measures").json()
    assert measures["seed"] == [9, 10, 11, 12]
    alone = RustBackend(two_banks(seed=11))
    alone.advance(50)
    assert measures["digest"][2] == alone.digest()
    assert measures["settled_value"][2] == alone.metrics()["settled_value"]
    assert facts["summary"]["settled_value"]["mean"] == sum(measures["settled_value"]) / 4
    bands = client.get(f"{address}/bands").json()
    assert bands["tick"] == list(range(50))
    assert bands["settled_value_total_q50"][-1] == facts["summary"]["settled_value"]["q50"]
    assert bands["throughput_q50"][-1] == 1
    assert [name for name in bands if name.startswith("balance:") and name.endswith("_q50")] == [
        f"balance:{bank['id']}_q50" for bank in two_banks()["agents"]
    ]
    assert [each["sweep_id"] for each in client.get("/api/sweeps").json()["sweeps"]] == [facts["sweep_id"]]
    assert client.delete(address).json() == {"status": "deleted"}
    assert client.get(address).status_code == 404


def test_what_is_no_sweep_is_refused(client):
    assert post(client, "?seeds=0").status_code == 400
    assert post(client, "?seeds=10001").status_code == 400
    assert post(client, "?liquidity_percent=0").status_code == 400
    assert post(client, scenario={"ticks_per_day": 10}).json()["faults"]
    assert not Sweep.objects.exists()


def test_results_that_are_not_there_yet_say_what_is_possible(client, owner):
    sweep_id = post(client, "?seeds=3").json()["sweep_id"]
    sweep = Sweep.objects.get(pk=sweep_id)
    wait_until(lambda: sweeping.workshop.progress(sweep.pk) is None)
    Sweep.objects.update(status="waiting")
    answer = client.get(f"/api/sweeps/{sweep_id}/measures")
    assert answer.status_code == 409
    assert answer.json()["possible"] == ["cancel", "delete"]
    assert client.post(f"/api/sweeps/{sweep_id}/cancel").json()["status"] == "cancelled"


def test_sweeps_have_a_quota_of_their_own(client, settings):
    settings.API_RUNS_PER_MINUTE = 1
    assert post(client, "?seeds=2").status_code == 201
    answer = post(client, "?seeds=2")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) >= 1
