"""What runs leave behind: Parquet parts under DATA_DIR/runs/<id>/, written and read through DuckDB.

Which parts count is the caller's to say, by their names (rows of `Artifact`). Nothing here touches the
database; `storage.exporting` writes files for people.
"""

from simulations.storage.charts import balances, series, series_names, thin
from simulations.storage.parts import StoredPart, delete_run, run_dir, write_parquet, write_part
from simulations.storage.reading import COLUMNS, Kind, Page, Where, page, read

__all__ = [
    "COLUMNS",
    "Kind",
    "Page",
    "StoredPart",
    "Where",
    "balances",
    "delete_run",
    "page",
    "read",
    "run_dir",
    "series",
    "series_names",
    "thin",
    "write_parquet",
    "write_part",
]
