"""The charts of a sweep: which bands it has over time, and of which banks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_BALANCE = "balance:"
_MEDIAN = "_q50"


@dataclass(frozen=True)
class Chart:
    """A chart of one band; `key` names its columns (`<key>_q05` …), `balance` those of the chosen bank."""

    key: str
    title: str
    tip: str


CHARTS = (
    Chart(
        "balance",
        "Balances",
        "What the chosen bank has at the close of a tick; below zero it is an overdraft. Of many banks"
        " the ten can be chosen that sent and received most with the first seed. Median, half and 90 % of the"
        " seeds.",
    ),
    Chart(
        "arrived_value_total",
        "Arrived value",
        "Value that arrived since the start: the median of the seeds, and bands in which half and 90 % of"
        " them lie.",
    ),
    Chart(
        "settled_value_total",
        "Settled value",
        "Value settled since the start: the median of the seeds, and bands in which half and 90 % of them"
        " lie.",
    ),
    Chart(
        "throughput",
        "Throughput",
        "Share of all value that settles with a seed, by when: median, half and 90 % of the seeds. Seeds that"
        " settle nothing are left out; the dashed line would be an even day.",
    ),
    Chart(
        "pending",
        "Waiting at banks",
        "Payments that banks hold back at the close of a tick: median, half and 90 % of the seeds.",
    ),
    Chart(
        "queue_depth",
        "Queued payments",
        "Payments queued at the rails at the close of a tick: median, half and 90 % of the seeds.",
    ),
    Chart(
        "queue_value",
        "Queued value",
        "Value queued at the rails at the close of a tick: median, half and 90 % of the seeds.",
    ),
    Chart(
        "cost_total",
        "Costs",
        "Costs of all banks and kinds since the start: median, half and 90 % of the seeds.",
    ),
)


def charts(columns: Sequence[str]) -> list[Chart]:
    """Return the charts that stored columns have bands for; a sweep of an older version has fewer."""
    has_balances = bool(banks(columns))
    return [
        chart
        for chart in CHARTS
        if f"{chart.key}{_MEDIAN}" in columns or (chart.key == "balance" and has_balances)
    ]


def banks(columns: Sequence[str]) -> list[str]:
    """Return the banks whose balances have bands, in the order of the scenario."""
    return [
        name.removeprefix(_BALANCE).removesuffix(_MEDIAN)
        for name in columns
        if name.startswith(_BALANCE) and name.endswith(_MEDIAN)
    ]
