"""Sweeps at work: made, run one at a time beside the live runs, cancelled, and begun again after a death.

The process that owns the row works on it, on as many threads as live runs may have. Whatever a process that
lost the row still does is harmless: its writes name its epoch, and the same seeds give the same files.
"""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import duckdb
import structlog
from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import F
from django.utils import timezone

from simulations.config.inputs import prepare
from simulations.engine.rust_backend import ENGINE_VERSION
from simulations.engine.sweep import BAND_BANKS, BAND_POINTS, Cancelled, Plan, Progress
from simulations.engine.sweep import Sweep as Found
from simulations.engine.sweep import sweep as run_all
from simulations.models import AuditEntry, Sweep
from simulations.runs import ownership
from simulations.runs.registry import registry
from simulations.storage import sweeps as stored

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

log = structlog.get_logger(__name__)
Status = Sweep.Status

BEAT_SECONDS = 0.5
# After so many deaths of its server a sweep is not begun again by itself: it may be what kills it.
MOST_INTERRUPTIONS = 2
REFUSED = (ValueError, RuntimeError, OSError, MemoryError, duckdb.Error)


# What a person may do with a sweep, by where it stands.
VERBS = {
    Status.WAITING: ("cancel", "delete"),
    Status.RUNNING: ("cancel", "delete"),
    Status.FINISHED: ("read", "delete"),
    Status.CANCELLED: ("start again", "delete"),
    Status.FAILED: ("start again", "delete"),
    Status.INTERRUPTED: ("start again", "delete"),
}


class SweepConflict(Exception):
    """What is asked for does not go with where the sweep stands; names that and what is possible."""

    def __init__(self, status: str, wanted: str) -> None:
        self.status = status
        self.possible = VERBS[Status(status)]
        super().__init__(
            f"The sweep is {status}: you cannot {wanted} it. Possible now: {', '.join(self.possible)}."
        )


class Workshop:
    """The sweeps of this process: one is worked on, the others wait for their turn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: ThreadPoolExecutor | None = None
        self._under_way: dict[UUID, tuple[Progress, Future[None]]] = {}

    def take(self, sweep_id: UUID, epoch: int) -> None:
        """Have a claimed sweep worked on when its turn comes."""
        progress = Progress()
        with self._lock:
            self._worker = self._worker or ThreadPoolExecutor(1, thread_name_prefix="sweep")
            work = self._worker.submit(_work, sweep_id, epoch, progress)
            self._under_way[sweep_id] = (progress, work)
        work.add_done_callback(lambda work: self._forget(sweep_id, work))

    def progress(self, sweep_id: UUID) -> Progress | None:
        """Return how far a sweep of this process is."""
        held = self._under_way.get(sweep_id)
        return held[0] if held else None

    def close(self) -> None:
        """End what is under way, between two ticks; the next use begins anew."""
        with self._lock:
            worker, self._worker = self._worker, None
            under_way = list(self._under_way.values())
        for progress, _ in under_way:
            progress.cancel()
        if worker is not None:
            worker.shutdown(cancel_futures=True)

    def _forget(self, sweep_id: UUID, work: Future[None]) -> None:
        with self._lock:
            if sweep_id in self._under_way and self._under_way[sweep_id][1] is work:
                del self._under_way[sweep_id]


workshop = Workshop()


def begin(sweep: Sweep) -> bool:
    """Make this process the owner of a sweep and have it worked on; False where another one is."""
    me = registry.me
    with transaction.atomic():
        now = Sweep.objects.select_related("claimed_by").get(pk=sweep.pk)
        if _is_worked_on(now):
            return False
        claimed = Sweep.objects.unfinished().filter(pk=sweep.pk, epoch=now.epoch)
        if not claimed.update(claimed_by=me.id, epoch=F("epoch") + 1, status=Status.WAITING, done=0):
            return False
    workshop.take(sweep.pk, now.epoch + 1)
    return True


def look_after(sweep: Sweep) -> Sweep:
    """Begin an unfinished sweep again if its server died, and return it fresh; whoever looks at one does."""
    if sweep.is_unfinished and not _is_worked_on(sweep):
        died = sweep.status == Status.RUNNING
        ours = Sweep.objects.filter(pk=sweep.pk, epoch=sweep.epoch, status=sweep.status)
        if died and sweep.interruptions >= MOST_INTERRUPTIONS:
            ours.update(status=Status.INTERRUPTED, claimed_by=None, finished_at=timezone.now())
        elif ours.update(interruptions=F("interruptions") + int(died)):
            begin(sweep)
        sweep.refresh_from_db()
    return sweep


def _is_worked_on(sweep: Sweep) -> bool:
    owner = sweep.claimed_by
    if owner is None or owner.pk != registry.me.id:
        return owner is not None and ownership.is_alive(owner)
    return workshop.progress(sweep.pk) is not None


def done(sweep: Sweep) -> int:
    """Return how many seeds are done; to the moment in the process that works on it."""
    progress = workshop.progress(sweep.pk)
    return progress.done if progress and sweep.is_unfinished else sweep.done


def cancel(sweep: Sweep, by: AbstractBaseUser) -> Sweep:
    """End a sweep before its time; nothing of it is kept. A cancelled one stays cancelled."""
    changed = (
        Sweep.objects.unfinished()
        .filter(pk=sweep.pk)
        .update(status=Status.CANCELLED, finished_at=timezone.now(), claimed_by=None)
    )
    sweep.refresh_from_db()
    if changed:
        AuditEntry.objects.record(by, "sweep.cancelled", sweep)
        if progress := workshop.progress(sweep.pk):
            progress.cancel()
    elif sweep.status != Status.CANCELLED:
        raise SweepConflict(sweep.status, "cancel")
    return sweep


def require_finished(sweep: Sweep) -> None:
    """Raise SweepConflict unless the sweep has results."""
    if sweep.status != Status.FINISHED:
        raise SweepConflict(sweep.status, "read")


def start_again(sweep: Sweep, by: AbstractBaseUser) -> Sweep:
    """Begin a sweep anew that was cancelled, failed or was interrupted."""
    idle = (Status.CANCELLED, Status.FAILED, Status.INTERRUPTED)
    changed = Sweep.objects.filter(pk=sweep.pk, deleted_at=None, status__in=idle).update(
        status=Status.WAITING, claimed_by=None, finished_at=None, failure="", interruptions=0
    )
    if not changed:
        sweep.refresh_from_db()
        raise SweepConflict(sweep.status, "start again")
    AuditEntry.objects.record(by, "sweep.started_again", sweep)
    begin(sweep)
    sweep.refresh_from_db()
    return sweep


def delete(sweep: Sweep, by: AbstractBaseUser) -> None:
    """Take a sweep away with its tables; the audit keeps what makes it again."""
    if sweep.is_unfinished:
        with suppress(SweepConflict):  # it finished meanwhile
            cancel(sweep, by)
    Sweep.objects.filter(pk=sweep.pk).update(deleted_at=timezone.now(), summary={})
    stored.delete_sweep(sweep.pk)
    inputs = {"first_seed": sweep.first_seed, "count": sweep.count, "engine_version": sweep.engine_version}
    AuditEntry.objects.record(
        by, "sweep.deleted", sweep, name=sweep.name, document=sweep.document_id, **inputs
    )


def recover() -> int:
    """Take up the sweeps whose server died or was ended; called once when a process starts."""
    found = Sweep.objects.unfinished().select_related("claimed_by").order_by("created_at")
    return sum(look_after(sweep).is_unfinished for sweep in found)


def shut_down() -> None:
    """End the work of this process; another one, or the next, begins these sweeps again."""
    workshop.close()


def _work(sweep_id: UUID, epoch: int, progress: Progress) -> None:
    """Run a sweep that this process claimed, and write down what came of it."""
    close_old_connections()
    try:
        ours = Sweep.objects.filter(pk=sweep_id, epoch=epoch)
        facts = {"started_at": timezone.now(), "engine_version": ENGINE_VERSION}
        if ours.filter(status=Status.WAITING).update(status=Status.RUNNING, **facts):
            _conclude(sweep_id, epoch, progress)
    except Exception:  # the row says that it is unfinished: whoever looks at it begins it again
        log.exception("sweep.lost", sweep=str(sweep_id))
    finally:
        close_old_connections()


def _conclude(sweep_id: UUID, epoch: int, progress: Progress) -> None:
    ours = Sweep.objects.filter(pk=sweep_id, epoch=epoch, status=Status.RUNNING)
    sweep = Sweep.objects.select_related("document", "payment_file").get(pk=sweep_id)
    began = time.perf_counter()
    result: dict[str, Any]
    try:
        found = _found(sweep, epoch, progress)
        stored.write(sweep.pk, found)
        result = {"status": Status.FINISHED, "done": sweep.count, "summary": found.summary}
    except Cancelled:
        # By a person: the row says so already. By the end of this process: it waits for another one.
        ours.update(status=Status.WAITING, claimed_by=None, done=0)
        return
    except REFUSED as problem:
        log.warning("sweep.failed", sweep=str(sweep_id), problem=str(problem))
        result = {"status": Status.FAILED, "failure": str(problem)}
    took = time.perf_counter() - began
    if ours.update(**result, seconds=took, finished_at=timezone.now(), claimed_by=None):
        log.info(
            "sweep.over", sweep=str(sweep_id), status=str(result["status"]), seeds=sweep.count, seconds=took
        )
    else:
        stored.delete_sweep(sweep_id)


def _found(sweep: Sweep, epoch: int, progress: Progress) -> Found:
    """Run all seeds in a thread of its own and write down meanwhile how far it is; Cancelled when told to."""
    path = Path(sweep.payment_file.content.path) if sweep.payment_file else None
    given = prepare(
        sweep.document.text,
        seed=sweep.first_seed,
        liquidity_percent=sweep.liquidity_percent,
        payment_path=path,
    )
    threads = max(1, (os.cpu_count() or 2) - 1)
    plan = Plan(sweep.seeds, threads, points=BAND_POINTS, banks=BAND_BANKS)
    with ThreadPoolExecutor(1, thread_name_prefix="sweep-engine") as aside:
        call = aside.submit(run_all, given.config, given.payments, plan, progress)
        try:
            while wait([call], BEAT_SECONDS).not_done:
                if not _is_still_wanted(sweep.pk, epoch, progress):
                    progress.cancel()
        finally:
            progress.cancel()
        return call.result()


def _is_still_wanted(sweep_id: UUID, epoch: int, progress: Progress) -> bool:
    ours = Sweep.objects.filter(pk=sweep_id, epoch=epoch, status=Status.RUNNING)
    try:
        return bool(ours.update(done=progress.done))
    except DatabaseError:
        log.warning("sweep.beat_failed", sweep=str(sweep_id), exc_info=True)
        return True
