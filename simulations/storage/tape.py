"""What an engine outside of the workbench records, as files in a folder: Parquet and CSV of each kind."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from simulations.storage.exporting import Labels, export, part_rows
from simulations.storage.parts import write_parquet
from simulations.storage.reading import Kind

if TYPE_CHECKING:
    from simulations.engine.protocol import SimulationBackend

WAITING = ("pending", "queued")


class Tape:
    """Takes columns out of an engine while it runs, so that memory stays bounded, and writes them at the end.

    Use as a context manager: what is unfinished is removed.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._parts: dict[str, list[Path]] = {kind: [] for kind in get_args(Kind)}
        self._unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder))

    def __enter__(self) -> Tape:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._unfinished, ignore_errors=True)

    def take(self, backend: SimulationBackend) -> None:
        """Move what the engine recorded into a part."""
        for kind, columns in backend.drain().items():
            self._write(kind, columns)

    def close(self, backend: SimulationBackend) -> None:
        """Move out the rest and add what still waits: the parts are then whole."""
        self.take(backend)
        self._write("payments", _waiting(backend.payments()))

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
