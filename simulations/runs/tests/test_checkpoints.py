"""Checkpoints: runs are taken up from the last usable one and end as if nothing had happened."""

import uuid
from concurrent.futures import Future

import numpy as np
import pytest

from simulations import storage
from simulations.models import Artifact, Run
from simulations.runs import charting, checkpoints, manager, recorder, replay
from simulations.runs.checkpoints import BadCheckpoint, Checkpoint
from simulations.runs.frames import SYSTEM_SERIES
from simulations.runs.registry import registry
from simulations.runs.tests.cast import busy, forget_as_if_killed, new_run, undisturbed_digest

pytestmark = pytest.mark.django_db(transaction=True)
Kind = Artifact.Kind
Status = Run.Status


def checkpoint_now(run: Run) -> None:
    """Store the run as it is, with a checkpoint, as if it had computed long enough."""
    live = registry.live(run)
    live.checkpoints.engine_seconds = live.engine_seconds - checkpoints.ENGINE_SECONDS
    live.checkpoints.cost_seconds = 0
    recorder.store(live)


def rows(run: Run) -> list[Artifact]:
    return list(run.artifacts.filter(kind=Kind.CHECKPOINT).order_by("to_tick"))


def steered(owner) -> Run:
    """Return a run with checkpoints at ticks 30 and 60, interventions before, at and after them; at 75."""
    run = new_run(owner, busy(ticks=100, rate=1.0))
    manager.tick(run, count=20)
    manager.apply(run, {"type": "transfer_liquidity", "agent": "B01", "amount": 5_000})
    manager.apply(run, {"type": "outage", "agent": "B02", "tick": 45})
    taken_back = manager.apply(run, {"type": "outage", "agent": "B03", "tick": 70})
    manager.tick(run, count=10)
    manager.apply(run, {"type": "transfer_liquidity", "agent": "B04", "amount": 7})
    checkpoint_now(run)
    manager.apply(run, {"type": "recover", "agent": "B02", "tick": 50})
    manager.tick(run, count=30)
    manager.withdraw(run, taken_back.seq)
    checkpoint_now(run)
    manager.tick(run, count=5)
    manager.apply(run, {"type": "set_arrival_rate", "agent": "B05", "multiplier": 2})
    manager.tick(run, count=10)
    return run


def ended(run: Run) -> Run:
    """Run to the end."""
    manager.tick(run, count=1_000)
    run.refresh_from_db()
    assert run.status == Status.FINISHED
    return run


def taken_up_at(run: Run) -> int:
    """Bring the run back if need be; return the tick from which it was computed."""
    return registry.live(run).charted_from


def test_a_killed_run_is_taken_up_at_its_last_checkpoint(owner) -> None:
    run = steered(owner)
    assert [row.to_tick for row in rows(run)] == [30, 60]
    forget_as_if_killed()
    assert taken_up_at(run) == 60
    run = ended(run)
    assert run.digest == undisturbed_digest(run)
    assert sum(part.rows for part in run.artifacts.filter(kind=Kind.EVENTS)) == events_of(run)


def events_of(run: Run) -> int:
    """Return how many events the undisturbed run has."""
    again = replay.Replay(run, replay.inputs_of(run))
    seen: list[int] = []
    again.go_to(run.ticks_total, lambda _: seen.append(recorder.row_count(again.backend.drain()["events"])))
    return sum(seen)


@pytest.mark.parametrize("harm", ["damaged", "cut short", "gone", "of another run", "of another engine"])
def test_a_checkpoint_that_is_of_no_use_is_passed_over_for_an_earlier_one(owner, harm) -> None:
    run = steered(owner)
    forget_as_if_killed()
    path = storage.run_dir(run.pk) / rows(run)[-1].name
    data = path.read_bytes()
    found = Checkpoint.decoded(data)
    if harm == "damaged":
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif harm == "cut short":
        path.write_bytes(data[:100])
    elif harm == "gone":
        path.unlink()
    elif harm == "of another run":
        path.write_bytes(Checkpoint(**{**vars(found), "run_id": uuid.uuid4()}).encoded())
    else:
        path.write_bytes(Checkpoint(**{**vars(found), "engine": "0.0.0-older"}).encoded())
    assert taken_up_at(run) == 30
    run = ended(run)
    assert run.digest == undisturbed_digest(run)


def test_with_no_usable_checkpoint_a_run_begins_at_its_first_tick(owner) -> None:
    run = steered(owner)
    forget_as_if_killed()
    for row in rows(run):
        (storage.run_dir(run.pk) / row.name).write_bytes(b"PSIMCHK1")
    assert taken_up_at(run) == 0
    run = ended(run)
    assert run.digest == undisturbed_digest(run)


def test_a_snapshot_of_another_scenario_is_refused(owner) -> None:
    one, other = steered(owner), new_run(owner, busy(ticks=100, rate=0.5))
    found = Checkpoint.decoded(storage.read_blob(one.pk, rows(one)[0].name))
    manager.tick(other, count=30)
    checkpoint_now(other)
    forged = Checkpoint(**{**vars(found), "run_id": other.pk, "made": 0})
    (storage.run_dir(other.pk) / rows(other)[0].name).write_bytes(forged.encoded())
    assert checkpoints.restored(other, replay.inputs_of(other), 30) is None


def test_a_branch_begins_at_its_parents_checkpoint_with_the_parts_before_it(owner) -> None:
    parent = steered(owner)
    run = manager.branch(parent, 64, owner)
    assert taken_up_at(run) == 60
    for kind in (Kind.EVENTS, Kind.SERIES, Kind.PAYMENTS):
        assert max(part.to_tick for part in run.artifacts.filter(kind=kind)) == 60
    run = ended(run)
    assert run.digest == undisturbed_digest(run)
    assert sum(part.rows for part in run.artifacts.filter(kind=Kind.EVENTS)) == events_of(run)
    assert manager.state_at(run, 20)["agents"] == manager.state_at(parent, 20)["agents"]


def test_a_branch_at_a_checkpoint_has_no_intervention_made_there(owner) -> None:
    parent = steered(owner)
    run = manager.branch(parent, 30, owner)
    assert taken_up_at(run) == 0
    run = ended(run)
    assert run.interventions.count() == 3
    assert run.digest == undisturbed_digest(run)


def test_a_branch_survives_a_kill_and_the_end_of_its_parent(owner) -> None:
    parent = steered(owner)
    run = manager.branch(parent, 64, owner)
    forget_as_if_killed()
    storage.delete_run(parent.pk)
    assert taken_up_at(run) == 0
    run = ended(run)
    assert run.digest == undisturbed_digest(run)
    assert sum(part.rows for part in run.artifacts.filter(kind=Kind.EVENTS)) == events_of(run)


def test_outcomes_of_interventions_before_a_checkpoint_are_kept(owner) -> None:
    run = steered(owner)
    forget_as_if_killed()
    ended(run)
    found = {each.seq: each.status for each in run.interventions.all()}
    assert found == {0: "applied", 1: "applied", 2: "withdrawn", 3: "applied", 4: "applied", 5: "applied"}


def test_few_are_kept_and_they_are_spaced(owner) -> None:
    every = [Artifact(to_tick=tick, bytes=1) for tick in range(10, 510, 10)]
    kept: list[Artifact] = []
    for each in every:
        kept.append(each)
        gone = checkpoints.superfluous(kept)
        kept = [row for row in kept if row not in gone]
    ticks = [each.to_tick for each in kept]
    assert len(ticks) == checkpoints.MOST
    assert ticks[-1] == 500
    assert max(np.diff([0, *ticks])) <= 100


def test_they_share_a_bound_of_bytes() -> None:
    large = checkpoints.MOST_BYTES // 2
    every = [Artifact(to_tick=tick, bytes=large) for tick in (10, 20, 90)]
    assert [each.to_tick for each in checkpoints.superfluous(every)] == [10]
    assert checkpoints.superfluous([Artifact(to_tick=5, bytes=10 * large)]) == []


def test_what_is_no_checkpoint_is_told_from_one() -> None:
    with pytest.raises(BadCheckpoint):
        Checkpoint.decoded(b"")


def test_charts_of_a_run_taken_up_at_a_checkpoint_begin_where_the_run_did(owner) -> None:
    text = (
        busy(ticks=100, rate=1.0)
        + "events:\n- {tick: 25, type: set_credit_limit, agent: B01, credit_limit: 9}\n"
    )
    run = new_run(owner, text)
    manager.tick(run, count=60)
    names = [*sorted(SYSTEM_SERIES), "balance:B01", "available:B01", "queued_value:B01", "queued_value:B02"]
    whole = points(run, names)
    checkpoint_now(run)
    forget_as_if_killed()
    again = points(run, names)
    assert registry.live(run).charted_from == 60
    steps = dict(zip(again[0].astype(int).tolist(), again.T, strict=True))
    for column in whole.T:
        if int(column[0]) in steps:
            np.testing.assert_array_equal(steps[int(column[0])], column)
    assert len(steps) > 50


def points(run: Run, names: list[str]) -> np.ndarray:
    answer: Future[tuple[bytes, int]] = charting.points(registry.live(run), names, 0, 1_000)
    columns, tick = answer.result()
    assert tick == 60
    return np.frombuffer(columns, dtype="<f8").reshape(len(names) + 1, -1)


def test_a_branch_does_not_begin_where_its_parent_intervened_in_place_of_itself(
    owner,
) -> None:
    parent = new_run(owner, busy(ticks=100, rate=1.0))
    manager.tick(parent, count=40)
    manager.apply(parent, {"type": "transfer_liquidity", "agent": "B00", "amount": 50_000_000})
    checkpoint_now(parent)
    branch = manager.branch(parent, 40, owner, events=[{"type": "outage", "agent": "B01"}])
    assert [each.seq for each in branch.interventions.all()] == [0]  # as the parent's
    forget_as_if_killed()
    manager.tick(branch, count=1)
    agents = {agent["id"]: agent for agent in manager.state(branch)["agents"]}
    assert agents["B00"]["balance"] < 50_000_000
    assert ended(branch).digest == undisturbed_digest(branch)


def test_a_branch_of_a_branch_begins_at_the_checkpoint_of_its_first_ancestor(owner) -> None:
    parent = steered(owner)
    second = manager.branch(manager.branch(parent, 65, owner), 62, owner)
    assert checkpoints.last_tick(second, 62) == 60
    found = checkpoints.restored(second, replay.inputs_of(second), 62)
    assert found is not None
    assert found[0].tick == 60
    assert ended(second).digest == undisturbed_digest(second)
