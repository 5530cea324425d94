"""The verbs of live runs through the real engine, threads and database."""

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from simulations import storage
from simulations.models import Artifact, Run
from simulations.runs import checkpoints, manager, recorder, scheduler, slicing
from simulations.runs.lifecycle import Conflict
from simulations.runs.ownership import Gone, LostClaim
from simulations.runs.registry import registry
from simulations.runs.replay import Replay, Unrepeatable, inputs_of
from simulations.runs.tests.cast import busy, new_run, run_to_status, undisturbed_digest, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
Status = Run.Status


def test_a_started_run_finishes_by_itself_with_its_digest_and_measures(owner) -> None:
    run = new_run(owner)
    manager.start(run)
    run = run_to_status(run, Status.FINISHED)
    assert run.digest == undisturbed_digest(run)
    assert run.tick == run.ticks_total
    assert run.metrics is not None
    assert run.arrived_count == run.metrics["arrived_count"] > 0
    assert run.started_at is not None
    assert run.finished_at is not None


def test_the_parts_of_a_finished_run_hold_every_payment_and_are_sealed(owner) -> None:
    run = new_run(owner)
    manager.start(run)
    run = run_to_status(run, Status.FINISHED)
    parts = Artifact.objects.filter(run=run)
    assert {part.kind for part in parts} == {"series", "events", "payments", "balances"}
    assert not parts.filter(provisional=True).exists()
    assert sum(part.rows for part in parts if part.kind == "payments") == run.arrived_count


def test_of_a_large_tail_the_events_are_written_beside_the_rest(owner, monkeypatch) -> None:
    monkeypatch.setattr(recorder, "SEAL_ROWS", 500)
    run = new_run(owner, busy())
    manager.start(run)
    run = run_to_status(run, Status.FINISHED)
    assert run.digest == undisturbed_digest(run)
    parts = Artifact.objects.filter(run=run)
    assert sum(part.rows for part in parts.filter(kind="events")) > 500
    for kind in ("series", "events", "payments"):
        of_kind = list(parts.filter(kind=kind).order_by("part"))
        ends = [part.to_tick for part in of_kind]
        assert ends == sorted(ends)
        assert ends[-1] == run.ticks_total
    names = [part.name for part in parts.filter(kind="events").order_by("part")]
    seq = storage.read(run.pk, "events", names, ["seq"])["seq"].tolist()
    assert seq == sorted(set(seq))


def test_when_the_events_of_a_large_tail_cannot_be_written_the_tail_is_kept(owner, monkeypatch) -> None:
    monkeypatch.setattr(recorder, "SEAL_ROWS", 10)
    run = new_run(owner)
    manager.tick(run, count=10)
    live = registry.live(run)
    folder = storage.run_dir(run.pk)
    in_the_way = folder / f"events-{live.recorder.next_part + 1:05}.parquet"
    in_the_way.mkdir(parents=True)
    with pytest.raises(OSError, match="events"):
        recorder.store(live)
    assert not Artifact.objects.filter(run=run).exists()
    in_the_way.rmdir()
    recorder.store(live)
    assert Artifact.objects.filter(run=run, kind="events").exists()
    manager.tick(run, count=100)
    assert run_to_status(run, Status.FINISHED).digest == undisturbed_digest(run)


@pytest.fixture
def half_a_minute_a_slice(monkeypatch):
    """Slices that only a job ends in time: longer than a test waits."""
    monkeypatch.setattr(scheduler, "SLICE_SECONDS_ALL", 30.0)
    monkeypatch.setattr(scheduler, "SLICE_SECONDS_MOST", 30.0)


@pytest.mark.usefixtures("half_a_minute_a_slice")
def test_who_asks_a_run_under_way_does_not_wait_for_its_slice_to_end(owner) -> None:
    run = new_run(owner, busy(ticks=86_400, rate=15.0))
    manager.start(run)
    live = registry.live(run)
    wait_until(lambda: live.stepping)
    for _ in range(3):
        assert live.call(lambda backend: backend.get_state()["tick"]).result(timeout=10) < run.ticks_total
        threading.Event().wait(2 * slicing.LEAST_BETWEEN_ENDS_SECONDS)
    manager.stop(run)
    assert 0 < live.tick < run.ticks_total


@pytest.mark.usefixtures("half_a_minute_a_slice")
def test_what_has_grown_large_while_a_run_was_stored_is_stored_at_once(owner, monkeypatch) -> None:
    stored: list[int] = []
    monkeypatch.setattr(recorder, "store", lambda live: stored.append(live.tick))
    monkeypatch.setattr(recorder.Recorder, "is_large", property(lambda self: len(stored) < 5))
    run = new_run(owner, busy(ticks=86_400, rate=15.0))
    manager.start(run)
    wait_until(lambda: len(stored) >= 5)
    monkeypatch.undo()
    manager.stop(run)
    assert run_to_status(run, Status.STOPPED).tick > 0


def test_a_run_that_is_started_while_it_is_ticked_runs(owner, monkeypatch) -> None:
    run = new_run(owner, busy(ticks=50_000))
    with ThreadPoolExecutor(1) as pool:
        ticked = pool.submit(manager.tick, run, 40_000)
        live = registry.live(run)
        wait_until(lambda: live.tick > 0)
        manager.start(Run.objects.get(pk=run.pk))
        ticked.result()
    wait_until(lambda: live.tick > 40_000)
    assert Run.objects.get(pk=run.pk).status in {Status.RUNNING, Status.FINISHED}
    assert run_to_status(run, Status.FINISHED).digest == undisturbed_digest(run)


def test_two_who_tick_a_new_run_at_once_both_do(owner) -> None:
    run = new_run(owner, busy())
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(manager.tick, Run.objects.get(pk=run.pk), 50) for _ in range(2)]
        assert sum(each.result()["ran"] for each in both) == 100
    row = Run.objects.get(pk=run.pk)
    assert (row.status, row.tick) == (Status.PAUSED, 100)


@pytest.mark.parametrize("verb", [manager.pause, manager.stop])
def test_a_run_that_cannot_be_stored_goes_on_when_somebody_rests_it(verb, owner, monkeypatch) -> None:
    run = new_run(owner, busy(ticks=86_400, rate=15.0))
    manager.start(run)
    live = registry.live(run)
    wait_until(lambda: live.tick > 0)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(recorder, "store", full)
        with pytest.raises(Gone, match="No space left"):
            verb(run)
        assert Run.objects.get(pk=run.pk).status == Status.RUNNING
        reached = live.tick
        wait_until(lambda: live.tick > reached)
    verb(run)
    assert Run.objects.get(pk=run.pk).status in {Status.PAUSED, Status.STOPPED}
    assert not live.stepping


def test_ticked_one_by_one_it_is_the_same_run(owner) -> None:
    run = new_run(owner)
    results = [manager.tick(run) for _ in range(run.ticks_total)]
    assert [result["tick"] for result in results] == list(range(run.ticks_total))
    run = Run.objects.get(pk=run.pk)
    assert run.status == Status.FINISHED
    assert run.digest == undisturbed_digest(run)


def test_many_ticks_at_once_sum_up(owner) -> None:
    one, many = new_run(owner), new_run(owner)
    results = [manager.tick(one) for _ in range(13)]
    answer = manager.tick(many, count=13)
    assert answer["ran"] == 13
    assert answer["tick"] == 12
    for name in ("arrivals", "settlements", "settled_value"):
        assert answer["sums"][name] == sum(result[name] for result in results)
    assert answer["sums"]["costs"]["delay"] == sum(result["costs"]["delay"] for result in results)


def test_more_ticks_than_are_left_run_to_the_end(owner) -> None:
    run = new_run(owner)
    assert manager.tick(run, count=10_000)["ran"] == run.ticks_total
    assert Run.objects.get(pk=run.pk).status == Status.FINISHED
    with pytest.raises(Conflict):
        manager.tick(run)


def test_pausing_and_going_on_changes_nothing(owner) -> None:
    run = new_run(owner, busy(ticks=4_000))
    manager.speed(run, 2_000.0)
    manager.start(run)
    wait_until(lambda: registry.live(run).tick > 50)
    manager.pause(run)
    paused_at = registry.live(run).tick
    row = Run.objects.get(pk=run.pk)
    assert (row.status, row.tick) == (Status.PAUSED, paused_at)
    taken = Artifact.objects.filter(run=run, kind=Artifact.Kind.CHECKPOINT)
    assert [each.to_tick for each in taken] == [paused_at]
    manager.speed(run, None)
    manager.resume(run)
    assert run_to_status(run, Status.FINISHED).digest == undisturbed_digest(run)


def test_every_pause_takes_a_checkpoint_and_somebody_who_pauses_without_end_leaves_no_heap_of_parts(
    owner, monkeypatch
) -> None:
    monkeypatch.setattr(checkpoints, "MOST_LIGHT", 3)
    monkeypatch.setattr(checkpoints, "ENGINE_SECONDS", 60.0)
    run = new_run(owner, busy(ticks=4_000))
    taken = Artifact.objects.filter(run=run, kind=Artifact.Kind.CHECKPOINT)
    for tick in range(100, 900, 100):
        manager.run_to(run, tick)
        assert run_to_status(run, Status.PAUSED).tick == tick
        wait_until(lambda: registry.live(run).rests)
    manager.pause(run)
    assert sorted(each.to_tick for each in taken) == [100, 200, 300]
    assert Artifact.objects.filter(run=run, kind="events").count() == 4  # the last of them not sealed yet
    manager.resume(run)
    assert run_to_status(run, Status.FINISHED).digest == undisturbed_digest(run)


def test_verbs_are_idempotent(owner) -> None:
    run = new_run(owner, busy(ticks=50_000))
    manager.speed(run, 10.0)
    manager.start(run)
    manager.start(run)
    manager.pause(run)
    manager.pause(run)
    manager.stop(run)
    manager.stop(run)
    assert Run.objects.get(pk=run.pk).status == Status.STOPPED


def test_all_who_stop_a_run_at_once_find_it_stopped(owner) -> None:
    run = new_run(owner, busy(ticks=20_000))
    manager.start(run)

    def stop(_: int) -> str:
        try:
            return manager.stop(Run.objects.get(pk=run.pk)).status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as people:
        assert set(people.map(stop, range(4))) == {Status.STOPPED}
    stopped = Run.objects.get(pk=run.pk)
    assert registry.live(stopped).now(lambda backend: backend.digest()) == stopped.digest


def test_a_stopped_run_keeps_what_happened_and_cannot_go_on(owner) -> None:
    run = new_run(owner)
    manager.tick(run, count=7)
    manager.stop(run)
    run = Run.objects.get(pk=run.pk)
    assert (run.status, run.tick) == (Status.STOPPED, 7)
    assert run.metrics is not None
    with pytest.raises(Conflict, match="stopped"):
        manager.start(run)


def test_a_run_that_ends_just_as_somebody_stopped_it_stays_here(owner) -> None:
    run = new_run(owner)
    live = registry.live(run)
    with live.held():
        manager.start(run)
        Run.objects.filter(pk=run.pk).update(status=Status.STOPPED)  # a stop that had gone as far as the row
    wait_until(lambda: live.tick == live.ticks_total and live.rests)
    assert registry.held(run.pk) is live
    assert manager.stop(run).status == Status.STOPPED


def test_a_run_let_go_of_while_it_is_stored_is_a_lost_claim_and_not_a_broken_disk(owner) -> None:
    run = new_run(owner)
    manager.tick(run, count=5)
    live = registry.live(run)
    storage.run_dir(run.pk).parent.mkdir(parents=True, exist_ok=True)
    storage.run_dir(run.pk).write_text("Whoever has the run now took away what was being written.")

    def lose_and_store(_: object) -> None:
        live.close()
        recorder.store(live)

    with pytest.raises(LostClaim):
        live.now(lose_and_store)


def test_a_running_run_cannot_be_ticked_by_hand(owner) -> None:
    run = new_run(owner, busy(ticks=50_000))
    manager.speed(run, 10.0)
    manager.start(run)
    with pytest.raises(Conflict) as refused:
        manager.tick(run)
    assert "pause" in refused.value.possible


def test_run_to_a_tick_stops_exactly_there(owner) -> None:
    run = new_run(owner, busy(ticks=5_000))
    manager.run_to(run, 1_234)
    run_to_status(run, Status.PAUSED)
    assert manager.state(run)["tick"] == 1_234


@pytest.mark.parametrize("tick", [0, -1, 21, 3.0, "7", True, None])
def test_a_senseless_tick_to_run_to_is_refused(tick, owner) -> None:
    with pytest.raises(ValueError, match="tick must be an integer from 1 to 20"):
        manager.run_to(new_run(owner), tick)


def test_step_until_an_event_stops_after_the_tick_in_which_it_happened(owner) -> None:
    run = new_run(owner)
    backend = Replay(run, inputs_of(run)).backend
    backend.advance(run.ticks_total)
    events = backend.events()
    first = int(events["tick"][events["type"] == events["labels"]["type"].index("queued")][0])
    manager.step(run, until="queued")
    assert run_to_status(run, Status.PAUSED).tick == first + 1


def test_step_until_what_never_happens_runs_to_the_end(owner) -> None:
    run = new_run(owner)
    manager.step(run, until="split")
    assert run_to_status(run, Status.FINISHED).digest == undisturbed_digest(run)


def test_an_unknown_event_type_is_refused(owner) -> None:
    with pytest.raises(ValueError, match="until must be one of"):
        manager.step(new_run(owner), until="rain")


def test_a_deleted_run_is_gone_and_the_audit_remembers(owner) -> None:
    from simulations.models import AuditEntry

    run = new_run(owner)
    manager.tick(run, count=3)
    manager.delete(run, owner)
    assert not Run.objects.visible_to(owner).exists()
    entry = AuditEntry.objects.get(action="run.deleted")
    assert entry.target_id == str(run.pk)
    assert entry.details["document"] == run.document_id
    assert registry.held(run.pk) is None


def test_who_looks_for_a_run_just_as_it_is_deleted_does_not_bring_it_back(owner) -> None:
    run = new_run(owner)
    manager.state(run)
    found_before = Run.objects.get(pk=run.pk)
    manager.delete(run, owner)
    with pytest.raises(Unrepeatable, match="deleted"):
        registry.live(found_before)
    assert registry.held(run.pk) is None


def test_a_run_that_is_over_is_put_away_by_the_beat_of_the_process(owner, monkeypatch) -> None:
    monkeypatch.setattr("simulations.runs.ownership.HEARTBEAT_SECONDS", 0.02)
    monkeypatch.setattr("simulations.runs.registry.OVER_SECONDS", 0.1)
    runs = [new_run(owner) for _ in range(3)]
    engines = []
    for run in runs:
        manager.start(run)
        engines.append(weakref.ref(registry.live(run).backend))
    for run in runs:
        run_to_status(run, Status.FINISHED)
    wait_until(lambda: not registry.runs_held())
    wait_until(lambda: not Run.objects.exclude(claimed_by=None).exists())
    wait_until(lambda: gc.collect() >= 0 and [engine() for engine in engines] == [None, None, None])
    assert manager.state(runs[0])["finished"]


def test_a_paused_run_is_put_away_with_its_tail_stored_and_goes_on_when_touched(owner, monkeypatch) -> None:
    run = new_run(owner)
    manager.tick(run, count=9)
    registry.tidy()
    assert registry.held(run.pk) is not None
    monkeypatch.setattr("simulations.runs.registry.IDLE_SECONDS", 0.0)
    registry.tidy()
    assert registry.held(run.pk) is None
    assert Artifact.objects.filter(run=run, kind="series", to_tick=9).exists()
    monkeypatch.setattr("simulations.runs.registry.IDLE_SECONDS", 300.0)
    manager.start(run)
    assert run_to_status(run, Status.FINISHED).digest == undisturbed_digest(run)


def test_a_running_run_is_never_put_away(owner, monkeypatch) -> None:
    run = new_run(owner, busy(ticks=50_000))
    manager.speed(run, 10.0)
    manager.start(run)
    monkeypatch.setattr("simulations.runs.registry.IDLE_SECONDS", 0.0)
    registry.tidy()
    assert registry.held(run.pk) is not None


def test_runs_in_memory_are_let_go_when_nobody_looks(owner, monkeypatch) -> None:
    monkeypatch.setattr("simulations.runs.registry.MOST_IDLE", 2)
    runs = [new_run(owner) for _ in range(4)]
    for run in runs:
        manager.tick(run, count=5)
    held = [run for run in runs if registry.held(run.pk)]
    assert len(held) <= 3
    digests = set()
    for run in runs:
        manager.tick(run, count=100)
        digests.add(Run.objects.get(pk=run.pk).digest)
    assert digests == {undisturbed_digest(runs[0])}


def test_fifty_runs_share_the_threads_and_all_finish_right(owner) -> None:
    runs = [new_run(owner, busy(banks=4, ticks=400)) for _ in range(50)]
    for run in runs:
        manager.start(run)
    wait_until(lambda: Run.objects.filter(status=Status.FINISHED).count() == 50, 60)
    assert set(Run.objects.values_list("digest", flat=True)) == {undisturbed_digest(runs[0])}
