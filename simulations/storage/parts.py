"""Parts: Parquet files of a run, each written under a temporary name, made durable, then renamed."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from simulations.duck import connect, kept, shared
from simulations.storage.columns import Column, is_repeated

_SQL_TYPES = {  # by kind and width of numpy's whole numbers
    "i1": "TINYINT",
    "i2": "SMALLINT",
    "i4": "INTEGER",
    "i8": "BIGINT",
    "u1": "UTINYINT",
    "u2": "USMALLINT",
    "u4": "UINTEGER",
    "u8": "UBIGINT",
}


@dataclass(frozen=True)
class StoredPart:
    """A file of a run, named within its folder."""

    name: str
    rows: int
    bytes: int


def runs_dir() -> Path:
    """Return the folder of the folders of runs; it need not exist."""
    return Path(settings.DATA_DIR) / "runs"


def run_dir(run_id: uuid.UUID | str) -> Path:
    """Return the folder of a run's files; it need not exist."""
    return runs_dir() / str(uuid.UUID(str(run_id)))


def delete_run(run_id: uuid.UUID | str) -> None:
    """Remove all files of a run."""
    shutil.rmtree(run_dir(run_id), ignore_errors=True)


def link_files(from_run: uuid.UUID | str, to_run: uuid.UUID | str, names: Mapping[str, str]) -> None:
    """Give files of one run to another, too, under the names that `names` has for theirs.

    They never change, so both share them where the disk can. Raises OSError if one cannot be given.
    """
    source, target = run_dir(from_run), run_dir(to_run)
    target.mkdir(parents=True, exist_ok=True)
    for name, new_name in names.items():
        _link(source / name, target / new_name)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links, or too many of them
        shutil.copyfile(source, target)
        make_durable(target)


def opened(run_id: uuid.UUID | str, names: Iterable[str]) -> AbstractContextManager[None]:
    """Have all that is read of these parts within a `with` block be read through one database."""
    folder = run_dir(run_id)
    return shared(folder / name for name in names)


def writing() -> AbstractContextManager[None]:
    """Have all parts that are written within a `with` block be written through the database kept for that."""
    return kept(runs_dir())


def write_part(
    run_id: uuid.UUID | str,
    kind: str,
    part: int,
    columns: Mapping[str, Column],
    labels: Mapping[str, Sequence[str]],
) -> StoredPart:
    """Store columns of one length as part number `part`; coded columns get the text of `labels` (-1 = null).

    Raises OSError or duckdb.Error if the file cannot be written; then there is no file of that name.
    """
    folder = run_dir(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{kind}-{part:05}.parquet"
    rows = write_parquet(folder / name, columns, labels)
    return StoredPart(name, rows, (folder / name).stat().st_size)


def write_parquet(path: Path, columns: Mapping[str, Column], labels: Mapping[str, Sequence[str]]) -> int:
    """Write columns to a file that appears whole or not at all; return the number of rows."""
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    scanned = _scanned(columns)
    coded = [name for name in columns if labels.get(name)]
    values = ", ".join(
        (_stored if name in scanned else _repeated)(name, column, labels.get(name))
        for name, column in columns.items()
    )
    bound = {_parameter(name): list(labels[name]) for name in coded if name in scanned}
    form = _form(max((len(labels[name]) for name in coded), default=0))
    try:
        with connect([unfinished]) as connection:
            for name in coded:
                connection.execute(_declared(name, labels[name]))
            connection.register("part", scanned)
            target = _quoted(str(unfinished))
            connection.execute(f"COPY (SELECT {values} FROM part) TO {target} ({form})", bound).fetchall()
        make_durable(unfinished)
        unfinished.replace(path)
        make_durable(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)
    return len(next(iter(columns.values()))) if columns else 0


def _scanned(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Return the columns that are read row by row: not those of one value, unless there are no others."""
    scanned = {name: column for name, column in columns.items() if not is_repeated(column)}
    return scanned or {name: column.copy() for name, column in list(columns.items())[:1]}


def _form(most_labels: int) -> str:
    """Return how Parquet is written: a dictionary for labels, differences for numbers, and little effort.

    Dictionaries of numbers, which are nearly all different, take longer to find than all else. The second
    version of the pages, with differences, is read by every reader of today.
    """
    limit = max(1_000, most_labels + 1)
    return (
        "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION V2, "
        f"DICTIONARY_SIZE_LIMIT {limit}, USE_TMP_FILE false"
    )


def _declared(name: str, texts: Sequence[str]) -> str:
    """Return the SQL that declares a column's texts as an enumeration.

    Parquet gets the same text from it as from strings, but its dictionary need not be found row by row.
    """
    members = ", ".join(map(_quoted, dict.fromkeys(texts)))
    return f'CREATE TEMP TYPE "{_parameter(name)}" AS ENUM ({members})'


def _stored(name: str, column: Column, texts: Sequence[str] | None) -> str:
    """Return the SQL of a column as it is stored: text for codes, null for NaN and for codes below 0."""
    if texts:
        return f'(${_parameter(name)}::"{_parameter(name)}"[])["{name}"::BIGINT + 1] AS "{name}"'
    if texts is not None:  # codes without texts: every one of them is none
        return f'NULL::VARCHAR AS "{name}"'
    if column.dtype.kind == "f":
        return f'CASE WHEN NOT isnan("{name}") THEN "{name}" END AS "{name}"'
    return f'"{name}"'


def _repeated(name: str, column: Column, texts: Sequence[str] | None) -> str:
    """Return the SQL of a column that has the same whole number, or code, in every row."""
    value = int(column[0])
    if texts is None:
        return f'CAST({value} AS {_SQL_TYPES[column.dtype.str[1:]]}) AS "{name}"'
    if value < 0 or not texts:
        return f'NULL::VARCHAR AS "{name}"'
    return f'{_quoted(texts[value])}::"{_parameter(name)}" AS "{name}"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _parameter(name: str) -> str:
    return f"label_{name}"


def make_durable(path: Path) -> None:
    """Have the system write a file, or a folder's list of files, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
