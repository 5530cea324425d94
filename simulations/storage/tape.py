"""What an engine outside of the workbench records, as files in a folder: Parquet and CSV of each kind."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from simulations.duck import shared
from simulations.storage.exporting import Labels, export, part_rows
from simulations.storage.parts import write_parquet
from simulations.storage.reading import Kind

if TYPE_CHECKING:
    from simulations.engine.protocol import SimulationBackend

WAITING = ("pending", "queued")
# Arrivals and settlements in a part, some 40 bytes each.
ENOUGH = 500_000


class Tape:
    """Takes columns out of an engine while it runs, so that memory stays bounded, and writes them at the end.

    Parts are written by a thread of the tape's own, one at a time, while the engine goes on. Use as a context
    manager: what is unfinished is removed.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._parts: dict[str, list[Path]] = {kind: [] for kind in get_args(Kind)}
        self._unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder))
        self._happened = 0
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tape")
        self._written: Future[None] | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Tape:
        self._stack.callback(shutil.rmtree, self._unfinished, ignore_errors=True)
        self._stack.enter_context(shared(folder=self._unfinished))
        self._stack.callback(self._writer.shutdown)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def follow(self, backend: SimulationBackend, advanced: dict[str, Any]) -> None:
        """Take what the engine recorded if, after this advance, there is enough of it or too much."""
        self._happened += advanced["arrivals"] + advanced["settlements"]
        if advanced["stop"] == "full" or self._happened >= ENOUGH:
            self.take(backend)

    def take(self, backend: SimulationBackend) -> None:
        """Move what the engine recorded into a part."""
        drained = backend.drain()
        self._happened = 0
        self._submit(drained)

    def close(self, backend: SimulationBackend) -> None:
        """Move out the rest and add what still waits: the parts are then whole."""
        self.take(backend)
        self._submit({"payments": _waiting(backend.payments())})
        self._wait()

    def finish(self, backend: SimulationBackend, labels: Labels) -> list[Path]:
        """Write `series`, `payments` and `events` as .parquet and .csv; return the files."""
        self.close(backend)
        written = []
        for kind in get_args(Kind):
            for form in ("parquet", "csv"):
                target = self._folder / f"{kind}.{form}"
                export(part_rows(kind, self._parts[kind]), target, form, labels)
                written.append(target)
        return written

    def _submit(self, columns_by_kind: dict[str, dict[str, Any]]) -> None:
        """Have columns written; waits for those before them, so that at most one part is held besides."""

        def write() -> None:
            for kind, columns in columns_by_kind.items():
                self._write(kind, columns)

        self._wait()
        self._written = self._writer.submit(copy_context().run, write)

    def _wait(self) -> None:
        """Raise what went wrong with the part that was written last."""
        if self._written is not None:
            self._written.result()

    def _write(self, kind: str, columns: dict[str, Any]) -> None:
        labels = columns.pop("labels")
        parts = self._parts[kind]
        path = self._unfinished / f"{kind}-{len(parts):06}.parquet"
        write_parquet(path, columns, labels)
        parts.append(path)


def _waiting(held: dict[str, Any]) -> dict[str, Any]:
    names = held["labels"]["status"]
    waits = np.isin(held["status"], [names.index(word) for word in WAITING])
    columns = {name: column[waits] for name, column in held.items() if name != "labels"}
    return columns | {"labels": held["labels"]}
