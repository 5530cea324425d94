"""What sweeps leave behind under DATA_DIR/sweeps/<id>/: a row of measures a seed, and bands over time."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import duckdb
import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from simulations.duck import connect
from simulations.storage.columns import Column
from simulations.storage.exporting import Format, Labels, Rows, export
from simulations.storage.parts import write_parquet

TABLES = ("seeds", "bands")


class Swept(Protocol):
    """What is stored of a sweep; see `simulations.engine.sweep.Sweep`."""

    @property
    def seeds(self) -> NDArray[Any]: ...
    @property
    def digests(self) -> list[str]: ...
    @property
    def measures(self) -> dict[str, NDArray[Any]]: ...
    @property
    def bands(self) -> dict[str, NDArray[Any]]: ...


def sweep_dir(sweep_id: uuid.UUID | str) -> Path:
    """Return the folder of a sweep's files; it need not exist."""
    return Path(settings.DATA_DIR) / "sweeps" / str(uuid.UUID(str(sweep_id)))


def delete_sweep(sweep_id: uuid.UUID | str) -> None:
    """Remove all files of a sweep."""
    shutil.rmtree(sweep_dir(sweep_id), ignore_errors=True)


def seed_columns(found: Swept) -> dict[str, Column]:
    """Return the columns of the table `seeds`: `seed`, the measures, `digest`."""
    digests = np.array(found.digests, dtype=object)
    return {"seed": found.seeds, **found.measures, "digest": digests}


def band_columns(found: Swept) -> dict[str, Column]:
    """Return the columns of the table `bands`: `tick`, then `<series>_q05` … `<series>_q95` of each."""
    columns = {"tick": found.bands["tick"]}
    for series, rows in found.bands.items():
        if series != "tick":
            for share, row in zip(("05", "25", "50", "75", "95"), rows, strict=True):
                columns[f"{series}_q{share}"] = np.ascontiguousarray(row)
    return columns


def write(sweep_id: uuid.UUID | str, found: Swept) -> int:
    """Store both tables; return their bytes. Raises OSError or duckdb.Error, then nothing counts."""
    folder = sweep_dir(sweep_id)
    folder.mkdir(parents=True, exist_ok=True)
    size = 0
    for name, columns in zip(TABLES, (seed_columns(found), band_columns(found)), strict=True):
        path = folder / f"{name}.parquet"
        write_parquet(path, columns, {})
        size += path.stat().st_size
    return size


def read(sweep_id: uuid.UUID | str, table: str, columns: list[str] | None = None) -> dict[str, list[Any]]:
    """Return a stored table as columns, in its order; null is None. KeyError: there is no such column."""
    path = sweep_dir(sweep_id) / f"{table}.parquet"
    with connect([path]) as connection:
        known = _columns(connection, path)
        wanted = known if columns is None else columns
        for name in wanted:
            if name not in known:
                raise KeyError(name)
        chosen = ", ".join(f'"{name}"' for name in wanted)
        rows = connection.execute(f"SELECT {chosen} FROM read_parquet($path)", _bound(path)).fetchall()
    return {name: [row[at] for row in rows] for at, name in enumerate(wanted)}


def column_names(sweep_id: uuid.UUID | str, table: str) -> list[str]:
    """Return the names of a stored table's columns; older sweeps have fewer bands."""
    path = sweep_dir(sweep_id) / f"{table}.parquet"
    with connect([path]) as connection:
        return _columns(connection, path)


def page(
    sweep_id: uuid.UUID | str, columns: list[str], order: str, offset: int, limit: int
) -> list[dict[str, Any]]:
    """Return some rows of the seeds by one of `columns` (`-` before it: the largest first), nulls last."""
    path = sweep_dir(sweep_id) / "seeds.parquet"
    column = order.removeprefix("-")
    if column not in columns:
        raise KeyError(column)
    chosen = ", ".join(f'"{name}"' for name in columns)
    way = "DESC" if order.startswith("-") else "ASC"
    statement = (
        f'SELECT {chosen} FROM read_parquet($path) ORDER BY "{column}" {way} NULLS LAST, seed'
        " LIMIT $limit OFFSET $offset"
    )
    with connect([path]) as connection:
        bound = {**_bound(path), "limit": limit, "offset": offset}
        rows = connection.execute(statement, bound).fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def export_table(sweep_id: uuid.UUID | str, table: str, target: Path, form: Format, labels: Labels) -> None:
    """Write a stored table to a file for people."""
    export(_rows(sweep_dir(sweep_id) / f"{table}.parquet"), target, form, labels)


def write_tables(folder: Path, tables: Mapping[str, Mapping[str, Column]], labels: Labels) -> list[Path]:
    """Write tables that belong to no stored sweep as .parquet and .csv; return the files."""
    written = []
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=folder) as unfinished:
        for name, columns in tables.items():
            raw = Path(unfinished) / f"{name}.parquet"
            write_parquet(raw, columns, {})
            for form in ("parquet", "csv"):
                target = folder / f"{name}.{form}"
                export(_rows(raw), target, form, labels)
                written.append(target)
    return written


def _columns(connection: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    described = connection.execute("DESCRIBE FROM read_parquet($path)", _bound(path)).fetchall()
    return [row[0] for row in described]


def _bound(path: Path) -> dict[str, str]:
    return {"path": str(path)}


def _rows(path: Path) -> Rows:
    return Rows("read_parquet($path)", _bound(path), [path])
