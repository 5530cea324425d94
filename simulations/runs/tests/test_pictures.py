"""What the live page draws of a run, from the real engine."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from simulations.models import Run
from simulations.runs import manager
from simulations.runs.tests.cast import new_run

pytestmark = pytest.mark.django_db(transaction=True)

RING = """\
ticks_per_day: 10
seed: 1
agents:
- {id: A, balance: 5}
- {id: B, balance: 0}
- {id: C, balance: 0}
initial_transactions:
- {sender: B, receiver: C, amount: 30, arrival_tick: 0}
- {sender: B, receiver: C, amount: 12, arrival_tick: 1}
- {sender: C, receiver: A, amount: 7, arrival_tick: 1}
- {sender: A, receiver: B, amount: 2, arrival_tick: 2}
"""


@pytest.fixture
def run(owner) -> Run:
    run = new_run(owner, RING)
    manager.tick(run, count=3)
    return run


def drawn(client: Client, name: str, run: Run, **query: str) -> Any:
    answer = client.get(reverse(name, kwargs={"run_id": run.pk}), query)
    assert answer.status_code == 200
    return answer.json()


def test_the_map_adds_up_who_owes_whom(run, owner, as_person) -> None:
    seen = drawn(as_person(owner), "run_map", run)
    ids = [bank["id"] for bank in seen["banks"]]
    edges = seen["edges"]
    owed = {
        (ids[a], ids[b]): (value, count)
        for a, b, value, count in zip(edges["from"], edges["to"], edges["value"], edges["count"], strict=True)
    }
    assert owed == {("B", "C"): (42, 2), ("C", "A"): (7, 1)}
    assert (seen["queued"], seen["pairs"], seen["tick"]) == (49, 2, 3)
    balances = {bank["id"]: bank["balance"] for bank in seen["banks"]}
    assert balances == {"A": 3, "B": 2, "C": 0}


def test_what_a_bank_has_not_submitted_is_not_owed_yet(owner, as_person) -> None:
    held = RING.replace("{id: B, balance: 0}", "{id: B, balance: 0, policy: {type: deadline}}")
    run = new_run(owner, held)
    manager.tick(run, count=3)
    seen = drawn(as_person(owner), "run_map", run)
    assert seen["queued"] == 7
    assert {bank["id"]: bank["waiting"] for bank in seen["banks"]} == {"A": 0, "B": 2, "C": 1}


@pytest.mark.parametrize(
    ("measure", "rows"),
    [
        ("queued_value", {"A": [0, 0, 0], "B": [30, 42, 42], "C": [0, 7, 7]}),
        ("balance", {"A": [5, 5, 3], "B": [0, 0, 2], "C": [0, 0, 0]}),
        ("nonsense", {"A": [0, 0, 0], "B": [30, 42, 42], "C": [0, 7, 7]}),
    ],
)
def test_the_heat_map_has_each_bank_at_each_tick(measure, rows, run, owner, as_person) -> None:
    seen = drawn(as_person(owner), "run_heat", run, measure=measure)
    assert seen["ticks"] == [0, 1, 2]
    assert dict(zip((bank["id"] for bank in seen["banks"]), seen["values"], strict=True)) == rows


@pytest.mark.parametrize("name", ["run_map", "run_heat"])
def test_a_stranger_sees_no_picture(name, run, stranger, as_person) -> None:
    assert as_person(stranger).get(reverse(name, kwargs={"run_id": run.pk})).status_code == 404


def test_the_queue_lists_what_banks_hold_back_and_what_would_free_it(owner, as_person) -> None:
    held = RING.replace("{id: B, balance: 0}", "{id: B, balance: 0, policy: {type: deadline}}")
    run = new_run(owner, held)
    manager.tick(run, count=3)
    page = as_person(owner).get(reverse("run_queue", kwargs={"run_id": run.pk})).content.decode()
    assert "Banks’ own queues: 2 pending" in page
    assert "B’s policy, or releasing it" in page
    assert "0.07 more for C" in page


@pytest.mark.parametrize("tick", [0, 1])
def test_the_tables_show_a_past_tick_as_it_closed(tick, run, owner, as_person) -> None:
    client = as_person(owner)
    banks = client.get(reverse("run_banks", kwargs={"run_id": run.pk}), {"at": tick}).content.decode()
    queue = client.get(reverse("run_queue", kwargs={"run_id": run.pk}), {"at": tick}).content.decode()
    assert '"queued_value": ' + str({0: 30, 1: 49}[tick]) in banks
    assert "0.05" in banks  # A still has what it opened with; it pays in tick 2
    assert f"RTGS: {1 if tick == 0 else 3} queued" in queue
    assert f"As it was when tick {tick} closed" in queue


def test_a_tick_that_was_not_reached_is_refused_in_the_table(run, owner, as_person) -> None:
    page = as_person(owner).get(reverse("run_banks", kwargs={"run_id": run.pk}), {"at": 9}).content.decode()
    assert "tick must be an integer from 0 to 2" in page


def test_a_branch_and_its_parent_know_each_other(run, owner, teammate, as_person) -> None:
    branch = manager.branch(run, 2, owner, name="What if")
    client = as_person(owner)
    assert "What if" in client.get(reverse("run_live", kwargs={"run_id": run.pk})).content.decode()
    page = client.get(reverse("run_live", kwargs={"run_id": branch.pk})).content.decode()
    lines = reverse("run_lines", kwargs={"run_id": run.pk})
    assert lines in page
    assert client.get(lines).json() == {"ticks": [0, 1, 2], "settled": [0, 0, 2], "waiting": [1, 3, 3]}
    Run.objects.filter(pk=branch.pk).update(shared=True)
    page = as_person(teammate).get(reverse("run_live", kwargs={"run_id": branch.pk})).content.decode()
    assert lines not in page
