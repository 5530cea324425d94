"""Branches share the past of their parent and the randomness of its future."""

import pytest
from django.urls import reverse

from simulations.models import Intervention, Run
from simulations.runs import manager
from simulations.runs.registry import registry
from simulations.runs.replay import Unrepeatable
from simulations.runs.tests.cast import (
    busy,
    forget_as_if_killed,
    new_run,
    run_to_status,
    undisturbed_digest,
)

pytestmark = pytest.mark.django_db(transaction=True)
OUTAGE = {"type": "outage", "agent": "A"}


def digest_of(run: Run) -> str:
    """Run to the end and return the digest."""
    manager.tick(run, count=100_000)
    return Run.objects.get(pk=run.pk).digest


def test_a_branch_without_change_ends_as_its_parent(owner, teammate) -> None:
    parent = new_run(owner)
    manager.tick(parent, count=12)
    branch = manager.branch(parent, 7, teammate)
    assert (branch.owner, branch.parent, branch.branch_tick) == (teammate, parent, 7)
    assert (branch.status, branch.tick) == (Run.Status.PAUSED, 7)
    assert manager.state(branch)["tick"] == 7
    assert digest_of(branch) == digest_of(parent)


def test_a_branch_differs_from_its_tick_on(owner) -> None:
    parent = new_run(owner)
    manager.tick(parent, count=20)
    branch = manager.branch(parent, 8, owner, events=[OUTAGE])
    assert manager.state(branch)["tick"] == 8
    digest = digest_of(branch)
    assert digest != Run.objects.get(pk=parent.pk).digest
    assert digest == undisturbed_digest(branch)
    assert branch.interventions.get().tick == 8


def test_a_branch_has_the_interventions_made_before_its_tick_and_no_later_ones(owner) -> None:
    parent = new_run(owner)
    manager.apply(parent, {"type": "transfer_liquidity", "agent": "A", "amount": 500})
    waits = manager.apply(parent, OUTAGE | {"tick": 15})
    manager.tick(parent, count=10)
    manager.apply(parent, {"type": "transfer_liquidity", "agent": "B", "amount": 900})
    manager.tick(parent, count=100)
    branch = manager.branch(parent, 10, owner)
    copied = list(branch.interventions.values_list("tick", "status"))
    assert copied == [(0, Intervention.Status.APPLIED), (15, Intervention.Status.SCHEDULED)]
    manager.withdraw(branch, waits.seq)
    forget_as_if_killed()
    assert digest_of(branch) == undisturbed_digest(branch)


def test_what_the_parent_withdrew_later_still_waits_in_a_branch(owner) -> None:
    parent = new_run(owner)
    waits = manager.apply(parent, OUTAGE | {"tick": 15})
    manager.tick(parent, count=10)
    manager.withdraw(parent, waits.seq)
    manager.tick(parent, count=100)
    before, after = manager.branch(parent, 9, owner), manager.branch(parent, 10, owner)
    assert before.interventions.get().status == Intervention.Status.SCHEDULED
    assert after.interventions.get().status == Intervention.Status.WITHDRAWN
    with_it, without_it = digest_of(before), digest_of(after)
    assert without_it == Run.objects.get(pk=parent.pk).digest
    assert with_it == undisturbed_digest(before) != without_it
    again = manager.branch(after, 10, owner)
    assert again.interventions.get().withdrawn_tick == 10


def test_a_branch_of_a_running_run_does_not_disturb_it(owner) -> None:
    parent = new_run(owner, busy(ticks=1_500))
    manager.start(parent)
    branch = manager.branch(parent, 0, owner)
    parent = run_to_status(parent, Run.Status.FINISHED)
    assert parent.digest == undisturbed_digest(parent) == digest_of(branch)


@pytest.mark.parametrize("tick", [-1, 6, 20, 10**12, 1.0, "3", True, None])
def test_a_tick_the_parent_has_not_reached_is_refused(tick, owner) -> None:
    parent = new_run(owner)
    manager.tick(parent, count=5)
    with pytest.raises(ValueError, match="tick must be an integer from 0 to 5"):
        manager.branch(parent, tick, owner)


def test_nonsense_makes_no_branch(owner) -> None:
    parent = new_run(owner)
    manager.tick(parent, count=5)
    with pytest.raises(ValueError, match="NOBODY"):
        manager.branch(parent, 5, owner, events=[{"type": "outage", "agent": "NOBODY"}])
    assert Run.objects.count() == 1
    assert list(registry.runs_held()) == [parent.pk]


@pytest.mark.parametrize("tick", [0, 3])
def test_nothing_branches_off_a_run_of_another_engine(tick: int, owner) -> None:
    parent = new_run(owner)
    manager.tick(parent, count=5)
    manager.stop(parent)
    registry.drop(parent.pk)
    Run.objects.update(engine_version="0.0.0-older")
    with pytest.raises(Unrepeatable, match=r"It ran on engine 0\.0\.0-older"):
        manager.branch(parent, tick, owner)
    assert Run.objects.count() == 1


def test_a_person_branches_what_they_may_see_into_a_run_of_their_own(owner, stranger, as_person) -> None:
    parent = new_run(owner)
    manager.tick(parent, count=5)
    url = reverse("run_branch", kwargs={"run_id": parent.pk})
    client = as_person(stranger)
    assert client.post(url, {"tick": "3"}).status_code == 404
    Run.objects.update(shared=True)
    page = client.post(url, {"tick": "3", "name": "What if"}, follow=True)
    assert b"What if" in page.content
    assert Run.objects.get(parent=parent).owner == stranger
    refused = client.post(url, {"tick": "9"}, follow=True)
    assert b"tick must be an integer from 0 to 5" in refused.content
