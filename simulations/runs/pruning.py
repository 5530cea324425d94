"""Taking what is no longer wanted off the disk. Nothing goes by itself but what people deleted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.deletion import ProtectedError
from django.utils import timezone

from simulations import storage
from simulations.models import AuditEntry, Run

log = structlog.get_logger(__name__)

KEPT_DELETED = timedelta(days=7)  # how long the files of a deleted run stay
SPARED = Q(starred=True) | Q(review__in=Run.UNDER_REVIEW)


def deleted_long_ago() -> list[Run]:
    """Return the deleted runs whose time is over, branches first; parents of kept branches stay."""
    gone = Run.objects.filter(deleted_at__lt=timezone.now() - KEPT_DELETED)
    return _without_parents_of_others(gone)


def over_before(age: timedelta) -> list[Run]:
    """Return the runs that ended longer than `age` ago and may go: none that somebody wants to keep.

    Starred ones, those under review or approved, and parents of kept branches are spared.
    """
    ended = Run.objects.filter(
        deleted_at=None, status__in=Run.OVER, finished_at__lt=timezone.now() - age
    ).exclude(SPARED)
    return _without_parents_of_others(ended)


def prune(runs: list[Run]) -> int:
    """Remove runs and their files for good; the audit log keeps what proves them. Returns how many went."""
    count = 0
    for run in runs:
        AuditEntry.objects.record(
            None,
            "run.pruned",
            run,
            name=run.name,
            document=run.document_id,
            payment_file=run.payment_file_id,
            seed=run.seed,
            engine_version=run.engine_version,
            digest=run.digest,
        )
        run_id = run.pk
        try:
            run.delete()
        except ProtectedError:  # somebody branched it off meanwhile
            continue
        storage.delete_run(run_id)
        log.info("run.pruned", simulation_id=str(run_id))
        count += 1
    return count


def sweep_folders() -> int:
    """Remove the folders of runs that have no row any more: a prune that was cut short. Returns how many."""
    folder = Path(settings.DATA_DIR) / "runs"
    names = {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()
    ids = [found for found in map(_uuid, names) if found is not None]
    stray = set(ids) - set(Run.objects.filter(pk__in=ids).values_list("pk", flat=True))
    for run_id in stray:
        storage.delete_run(run_id)
    return len(stray)


def _without_parents_of_others(runs: QuerySet[Run]) -> list[Run]:
    """Return the runs none of whose descendants stay, each after its branches."""
    left = {run.pk: run for run in runs.only("pk", "parent_id")}
    children: dict[UUID, set[UUID]] = {}
    for pk, parent in Run.objects.exclude(parent=None).values_list("pk", "parent_id"):
        if parent is not None:
            children.setdefault(parent, set()).add(pk)
    going: dict[UUID, None] = {}
    while ready := [pk for pk in left if children.get(pk, set()) <= going.keys()]:
        for pk in ready:
            going[pk] = None
            del left[pk]
    found = Run.objects.in_bulk(going)
    return [found[pk] for pk in going]


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
