"""The life of a simulation over HTTP."""

import json
from typing import Any

import pytest
from django.test import Client

from simulations.api.simulations import MOST_TICKS_A_CALL
from simulations.api.tests.cast import make, two_banks
from simulations.engine.rust_backend import RustBackend
from simulations.models import AuditEntry, Run
from simulations.runs.registry import registry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(owner, as_person):
    return as_person(owner)


def test_a_simulation_is_made_stepped_read_and_deleted(client):
    address = make(client)
    for expected in range(10):
        result = client.post(f"{address}/tick").json()
        assert result["tick"] == expected
        assert isinstance(result["settled_value"], int)
    state = client.get(f"{address}/state").json()
    assert state["tick"] == 10
    assert sum(agent["balance"] for agent in state["agents"]) == 2_500_000
    answer = client.delete(address)
    assert (answer.status_code, answer.json()) == (200, {"status": "deleted"})
    for path in ("", "/state", "/metrics", "/events", "/payments"):
        assert client.get(address + path).status_code == 404
    for verb in ("tick", "start", "pause", "resume", "stop"):
        assert client.post(f"{address}/{verb}").status_code == 404
    assert client.delete(address).status_code == 404
    assert AuditEntry.objects.filter(action="run.deleted").count() == 1


def test_the_answer_of_a_tick_is_the_engines(client):
    engine = RustBackend(two_banks())
    address = make(client)
    for _ in range(5):
        assert client.post(f"{address}/tick").json() == engine.tick()
    assert client.get(f"{address}/state").json() == engine.get_state()


def test_the_state_of_a_tick_that_passed_is_that_of_its_close(client):
    address = make(client)
    client.post(f"{address}/tick?count=3")
    then = client.get(f"{address}/state").json()
    client.post(f"{address}/tick?count=3")
    past = client.get(f"{address}/state?tick=2").json()
    assert past["tick"] == 2
    for name in ("balance", "available", "sent", "received", "queued"):
        assert [a[name] for a in past["agents"]] == [a[name] for a in then["agents"]]
    assert past["totals"] == then["totals"]
    refused = client.get(f"{address}/state?tick=6")
    assert refused.status_code == 400
    assert "from 0 to 5" in refused.json()["detail"]


def test_many_ticks_in_one_call_are_summed(client):
    engine = RustBackend(two_banks())
    ticks = [engine.tick() for _ in range(50)]
    result = client.post(f"{make(client)}/tick?count=50").json()
    assert result["ran"] == 50
    assert {key: result[key] for key in ticks[-1]} == ticks[-1]
    assert result["sums"]["settled_value"] == sum(tick["settled_value"] for tick in ticks)
    assert result["sums"]["arrivals"] == sum(tick["arrivals"] for tick in ticks)


def test_more_ticks_than_there_are_run_to_the_end(client):
    address = make(client)
    assert client.post(f"{address}/tick?count=1000").json()["ran"] == 50
    facts = client.get(address).json()
    assert facts["status"] == "finished"
    assert len(facts["digest"]) == 64
    assert client.get(f"{address}/metrics").json()["settled_count"] == facts["settled_count"]


@pytest.mark.parametrize("count", ["0", "-1", str(MOST_TICKS_A_CALL + 1), "many", "1.5"])
def test_a_senseless_count_is_refused(client, count):
    answer = client.post(f"{make(client)}/tick?count={count}")
    assert answer.status_code == 400
    assert "count" in answer.json()["detail"]


def test_a_finished_simulation_refuses_ticks_and_says_what_is_possible(client):
    address = make(client)
    client.post(f"{address}/tick?count=50")
    answer = client.post(f"{address}/tick")
    assert answer.status_code == 409
    assert answer.json()["status"] == "finished"
    assert answer.json()["possible"] == ["branch", "delete"]


def test_a_simulation_of_another_engine_says_what_is_possible(client):
    address = make(client)
    client.post(f"{address}/tick?count=50")
    Run.objects.update(engine_version="0.0.0-older")
    registry.shut_down()
    for method, verb in (("GET", "/state"), ("POST", "/tick"), ("POST", "/branch")):
        answer = client.generic(method, f"{address}{verb}", json.dumps({"tick": 5}), "application/json")
        assert answer.status_code == 409, verb
        assert (answer.json()["status"], answer.json()["possible"]) == ("finished", ["delete"]), verb


def test_a_running_simulation_refuses_ticks(client):
    address = make(client, two_banks(ticks_per_day=86_400, num_days=50))
    assert client.post(f"{address}/start").json()["status"] == "running"
    answer = client.post(f"{address}/tick")
    assert (answer.status_code, answer.json()["status"]) == (409, "running")
    assert client.post(f"{address}/pause").json()["status"] == "paused"
    assert client.post(f"{address}/tick").status_code == 200
    assert client.post(f"{address}/resume").json()["status"] == "running"
    stopped = client.post(f"{address}/stop").json()
    assert stopped["status"] == "stopped"
    assert client.get(f"{address}/state").json()["tick"] == stopped["tick"]


def test_seed_liquidity_and_name_are_taken_from_the_query(client):
    facts = client.get(make(client, query="?seed=7&liquidity_percent=50&name=Half")).json()
    assert (facts["seed"], facts["liquidity_percent"], facts["name"]) == (7, 50, "Half")
    state = client.get(f"/api/simulations/{facts['simulation_id']}/state").json()
    assert [agent["balance"] for agent in state["agents"]] == [500_000, 750_000]


@pytest.mark.parametrize("query", ["seed=-1", f"seed={2**63}", "seed=x", "liquidity_percent=0", "scenario=1"])
def test_a_senseless_query_is_refused(client, query):
    answer = client.post(
        f"/api/simulations?{query}", json.dumps(two_banks()), content_type="application/json"
    )
    assert answer.status_code == 400
    assert Run.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"a: b: c",
        b"{}",
        b"1e999",
        b'{"agents": 5}',
        b"\x00",
        b"- " * 500,
    ],
)
def test_any_body_that_is_no_scenario_is_answered_with_faults(client, body):
    answer = client.post("/api/simulations", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["faults"]
    assert Run.objects.count() == 0


def test_faults_have_their_place_in_the_body(client):
    text = (
        "ticks_per_day: 10\nseed: 1\nagents:\n- {id: A, balance: 1.0}\n- {id: B, balance: 1, colour: red}\n"
    )
    faults = client.post("/api/simulations", text, content_type="application/yaml").json()["faults"]
    places = {fault["path"]: fault["line"] for fault in faults}
    assert places["agents[0].balance"] == 4
    assert places["agents[1].colour"] == 5


def test_a_body_that_is_too_large_is_refused(client, settings):
    settings.MAX_DOCUMENT_BYTES = 1000
    answer = client.post("/api/simulations", b" " * 1001, content_type="application/json")
    assert answer.status_code == 413
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    settings.MAX_DOCUMENT_BYTES = 2000
    assert client.post("/api/simulations", b" " * 1001, content_type="application/json").status_code == 413


def test_over_quota_one_is_told_when_to_try_again(client, settings):
    settings.API_RUNS_PER_MINUTE = 2
    make(client)
    make(client)
    answer = client.post("/api/simulations", json.dumps(two_banks()), content_type="application/json")
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60


def pages(client: Any, address: str, kind: str) -> list[dict[str, Any]]:
    """Follow the cursor to the end."""
    found, cursor = [], ""
    while True:
        page = client.get(f"{address}/{kind}?limit=40{cursor}").json()
        found += page[kind]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def test_events_come_by_page_whole_and_in_order(client):
    address = make(client)
    client.post(f"{address}/tick?count=20")
    events = pages(client, address, "events")
    assert [event["seq"] for event in events] == list(range(events[0]["seq"], events[0]["seq"] + len(events)))
    engine = RustBackend(two_banks())
    engine.advance(20)
    assert len(events) == len(engine.events()["seq"])
    client.post(f"{address}/tick")
    assert len(pages(client, address, "events")) > len(events)


def test_events_are_filtered_by_tick_bank_and_type(client):
    address = make(client)
    client.post(f"{address}/tick?count=20")
    found = client.get(f"{address}/events?type=settled&from_tick=5&to_tick=9&agent=BANK_A&limit=1000").json()
    assert found["events"]
    for event in found["events"]:
        assert event["type"] == "settled"
        assert 5 <= event["tick"] <= 9
        assert "BANK_A" in {event["agent"], event["counterparty"]}


def test_payments_come_by_page_and_by_state(client):
    address = make(client)
    client.post(f"{address}/tick?count=50")
    payments = pages(client, address, "payments")
    metrics = client.get(f"{address}/metrics").json()
    assert len(payments) == metrics["arrived_count"]
    assert len({payment["id"] for payment in payments}) == len(payments)
    settled = client.get(f"{address}/payments?status=settled&limit=1000").json()["payments"]
    assert len(settled) == metrics["settled_count"]
    assert sum(payment["amount"] for payment in settled) == metrics["settled_value"]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "cursor=x", "cursor=-1", "from_tick=-1"])
def test_a_senseless_page_is_refused(client, query):
    assert client.get(f"{make(client)}/events?{query}").status_code == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("/events?from_tick=-1", "-1"),
        ("/events?type=nonsense", "nonsense"),
        ("/payments?status=xyz", "xyz"),
        ("/payments?limit=0", "0"),
        ("/state?at=3", "3"),
        ("?colour=red", "red"),
    ],
)
def test_a_wrong_or_unknown_parameter_is_refused_with_what_was_found(client, query, found):
    answer = client.get(make(client) + query)
    assert answer.status_code == 400
    (fault,) = answer.json()["faults"]
    assert fault["found"] == found
    assert fault["path"].split(".")[-1] in query
    assert fault["path"].split(".")[-1] in answer.json()["detail"]


@pytest.mark.parametrize(("method", "address"), [("patch", ""), ("put", "/tick"), ("delete", "/events")])
def test_a_method_that_is_not_possible_is_refused_in_json(client, method, address):
    answer = getattr(client, method)(make(client) + address)
    assert answer.status_code == 405
    assert answer["Allow"] in answer.json()["detail"]


def test_an_address_that_is_not_there_is_told_in_json_whatever_the_method():
    client = Client(enforce_csrf_checks=True)
    for method in ("get", "post", "put", "delete"):
        answer = getattr(client, method)("/api/nothing", HTTP_AUTHORIZATION="Bearer ps_wrong")
        assert answer.status_code == 404
        assert answer.json()["detail"]


def test_a_thing_that_cannot_be_is_not_found(client):
    for address in ("/api/simulations/x", "/api/simulations/5/state", "/api/nothing", "/api/scenarios/x"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert answer.json()["detail"]
