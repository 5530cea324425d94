"""What the review page of a run shows beside its facts: measures and two charts, from what is stored."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulations import storage
from simulations.models import Artifact, Run
from simulations.templatetags import figures

CHART_POINTS = 600
SERIES = ("queue_depth", "pending", "arrived_value", "settled_value")


def measures(run: Run) -> list[tuple[str, str, str]]:
    """Return label, figure and explanation of the measures kept on the run's row."""
    money = run.currency
    rows = [
        ("Arrived", figures.count(run.arrived_count), "Payments that arrived."),
        ("Settled", figures.count(run.settled_count), "Payments that settled."),
        ("Arrived value", figures.money(run.arrived_value, money), "Value of what arrived."),
        ("Settled value", figures.money(run.settled_value, money), "Value of what settled."),
        ("Settlement rate", figures.percent(run.settlement_rate), "Settled value ÷ arrived value."),
        (
            "Average delay",
            figures.decimal(run.average_delay),
            "Ticks from arrival until it left, over all arrived payments.",
        ),
        (
            "Delay indicator",
            figures.decimal(run.rho, 3),
            "Value-weighted share of the possible waiting: 0 = all at once, 1 = nothing settled.",
        ),
        (
            "Liquidity used",
            figures.money(run.liquidity_used, money),
            "Sum over banks of the most each had paid out net since the start of a day.",
        ),
        ("Total cost", figures.money(run.total_cost, money), "All kinds of cost, all banks."),
    ]
    return [row for row in rows if row[1] != figures.NONE]


def chart_data(run: Run) -> dict[str, Any] | None:
    """Return the columns of the two charts, or None where nothing is stored.

    Waiting payments by count, and value arrived and settled so far in cents; each at most 600 points.
    """
    names = list(
        run.artifacts.filter(kind=Artifact.Kind.SERIES).order_by("part").values_list("name", flat=True)
    )
    if not names:
        return None
    whole = storage.series(run.pk, names, SERIES, max_points=run.ticks_total)
    columns = storage.thin(
        {
            "tick": whole["tick"],
            "queued": whole["queue_depth"],
            "pending": whole["pending"],
            "arrived": np.cumsum(whole["arrived_value"]),
            "settled": np.cumsum(whole["settled_value"]),
        },
        CHART_POINTS,
    )
    return {
        "columns": {name: values.tolist() for name, values in columns.items()},
        "currency": run.currency,
        "clock": {
            "ticks_per_day": run.ticks_per_day,
            "num_days": run.ticks_total // run.ticks_per_day,
            "day_start": run.day_start,
            "day_end": run.day_end,
        },
    }
