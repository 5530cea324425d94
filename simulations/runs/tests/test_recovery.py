"""A server that dies: its runs are shown as interrupted, brought back, and end as if nothing had happened."""

import uuid

import pytest
from django.utils import timezone

from simulations import storage
from simulations.models import Artifact, AuditEntry, Document, Process, Run
from simulations.runs import interventions, manager, ownership
from simulations.runs.ownership import OwnedElsewhere, Registration
from simulations.runs.registry import registry
from simulations.runs.replay import Unrepeatable
from simulations.runs.tests.cast import (
    busy,
    forget_as_if_killed,
    new_run,
    run_to_status,
    undisturbed_digest,
    wait_until,
)

pytestmark = pytest.mark.django_db(transaction=True)
Status = Run.Status


def running(owner, ticks: int = 3_000, past: int = 100) -> Run:
    """Return a run that is under way."""
    run = new_run(owner, busy(ticks=ticks))
    manager.speed(run, 1_000.0)
    manager.start(run)
    wait_until(lambda: registry.live(run).tick > past)
    return run


def test_a_killed_servers_run_goes_on_and_ends_with_the_undisturbed_digest(owner) -> None:
    run = running(owner)
    wait_until(lambda: Run.objects.get(pk=run.pk).tick > 0)
    forget_as_if_killed()
    assert Run.objects.get(pk=run.pk).status == Status.RUNNING
    assert manager.recover() == 1
    actions = list(AuditEntry.objects.filter(target_id=str(run.pk)).values_list("action", flat=True))
    assert {"run.interrupted", "run.brought_back"} <= set(actions)
    manager.speed(run, None)
    run = run_to_status(run, Status.FINISHED)
    assert run.digest == undisturbed_digest(run)
    parts = Artifact.objects.filter(run=run, kind="payments").order_by("part")
    counts = storage.payment_counts(run.pk, [part.name for part in parts])
    assert sum(counts.values()) == run.arrived_count


def test_a_goal_set_while_the_run_goes_on_outlives_the_server(owner) -> None:
    run = running(owner)
    manager.run_to(run, 2_500)
    forget_as_if_killed()
    assert manager.recover() == 1
    manager.speed(run, None)
    assert run_to_status(run, Status.PAUSED).tick == 2_500


def test_a_run_that_steps_to_an_event_still_stops_there_after_a_kill(owner) -> None:
    run = running(owner)
    interventions.apply(run, {"tick": 2_500, "type": "outage", "agent": "B01"})
    manager.pause(run)
    manager.step(run, until="intervened")
    forget_as_if_killed()
    assert manager.recover() == 1
    manager.speed(run, None)
    assert run_to_status(run, Status.PAUSED).tick == 2_501


def test_a_server_killed_again_and_again_changes_nothing(owner) -> None:
    run = running(owner)
    for round_ in range(3):
        wait_until(lambda: Run.objects.get(pk=run.pk).tick > 0)
        if round_ == 1:
            manager.pause(run)
            manager.resume(run)
        forget_as_if_killed()
        manager.recover()
    manager.speed(run, None)
    run = run_to_status(run, Status.FINISHED)
    assert run.digest == undisturbed_digest(run)


def test_a_paused_run_waits_on_its_row_and_comes_back_when_looked_at(owner) -> None:
    run = new_run(owner)
    manager.tick(run, count=9)
    forget_as_if_killed()
    assert manager.recover() == 0
    assert Run.objects.get(pk=run.pk).status == Status.PAUSED
    assert manager.state(run)["tick"] == 9
    manager.tick(run, count=100)
    run.refresh_from_db()
    assert run.digest == undisturbed_digest(run)


def test_a_graceful_end_stores_all_and_the_next_process_goes_on(owner) -> None:
    run = running(owner)
    manager.shut_down()
    row = Run.objects.get(pk=run.pk)
    assert (row.status, row.claimed_by) == (Status.RUNNING, None)
    assert row.tick > 100
    stored = Artifact.objects.filter(run=run, kind="series")
    assert max(part.to_tick for part in stored) == row.tick
    assert manager.recover() == 1
    manager.speed(run, None)
    run = run_to_status(run, Status.FINISHED)
    assert run.digest == undisturbed_digest(run)


def test_a_finished_run_can_be_watched_after_a_restart(owner) -> None:
    run = new_run(owner)
    manager.tick(run, count=100)
    forget_as_if_killed()
    assert manager.state(Run.objects.get(pk=run.pk))["finished"]
    assert manager.recover() == 0


def test_files_that_no_row_names_are_swept_away(owner) -> None:
    run = new_run(owner)
    manager.tick(run, count=5)
    manager.keep(run)
    stray = storage.run_dir(run.pk) / "events-99999.parquet"
    stray.write_bytes(b"half a part")
    forget_as_if_killed()
    manager.state(run)
    assert not stray.exists()
    named = set(Artifact.objects.filter(run=run).values_list("name", flat=True))
    assert {path.name for path in storage.run_dir(run.pk).iterdir()} == named


def test_an_owner_that_lost_its_claim_stops_and_writes_nothing(owner) -> None:
    run = running(owner, ticks=80_000)
    other = Process.objects.create(host="elsewhere", pid=1, heartbeat_at=timezone.now())
    live = registry.live(run)
    Run.objects.filter(pk=run.pk).update(epoch=99, claimed_by=other, tick=7)
    wait_until(lambda: live.closed)
    row = Run.objects.get(pk=run.pk)
    assert (row.tick, row.status, row.epoch, row.claimed_by) == (7, Status.RUNNING, 99, other)
    assert not Artifact.objects.filter(run=run).exists()


def test_another_live_process_keeps_its_run_and_is_asked_to_let_go(owner) -> None:
    run = new_run(owner)
    other = Process.objects.create(host="elsewhere", pid=1, heartbeat_at=timezone.now())
    Run.objects.filter(pk=run.pk).update(claimed_by=other)
    with pytest.raises(OwnedElsewhere):
        manager.state(run)
    assert Run.objects.get(pk=run.pk).wanted_by_id == registry.me.id


def test_an_owner_that_is_asked_hands_the_run_over(owner) -> None:
    run = running(owner, ticks=80_000)
    other = Process.objects.create(host="elsewhere", pid=1, heartbeat_at=timezone.now())
    Run.objects.filter(pk=run.pk).update(wanted_by=other)
    wait_until(lambda: Run.objects.get(pk=run.pk).claimed_by == other)
    row = Run.objects.get(pk=run.pk)
    assert registry.held(run.pk) is None
    assert (row.wanted_by, row.status) == (None, Status.RUNNING)
    assert row.tick > 0


def test_a_process_is_alive_while_it_holds_its_lock_and_dead_without(db) -> None:
    me = Registration(lambda: None)
    row = Process.objects.get(pk=me.id)
    assert ownership.is_alive(row)
    me.end()
    assert not ownership.is_alive(row)
    assert not ownership.is_alive(Process(id=uuid.uuid4(), host=row.host, pid=1, heartbeat_at=timezone.now()))


def test_beyond_this_machine_the_heartbeat_decides(db) -> None:
    fresh = Process(host="elsewhere", pid=1, heartbeat_at=timezone.now())
    assert ownership.is_alive(fresh)
    fresh.heartbeat_at -= ownership.SILENT_IS_DEAD
    assert not ownership.is_alive(fresh)


def test_a_run_of_another_engine_is_stopped_with_its_results_kept(owner) -> None:
    run = new_run(owner)
    manager.tick(run, count=5)
    manager.keep(run)
    registry.drop(run.pk)
    Run.objects.filter(pk=run.pk).update(engine_version="0.0.0-older")
    run.refresh_from_db()
    with pytest.raises(Unrepeatable, match="engine changed"):
        manager.state(run)
    row = Run.objects.get(pk=run.pk)
    assert (row.status, row.tick) == (Status.STOPPED, 5)
    assert "engine changed" in row.failure
    assert Artifact.objects.filter(run=run).exists()


def test_a_run_whose_inputs_are_gone_can_be_stopped_and_deleted(owner) -> None:
    run = new_run(owner)
    manager.tick(run, count=5)
    registry.drop(run.pk)
    Document.objects.filter(pk=run.document_id).update(text="agents: []")
    run = Run.objects.get(pk=run.pk)
    with pytest.raises(Unrepeatable, match="inputs"):
        manager.state(run)
    manager.delete(run, owner)
    row = Run.objects.get(pk=run.pk)
    assert (row.status, row.tick) == (Status.STOPPED, 5)
    assert row.deleted_at is not None
    assert "inputs" in row.failure


def test_a_run_that_never_ran_takes_the_new_engine(owner) -> None:
    run = new_run(owner)
    Run.objects.filter(pk=run.pk).update(engine_version="0.0.0-older")
    run.refresh_from_db()
    manager.tick(run)
    assert Run.objects.get(pk=run.pk).engine_version != "0.0.0-older"


@pytest.mark.parametrize("status", [Status.RUNNING, Status.INTERRUPTED])
def test_a_run_killed_before_anything_was_noted_is_not_begun_again_on_another_engine(status, owner) -> None:
    run = new_run(owner)
    Run.objects.filter(pk=run.pk).update(engine_version="0.0.0-older", status=status)
    run.refresh_from_db()
    with pytest.raises(Unrepeatable):
        registry.live(run)
    row = Run.objects.get(pk=run.pk)
    assert (row.status, row.engine_version) == (Status.STOPPED, "0.0.0-older")


def test_a_disk_that_is_full_pauses_nothing_for_good(owner, data_dir) -> None:
    run = new_run(owner)
    blocked = data_dir / "runs"
    blocked.write_text("not a folder")
    manager.start(run)
    wait_until(lambda: registry.live(run).trouble != "")
    assert Run.objects.get(pk=run.pk).status == Status.RUNNING
    blocked.unlink()
    run = run_to_status(run, Status.FINISHED)
    assert run.digest == undisturbed_digest(run)
    wait_until(lambda: registry.live(run).trouble == "")  # taken back once the row is written
