"""Stepping in and branching over HTTP."""

import json

import pytest

from simulations.api.tests.cast import make
from simulations.models import Run

pytestmark = pytest.mark.django_db(transaction=True)
MORE_MONEY = {"type": "transfer_liquidity", "agent": "BANK_A", "amount": 777}


@pytest.fixture
def client(owner, as_person):
    return as_person(owner)


@pytest.fixture
def address(client) -> str:
    """A simulation that stands at tick 5."""
    address = make(client)
    client.post(f"{address}/tick?count=5")
    return address


def send(client, address: str, what: object):
    return client.post(address, json.dumps(what), content_type="application/json")


def total(client, address: str) -> int:
    return sum(agent["balance"] for agent in client.get(f"{address}/state").json()["agents"])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            '{"type": "transfer_liquidity", "agent": "BANK_A", "amount": 1, "amount": 2}',
            "'amount' is given twice",
        ),
        ('{"type": "set_arrival_rate", "multiplier": NaN}', "NaN is not a number"),
        ('{"type": ', "line 1 column"),
        ("[" * 100_000, "nested too deeply"),
        ("{" + "".join(f'"k{n}": 1, ' for n in range(100_000)) + '"k99999": 2}', "'k99999' is given twice"),
    ],
)
def test_a_body_that_is_no_plain_json_is_refused_with_the_reason(body, said, client, address):
    answer = client.post(f"{address}/events", body, content_type="application/json")
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert total(client, address) == 2_500_000


def test_an_event_takes_effect_in_the_next_tick(client, address):
    answer = send(client, f"{address}/events", MORE_MONEY)
    assert answer.status_code == 201
    assert (answer.json()["tick"], answer.json()["status"]) == (5, "scheduled")
    assert total(client, address) == 2_500_000
    client.post(f"{address}/tick")
    assert total(client, address) == 2_500_777
    assert client.get(f"{address}/events/scheduled").json() == {"scheduled": []}


def test_what_waits_is_listed_and_can_be_withdrawn(client, address):
    made = send(client, f"{address}/events", {**MORE_MONEY, "tick": 8}).json()
    listed = client.get(f"{address}/events/scheduled").json()["scheduled"]
    assert [each["seq"] for each in listed] == [made["seq"]]
    assert listed[0]["made_by"] == "owner"
    assert client.delete(f"{address}/events/scheduled/{made['seq']}").json()["status"] == "withdrawn"
    assert client.delete(f"{address}/events/scheduled/{made['seq']}").status_code == 400
    client.post(f"{address}/tick?count=10")
    assert total(client, address) == 2_500_000


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "explode"},
        {**MORE_MONEY, "agent": "NOBODY"},
        {**MORE_MONEY, "amount": 1.5},
        {**MORE_MONEY, "tick": 1},
        {**MORE_MONEY, "colour": "red"},
        [],
        "now",
    ],
)
def test_a_senseless_event_is_refused_with_faults(client, address, event):
    answer = send(client, f"{address}/events", event)
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert client.get(f"{address}/events/scheduled").json() == {"scheduled": []}


def test_a_body_that_is_no_json_is_refused(client, address):
    assert client.post(f"{address}/events", "{", content_type="application/json").status_code == 400


def test_a_finished_run_takes_no_events(client, address):
    client.post(f"{address}/tick?count=100")
    answer = send(client, f"{address}/events", MORE_MONEY)
    assert (answer.status_code, answer.json()["status"]) == (409, "finished")


def test_a_branch_goes_its_own_way_from_a_tick(client, address):
    client.post(f"{address}/tick?count=100")
    made = send(client, f"{address}/branch", {"tick": 20, "events": [MORE_MONEY], "name": "What if"})
    assert made.status_code == 201
    branch = f"/api/simulations/{made.json()['simulation_id']}"
    facts = client.get(branch).json()
    assert (facts["status"], facts["tick"], facts["name"]) == ("paused", 20, "What if")
    client.post(f"{branch}/tick?count=100")
    assert total(client, branch) == total(client, address) + 777


@pytest.mark.parametrize("what", [{"tick": 6}, {"tick": -1}, {"tick": "x"}, {}, {"tick": 2, "events": [{}]}])
def test_a_senseless_branch_is_refused_and_leaves_nothing(client, address, what):
    assert send(client, f"{address}/branch", what).status_code == 400
    assert Run.objects.count() == 1


def test_teammates_may_branch_but_not_step_in(client, address, teammate, stranger, as_person):
    assert send(as_person(stranger), f"{address}/events", MORE_MONEY).status_code == 404
    assert send(as_person(stranger), f"{address}/branch", {"tick": 2}).status_code == 404
    Run.objects.update(shared=True)
    assert send(as_person(teammate), f"{address}/events", MORE_MONEY).status_code == 403
    assert as_person(teammate).delete(f"{address}/events/scheduled/1").status_code == 403
    made = send(as_person(teammate), f"{address}/branch", {"tick": 2})
    facts = as_person(teammate).get(f"/api/simulations/{made.json()['simulation_id']}").json()
    assert facts["owner"] == "teammate"
    client.logout()
    assert send(client, f"{address}/events", MORE_MONEY).status_code == 401
