"""Why a payment waited at a past tick is what the engine said then."""

from typing import Any

import pytest
from django.urls import reverse

from simulations import storage
from simulations.engine.rust_backend import RustBackend
from simulations.models import Run
from simulations.runs import manager
from simulations.runs.hindsight import explained_at
from simulations.runs.replay import Unrepeatable, inputs_of
from simulations.runs.tests.cast import forget_as_if_killed, new_run
from simulations.runs.tests.test_checkpoints import checkpoint_now
from simulations.runs.tests.test_moments import STEERED

pytestmark = pytest.mark.django_db(transaction=True)


def explanations_now(run: Run) -> dict[str, dict[str, Any]]:
    """Return what the engine says of all that is queued."""
    queues = manager.state(run)["queues"].values()
    return {row["id"]: manager.explain(run, row["id"]) for queue in queues for row in queue["payments"]}


@pytest.fixture
def told(owner) -> tuple[Run, dict[int, dict[str, dict[str, Any]]]]:
    """A finished run with checkpoints and an intervention, and what the engine said as some ticks closed."""
    run, said = new_run(owner, STEERED), {}
    for tick in range(0, run.ticks_total, 6):
        if tick == 24:
            manager.apply(run, {"type": "set_credit_limit", "agent": "A", "credit_limit": 0})
        if tick in {18, 42}:
            checkpoint_now(run)
        manager.tick(run, count=3)
        said[tick + 2] = explanations_now(run)
        manager.tick(run, count=3)
    run.refresh_from_db()
    return run, said


def test_it_is_what_the_engine_said_then(told) -> None:
    run, said = told
    forget_as_if_killed()
    assert all(said.values())
    for tick, then in said.items():
        assert explained_at(run, tick, then) == then, f"tick {tick}"


def test_a_run_under_way_is_not_disturbed_by_the_question(owner) -> None:
    run = new_run(owner, STEERED)
    manager.tick(run, count=5)
    then = explanations_now(run)
    manager.tick(run, count=20)
    assert then
    assert explained_at(run, 4, then) == then
    assert manager.state(run)["tick"] == 25


def test_what_had_not_arrived_is_left_out_or_refused(told) -> None:
    run, _ = told
    assert explained_at(run, 0, ["BIG"]) == {}
    with pytest.raises(ValueError, match="no payment 'BIG' had arrived when tick 0 closed"):
        manager.explain(run, "BIG", 0)
    assert manager.explain(run, "BIG", 1)["reason"] == "liquidity"


@pytest.mark.parametrize("tick", [-1, 60, True])
def test_a_tick_that_was_not_run_is_refused(tick, told) -> None:
    with pytest.raises(ValueError, match="tick must be an integer from 0 to 59"):
        explained_at(told[0], tick, ["BIG"])


def test_the_page_says_why_each_waited_after_it_has_shown_what_did(told, owner, as_person) -> None:
    run, _ = told
    client, address = as_person(owner), reverse("run_queue", kwargs={"run_id": run.pk})
    at_once = client.get(address, {"at": 2}).content.decode()
    assert "BIG" in at_once
    assert f'hx-get="{address}?at=2&amp;why=1"' in at_once
    after = client.get(address, {"at": 2, "why": 1}).content.decode()
    assert "Finding out" not in after
    assert "its bank lacks liquidity" in after


def test_a_run_of_another_engine_is_not_explained(told, owner, as_person) -> None:
    run, _ = told
    Run.objects.filter(pk=run.pk).update(engine_version="0.0.0-older")
    run.refresh_from_db()
    with pytest.raises(Unrepeatable, match=r"0\.0\.0-older"):
        explained_at(run, 2, ["BIG"])


def test_what_had_left_is_said_to_have_left_also_by_an_engine_that_forgot_it(told, owner, as_person) -> None:
    run, _ = told
    row = storage.read(
        run.pk,
        "payments",
        run.part_names("payments"),
        ["id", "end_tick"],
        where=[storage.Where("status", "=", "settled")],
    )
    early = min(zip(row["end_tick"], row["id"], strict=True))
    end_tick, payment = int(early[0]), str(early[1])
    fresh = RustBackend(inputs_of(run).config)
    fresh.advance(20)
    as_the_engine_says = fresh.explain(payment)
    assert as_the_engine_says["status"] == "settled"
    for tick in (end_tick, 20, 43):  # the later two behind checkpoints
        assert manager.explain(run, payment, tick) == as_the_engine_says
    forget_as_if_killed()
    address = f"/api/simulations/{run.pk}/explain"
    assert as_person(owner).get(address, {"payment": payment}).json() == as_the_engine_says


def test_the_api_explains_now_and_then(told, owner, as_person) -> None:
    run, said = told
    address = f"/api/simulations/{run.pk}/explain"
    answer = as_person(owner).get(address, {"payment": "BIG", "tick": 2})
    assert answer.json() == said[2]["BIG"]
    assert as_person(owner).get(address, {"payment": "NOBODY", "tick": 2}).status_code == 400
