"""Several who steer one run at once, and ends that are not stored yet when something else happens."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connections

from simulations import storage
from simulations.models import Artifact, Intervention, Run
from simulations.runs import interventions, lifecycle, manager, recorder, replay
from simulations.runs.conclusion import CannotStore
from simulations.runs.lifecycle import Conflict
from simulations.runs.ownership import Gone, OwnedElsewhere
from simulations.runs.progress import note_progress
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
from simulations.runs.verifying import verify

pytestmark = pytest.mark.django_db(transaction=True)
Status = Run.Status
MONEY = {"type": "transfer_liquidity", "agent": "A", "amount": 5}


def all_at_once(*works) -> list[object]:
    """Do works in threads of their own; return what each came to, or its error."""

    def one(work):
        try:
            return work()
        except (Conflict, ValueError) as problem:
            return problem
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def test_interventions_beside_ticks_are_stored_where_they_were_made(owner) -> None:
    run = new_run(owner, busy(ticks=2_000))

    def ticks() -> None:
        for _ in range(150):
            manager.tick(Run.objects.get(pk=run.pk))

    def money() -> None:
        for _ in range(60):
            manager.apply(Run.objects.get(pk=run.pk), MONEY | {"agent": "B00"})

    assert all_at_once(ticks, ticks, money) == [None, None, None]
    assert all(made.made_tick <= made.tick for made in Intervention.objects.filter(run=run))
    forget_as_if_killed()
    run.refresh_from_db()
    manager.start(run)
    assert run_to_status(run, Status.FINISHED).digest == undisturbed_digest(run)


@pytest.mark.parametrize("count", [1, 5_000])
def test_a_run_stopped_while_somebody_ticks_it_is_stored_as_it_stopped(count, owner) -> None:
    run = new_run(owner, busy(ticks=60_000))
    begun = threading.Event()

    def ticks() -> None:
        while True:
            manager.tick(Run.objects.get(pk=run.pk), count=count)
            begun.set()

    def stop() -> None:
        assert begun.wait(60)
        manager.stop(Run.objects.get(pk=run.pk))

    refused, stopped = all_at_once(ticks, stop)
    assert isinstance(refused, Conflict)
    assert stopped is None
    run = Run.objects.get(pk=run.pk)
    assert run.status == Status.STOPPED
    assert verify(run, lambda _: None).identical


def test_a_process_that_ends_leaves_the_goal_to_the_next_one(owner) -> None:
    run = new_run(owner, busy(ticks=40_000))
    manager.speed(run, 100)
    manager.run_to(run, 300)
    registry.shut_down()
    row = Run.objects.get(pk=run.pk)
    assert (row.status, row.goal_tick) == (Status.RUNNING, 300)
    manager.recover()
    assert run_to_status(run, Status.PAUSED).tick == 300


@pytest.fixture
def no_end_stored(monkeypatch):
    """Ends of runs are not stored; yields what has those who try give up."""
    killed = threading.Event()

    def conclude(*_: object) -> None:
        killed.wait(60)
        raise Gone("killed")

    monkeypatch.setattr(registry, "_conclude", conclude)
    yield killed
    killed.set()


def test_a_process_killed_as_the_goal_is_reached_leaves_it_to_the_next_one(
    owner, no_end_stored, monkeypatch
) -> None:
    run = new_run(owner, busy(ticks=40_000))
    manager.run_to(run, 300)
    live = registry.live(run)
    wait_until(lambda: live.tick == 300 and not live.stepping)
    note_progress(live)  # the beat may come in between
    assert Run.objects.get(pk=run.pk).goal_tick == 300
    no_end_stored.set()
    forget_as_if_killed()
    monkeypatch.undo()
    manager.recover()
    row = run_to_status(run, Status.PAUSED)
    assert (row.tick, row.goal_tick) == (300, None)


def test_an_event_looked_for_is_not_looked_for_again_after_a_kill(owner, no_end_stored, monkeypatch) -> None:
    run = new_run(owner, busy(ticks=40_000))
    manager.step(run, until="settled")
    live = registry.live(run)
    wait_until(lambda: live.tick > 0 and not live.stepping)
    note_progress(live)
    found = live.tick
    no_end_stored.set()
    forget_as_if_killed()
    monkeypatch.undo()
    manager.recover()
    assert run_to_status(run, Status.PAUSED).tick == found


def test_a_run_started_again_before_its_goal_was_stored_goes_on(owner) -> None:
    run = new_run(owner, busy(ticks=3_000))
    live = registry.live(run)
    with live.steering:  # whoever stores the end waits for this
        manager.run_to(run, 100)
        wait_until(lambda: live.tick == 100 and not live.stepping)
        manager.start(run)
    assert run_to_status(run, Status.FINISHED).tick == 3_000


def test_a_run_that_cannot_be_brought_back_is_let_go_of(owner) -> None:
    run = new_run(owner)
    manager.tick(run, count=5)
    manager.apply(run, MONEY)
    forget_as_if_killed()
    Intervention.objects.filter(run=run).update(tick=0, made_tick=5)
    run.refresh_from_db()
    with pytest.raises(Unrepeatable):
        manager.state(run)
    row = Run.objects.get(pk=run.pk)
    assert row.claimed_by is None
    assert manager.stop(row).status == Status.STOPPED


def test_a_number_that_no_run_can_reach_is_refused_at_once(owner) -> None:
    run = new_run(owner)
    manager.apply(run, MONEY)
    manager.tick(run, count=100)
    Intervention.objects.filter(run=run).update(seq=200_000_000)
    with pytest.raises(Unrepeatable, match="200000000"):
        verify(Run.objects.get(pk=run.pk), lambda _: None)


def test_who_has_the_names_of_parts_can_read_them_though_they_are_replaced(owner, monkeypatch) -> None:
    run = new_run(owner, busy(ticks=500))
    manager.tick(run, count=50)
    manager.keep(run)
    names = list(Artifact.objects.filter(run=run, kind="payments").values_list("name", flat=True))
    manager.tick(run, count=50)
    manager.keep(run)
    assert not Artifact.objects.filter(run=run, name__in=names).exists()
    assert len(storage.read(run.pk, "payments", names, ["id"])["id"])
    monkeypatch.setattr(recorder, "READING_SECONDS", 0.0)
    manager.tick(run, count=50)
    manager.keep(run)
    files = {path.name for path in storage.run_dir(run.pk).iterdir()}
    assert files == set(Artifact.objects.filter(run=run).values_list("name", flat=True))


def test_on_a_full_disk_what_is_stored_is_read_and_the_rest_is_to_be_asked_again(
    owner, as_person, monkeypatch
) -> None:
    run = new_run(owner, busy(ticks=500))
    manager.tick(run, count=50)
    manager.keep(run)
    manager.tick(run, count=50)

    def refuse(*_, **__) -> None:
        raise OSError(28, "No space left on device")

    address, client = f"/api/simulations/{run.pk}", as_person(owner)
    with monkeypatch.context() as patch:
        patch.setattr(recorder, "_written", refuse)
        assert client.get(f"{address}/state?tick=40").json()["tick"] == 40
        for path in ("/state?tick=90", "/events", "/payments"):
            answer = client.get(f"{address}{path}")
            assert answer.status_code == 503, path
            assert "No space left" in answer.json()["detail"]
        assert client.get(f"/runs/{run.pk}/results/").status_code == 200
        answer = client.post(f"{address}/tick?count=1000")
        assert answer.status_code == 503
        assert client.post(f"{address}/tick").status_code == 503
    answer = client.post(f"{address}/tick")
    assert (answer.status_code, answer.json()["status"]) == (409, "finished")
    assert verify(Run.objects.get(pk=run.pk), lambda _: None).identical


def test_the_past_of_a_run_whose_server_was_killed_is_there_though_it_was_not_stored(
    owner, as_person
) -> None:
    run = new_run(owner, busy(ticks=500))
    manager.tick(run, count=50)
    forget_as_if_killed()
    assert not Artifact.objects.filter(run=run).exists()
    client, address = as_person(owner), f"/api/simulations/{run.pk}"
    assert client.get(f"{address}/state?tick=5").json()["tick"] == 5
    assert client.get(f"{address}/events").json()["events"]


def test_a_branch_of_a_run_that_never_ran_is_of_this_engine(owner) -> None:
    run = new_run(owner)
    Run.objects.filter(pk=run.pk).update(engine_version="0.0.0-older")
    run.refresh_from_db()
    branch = manager.branch(run, 0, owner)
    manager.start(branch)
    assert run_to_status(branch, Status.FINISHED).digest


def test_a_step_to_an_event_that_never_comes_leaves_the_others_their_time(owner) -> None:
    one, other = (new_run(owner, busy(ticks=86_400, rate=5.0)) for _ in range(2))
    manager.start(one)
    live = registry.live(one)
    for _ in range(20):  # slices that are ended early and have something left
        manager.state(one)
    manager.pause(one)
    manager.step(one, until="refused")
    manager.start(other)
    wait_until(lambda: registry.live(other).tick > 200)
    assert live.stepping
    manager.pause(one)


def test_a_row_never_goes_back_and_only_one_that_runs_has_a_goal(owner) -> None:
    run = new_run(owner, busy(ticks=500))
    manager.tick(run, count=50)
    live = registry.live(run)
    Run.objects.filter(pk=run.pk).update(tick=80)
    live.goal_tick = 90
    assert note_progress(live)
    row = Run.objects.get(pk=run.pk)
    assert (row.tick, row.goal_tick) == (80, None)
    Run.objects.filter(pk=run.pk).update(status=Status.RUNNING)
    assert note_progress(live)
    assert Run.objects.get(pk=run.pk).goal_tick == 90
    Run.objects.filter(pk=run.pk).update(epoch=live.epoch + 1)
    assert not note_progress(live)


def test_a_process_that_ends_loads_no_run_any_more(owner, monkeypatch) -> None:
    held, other = new_run(owner), new_run(owner)
    manager.tick(held)
    monkeypatch.setattr(registry, "_closing", True)
    assert manager.state(held)["tick"] == 1
    with pytest.raises(OwnedElsewhere, match="ending"):
        manager.state(other)


def test_what_cannot_be_brought_back_says_so_and_is_not_tried_again_and_again(owner, as_person) -> None:
    run = new_run(owner)
    manager.tick(run, count=5)
    manager.apply(run, MONEY)
    forget_as_if_killed()
    Intervention.objects.filter(run=run).update(tick=0, made_tick=5)
    Run.objects.filter(pk=run.pk).update(status=Status.RUNNING, claimed_by=None)
    assert manager.recover() == 0
    row = Run.objects.get(pk=run.pk)
    assert row.status == Status.INTERRUPTED
    assert manager.recover() == 0
    assert Run.objects.get(pk=run.pk).epoch == row.epoch
    for path, body in (("events", MONEY), ("tick", {})):
        answer = as_person(owner).post(
            f"/api/simulations/{run.pk}/{path}", body, content_type="application/json"
        )
        assert answer.status_code == 409, path
        assert answer.json()["possible"] == ["stop", "delete"]
    assert manager.stop(row).status == Status.STOPPED


def test_a_new_run_ticked_to_its_end_is_over_once_that_can_be_stored(owner, monkeypatch) -> None:
    run = new_run(owner)

    def locked(*_: object, **__: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(lifecycle, "move", locked)
        with pytest.raises(CannotStore):
            manager.tick(run, count=100)
    assert Run.objects.get(pk=run.pk).status == Status.CREATED
    with pytest.raises(Conflict, match="is finished"):
        manager.tick(run)
    assert verify(Run.objects.get(pk=run.pk), lambda _: None).identical


def test_numbers_lost_on_a_full_disk_never_make_a_run_unrepeatable(owner, monkeypatch) -> None:
    monkeypatch.setattr(replay, "MOST_NUMBERS_LOST", 5)
    monkeypatch.setattr(interventions, "MOST_NUMBERS_LOST", 5)
    run = new_run(owner)
    manager.tick(run, count=3)
    for _ in range(17):
        with monkeypatch.context() as patch:
            patch.setattr(interventions, "_store", lambda *_: int("no"))
            with pytest.raises(ValueError, match="no"):
                manager.apply(run, MONEY)
    manager.apply(run, MONEY)
    forget_as_if_killed()
    run.refresh_from_db()
    manager.start(run)
    assert run_to_status(run, Status.FINISHED).digest == undisturbed_digest(run)


def test_a_run_paused_at_its_end_before_that_was_stored_is_finished_once(owner) -> None:
    run = new_run(owner, busy(ticks=300))
    live = registry.live(run)
    with live.steering:  # whoever stores the end waits for this
        manager.start(run)
        wait_until(lambda: live.tick == 300 and not live.stepping)
        assert manager.pause(run).status == Status.FINISHED
    wait_until(lambda: live.rests)
    parts = Artifact.objects.filter(run=run, kind=Artifact.Kind.BALANCES)
    assert len(parts) == len({part.to_tick for part in parts})
    assert live.trouble == ""
    assert verify(Run.objects.get(pk=run.pk), lambda _: None).identical


def test_want_of_memory_is_no_reason_not_to_stop_a_run(owner, monkeypatch) -> None:
    run = new_run(owner)
    manager.tick(run, count=5)
    forget_as_if_killed()

    def lacks(_: Run) -> None:
        raise MemoryError

    monkeypatch.setattr(replay, "bring_back", lacks)
    run.refresh_from_db()
    assert manager.stop(run).status == Status.STOPPED
