"""Who may do what over HTTP: the cast against every kind of call."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from simulations.api.tests.cast import make, two_banks
from simulations.models import ApiToken, Run

pytestmark = pytest.mark.django_db(transaction=True)
LOOKS = ("", "/state", "/metrics", "/events", "/payments")
VERBS = ("tick", "start", "pause", "resume", "stop")


@pytest.fixture
def address(owner, as_person) -> str:
    """A paused simulation of the owner's."""
    client = as_person(owner)
    address = make(client)
    client.post(f"{address}/tick")
    return address


def test_the_anonymous_are_told_to_sign_in(address, client):
    for path in LOOKS:
        answer = client.get(address + path)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Bearer"
    for verb in VERBS:
        assert client.post(f"{address}/{verb}").status_code == 401
    assert client.delete(address).status_code == 401
    assert client.post("/api/simulations", "{}", content_type="application/json").status_code == 401
    for path in ("/api/runs", "/api/scenarios", "/api/schema.json", "/api/openapi.json", "/api/metrics"):
        assert client.get(path).status_code == 401


def test_a_stranger_learns_nothing(address, stranger, as_person):
    client = as_person(stranger)
    for path in LOOKS:
        assert client.get(address + path).status_code == 404
    for verb in VERBS:
        assert client.post(f"{address}/{verb}").status_code == 404
    assert client.delete(address).status_code == 404
    assert client.get("/api/runs").json() == {"runs": [], "total": 0}


def test_a_teammate_may_look_but_not_steer(address, teammate, as_person):
    Run.objects.update(shared=True)
    client = as_person(teammate)
    for path in LOOKS:
        assert client.get(address + path).status_code == 200
    for verb in VERBS:
        assert client.post(f"{address}/{verb}").status_code == 403
    assert client.delete(address).status_code == 403
    assert client.get("/api/runs").json()["total"] == 1


def test_staff_may_steer_but_not_delete(address, staff, as_person):
    client = as_person(staff)
    assert client.post(f"{address}/tick").status_code == 200
    assert client.delete(address).status_code == 403
    assert client.post(f"{address}/stop").status_code == 200


def test_a_token_signs_in(owner):
    token, plain = ApiToken.objects.issue(owner, "laptop")
    client = Client(headers={"Authorization": f"Bearer {plain}"})
    address = make(client)
    assert client.get(address).json()["owner"] == "owner"
    token.refresh_from_db()
    assert token.last_used_at is not None
    ApiToken.objects.update(revoked_at=timezone.now())
    assert client.get(address).status_code == 401


def test_a_wrong_token_is_refused_even_beside_a_session(owner, as_person):
    client = as_person(owner)
    assert client.get("/api/runs", headers={"Authorization": "Bearer ps_wrong"}).status_code == 401


def test_the_token_of_someone_who_left_is_dead(owner):
    _, plain = ApiToken.objects.issue(owner, "laptop")
    owner.is_active = False
    owner.save()
    assert Client(headers={"Authorization": f"Bearer {plain}"}).get("/api/runs").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
    ],
)
def test_a_page_of_another_site_cannot_use_a_session(owner, headers):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    body = json.dumps(two_banks())
    answer = client.post("/api/simulations", body, content_type="application/json", headers=headers)
    assert answer.status_code == 403
    assert Run.objects.count() == 0


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://testserver"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}],
)
def test_a_script_or_our_own_page_needs_nothing_but_its_session(owner, headers):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    body = json.dumps(two_banks())
    answer = client.post("/api/simulations", body, content_type="application/json", headers=headers)
    assert answer.status_code == 201


def test_figures_of_the_server_are_for_staff(address, owner, staff, as_person):
    assert as_person(owner).get("/api/metrics").status_code == 403
    answer = as_person(staff).get("/api/metrics")
    assert answer["Content-Type"].startswith("text/plain")
    text = answer.content.decode()
    assert 'payment_simulator_runs{status="paused"} 1.0' in text
    assert "payment_simulator_runs_in_memory 1.0" in text
    assert "process_cpu_seconds_total" in text
