"""What goes off the disk, when, and what stays."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from simulations import storage
from simulations.models import AuditEntry, Run
from simulations.runs import manager, pruning
from simulations.runs.registry import registry
from simulations.runs.tests.cast import new_run

pytestmark = pytest.mark.django_db(transaction=True)


def ended(owner, days_ago: float = 0, **facts: object) -> Run:
    """Return a run that ended so many days ago."""
    run = new_run(owner)
    manager.tick(run, count=100)
    registry.drop(run.pk)
    then = timezone.now() - timedelta(days=days_ago)
    Run.objects.filter(pk=run.pk).update(finished_at=then, **facts)
    run.refresh_from_db()
    return run


def deleted(run: Run, owner, days_ago: float) -> Run:
    """Delete a run, so many days ago."""
    manager.delete(run, owner)
    Run.objects.filter(pk=run.pk).update(deleted_at=timezone.now() - timedelta(days=days_ago))
    return run


def test_the_files_of_a_deleted_run_go_after_a_week(owner) -> None:
    run, lately = deleted(ended(owner), owner, 7.1), deleted(ended(owner), owner, 6.9)
    digest = Run.objects.get(pk=run.pk).digest
    call_command("prune")
    assert not Run.objects.filter(pk=run.pk).exists()
    assert not storage.run_dir(run.pk).exists()
    assert storage.run_dir(lately.pk).exists()
    kept = AuditEntry.objects.get(action="run.deleted", target_id=str(run.pk)).details
    assert (kept["digest"], kept["document"]) == (digest, run.document_id)


def test_nothing_else_goes_unless_it_is_asked_for(owner) -> None:
    run = ended(owner, days_ago=900)
    call_command("prune")
    assert Run.objects.filter(pk=run.pk).exists()
    call_command("prune", "--older-than", "30", "--dry-run")
    assert Run.objects.filter(pk=run.pk).exists()
    call_command("prune", "--older-than", "30")
    assert not Run.objects.filter(pk=run.pk).exists()


@pytest.mark.parametrize("facts", [{"starred": True}, {"review": "requested"}, {"review": "approved"}])
def test_what_somebody_wants_to_keep_is_spared(owner, facts) -> None:
    run = ended(owner, days_ago=90, **facts)
    assert run not in pruning.over_before(timedelta(days=30))


def test_the_parent_of_a_kept_branch_is_spared_and_goes_after_it(owner) -> None:
    parent = ended(owner, days_ago=90)
    branch = manager.branch(parent, 5, owner)
    assert pruning.over_before(timedelta(days=30)) == []
    deleted(parent, owner, 8)
    assert pruning.deleted_long_ago() == []
    deleted(branch, owner, 8)
    assert pruning.deleted_long_ago() == [branch, parent]
    call_command("prune")
    assert not Run.objects.exists()


def test_a_run_that_can_go_on_never_goes(owner) -> None:
    run = new_run(owner)
    manager.tick(run)
    assert run not in pruning.over_before(timedelta(0))


def test_folders_that_a_prune_left_behind_are_swept(owner, data_dir) -> None:
    run = ended(owner)
    folder = storage.run_dir(run.pk)
    run.delete()
    kept = data_dir / "runs" / "notes"
    kept.mkdir()
    assert pruning.sweep_folders() == 1
    assert not folder.exists()
    assert kept.exists()
