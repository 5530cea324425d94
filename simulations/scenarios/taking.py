"""Taking payment files in: small ones while the person waits, large ones in the background.

A large file is a row and a file on disk, so that it survives leaving the page and the death of the server: a
process that reads it gives a sign of life, and whoever is asked about one without takes it over.
"""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, close_old_connections
from django.db.models.functions import Greatest
from django.utils import timezone

from simulations.config.importing import BadRow, PaymentFileRefused, Stopped, Watch, watched
from simulations.models import FileImport, PaymentFile, Scenario
from simulations.scenarios import attaching, keeping
from simulations.scenarios.attaching import Opening

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

# Up to here a file is read in a fraction of a second.
AT_ONCE_BYTES = 2 * 1024 * 1024
SIGN_OF_LIFE_S = 0.5
LOST_AFTER = timedelta(seconds=15)
KEPT_FOR = timedelta(days=1)
# Reading opens a connection for the file, and one to check the scenario made of it.
_CONNECTIONS = 2

log = structlog.get_logger()
_worker = ThreadPoolExecutor(1, thread_name_prefix="import")
State = FileImport.State


@dataclass(frozen=True)
class Taken:
    """What came of a file: kept, and the scenario made of it or to attach it to."""

    file: PaymentFile
    scenario: Scenario


def take(user: User, path: Path, name: str, scenario: Scenario | None, fraction_percent: int) -> Taken:
    """Keep a payment file; without a scenario to attach it to, make one with every bank of it.

    `fraction_percent`: how far from LB to UB the banks of a new scenario open. Raises `PaymentFileRefused`.
    """
    text = keeping.open_text(user, scenario).text if scenario else ""
    facts = attaching.inspect_for(path, text)
    file = attaching.keep_file(user, path, name, facts)
    if scenario is None:
        text = attaching.scenario_of_file(name, facts, fraction_percent / 100)
        scenario = keeping.create(user, attaching.attach(text, file, facts, Opening("keep")))
    return Taken(file, scenario)


def begin(
    user: User, upload: UploadedFile[bytes], scenario: Scenario | None, fraction_percent: int
) -> FileImport:
    """Put an upload aside and have it read in the background; raises `TooLarge`."""
    _forget_old_ones()
    incoming = FileImport(
        user=user,
        scenario=scenario,
        attaches=scenario is not None,
        name=Path(upload.name or "").name[:200] or "payments.csv",
        fraction_percent=fraction_percent,
        told_at=timezone.now(),
    )
    incoming.path.parent.mkdir(parents=True, exist_ok=True)
    with attaching.received(upload) as path:
        shutil.copyfile(path, incoming.path)
    incoming.save(force_insert=True)
    _worker.submit(_work_in_thread, incoming.pk)
    return incoming


def recent(user: User) -> QuerySet[FileImport]:
    """Return a person's imports that are under way or were not taken, newest first."""
    return FileImport.objects.filter(user=user).exclude(state=State.TAKEN)[:5]


def look(incoming: FileImport) -> FileImport:
    """Return an import as it stands; one whose reader is gone is taken over by this process."""
    lost = timezone.now() - LOST_AFTER
    if incoming.state == State.READING and incoming.told_at < lost:
        mine = FileImport.objects.filter(pk=incoming.pk, state=State.READING, told_at__lt=lost)
        if mine.update(told_at=timezone.now(), percent=0):
            _worker.submit(_work_in_thread, incoming.pk)
        incoming.refresh_from_db()
    return incoming


def cancel(incoming: FileImport) -> None:
    """End an import under way; its reader sees it at its next sign of life."""
    FileImport.objects.filter(pk=incoming.pk, state=State.READING).update(state=State.CANCELLED)


def work(pk: UUID) -> None:
    """Read a file that was put aside, and write down what came of it."""
    incoming = FileImport.objects.select_related("user", "scenario").get(pk=pk)
    if incoming.state != State.READING:  # another reader, thought dead, was only slow
        return
    watch, over = Watch(), threading.Event()
    signs = threading.Thread(target=_give_signs_of_life, args=(pk, watch, over), name="import-signs")
    signs.start()
    try:
        with watched(watch):
            taken = take(
                incoming.user, incoming.path, incoming.name, incoming.scenario, incoming.fraction_percent
            )
        outcome: dict[str, Any] = {
            "state": State.TAKEN,
            "file": taken.file,
            "scenario": taken.scenario,
            "percent": 100,
        }
    except Stopped:
        outcome = {"state": State.CANCELLED}
    except PaymentFileRefused as refused:
        outcome = {"state": State.REFUSED, "refusal": refusal_of(refused)}
    except Exception:  # a bug: written down for whoever waits, and in the log with its traceback
        log.exception("import.failed", file_import=str(pk))
        outcome = {"state": State.REFUSED, "refusal": {"problem": "The server could not read this file."}}
    finally:
        over.set()
        signs.join()
    still_open = FileImport.objects.filter(pk=pk).exclude(state=State.TAKEN)
    still_open.update(**outcome, told_at=timezone.now())
    incoming.path.unlink(missing_ok=True)


def _work_in_thread(pk: UUID) -> None:
    try:
        work(pk)
    finally:
        close_old_connections()


def _give_signs_of_life(pk: UUID, watch: Watch, over: threading.Event) -> None:
    while not over.wait(SIGN_OF_LIFE_S):
        try:
            give_a_sign_of_life(pk, watch)
        except DatabaseError:  # locked for long: the next sign may come through
            log.warning("import.sign_of_life_failed", file_import=str(pk), exc_info=True)
        finally:
            close_old_connections()


def give_a_sign_of_life(pk: UUID, watch: Watch) -> None:
    """Write down how far the reading is, and end it if somebody cancelled."""
    opened, share = watch.progress()
    percent = round(100 * (max(0, opened - 1) + share) / _CONNECTIONS)
    mine = FileImport.objects.filter(pk=pk, state=State.READING)
    if not mine.update(percent=Greatest("percent", min(99, percent)), told_at=timezone.now()):
        watch.stop()


def refusal_of(refused: PaymentFileRefused) -> dict[str, object]:
    """Return a refusal as the row of an import keeps it."""
    return {"rows": [asdict(row) for row in refused.rows], "total": refused.total, "whole": refused.whole}


def refused_of(incoming: FileImport) -> Exception:
    """Return the refusal that the row of an import keeps."""
    kept = incoming.refusal
    if "rows" not in kept:
        return ValueError(kept.get("problem", "The file was not taken."))
    return PaymentFileRefused([BadRow(**row) for row in kept["rows"]], kept["total"], whole=kept["whole"])


def _forget_old_ones() -> None:
    """Drop imports of days ago; what they made stays."""
    for old in FileImport.objects.filter(created_at__lt=timezone.now() - KEPT_FOR):
        old.path.unlink(missing_ok=True)
        old.delete()
