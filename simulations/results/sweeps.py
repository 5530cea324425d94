"""The pages of sweeps: the list, one sweep's bands, measures and seeds, and its files."""

from __future__ import annotations

import re
from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from simulations import access
from simulations.models import Sweep
from simulations.results import bands, spreads
from simulations.results.catalogue import HEADLINE
from simulations.results.exports import TYPES
from simulations.results.measures import Measure
from simulations.results.paging import Pager, page_number, page_size, without
from simulations.results.sending import remove, send_away, temporary_path
from simulations.results.sorting import Head, chosen, heads
from simulations.results.stored import bank_names
from simulations.storage import sweeps as stored
from simulations.storage.exporting import Labels

TABLE = tuple(HEADLINE)
SEED_HEADS = (
    Head("seed", "Seed", "", True),
    *(Head(spreads.column_of(measure), measure.label, measure.tip, True) for measure in TABLE),
)
SORTABLE = [head.key for head in SEED_HEADS]


@require_GET
def sweeps(request: HttpRequest) -> HttpResponse:
    """Show the sweeps one may see, the newest first."""
    found: QuerySet[Sweep] = Sweep.objects.visible_to(request.user).select_related("owner", "version")
    text = request.GET.get("q", "").strip()[:100]
    status = request.GET.get("status", "")
    if text:
        found = found.filter(name__icontains=text)
    if status in Sweep.Status.values:
        found = found.filter(status=status)
    size = page_size(request)
    pager = Pager(page_number(request), size, found.count(), without(request, "page"))
    start = (min(pager.number, pager.pages) - 1) * size
    context = {
        "page_name": "runs",
        "rows": found.defer("failure")[start : start + size],
        "pager": pager,
        "asked": {"q": text, "status": status},
        "statuses": Sweep.Status.values,
        "is_filtered": bool(text or status),
    }
    return render(request, "simulations/results/sweeps.html", context)


@require_GET
def sweep_results(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    """Show a sweep: how far it is or, once it is over, how its seeds spread."""
    sweep = access.visible_sweep(request.user, sweep_id)
    context = {
        "sweep": sweep,
        "page_name": "runs",
        "done": sweep.done,
        "is_owner": sweep.owner_id == request.user.pk,
        "may_steer": access.may_steer(request.user, sweep),
        "facts": _facts(sweep),
    }
    if sweep.status == Sweep.Status.FINISHED:
        context |= {
            "headline": spreads.headline(sweep),
            "groups": spreads.groups(sweep),
            "spread_heads": spreads.SPREAD,
            **_charts(sweep, request.GET.get("bank", "")),
            **_histogram(sweep, request.GET.get("measure", "")),
            **_seeds(request, sweep),
        }
    return render(request, "simulations/results/sweep.html", context)


def _facts(sweep: Sweep) -> dict[str, Any]:
    """Return what the page's script needs to know."""
    return {
        "ticks_total": sweep.ticks_total,
        "ticks_per_day": sweep.ticks_per_day,
        "num_days": sweep.ticks_total // sweep.ticks_per_day,
        "day_start": sweep.day_start,
        "day_end": sweep.day_end,
        "currency": sweep.currency,
        "count": sweep.count,
    }


def _charts(sweep: Sweep, wanted: str) -> dict[str, Any]:
    columns = stored.column_names(sweep.pk, "bands")
    banks = bands.banks(columns)
    return {
        "charts": bands.charts(columns),
        "banks": banks,
        "bank": wanted if wanted in banks else next(iter(banks), ""),
    }


def _finished(request: HttpRequest, sweep_id: UUID) -> Sweep:
    sweep = access.visible_sweep(request.user, sweep_id)
    if sweep.status != Sweep.Status.FINISHED:
        raise Http404("The sweep has no results.")
    return sweep


@require_GET
def sweep_bands(request: HttpRequest, sweep_id: UUID) -> JsonResponse:
    """Return the bands: `tick`, then `<series>_q05` … `_q95` of each series; and the places of their banks
    in the scenario, which say the colours.
    """
    sweep = _finished(request, sweep_id)
    columns = stored.read(sweep.pk, "bands")
    shown = bands.banks(list(columns))
    # Where all banks are shown their places need no look at the scenario, which may be long.
    order = list(bank_names(sweep)) if 0 < len(shown) < sweep.num_agents else shown
    places = {bank: place for place, bank in enumerate(order) if bank in shown}
    return JsonResponse({"columns": columns, "banks": places})


@require_GET
def sweep_histogram(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    """Return the part with the histogram of a measure."""
    sweep = _finished(request, sweep_id)
    context = {"sweep": sweep, **_histogram(sweep, request.GET.get("measure", ""))}
    return render(request, "simulations/results/_histogram.html", context)


def _histogram(sweep: Sweep, wanted: str) -> dict[str, Any]:
    known = {spreads.column_of(measure): measure for measure in spreads.known(sweep)}
    column = wanted if wanted in known else "settlement_rate_value"
    if column not in known:
        column = next(iter(known))
    measure: Measure = known[column]
    values = [value for value in stored.read(sweep.pk, "seeds", [column])[column] if value is not None]
    bars = spreads.histogram(values)
    summary = cast(dict[str, dict[str, float | None]], sweep.summary)[column]

    def text(value: float | None) -> str:
        return spreads.shown(measure, value, sweep.currency)

    return {
        "measures": [(key, each.label) for key, each in known.items()],
        "chosen": column,
        "measure": measure,
        "bars": [
            {"bar": bar, "low": text(bar.low), "high": text(bar.high), "share": bar.count / len(values)}
            for bar in bars
        ],
        "median_at": spreads.place(summary["q50"], bars),
        "median": text(summary["q50"]),
        "width": spreads.WIDTH,
        "height": spreads.HEIGHT,
    }


def _seeds(request: HttpRequest, sweep: Sweep) -> dict[str, Any]:
    """Return a page of the seeds, sorted by any of the measures shown."""
    sort = chosen(request.GET.get("sort", ""), SORTABLE, "seed")
    pager = Pager(page_number(request), page_size(request), sweep.count, without(request, "page"))
    if pager.number > pager.pages:
        pager = Pager(pager.pages, pager.size, pager.total, pager.query)
    rows = stored.page(sweep.pk, SORTABLE, sort, (pager.number - 1) * pager.size, pager.size)
    return {
        "seed_rows": [
            (
                row["seed"],
                [
                    spreads.shown(measure, row[spreads.column_of(measure)], {**sweep.currency, "code": ""})
                    for measure in TABLE
                ],
            )
            for row in rows
        ],
        "seed_heads": heads(SEED_HEADS, sort, sortable=SORTABLE),
        "sort_query": without(request, "page", "sort"),
        "pager": pager,
    }


@require_GET
def sweep_export(request: HttpRequest, sweep_id: UUID, table: str, form: str) -> HttpResponseBase:
    """Send the rows of the seeds, or the bands, as a file."""
    sweep = _finished(request, sweep_id)
    for each, (suffix, content_type) in TYPES.items():
        if each == form and table in stored.TABLES:
            path = temporary_path(suffix)
            try:
                stored.export_table(sweep.pk, table, path, each, labels_of(sweep))
                name = re.sub(r"[^A-Za-z0-9]+", "-", sweep.name).strip("-").lower()[:60] or "sweep"
                return send_away(path, f"{name}-{table}{suffix}", content_type)
            except BaseException:
                remove(path)
                raise
    raise Http404("There is no such export.")


def labels_of(sweep: Sweep) -> Labels:
    """Return how files show the ticks and cents of a sweep."""
    return Labels.of(
        {
            "currency": sweep.currency,
            "ticks_per_day": sweep.ticks_per_day,
            "num_days": sweep.ticks_total // sweep.ticks_per_day,
            "day_start": sweep.day_start or None,
            "day_end": sweep.day_end or None,
            "start_date": sweep.start_date.isoformat() if sweep.start_date else None,
        }
    )
