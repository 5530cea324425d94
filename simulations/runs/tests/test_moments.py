"""The state at a past tick, read from the store, is the state the engine had then."""

from typing import Any

import pytest

from simulations.models import Artifact, Run
from simulations.runs import manager, recorder
from simulations.runs.registry import registry
from simulations.runs.tests.cast import busy, new_run, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

STEERED = """\
ticks_per_day: 30
num_days: 2
seed: 5
agents:
- id: A
  balance: 900
  credit_limit: 100
  collateral: {posted: 101, haircut: 0.5}
  arrival_config: {rate_per_tick: 2.0, distribution_type: uniform, amount_mean: 300}
- id: B
  balance: 1000
  policy: {type: deadline, due_ticks: 4}
  arrival_config: {rate_per_tick: 2.0, distribution_type: uniform, amount_mean: 300, deadline_ticks: [2, 9]}
rails: [{id: RTGS, settlement_type: immediate, queue: priority_fifo, liquidity_saving: [bilateral]}]
costs: {delay_penalty_per_tick: 3, eod_penalty: 50}
initial_transactions:
- {id: BIG, sender: A, receiver: B, amount: 90000, arrival_tick: 1, priority: 9}
events:
- {tick: 4, type: transfer_liquidity, agent: A, amount: 500}
- {tick: 9, type: hold_payment, payment: BIG}
- {tick: 12, type: release_payment, payment: BIG}
- {tick: 20, type: set_credit_limit, agent: B, credit_limit: 70}
- {tick: 25, type: outage, agent: A}
- {tick: 40, type: recover, agent: A}
"""
# Around every event, the ends of parts and of the days.
TELLING = (0, 3, 4, 6, 7, 8, 9, 11, 12, 13, 19, 20, 25, 29, 30, 41, 58, 59)
ALSO = ("id", "balance", "credit_limit", "available", "pending", "queued", "sent", "received")


def comparable(state: dict[str, Any]) -> dict[str, Any]:
    """Return what the engine's state and the stored one both have."""
    rails = {
        rail: {
            row["id"]: (row["amount"], row["deadline_tick"])
            for row in queue["payments"]
            if row.get("state") != "pending"
        }
        for rail, queue in state["queues"].items()
    }
    return {
        "agents": [{name: agent[name] for name in ALSO} for agent in state["agents"]],
        "queues": {rail: rows for rail, rows in rails.items() if rows},
        "totals": state["totals"],
    }


def states_along(run: Run, store_every: int) -> list[dict[str, Any]]:
    """Run to the end and return the engine's state after each tick; parts are sealed now and then."""
    states = []
    for tick in range(run.ticks_total):
        manager.tick(run)
        states.append(comparable(manager.state(run)))
        if tick % store_every == store_every - 1 and tick < run.ticks_total - 1:
            recorder.store(registry.live(run), over=True)
    return states


def test_the_newest_tick_of_a_run_that_goes_on_is_shown_though_it_was_stored_just_now(owner) -> None:
    run = new_run(owner, busy(ticks=80_000, rate=0.2))
    manager.speed(run, 2_000)
    manager.start(run)
    live = registry.live(run)
    wait_until(lambda: live.tick > 200)
    recorder.store(live)
    stored = live.recorder.stored_tick
    wait_until(lambda: live.tick > stored + 20)
    assert manager.state_at(run, stored + 10)["tick"] == stored + 10
    manager.pause(run)


@pytest.mark.parametrize("store_every", [7, 1000])
def test_any_past_tick_is_shown_as_it_was(owner, store_every: int) -> None:
    run = new_run(owner, STEERED)
    states = states_along(run, store_every)
    for tick in TELLING:
        assert comparable(manager.state_at(run, tick)) == states[tick], f"tick {tick}"


def test_liquidity_given_in_percent_counts_from_the_first_tick(owner) -> None:
    run = new_run(owner, STEERED, liquidity_percent=50)
    manager.tick(run)
    assert comparable(manager.state_at(run, 0)) == comparable(manager.state(run))


def test_the_past_of_a_run_under_way_is_shown(owner) -> None:
    run = new_run(owner, busy(ticks=40))
    manager.tick(run, count=10)
    then = comparable(manager.state(run))
    manager.tick(run, count=10)
    assert comparable(manager.state_at(run, 9)) == then


def test_a_tick_that_has_not_been_run_is_refused(owner) -> None:
    run = new_run(owner)
    with pytest.raises(ValueError, match="has started"):
        manager.state_at(run, 0)
    manager.tick(run, count=5)
    with pytest.raises(ValueError, match="from 0 to 4"):
        manager.state_at(run, 5)


def test_balances_stand_where_parts_were_sealed(owner) -> None:
    run = new_run(owner, STEERED)
    manager.tick(run, count=10)
    recorder.store(registry.live(run), over=True)
    sheet = Artifact.objects.get(run=run, kind=Artifact.Kind.BALANCES)
    assert (sheet.to_tick, sheet.rows) == (10, 2)


def test_the_page_gets_a_past_tick_as_json(client, owner) -> None:
    run = new_run(owner)
    manager.tick(run, count=5)
    client.force_login(owner)
    answer = client.get(f"/runs/{run.pk}/at/3/")
    assert answer.status_code == 200
    assert answer.json()["tick"] == 3
    assert client.get(f"/runs/{run.pk}/at/5/").status_code == 400
