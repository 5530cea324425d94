"""Saved scenarios over HTTP, and what describes the API."""

import json

import pytest

from simulations.api.tests.cast import make, two_banks
from simulations.models import Draft, Scenario, ScenarioVersion

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(owner, as_person):
    return as_person(owner)


def body(**changes) -> str:
    return json.dumps(two_banks(name="Morning rush", **changes))


def save(client) -> str:
    """Save a scenario and return its address."""
    answer = client.post("/api/scenarios", body(), content_type="application/json")
    assert answer.status_code == 201
    assert answer.json()["version"] == 1
    return f"/api/scenarios/{answer.json()['id']}"


def put(client, address: str, text: str):
    return client.put(address, text, content_type="application/json")


def test_a_scenario_is_saved_read_and_run(client):
    address = save(client)
    facts = client.get(address).json()
    assert (facts["name"], facts["owner"], facts["version"]) == ("Morning rush", "owner", 1)
    assert facts["text"] == body()
    run = client.get(make(client, query=f"?scenario={facts['id']}")).json()
    assert (run["scenario"], run["version"], run["document_sha256"]) == (facts["id"], 1, facts["sha256"])


def test_saving_makes_versions_and_an_equal_text_makes_none(client):
    address = save(client)
    assert put(client, address, body(seed=2)).json()["version"] == 2
    assert put(client, address, body(seed=2)).json()["version"] == 2
    versions = client.get(f"{address}/versions").json()["versions"]
    assert [version["number"] for version in versions] == [2, 1]
    assert client.get(f"{address}/versions/1").json()["text"] == body()
    assert client.get(f"{address}/versions/3").status_code == 404


def test_a_stale_base_is_a_conflict_and_changes_nothing(client, owner):
    address = save(client)
    put(client, address, body(seed=2))
    answer = put(client, f"{address}?base=1", body(seed=3))
    assert answer.status_code == 409
    assert "base=2" in answer.json()["detail"]
    assert ScenarioVersion.objects.count() == 2
    assert not Draft.objects.exists()
    assert put(client, f"{address}?base=2", body(seed=3)).json()["version"] == 3


def test_a_faulty_text_is_never_saved(client):
    address = save(client)
    for answer in (
        client.post("/api/scenarios", "{}", content_type="application/json"),
        put(client, address, body(seed=-1)),
    ):
        assert answer.status_code == 400
        assert answer.json()["faults"]
    assert ScenarioVersion.objects.count() == 1
    assert not Draft.objects.exists()


def test_validation_tells_all_faults_and_saves_nothing(client):
    good = client.post("/api/scenarios/validate", body(), content_type="application/json").json()
    assert (good["valid"], good["faults"]) == (True, [])
    bad = client.post(
        "/api/scenarios/validate", body(seed=-1, colour=1), content_type="application/json"
    ).json()
    assert not bad["valid"]
    assert {fault["path"] for fault in bad["faults"]} == {"seed", "colour"}
    assert not Scenario.objects.exists()


def test_teammates_read_strangers_learn_nothing(client, teammate, stranger, as_person):
    address = save(client)
    for person in (teammate, stranger):
        assert as_person(person).get(address).status_code == 404
        assert as_person(person).get("/api/scenarios").json() == {"scenarios": []}
        assert put(as_person(person), address, body()).status_code == 404
    Scenario.objects.update(shared=True)
    assert as_person(teammate).get(address).status_code == 200
    assert as_person(teammate).get("/api/scenarios").json()["scenarios"][0]["version"] == 1
    assert put(as_person(teammate), address, body()).status_code == 403


def test_the_history_is_filtered_and_paged(client):
    addresses = [make(client) for _ in range(3)]
    client.post(f"{addresses[0]}/tick?count=50")
    found = client.get("/api/runs?status=finished").json()
    assert found["total"] == 1
    assert addresses[0].endswith(found["runs"][0]["simulation_id"])
    page = client.get("/api/runs?limit=2&offset=2").json()
    assert (page["total"], len(page["runs"])) == (3, 1)
    assert client.get("/api/runs?owner=nobody").json()["total"] == 0
    assert client.get("/api/runs?status=lost").status_code == 400


def test_health_is_public_and_says_how_each_part_is(db, client):
    from django.test import Client

    answer = Client().get("/api/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "channel_layer": "ok", "engine": "ok"}


def test_health_tells_a_part_that_fails(settings):
    from django.test import Client

    settings.CHANNEL_LAYERS = {}
    answer = Client().get("/api/health")
    assert answer.status_code == 503
    assert (answer.json()["status"], answer.json()["channel_layer"]) == ("failed", "failed")


def test_the_schema_and_the_description_are_served(client):
    assert "agents" in client.get("/api/schema.json").json()["properties"]
    paths = client.get("/api/openapi.json").json()["paths"]
    assert "post" in paths["/api/simulations"]
    page = client.get("/api/docs")
    assert page.status_code == 200
    for path in paths:
        assert path in page.content.decode()
