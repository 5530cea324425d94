"""Verification finds what was planted and nothing else."""

import io

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.urls import reverse

from simulations import storage
from simulations.models import Artifact, Run
from simulations.runs import manager, verifying
from simulations.runs.tests.cast import busy, new_run, run_to_status, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(owner) -> Run:
    """A finished run that was paused on its way."""
    run = new_run(owner)
    manager.tick(run, count=7)
    manager.keep(run)
    manager.tick(run, count=100)
    return Run.objects.get(pk=run.pk)


def report(run: Run) -> tuple[str, int]:
    """Return what the command says, and its exit status."""
    out = io.StringIO()
    try:
        call_command("verify_run", str(run.pk), stdout=out)
    except SystemExit as ended:
        return out.getvalue(), int(str(ended.code))
    return out.getvalue(), 0


def plant(run: Run, change) -> None:
    """Rewrite the stored events of a run."""
    part = Artifact.objects.get(run=run, kind="events")
    columns = storage.read(run.pk, "events", [part.name], storage.COLUMNS["events"], order=["seq"])
    storage.write_parquet(storage.run_dir(run.pk) / part.name, change(columns), {})


def test_a_run_that_is_as_it_was_is_identical(run) -> None:
    said, status = report(run)
    assert said == f"identical: 20 ticks, digest {run.digest}\n"
    assert status == 0


def test_a_busy_run_with_sealed_parts_is_identical(owner, monkeypatch) -> None:
    monkeypatch.setattr("simulations.runs.recorder.SEAL_ROWS", 500)
    run = new_run(owner, busy(ticks=300))
    for _ in range(3):
        manager.tick(run, count=60)
        manager.keep(run)
    manager.start(run)
    run = run_to_status(run, "finished")
    parts = Artifact.objects.filter(run=run, kind="events").order_by("part")
    assert len(parts) > 2
    assert report(run)[1] == 0
    last = parts.last()
    assert last is not None
    last.delete()
    said, status = report(run)
    assert status == 1
    assert f"first difference: tick {last.from_tick:,}, event" in said
    assert "stored:   no such event" in said


def test_what_cannot_be_read_or_computed_again_is_said_in_a_line(run) -> None:
    part = Artifact.objects.get(run=run, kind="events")
    (storage.run_dir(run.pk) / part.name).unlink()
    with pytest.raises(CommandError, match="cannot be read or computed again"):
        report(run)


def test_a_changed_event_is_named(run) -> None:
    def change(columns):
        amounts = np.ma.getdata(columns["amount"]).copy()
        amounts[30] += 1
        return columns | {"amount": amounts}

    plant(run, change)
    said, status = report(run)
    assert status == 1
    assert "event 30" in said
    assert "'seq': 30" in said


def test_a_missing_event_is_named(run) -> None:
    plant(run, lambda columns: {name: column[:-1] for name, column in columns.items()})
    said, status = report(run)
    assert status == 1
    assert "stored:   no such event" in said


def test_a_changed_digest_is_told(run) -> None:
    Run.objects.update(digest="0" * 64)
    said, status = report(run)
    assert status == 1
    assert "the digest on the row differs" in said
    assert "measures" not in said


@pytest.mark.parametrize(
    ("computed", "stored", "same"),
    [
        (1.1529215046068472e18, 1152921504606847200, True),  # as PostgreSQL gives it back
        ({"a": [1.0, None]}, {"a": [1, None]}, True),
        ({"a": [1.0]}, {"a": [1.0, 2.0]}, False),
        ({"a": 1}, {"b": 1}, False),
        (10**18 + 1, 10**18, False),
        (0.1, 0.2, False),
        (None, 0, False),
    ],
)
def test_values_that_a_database_writes_otherwise_are_the_same(computed, stored, same) -> None:
    assert verifying._same(computed, stored) is same


def test_a_changed_measure_is_named(run, owner, as_person) -> None:
    Run.objects.update(metrics=run.metrics | {"rho": 0.123, "settled_count": 1})
    said, status = report(run)
    assert status == 1
    assert "measures on the row that are not those computed: " in said
    assert said.count(",") >= 1
    assert {"rho", "settled_count"} == set(said.rstrip().rpartition(": ")[2].split(", "))
    client, url = as_person(owner), reverse("run_verify", kwargs={"run_id": run.pk})
    client.post(url)
    verification = verifying.known(run)
    assert verification is not None
    wait_until(lambda: verification.is_over)
    page = client.get(url).content.decode()
    assert "Different." in page
    assert "Measures that are not those computed: " in page


def test_a_changed_input_is_told_apart(run) -> None:
    Run.objects.update(seed=6)
    said, status = report(run)
    assert status == 1
    assert "first difference: tick" in said


def test_another_engine_is_said_first(run) -> None:
    Run.objects.update(engine_version="0.0.0-older")
    assert report(run)[0].startswith("Note: it ran on engine 0.0.0-older")


def test_the_page_says_first_that_another_engine_made_the_run(run, owner, as_person) -> None:
    url = reverse("run_verify", kwargs={"run_id": run.pk})
    assert "It ran on engine" not in as_person(owner).get(url).content.decode()
    Run.objects.update(engine_version="0.0.0-older")
    assert "It ran on engine 0.0.0-older, this is" in as_person(owner).get(url).content.decode()


def test_what_is_not_over_or_not_there_cannot_be_verified(owner) -> None:
    run = new_run(owner)
    with pytest.raises(CommandError, match="The run is created"):
        call_command("verify_run", str(run.pk))
    with pytest.raises(CommandError, match="there is no run"):
        call_command("verify_run", str(Run().pk))


def test_the_page_verifies_in_the_background(run, owner, as_person) -> None:
    client = as_person(owner)
    url = reverse("run_verify", kwargs={"run_id": run.pk})
    assert "Verify</button>" in client.get(url).content.decode()
    client.post(url)
    verification = verifying.known(run)
    assert verification is not None
    wait_until(lambda: verification.is_over)
    assert "Identical." in client.get(url).content.decode()


def test_only_who_began_it_or_may_steer_the_run_cancels_a_verification(owner, as_person) -> None:
    run = new_run(owner, busy(ticks=1_500), shared=True)
    manager.start(run)
    run = run_to_status(run, "finished")
    viewer, other = (User.objects.create_user(name) for name in ("viewer", "other"))
    url = reverse("run_verify", kwargs={"run_id": run.pk})
    verification = verifying.begin(run, viewer.pk)
    assert ">Cancel</button>" not in as_person(other).get(url).content.decode()
    assert as_person(other).post(url, {"cancel": "1"}).status_code == 403
    assert not verification.cancelled.is_set()
    assert as_person(viewer).post(url, {"cancel": "1"}).status_code == 200
    assert verification.cancelled.is_set()
    wait_until(lambda: verification.is_over)


def test_a_verification_can_be_cancelled(owner) -> None:
    run = new_run(owner, busy(ticks=1_500))
    manager.start(run)
    run = run_to_status(run, "finished")
    verification = verifying.begin(run, run.owner_id)
    verification.cancelled.set()
    wait_until(lambda: verification.is_over)
    assert verification.problem == "Cancelled."
