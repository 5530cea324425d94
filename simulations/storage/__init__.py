"""What runs leave behind: Parquet parts under DATA_DIR/runs/<id>/, written and read through DuckDB.

Which parts count is the caller's to say, by their names (rows of `Artifact`). Nothing here touches the
database; `storage.exporting` writes files for people.
"""

from simulations.storage.banks import bank_sums, counterparties, payment_counts
from simulations.storage.blobs import read_blob, write_blob
from simulations.storage.charts import balances, credit_limits, queued_values, series, series_names, thin
from simulations.storage.columns import Column, end_to_end
from simulations.storage.curves import curves, totals
from simulations.storage.moments import (
    Account,
    Waiting,
    accounts_at,
    accounts_in,
    credit_limits_at,
    moved_back_at,
    waiting_at,
)
from simulations.storage.parts import (
    StoredPart,
    delete_run,
    link_files,
    opened,
    run_dir,
    write_parquet,
    write_part,
    writing,
)
from simulations.storage.reading import COLUMNS, Kind, Page, Where, newest, page, read

__all__ = [
    "COLUMNS",
    "Account",
    "Column",
    "Kind",
    "Page",
    "StoredPart",
    "Waiting",
    "Where",
    "accounts_at",
    "accounts_in",
    "balances",
    "bank_sums",
    "counterparties",
    "credit_limits",
    "credit_limits_at",
    "curves",
    "delete_run",
    "end_to_end",
    "link_files",
    "moved_back_at",
    "newest",
    "opened",
    "page",
    "payment_counts",
    "queued_values",
    "read",
    "read_blob",
    "run_dir",
    "series",
    "series_names",
    "thin",
    "totals",
    "waiting_at",
    "write_blob",
    "write_parquet",
    "write_part",
    "writing",
]
