"""DuckDB as it is used here: a connection in memory for one call, that touches nothing but named files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

THREADS = 2


@contextmanager
def connect(paths: Sequence[Path] = ()) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection that may read and write `paths` only, loads no extensions and uses few threads."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": THREADS,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "enable_external_file_cache": False,
            "python_enable_replacements": False,
            # DuckDB 2.0.0 fails to bind `filename` under a filter and a small LIMIT with it.
            "disabled_optimizers": "late_materialization",
        },
    )
    try:
        quoted = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
        connection.execute(f"SET allowed_paths = [{quoted}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()
