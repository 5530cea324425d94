"""Every address of the site against the whole cast: nothing is open by accident, nothing fails with a 500."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from simulations.models import Document, Run, Scenario, ScenarioVersion, Sweep

ANONYMOUS_MAY = {"first", "sign_in", "api-1.0.0:health"}
SCENARIO = """\
ticks_per_day: 10
seed: 1
agents:
- {id: A, balance: 100}
- {id: B, balance: 100}
initial_transactions:
- {sender: A, receiver: B, amount: 10, arrival_tick: 0}
"""


@dataclass(frozen=True)
class Route:
    """One address with the converters it has."""

    name: str
    path: str
    arguments: tuple[str, ...]


def routes(patterns: list[Any] | None = None, prefix: str = "", space: str = "") -> Iterator[Route]:
    """Walk the site's addresses; the admin has tests of its own."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if path.startswith("admin/"):
            continue
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from routes(pattern.url_patterns, path, inner)
        elif isinstance(pattern, URLPattern):
            yield Route(space + (pattern.name or ""), path, tuple(pattern.pattern.converters))


ROUTES = sorted(routes(), key=lambda route: route.path)
OF_A_THING = [
    route for route in ROUTES if {"run_id", "scenario_id", "simulation_id", "sweep_id"} & set(route.arguments)
]


@pytest.fixture
def things(owner: User) -> dict[str, UUID]:
    """A scenario with a version, a run and a sweep, all private."""
    document = Document.objects.of_text(SCENARIO)
    scenario = Scenario.objects.create(owner=owner, name="Two banks")
    version = ScenarioVersion.objects.create(scenario=scenario, number=1, document=document, author=owner)
    run = Run.objects.create(
        owner=owner,
        name="Two banks, seed 1",
        document=document,
        version=version,
        seed=1,
        engine_version="0",
        ticks_total=10,
        ticks_per_day=10,
        num_agents=2,
    )
    sweep = Sweep.objects.create(
        owner=owner,
        name="Two banks, seeds 1–3",
        document=document,
        version=version,
        first_seed=1,
        count=3,
        engine_version="0",
        ticks_total=10,
        ticks_per_day=10,
        num_agents=2,
    )
    of_run = {"run_id": run.pk, "simulation_id": run.pk}
    return {**of_run, "scenario_id": scenario.pk, "sweep_id": sweep.pk}


def address(route: Route, things: dict[str, Any]) -> str:
    """Fill an address; what is not a thing of the cast gets a plausible value."""
    values = {
        "number": 1,
        "payment_id": "T1",
        "import_id": UUID(int=1),
        "agent_id": "A",
        "seq": 1,
        "seed": 1,
        "tick": 1,
        "kind": "payments",
        **things,
    }
    path = route.path
    for name in route.arguments:
        for converter in ("uuid", "int", "str", "slug", "path"):
            path = path.replace(f"<{converter}:{name}>", str(values.get(name, "start")))
        path = path.replace(f"<{name}>", str(values.get(name, "start")))
    return "/" + path


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_nothing_but_the_doors_is_open_to_the_anonymous(route, method, things, client: Client) -> None:
    answer = getattr(client, method)(address(route, things))
    if route.name in ANONYMOUS_MAY:
        assert answer.status_code < 500
        return
    to_the_door = answer.status_code == 302 and answer["Location"].startswith("/sign-in")
    assert to_the_door or answer.status_code in {401, 404, 405}, f"{route.path}: {answer.status_code}"


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
@pytest.mark.parametrize("route", OF_A_THING, ids=lambda route: route.path)
def test_a_stranger_learns_nothing_of_a_thing(route, method, things, stranger, as_person) -> None:
    answer = getattr(as_person(stranger), method)(address(route, things))
    assert answer.status_code in {404, 405}, f"{route.path}: {answer.status_code}"


@pytest.mark.parametrize("route", OF_A_THING, ids=lambda route: route.path)
def test_a_teammate_may_look_but_not_touch(route, things, teammate, as_person) -> None:
    Run.objects.update(shared=True)
    Sweep.objects.update(shared=True)
    Scenario.objects.update(shared=True)
    client = as_person(teammate)
    assert client.get(address(route, things)).status_code < 500
    assert client.delete(address(route, things)).status_code in {403, 405}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_no_address_fails_for_the_owner(route, method, things, owner, as_person) -> None:
    assert getattr(as_person(owner), method)(address(route, things)).status_code < 500
