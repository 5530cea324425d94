"""What runs leave behind: Parquet parts under DATA_DIR/runs/<id>/, written and read through DuckDB.

Which parts count is the caller's to say, by their names (rows of `Artifact`). Nothing here touches the
database; `storage.exporting` writes files for people.
"""

from simulations.storage.banks import bank_sums, counterparties, payment_counts
from simulations.storage.charts import balances, series, series_names, thin
from simulations.storage.curves import curves
from simulations.storage.parts import Column, StoredPart, delete_run, run_dir, write_parquet, write_part
from simulations.storage.reading import COLUMNS, Kind, Page, Where, page, read

__all__ = [
    "COLUMNS",
    "Column",
    "Kind",
    "Page",
    "StoredPart",
    "Where",
    "balances",
    "bank_sums",
    "counterparties",
    "curves",
    "delete_run",
    "page",
    "payment_counts",
    "read",
    "run_dir",
    "series",
    "series_names",
    "thin",
    "write_parquet",
    "write_part",
]
