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

OWNED_FIELDS = ["epoch", "claimed_by", "status", "tick", "goal_tick", "ticks_per_second"]
HEARTBEAT_SECONDS = 5.0
SILENT_IS_DEAD = timedelta(seconds=20)


class OwnedElsewhere(Exception):
    """Another live process owns the run: try again, it has been asked to let go."""


class Registration:
    """This process among those that may own runs. `on_beat`, called at every heartbeat, must not wait."""

    def __init__(self, on_beat: Callable[[], None]) -> None:
        self.id = uuid.uuid4()
        self._on_beat = on_beat
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / f"{self.id}.lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        Process.objects.create(
            id=self.id, host=socket.gethostname(), pid=os.getpid(), heartbeat_at=timezone.now()
        )
        self._ended = threading.Event()
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def end(self) -> None:
        """Give up the registration; its runs may be claimed by others."""
        self._ended.set()
        _remove_lock(self.id, self._lock)

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            try:
                close_old_connections()
                Process.objects.filter(pk=self.id).update(heartbeat_at=timezone.now())
            except DatabaseError:
                log.warning("process.heartbeat_failed", process=str(self.id), exc_info=True)
            finally:
                close_old_connections()
            self._on_beat()


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
            run.refresh_from_db(
                fields=["epoch", "claimed_by", "status", "tick", "goal_tick", "ticks_per_second"]
            )
            return run


def release(run_id: uuid.UUID, epoch: int) -> None:
    """Let go of a run, if it is still ours."""
    Run.objects.filter(pk=run_id, epoch=epoch).update(claimed_by=None, wanted_by=None)


def orphans() -> list[Run]:
    """Return the running runs whose owner is dead, and forget the dead."""
    dead = [process for process in Process.objects.all() if not is_alive(process)]
    runs = list(Run.objects.live().filter(claimed_by__in=dead, status=Run.Status.RUNNING))
    runs += list(Run.objects.live().filter(claimed_by=None, status=Run.Status.RUNNING))
    runs += list(Run.objects.live().filter(status=Run.Status.INTERRUPTED))
    return runs


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
