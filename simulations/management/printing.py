"""Results on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from simulations.engine.sweep import QUANTILES, Sweep
from simulations.templatetags.figures import count, decimal, duration, money, percent

BANKS_SHOWN = 20
SEEDS_SHOWN = 50
MONEY = {"arrived_value", "settled_value", "liquidity_used_total", "cost"}
SHARES = {"settlement_rate_count", "settlement_rate_value"}
COUNTS = {"arrived_count", "settled_count", "queue_length_max", "stuck_ticks", "maximum_delay"}
SWEPT = ("settlement_rate_value", "average_delay", "rho", "queue_length_max", "liquidity_used_total", "cost")

SPREAD = {
    **{"mean": "mean", "standard_error": "standard error", "minimum": "minimum"},
    **{name: name for name in QUANTILES},
    "maximum": "maximum",
}


@contextmanager
def progress(total: int, unit: str = "ticks") -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal (on stderr, so that stdout stays clean) and yield what moves it."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(unit, total=total)
        yield lambda done: bar.update(task, completed=done)


def shown(name: str, value: float | None, currency: Mapping[str, Any]) -> str:
    """Write a measure as its kind is written."""
    if value is None:
        return "–"
    if name in MONEY:
        return money(round(value), currency)
    if name in SHARES:
        return percent(value)
    return count(value) if name in COUNTS else decimal(value, 3)


def print_summary(
    console: Console, found: Mapping[str, Any], config: Mapping[str, Any], files: Sequence[Path]
) -> None:
    """Print a run: its measures, its banks, where its files are."""
    metrics, currency = found["metrics"], config.get("currency") or {}
    table = Table(title=config.get("name"), show_header=False, title_justify="left")
    table.add_column()
    table.add_column(justify="right", overflow="fold")
    settled = f"{count(metrics['settled_count'])} of {count(metrics['arrived_count'])}"
    lines = {
        "payments settled": settled,
        "value settled": f"{money(metrics['settled_value'], currency)}"
        f" ({percent(metrics['settlement_rate_value'])})",
        "average delay": f"{decimal(metrics['average_delay'], 2)} ticks",
        "delay indicator (rho)": decimal(metrics["rho"], 4),
        "longest queue": count(metrics["queue_length_max"]),
        "liquidity used": money(metrics["liquidity_used_total"], currency),
        "turnover": decimal(metrics["turnover"], 2),
        "cost": money(sum(metrics["costs"].values()), currency),
        "ticks": f"{count(found['ticks'])} in {duration(found['wall_s'])}",
        "digest": found["digest"],
    }
    for name, text in lines.items():
        table.add_row(name, text)
    console.print(table)
    console.print(_banks(found["agents"], currency))
    _print_files(console, files)


def _print_files(console: Console, files: Sequence[Path]) -> None:
    for file in files:
        console.print(f"wrote {file}", highlight=False)


def _banks(agents: Sequence[Mapping[str, Any]], currency: Mapping[str, Any]) -> Table:
    table = Table()
    for title in ("bank", "balance", "sent", "received", "waiting", "cost"):
        # A figure that is too wide goes on in the next line: cut off it would be another figure.
        table.add_column(title, justify="left" if title == "bank" else "right", overflow="fold")
    for agent in agents[:BANKS_SHOWN]:
        amounts = [money(agent[key], currency) for key in ("balance", "sent", "received")]
        waiting = count(agent["pending"] + agent["queued"])
        table.add_row(agent["id"], *amounts, waiting, money(agent["cost"], currency))
    if len(agents) > BANKS_SHOWN:
        table.caption = f"and {len(agents) - BANKS_SHOWN} further banks"
    return table


def print_sweep(
    console: Console,
    found: Sweep,
    took: float,
    config: Mapping[str, Any],
    files: Sequence[Path],
) -> None:
    """Print a row of measures for each seed, how they spread below, and where the files are."""
    rows = found.rows()
    # One currency for the whole table; its code in every cell would only make it wide.
    whole: Mapping[str, Any] = config.get("currency") or {}
    currency = {"decimals": whole.get("decimals", 2)}
    amounts = f", amounts in {whole['code']}" if whole.get("code") else ""
    table = Table(title=f"{len(rows)} runs in {duration(took)}{amounts}", title_justify="left")
    for title in ("seed", *(name.replace("_", " ") for name in SWEPT)):
        table.add_column(title, justify="right")
    for row in rows[:SEEDS_SHOWN]:
        table.add_row(str(row["seed"]), *(shown(name, row[name], currency) for name in SWEPT))
    if len(rows) > SEEDS_SHOWN:
        table.add_row(f"… {len(rows) - SEEDS_SHOWN} more")
    table.add_section()
    for key, title in SPREAD.items():
        table.add_row(title, *(shown(name, found.summary[name][key], currency) for name in SWEPT))
    console.print(table)
    _print_files(console, files)
