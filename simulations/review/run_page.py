"""The two charts on the review page of a run, from what is stored."""

from __future__ import annotations

from typing import Any

from simulations import storage
from simulations.models import Artifact, Run

CHART_POINTS = 600


def chart_data(run: Run) -> dict[str, Any] | None:
    """Return the columns of the two charts, or None where nothing is stored.

    Waiting payments by count, and value arrived and settled so far in cents; each at most 600 points.
    """
    parts = list(run.artifacts.filter(kind=Artifact.Kind.SERIES).order_by("part"))
    if not parts:
        return None
    found = storage.curves(
        run.pk,
        [part.name for part in parts],
        flows=("arrived_value", "settled_value"),
        levels=("queue_depth", "pending"),
        until=parts[-1].to_tick,
        max_points=CHART_POINTS,
    )
    columns = {
        "tick": found["tick"],
        "queued": found["queue_depth"],
        "pending": found["pending"],
        "arrived": found["arrived_value"],
        "settled": found["settled_value"],
    }
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
