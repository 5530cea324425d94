"""Sweeps: made, worked on, cancelled, begun again after a death; and who may what."""

import pytest
from django.urls import reverse

from simulations.engine.rust_backend import RustBackend
from simulations.models import AuditEntry, Document, Process, Run, Scenario, ScenarioVersion, Sweep
from simulations.runs import sweeping
from simulations.runs.creation import create_sweep
from simulations.runs.registry import registry
from simulations.runs.tests.cast import TWO_BANKS, busy, new_run, undisturbed_digest, wait_until
from simulations.storage import sweeps as stored

pytestmark = pytest.mark.django_db(transaction=True)
Status = Sweep.Status


def new_sweep(owner, text=TWO_BANKS, count=5, **inputs) -> Sweep:
    document = Document.objects.of_text(text)
    return create_sweep(owner, document=document, count=count, **inputs)


def long_sweep(owner) -> Sweep:
    """More than any test waits for."""
    return new_sweep(owner, busy(banks=30, ticks=80_000, rate=5.0), count=1_000)


def ends_as(sweep: Sweep, status: str) -> Sweep:
    wait_until(lambda: Sweep.objects.get(pk=sweep.pk).status == status)
    sweep.refresh_from_db()
    return sweep


def finished(owner, **inputs) -> Sweep:
    sweep = new_sweep(owner, **inputs)
    assert sweeping.begin(sweep)
    return ends_as(sweep, Status.FINISHED)


def url(name: str, sweep: Sweep, **more: object) -> str:
    return reverse(name, kwargs={"sweep_id": sweep.pk, **more})


def test_every_seed_has_the_digest_and_measures_of_a_run_of_its_own(owner) -> None:
    sweep = finished(owner, first_seed=40, liquidity_percent=50)
    table = stored.read(sweep.pk, "seeds")
    assert table["seed"] == [40, 41, 42, 43, 44]
    assert sweep.done == 5
    for seed, digest, settled in zip(table["seed"], table["digest"], table["settled_value"], strict=True):
        run = new_run(owner, seed=seed, liquidity_percent=50)
        assert digest == undisturbed_digest(run)
        assert settled == metrics_of(run)["settled_value"]


def metrics_of(run: Run) -> dict[str, object]:
    from simulations.runs.replay import inputs_of

    given = inputs_of(run)
    backend = RustBackend(given.config, given.payments)
    backend.advance(run.ticks_total)
    return backend.metrics()


def test_a_sweep_starts_with_the_seed_of_the_scenario(owner) -> None:
    assert list(new_sweep(owner).seeds) == [5, 6, 7, 8, 9]


@pytest.mark.parametrize("inputs", [{"count": 0}, {"count": 10_001}, {"first_seed": 2**63 - 3}])
def test_seeds_out_of_bounds_are_refused(inputs, owner) -> None:
    with pytest.raises(ValueError, match="seeds"):
        new_sweep(owner, **inputs)


def test_a_cancelled_sweep_ends_soon_and_can_start_again(owner) -> None:
    sweep = long_sweep(owner)
    sweeping.begin(sweep)
    ends_as(sweep, Status.RUNNING)
    sweeping.cancel(sweep, owner)
    assert sweep.status == Status.CANCELLED
    wait_until(lambda: sweeping.workshop.progress(sweep.pk) is None)
    assert not stored.sweep_dir(sweep.pk).exists()
    sweeping.start_again(sweep, owner)
    ends_as(sweep, Status.RUNNING)
    actions = (
        AuditEntry.objects.filter(target_id=str(sweep.pk)).order_by("id").values_list("action", flat=True)
    )
    assert list(actions) == ["sweep.created", "sweep.cancelled", "sweep.started_again"]


def test_what_is_over_cannot_be_cancelled_or_started_again(owner) -> None:
    sweep = finished(owner)
    for verb in (sweeping.cancel, sweeping.start_again):
        with pytest.raises(sweeping.SweepConflict, match="finished"):
            verb(sweep, owner)


def test_a_sweep_of_a_server_that_ended_in_order_waits_for_the_next(owner) -> None:
    sweep = long_sweep(owner)
    sweeping.begin(sweep)
    ends_as(sweep, Status.RUNNING)
    sweeping.shut_down()
    sweep.refresh_from_db()
    assert (sweep.status, sweep.claimed_by, sweep.interruptions) == (Status.WAITING, None, 0)
    assert sweeping.recover() == 1
    ends_as(sweep, Status.RUNNING)


def of_a_dead_server(sweep: Sweep, interruptions: int = 0) -> Sweep:
    """Leave a row as a killed server does."""
    dead = Process.objects.create(host="elsewhere", pid=1, heartbeat_at="2020-01-01T00:00:00Z")
    Sweep.objects.filter(pk=sweep.pk).update(
        status=Status.RUNNING, claimed_by=dead, epoch=3, done=2, interruptions=interruptions
    )
    return Sweep.objects.select_related("claimed_by").get(pk=sweep.pk)


def test_a_sweep_whose_server_died_is_begun_again_by_whoever_looks_at_it(owner, as_person) -> None:
    sweep = of_a_dead_server(new_sweep(owner))
    as_person(owner).get(url("sweep_status", sweep))
    assert ends_as(sweep, Status.FINISHED).interruptions == 1


def test_a_sweep_that_ends_its_server_each_time_is_not_begun_again_by_itself(owner) -> None:
    sweep = sweeping.look_after(of_a_dead_server(new_sweep(owner), interruptions=2))
    assert sweep.status == Status.INTERRUPTED
    sweeping.start_again(sweep, owner)
    assert ends_as(sweep, Status.FINISHED).interruptions == 0


def test_a_living_server_keeps_its_sweep(owner) -> None:
    sweep = new_sweep(owner)
    other = Process.objects.create(host="elsewhere", pid=1, heartbeat_at=sweep.created_at)
    Sweep.objects.filter(pk=sweep.pk).update(claimed_by=other)
    assert not sweeping.begin(sweep)


def test_an_owner_that_lost_its_sweep_writes_nothing(owner) -> None:
    sweep = new_sweep(owner)
    Sweep.objects.filter(pk=sweep.pk).update(epoch=7, status=Status.RUNNING, claimed_by=registry.me.id)
    sweeping.workshop.take(sweep.pk, 6)
    wait_until(lambda: sweeping.workshop.progress(sweep.pk) is None)
    assert Sweep.objects.get(pk=sweep.pk).status == Status.RUNNING
    assert not stored.sweep_dir(sweep.pk).exists()


def test_a_sweep_that_fails_names_the_seed(owner) -> None:
    costly = TWO_BANKS.replace("delay_penalty_per_tick: 3", "delay_penalty_per_tick: 1000000000000000")
    costly = costly.replace("balance: 1000", "balance: 0").replace("ticks_per_day: 20", "ticks_per_day: 9000")
    sweep = new_sweep(owner, costly)
    sweeping.begin(sweep)
    assert ends_as(sweep, Status.FAILED).failure.startswith("seed 5: the cumulative delay cost")


def test_a_deleted_sweep_is_nowhere(owner, as_person) -> None:
    sweep = finished(owner)
    client = as_person(owner)
    assert client.post(url("sweep_delete", sweep)).status_code == 302
    assert client.get(url("sweep_results", sweep)).status_code == 404
    assert not stored.sweep_dir(sweep.pk).exists()
    kept = AuditEntry.objects.get(action="sweep.deleted").details
    assert kept["document"] == sweep.document_id


def test_many_seeds_are_asked_for_where_a_run_is(owner, as_person) -> None:
    scenario = Scenario.objects.create(owner=owner, name="Two banks")
    version = ScenarioVersion.objects.create(
        scenario=scenario, number=1, document=Document.objects.of_text(TWO_BANKS)
    )
    given = {"version": version.pk, "seeds": 3, "liquidity_percent": 80, "start": "1"}
    answer = as_person(owner).post(reverse("run_create"), given)
    sweep = Sweep.objects.get()
    assert answer["Location"] == url("sweep_results", sweep)
    assert sweep.name == "Two banks v1 · seeds 5–7 · 80 %"
    ends_as(sweep, Status.FINISHED)
    assert not Run.objects.exists()


def test_a_seed_becomes_a_run_of_ones_own(owner, teammate, as_person) -> None:
    sweep = finished(owner, liquidity_percent=60)
    Sweep.objects.update(shared=True)
    answer = as_person(teammate).post(url("sweep_seed", sweep, seed=7))
    run = Run.objects.get()
    assert answer["Location"] == reverse("run_live", args=[run.pk])
    assert (run.owner, run.seed, run.liquidity_percent) == (teammate, 7, 60)
    assert as_person(owner).post(url("sweep_seed", sweep, seed=10)).status_code == 404


VERBS = ["sweep_cancel", "sweep_again", "sweep_share", "sweep_delete"]


@pytest.mark.parametrize("name", VERBS)
def test_strangers_learn_nothing_and_teammates_steer_nothing(
    name, owner, stranger, teammate, as_person
) -> None:
    sweep = new_sweep(owner)
    assert as_person(stranger).post(url(name, sweep)).status_code == 404
    Sweep.objects.update(shared=True)
    assert as_person(teammate).post(url(name, sweep)).status_code == 403
    assert Sweep.objects.get().status == Status.WAITING


def test_staff_cancel_but_do_not_delete(owner, staff, as_person) -> None:
    sweep = new_sweep(owner)
    assert as_person(staff).post(url("sweep_delete", sweep)).status_code == 403
    assert as_person(staff).post(url("sweep_cancel", sweep)).status_code == 302
    assert Sweep.objects.get().status == Status.CANCELLED
