"""The two charts on the review page of a run, from what is stored."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulations import storage
from simulations.models import Artifact, Run

CHART_POINTS = 600
SERIES = ("queue_depth", "pending", "arrived_value", "settled_value")


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
