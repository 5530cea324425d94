"""Files of a run that are bytes, not columns: they appear whole or not at all."""

from __future__ import annotations

import os
import uuid

from simulations.storage.parts import make_durable, run_dir


def write_blob(run_id: uuid.UUID | str, name: str, data: bytes) -> int:
    """Write a file of a run under a temporary name, make it durable, rename it; return its size in bytes.

    Raises OSError if it cannot be written; then there is no file of that name.
    """
    folder = run_dir(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    unfinished = folder / f".{name}.{uuid.uuid4().hex}"
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        make_durable(folder)
    finally:
        unfinished.unlink(missing_ok=True)
    return len(data)


def read_blob(run_id: uuid.UUID | str, name: str) -> bytes:
    """Return what `write_blob` wrote. Raises OSError."""
    return (run_dir(run_id) / name).read_bytes()
