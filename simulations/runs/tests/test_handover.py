"""Two processes and one run: it is handed over when asked for, and the one that lost it writes nothing."""

from collections.abc import Callable, Iterator

import pytest
from django.db.models import F
from django.utils import timezone

from simulations import storage
from simulations.models import Artifact, AuditEntry, Intervention, Process, Run
from simulations.runs import checkpoints, manager, ownership, recorder
from simulations.runs.ownership import LostClaim, OwnedElsewhere
from simulations.runs.registry import Registry, registry
from simulations.runs.tests.cast import busy, new_run, run_to_status, undisturbed_digest, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
Status = Run.Status


@pytest.fixture
def other() -> Iterator[Registry]:
    """What a second process holds."""
    other = Registry()
    yield other
    other.shut_down()


@pytest.fixture
def checkpoints_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is stored takes a checkpoint along, so that a part is sealed there, under way."""
    monkeypatch.setattr(checkpoints, "ENGINE_SECONDS", 0.0)
    monkeypatch.setattr(checkpoints, "WALL_SECONDS", 0.0)
    monkeypatch.setattr(checkpoints, "COST_SHARE", 1_000.0)


@pytest.mark.usefixtures("checkpoints_at_once")
def test_a_run_under_way_goes_on_in_the_process_that_asks_for_it(owner, other: Registry) -> None:
    run = new_run(owner, busy(ticks=3_000))
    manager.speed(run, 1_000.0)
    manager.start(run)
    wait_until(lambda: registry.live(run).tick > 50)
    manager.apply(run, {"type": "transfer_liquidity", "agent": "B01", "amount": 5_000})
    with pytest.raises(OwnedElsewhere):
        other.live(Run.objects.get(pk=run.pk))
    wait_until(lambda: other.held(run.pk) is not None)
    assert registry.held(run.pk) is None
    other.live(run).set_speed(None)
    run = run_to_status(run, Status.FINISHED)
    assert run.digest == undisturbed_digest(run)
    # Each part shows what waited at its end, too; whoever reads them all finds every payment once.
    parts = run.part_names("payments")
    assert len(parts) > 1
    payments = storage.read(run.pk, "payments", parts, ["payment", "status"])
    assert sorted(payments["payment"].tolist()) == list(range(run.arrived_count or 0))
    assert (payments["status"] == "settled").sum() == run.settled_count


def test_a_resting_run_is_handed_over_too(owner, other: Registry) -> None:
    run = new_run(owner)
    manager.tick(run, count=9)
    with pytest.raises(OwnedElsewhere):
        other.live(Run.objects.get(pk=run.pk))
    wait_until(lambda: Run.objects.get(pk=run.pk).claimed_by_id == other.me.id)
    assert other.live(run).tick == 9
    with pytest.raises(OwnedElsewhere):
        manager.tick(run)


def test_the_run_of_a_killed_process_is_taken_up_by_one_that_lives(owner, other: Registry) -> None:
    run = new_run(owner, busy(ticks=3_000))
    manager.speed(run, 1_000.0)
    manager.start(run)
    wait_until(lambda: Run.objects.get(pk=run.pk).tick > 0)
    registry.shut_down(store=False)
    _ = other.me
    wait_until(lambda: other.held(run.pk) is not None)
    other.live(run).set_speed(None)
    run = run_to_status(run, Status.FINISHED)
    assert run.digest == undisturbed_digest(run)


def stolen(run: Run) -> None:
    """Have another living process claim a run, as if this one had slept."""
    thief = Process.objects.create(host="elsewhere", pid=1, heartbeat_at=timezone.now())
    Run.objects.filter(pk=run.pk).update(claimed_by=thief, epoch=F("epoch") + 1)


def written(run: Run) -> list[object]:
    """Return everything that is stored of a run."""
    row = vars(Run.objects.get(pk=run.pk))
    return [
        {name: value for name, value in row.items() if name not in {"_state", "wanted_by_id"}},
        list(Artifact.objects.filter(run=run).values()),
        list(Intervention.objects.filter(run=run).values()),
        list(AuditEntry.objects.filter(target_id=str(run.pk)).values()),
    ]


STEERING: dict[str, Callable[[Run], object]] = {
    "tick": manager.tick,
    "start": manager.start,
    "stop": manager.stop,
    "apply": lambda run: manager.apply(run, {"type": "outage", "agent": "A"}),
    "step": lambda run: manager.step(run, until="settled"),
}


@pytest.mark.parametrize("verb", STEERING)
def test_an_owner_that_wakes_up_without_its_claim_writes_nothing(owner, verb: str) -> None:
    run = new_run(owner)
    manager.tick(run, count=5)
    stolen(run)
    before = written(run)
    with pytest.raises(OwnedElsewhere):
        STEERING[verb](run)
    assert written(run) == before


def test_a_claim_lost_between_looking_and_writing_is_noticed_by_every_write(owner) -> None:
    run = new_run(owner)
    manager.tick(run, count=5)
    live = registry.live(run)
    stolen(run)
    before = written(run)
    with pytest.raises(LostClaim):
        recorder.store(live, over=True)
    assert written(run) == before


def test_a_process_taken_for_dead_registers_again(db, other: Registry) -> None:
    me = other.me
    Process.objects.filter(pk=me.id).delete()
    wait_until(lambda: Process.objects.filter(pk=me.id).exists())
    assert ownership.is_alive(Process.objects.get(pk=me.id))
