"""Which process owns which run: registration, claims with an epoch, and who is still alive.

A process keeps a locked file under DATA_DIR/processes: the system lets go of the lock when the process ends
in whatever way, so a killed owner is known to be dead at once on the same machine. Beyond one machine the
heartbeat decides.
"""

from __future__ import annotations

import fcntl
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import IO

import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import F
from django.utils import timezone

from simulations.models import Process, Run

log = structlog.get_logger(__name__)

OWNED_FIELDS = [
    *("epoch", "claimed_by", "status", "tick", "goal_tick", "goal_event", "ticks_per_second", "deleted_at"),
    "engine_seconds",
]
LOOK_SECONDS = 0.5  # how often a process looks whether another wants one of its runs
HEARTBEAT_SECONDS = 5.0
SILENT_IS_DEAD = timedelta(seconds=20)


class Gone(Exception):
    """This process does not hold the run, or not any more: try again."""


class OwnedElsewhere(Gone):
    """Another live process owns the run: try again, it has been asked to let go."""


class LostClaim(OwnedElsewhere):
    """Another process owns the run now; whoever holds the old epoch must not write."""


class Registration:
    """This process among those that may own runs. `on_look`, called twice a second, must not wait."""

    def __init__(self, on_look: Callable[[], None]) -> None:
        self.id = uuid.uuid4()
        self._on_look = on_look
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / f"{self.id}.lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._register()
        self._ended = threading.Event()
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def end(self) -> None:
        """Give up the registration; its runs may be claimed by others."""
        self._ended.set()
        _remove_lock(self.id, self._lock)

    def _register(self) -> None:
        """Say that this process lives; also where others took it for dead and removed its row."""
        facts = {"host": socket.gethostname(), "pid": os.getpid(), "heartbeat_at": timezone.now()}
        Process.objects.update_or_create(id=self.id, defaults=facts)

    def _beat(self) -> None:
        beaten_at = time.monotonic()
        while not self._ended.wait(LOOK_SECONDS):
            if time.monotonic() - beaten_at >= HEARTBEAT_SECONDS:
                beaten_at = time.monotonic()
                try:
                    close_old_connections()
                    self._register()
                except DatabaseError:
                    log.warning("process.heartbeat_failed", process=str(self.id), exc_info=True)
                finally:
                    close_old_connections()
            self._on_look()


def is_alive(process: Process) -> bool:
    """Whether a process can still own runs."""
    path = _folder() / f"{process.pk}.lock"
    if process.host == socket.gethostname():
        try:
            with path.open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            return False
        return False
    return timezone.now() - process.heartbeat_at < SILENT_IS_DEAD


def claim(run: Run, me: Registration) -> Run:
    """Make this process the owner of a run and return it with its new epoch.

    Raises `OwnedElsewhere` while another live process owns it, after asking that one to let go.
    """
    while True:
        with transaction.atomic():
            now = Run.objects.select_related("claimed_by").get(pk=run.pk)
            owner = now.claimed_by
            taken = owner is not None and owner.pk != me.id and is_alive(owner)
            if taken:
                Run.objects.filter(pk=run.pk).update(wanted_by=me.id)
            claimed = not taken and Run.objects.filter(pk=run.pk, epoch=now.epoch).update(
                claimed_by=me.id, wanted_by=None, epoch=F("epoch") + 1
            )
        if taken:
            raise OwnedElsewhere(f"The run is owned by {owner}; it was asked to let go. Try again.")
        if claimed:
            run.refresh_from_db(fields=OWNED_FIELDS)
            return run


def is_free(run: Run) -> bool:
    """Whether no live process has the run."""
    if run.claimed_by_id is None:
        return True
    owner = Process.objects.filter(pk=run.claimed_by_id).first()
    return owner is None or not is_alive(owner)


def release(run_id: uuid.UUID, epoch: int) -> None:
    """Let go of a run, if it is still ours."""
    Run.objects.filter(pk=run_id, epoch=epoch).update(claimed_by=None, wanted_by=None)


def hand_over(run_id: uuid.UUID, epoch: int) -> None:
    """Let go of a run, if it is still ours, for the process that wants it; nobody else takes it meanwhile."""
    Run.objects.filter(pk=run_id, epoch=epoch).update(claimed_by=F("wanted_by"), wanted_by=None)


def hand_over_unheld(run_id: uuid.UUID, me: Registration) -> None:
    """Let the process that wants a run have it, which this one claimed and has not in memory."""
    Run.objects.filter(pk=run_id, claimed_by=me.id).update(claimed_by=F("wanted_by"), wanted_by=None)


def is_ours(run_id: uuid.UUID, epoch: int) -> bool:
    """Whether nobody claimed the run after whoever holds this epoch."""
    return not Run.objects.filter(pk=run_id, epoch__gt=epoch).exists()


def wanted_of(me: Registration) -> list[uuid.UUID]:
    """Return the runs of this process that another one asks for."""
    wanted = Run.objects.filter(claimed_by=me.id).exclude(wanted_by=None).exclude(wanted_by=me.id)
    return list(wanted.values_list("pk", flat=True))


def running_of(me: Registration) -> list[uuid.UUID]:
    """Return the running runs that this process owns."""
    running = Run.objects.live().filter(claimed_by=me.id, status=Run.Status.RUNNING)
    return list(running.order_by().values_list("pk", flat=True))


def orphans() -> list[Run]:
    """Return the runs that should go on and have no owner; those of the dead, once these are buried."""
    unowned = Run.objects.live().filter(claimed_by=None)
    return list(unowned.filter(status__in=[Run.Status.RUNNING, Run.Status.INTERRUPTED]))


def bury_the_dead() -> None:
    """Remove the registrations of dead processes; their runs have no owner then."""
    for process in Process.objects.all():
        if not is_alive(process):
            process.delete()
            (_folder() / f"{process.pk}.lock").unlink(missing_ok=True)


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "processes"


def _remove_lock(process_id: uuid.UUID, lock: IO[str]) -> None:
    (_folder() / f"{process_id}.lock").unlink(missing_ok=True)
    lock.close()
