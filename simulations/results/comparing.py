"""Two to eight runs beside one another: curves, measures, inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from simulations import access
from simulations.models import Run
from simulations.results import stored
from simulations.results.catalogue import GROUPS
from simulations.results.history import chosen_ids
from simulations.results.inputs import input_differences
from simulations.results.measures import Change, Measure

LEAST, MOST = 2, 8
MOST_OFFERED = 50


@dataclass(frozen=True)
class Cell:
    """A measure of one run, and how it differs from the first run's."""

    value: str
    change: Change | None


@dataclass(frozen=True)
class Row:
    """A measure across the runs."""

    measure: Measure
    cells: list[Cell]
    tells_something: bool


@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Show runs beside one another; the first is what the others differ from."""
    ids = list(dict.fromkeys(chosen_ids(request.GET.getlist("run"))))
    runs = [access.visible_run(request.user, run_id) for run_id in ids[:MOST]]
    context: dict[str, Any] = {
        "page_name": "runs",
        "runs": runs,
        "too_many": len(ids) > MOST,
        "most": MOST,
        "offered": _offered(request, runs),
    }
    if len(runs) >= LEAST:
        context |= _compared(runs)
    return render(request, "simulations/results/compare.html", context)


def _offered(request: HttpRequest, runs: list[Run]) -> list[Run]:
    """Return runs one could add, the newest first; those of the same scenario before others."""
    visible = Run.objects.visible_to(request.user).filter(status__in=Run.OVER)
    newest = visible.exclude(pk__in=[run.pk for run in runs]).select_related("version")
    offered = list(newest.defer("metrics", "failure", "notes")[:MOST_OFFERED])
    scenarios = {run.version.scenario_id for run in runs if run.version}
    offered.sort(key=lambda run: run.version is None or run.version.scenario_id not in scenarios)
    return offered


def _compared(runs: list[Run]) -> dict[str, Any]:
    values = [stored.measures_of(run) for run in runs]
    one_clock = len({(run.ticks_total, run.ticks_per_day, run.day_start, run.day_end) for run in runs}) == 1
    first = stored.page_facts(runs[0])
    return {
        "groups": _groups(runs, values),
        "differences": [(run, input_differences(runs[0], run)) for run in runs[1:]],
        "facts": {
            **first,
            "one_clock": one_clock,
            "runs": [
                {
                    "name": run.name,
                    "curves": reverse("run_curves", kwargs={"run_id": run.pk}),
                    "ticks_total": run.ticks_total,
                    "currency": run.currency,
                }
                for run in runs
            ],
        },
    }


def _groups(runs: list[Run], values: list[Mapping[str, Any]]) -> list[tuple[str, list[Row]]]:
    groups = []
    for group in GROUPS:
        rows = [_row(measure, runs, values) for measure in group.measures]
        rows = [row for row in rows if row.tells_something]
        if rows:
            groups.append((group.title, rows))
    return groups


def _row(measure: Measure, runs: list[Run], values: list[Mapping[str, Any]]) -> Row:
    figures = [measure.of(each) for each in values]
    cells = []
    for run, figure in zip(runs, figures, strict=True):
        comparable = measure.unit != "money" or run.currency == runs[0].currency
        is_first = run is runs[0]
        change = None if is_first or not comparable else measure.change(figure, figures[0], run.currency)
        cells.append(Cell(measure.shown(figure, run.currency), change))
    return Row(measure, cells, measure.tells_something(figures))
