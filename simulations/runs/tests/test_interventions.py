"""Stepping in through the real engine: stored first, in order, and replayed to the same digest."""

import pytest

from simulations.models import AuditEntry, Intervention, Run
from simulations.runs import interventions, manager
from simulations.runs.lifecycle import Conflict
from simulations.runs.tests.cast import (
    busy,
    forget_as_if_killed,
    new_run,
    run_to_status,
    undisturbed_digest,
    wait_until,
)

pytestmark = pytest.mark.django_db(transaction=True)
Status = Intervention.Status


def test_an_intervention_takes_effect_in_the_next_tick_and_changes_the_run(owner) -> None:
    run, other = new_run(owner), new_run(owner)
    manager.tick(run, count=5)
    made = manager.apply(run, {"type": "transfer_liquidity", "agent": "A", "amount": 100_000})
    assert (made.tick, made.made_tick, made.seq, made.status) == (5, 5, 0, Status.SCHEDULED)
    manager.tick(run)
    assert [each.status for each in interventions.listed(run)] == [Status.APPLIED]
    manager.tick(run, count=100)
    manager.tick(other, count=100)
    run.refresh_from_db()
    other.refresh_from_db()
    assert run.digest != other.digest
    assert run.digest == undisturbed_digest(run)
    assert AuditEntry.objects.filter(action="run.intervened", target_id=str(run.pk)).count() == 1


def test_an_intervention_waits_for_its_tick(owner) -> None:
    run = new_run(owner)
    manager.tick(run, count=2)
    made = manager.apply(run, {"type": "outage", "agent": "A", "tick": 10})
    assert made.tick == 10
    manager.tick(run, count=8)
    assert [each.status for each in interventions.listed(run)] == [Status.SCHEDULED]
    manager.tick(run)
    assert [each.status for each in interventions.listed(run)] == [Status.APPLIED]


def test_interventions_survive_the_death_of_the_server_at_any_moment(owner) -> None:
    run = new_run(owner, busy(ticks=1_500))
    manager.speed(run, 500.0)
    manager.apply(run, {"type": "set_credit_limit", "agent": "B01", "credit_limit": 1_000_000, "tick": 700})
    manager.start(run)
    for k in range(4):
        past = 40 * (k + 1)
        wait_until(lambda past=past: manager.state(run)["tick"] > past)  # type: ignore[misc]
        manager.apply(run, {"type": "transfer_liquidity", "agent": f"B0{k}", "amount": 50_000 * (k + 1)})
        forget_as_if_killed()
        manager.recover()
    manager.speed(run, None)
    run = run_to_status(run, Run.Status.FINISHED)
    assert run.digest == undisturbed_digest(run)
    assert [made.status for made in interventions.listed(run)] == [Status.APPLIED] * 5


def test_what_the_engine_refuses_when_its_tick_comes_is_recorded_with_its_reason(owner) -> None:
    run = new_run(owner)
    manager.apply(run, {"type": "transfer_liquidity", "agent": "A", "amount": 5})
    manager.apply(run, {"type": "transfer_liquidity", "agent": "A", "amount": -10_000_000})
    manager.apply(run, {"type": "cancel_payment", "payment": "NO_SUCH"})
    manager.tick(run)
    listed = interventions.listed(run)
    assert [made.status for made in listed] == [Status.APPLIED, Status.REFUSED, Status.REFUSED]
    assert listed[1].reason == "liquidity"
    assert listed[2].reason == "no_such_payment"


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "rain"},
        {"type": "outage"},
        {"type": "outage", "agent": "NOBODY"},
        {"type": "outage", "agent": "A", "tick": 99},
        {"type": "outage", "agent": "A", "extra": 1},
        {"type": "transfer_liquidity", "agent": "A", "amount": 1.5},
        {"type": "inject_payment", "sender": "A", "receiver": "A", "amount": 5},
    ],
)
def test_nonsense_is_refused_and_leaves_no_trace(event, owner) -> None:
    run = new_run(owner)
    with pytest.raises(ValueError):
        manager.apply(run, event)
    assert not Intervention.objects.exists()
    manager.tick(run, count=100)
    run.refresh_from_db()
    assert run.digest == undisturbed_digest(new_run(owner))


def test_the_past_cannot_be_changed(owner) -> None:
    run = new_run(owner)
    manager.tick(run, count=5)
    with pytest.raises(ValueError, match="tick 3 has been run"):
        manager.apply(run, {"type": "outage", "agent": "A", "tick": 3})


def test_what_waits_can_be_withdrawn_and_changes_nothing(owner) -> None:
    run = new_run(owner)
    made = manager.apply(run, {"type": "outage", "agent": "A", "tick": 10})
    kept = manager.apply(run, {"type": "transfer_liquidity", "agent": "B", "amount": 7, "tick": 12})
    manager.withdraw(run, made.seq)
    forget_as_if_killed()
    manager.tick(run, count=100)
    run.refresh_from_db()
    assert run.digest == undisturbed_digest(run)
    assert [each.status for each in interventions.listed(run)] == [Status.WITHDRAWN, Status.APPLIED]
    assert kept.seq == made.seq + 1


def test_what_took_effect_cannot_be_withdrawn(owner) -> None:
    run = new_run(owner)
    made = manager.apply(run, {"type": "outage", "agent": "A"})
    manager.tick(run)
    with pytest.raises(ValueError, match="no intervention 0 waits"):
        manager.withdraw(run, made.seq)


def test_nobody_steps_into_a_run_that_is_over(owner) -> None:
    run = new_run(owner)
    manager.tick(run, count=100)
    with pytest.raises(Conflict, match="finished"):
        manager.apply(run, {"type": "outage", "agent": "A"})
