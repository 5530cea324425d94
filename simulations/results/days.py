"""The measures of each day of a run, of the system or of one bank, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from simulations import access
from simulations.results import stored
from simulations.results.catalogue import GROUPS
from simulations.results.measures import Measure
from simulations.results.pages import frame
from simulations.results.paging import Pager, page_number, without

DAYS_SHOWN = 10


@dataclass(frozen=True)
class Row:
    """A measure over the whole run and on each of the days shown, as people read it."""

    measure: Measure
    values: list[str]


@require_GET
def run_days(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show what came of each day; `bank` narrows it to what is known of one bank day by day."""
    run = access.visible_run(request.user, run_id)
    banks = stored.banks_of(run)
    bank = request.GET.get("bank", "")
    if bank and bank not in banks:
        raise Http404("The run has no such bank.")
    whole = stored.measures_of(run)
    days: Sequence[Mapping[str, Any]] = whole.get("days", ())
    pager = Pager(page_number(request), DAYS_SHOWN, len(days), without(request, "page"))
    if pager.number > pager.pages:
        pager = Pager(pager.pages, pager.size, pager.total, pager.query)
    shown = list(range(pager.first - 1, pager.last)) if days else []
    columns = [whole, *(days[day] for day in shown)]
    if bank:
        columns = [stored.as_system(stored.of_bank(figures, bank)) for figures in columns]
    context = frame(request, run, "days") | {
        "bank": bank,
        "banks": list(banks),
        "days": shown,
        "pager": pager,
        "groups": _groups(columns, {**run.currency, "code": ""}),
    }
    return render(request, "simulations/results/days.html", context)


def _groups(
    columns: Sequence[Mapping[str, Any]], currency: Mapping[str, object]
) -> list[tuple[str, list[Row]]]:
    """Return the measures that some column has, by group; left out are details that are zero in all."""
    found = []
    for group in GROUPS:
        rows = []
        for measure in group.measures:
            values = [measure.of(figures) for figures in columns]
            if measure.tells_something(values):
                rows.append(Row(measure, [measure.shown(value, currency) for value in values]))
        if rows:
            found.append((group.title, rows))
    return found
