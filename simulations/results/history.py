"""The history: every run one may see, found, sorted, labelled, taken together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from simulations.models import Run
from simulations.results.catalogue import BY_KEY
from simulations.results.exports import measures_file
from simulations.results.filters import HistoryFilter
from simulations.results.measures import Measure
from simulations.results.paging import Pager, page_number, page_size, without
from simulations.results.sorting import Head, chosen, heads
from simulations.results.tables import table_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

MOST_CHOSEN = 500
MEASURES = tuple(
    BY_KEY[key]
    for key in (
        "arrived_count",
        "settled_value",
        "settlement_rate_value",
        "average_delay",
        "rho",
        "liquidity_used_total",
        "costs",
    )
)
HEADS = (
    Head("name", "Run"),
    Head("status", "Status"),
    Head("owner", "Owner"),
    Head("created_at", "Started", "When the run was made.", True),
    *(Head(measure.column, measure.label, measure.tip, True) for measure in MEASURES),
)
SORTABLE = {
    "name": "name",
    "status": "status",
    "owner": "owner__username",
    "created_at": "created_at",
    **{measure.column: measure.column for measure in MEASURES},
}


@require_GET
def history(request: HttpRequest) -> HttpResponse:
    """Show the runs that fit the filter; htmx takes only the table."""
    filtered = HistoryFilter(request.GET, queryset=_runs(request), person=request.user)
    sort = chosen(request.GET.get("sort", ""), list(SORTABLE), "-created_at")
    size = page_size(request)
    pager = Pager(page_number(request), size, filtered.qs.order_by().count(), without(request, "page"))
    if pager.number > pager.pages:
        pager = Pager(pager.pages, size, pager.total, pager.query)
    rows = [row_of(run) for run in _page(filtered.qs.order_by(*_order(sort)), pager)]
    context = {
        "page_name": "runs",
        **dict(zip(("first_fields", "more_fields", "more_open"), filtered.parts(), strict=True)),
        "rows": rows,
        "live": [row["run"] for row in rows if row["run"].status == Run.Status.RUNNING],
        "pager": pager,
        "heads": heads(HEADS, sort, sortable=list(SORTABLE)),
        "sort_query": without(request, "page", "sort"),
        "is_filtered": bool(without(request, "page", "sort", "size")),
        "measures": MEASURES,
    }
    part = request.headers.get("HX-Target") == "history-table"
    template = "simulations/results/_history.html" if part else "simulations/results/history.html"
    response = render(request, template, context)
    # Part and page have one address: going back must not find the part in the browser's cache.
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _runs(request: HttpRequest) -> QuerySet[Run]:
    """Return the visible runs with what a row shows and nothing large."""
    visible = Run.objects.visible_to(request.user).select_related("owner", "version")
    return visible.defer("metrics", "failure", "notes", "review_note")


def _page(found: QuerySet[Run], pager: Pager) -> list[Run]:
    """Return the runs of a page: keys first, as sorting thousands of whole rows takes long."""
    start = (pager.number - 1) * pager.size
    keys = list(found.values_list("pk", flat=True)[start : start + pager.size])
    runs = {run.pk: run for run in found.order_by().filter(pk__in=keys)}
    return [runs[key] for key in keys]


def _order(sort: str) -> list[Any]:
    from django.db.models import F

    column = F(SORTABLE[sort.removeprefix("-")])
    first = column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True)
    return [first, "-created_at", "pk"]


def row_of(run: Run) -> dict[str, Any]:
    """Return a run with its measures as they are shown."""
    values = [measure.shown(_column(run, measure), run.currency) for measure in MEASURES]
    return {"run": run, "values": values}


def _column(run: Run, measure: Measure) -> float | None:
    value: float | None = getattr(run, measure.column)
    return value


@require_GET
def history_live(request: HttpRequest) -> HttpResponse:
    """Return the rows of runs that were running, as they are now, and who is to be asked for again."""
    rows = [row_of(run) for run in _runs(request).filter(pk__in=chosen_ids(request.GET.getlist("run")))]
    live = [row["run"] for row in rows if row["run"].status == Run.Status.RUNNING]
    return render(request, "simulations/results/_history_live.html", {"rows": rows, "live": live})


@require_http_methods(["GET", "POST"])
def history_chosen(request: HttpRequest) -> HttpResponse:
    """Send the measures of the chosen runs, a row each."""
    given = request.POST if request.method == "POST" else request.GET
    runs = Run.objects.visible_to(request.user).filter(pk__in=chosen_ids(given.getlist("run")))
    return measures_file(table_of(runs.select_related("document")), "runs.csv", given.get("form") == "excel")


@require_POST
def history_compare(request: HttpRequest) -> HttpResponse:
    """Go to the comparison of the chosen runs, at an address that can be shared."""
    runs = [("run", str(run_id)) for run_id in chosen_ids(request.POST.getlist("run"))]
    return redirect(f"{reverse('compare')}?{urlencode(runs)}")


def chosen_ids(texts: list[str]) -> list[UUID]:
    """Return the ids among what an address names; the rest is left out."""
    ids = []
    for text in texts[:MOST_CHOSEN]:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return ids
