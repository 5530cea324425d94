"""Many seeds on the command line: a bar while they run, files for what came of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from simulations.config.inputs import RunInput
from simulations.engine.sweep import BAND_BANKS, BAND_POINTS, Plan, Progress, Sweep, sweep
from simulations.storage import sweeps
from simulations.storage.exporting import Labels

_LOOK_S = 0.1


def swept(
    given: RunInput, seeds: range, *, threads: int, ticks: int | None, show: Callable[[int], None]
) -> Sweep:
    """Run all seeds and tell `show` how many are done; an interrupt ends them between two ticks."""
    plan, progress = Plan(seeds, threads, ticks, BAND_POINTS, BAND_BANKS), Progress()
    with ThreadPoolExecutor(1) as aside:
        # Signals reach the main thread only while it runs Python, so the core's call runs beside it.
        call = aside.submit(sweep, given.config, given.payments, plan, progress)
        try:
            while wait([call], _LOOK_S).not_done:
                show(progress.done)
        finally:
            progress.cancel()
        return call.result()


def write_files(folder: Path, found: Sweep, config: Mapping[str, Any]) -> list[Path]:
    """Write `seeds` (a row each) and `bands` (a row a tick) as .parquet and .csv; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"seeds": sweeps.seed_columns(found), "bands": sweeps.band_columns(found)}
    return sweeps.write_tables(folder, tables, Labels.of(config))
