"""The result pages of one run: overview, banks, one bank, report."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from simulations import access, storage
from simulations.models import AuditEntry, Run
from simulations.results import stored
from simulations.results.baseline import (
    NONE,
    baseline_of,
    candidates,
    groups,
    headline,
    hours,
    lines,
    published,
)
from simulations.results.catalogue import MEASURES
from simulations.results.citing import citation
from simulations.results.forms import LabelForm
from simulations.results.intraday import THROUGHPUT
from simulations.results.paging import Pager, page_number, page_size, without
from simulations.results.sorting import Head, chosen, heads

MOST_BANKS_REPORTED = 200
MOST_COUNTERPARTIES = 50
BANK_COLUMNS = (
    Head("bank", "Bank"),
    Head("arrived_count", "Arrived", "Payments it had to send.", True),
    Head("arrived_value", "Arrived value", "Value of the payments it had to send.", True),
    Head("settlement_rate_value", "Settled", "Settled value / arrived value of its payments.", True),
    Head("gross_sent", "Sent", "Value it sent.", True),
    Head("gross_received", "Received", "Value it received.", True),
    Head("average_delay", "Average delay", "Ticks its payments waited on average.", True),
    Head("liquidity_used", "Liquidity used", "The most it had paid out net within a day.", True),
    Head("turnover", "Turnover", "Sent value / liquidity used.", True),
    Head("cost", "Cost", "All kinds of cost.", True),
)


def frame(request: HttpRequest, run: Run, tab: str) -> dict[str, Any]:
    """Return what every result page of a run has."""
    return {
        "run": run,
        "tab": tab,
        "page_name": "runs",
        "is_owner": run.owner_id == request.user.pk,
        "stored_ticks": run.ticks_total if run.metrics is not None else stored.stored_ticks(run),
        "facts": {**stored.page_facts(run), "marks": []},
        "parent": _parent(request, run),
    }


def _parent(request: HttpRequest, run: Run) -> Run | None:
    """Return the run it branched from, if this person may see it."""
    if run.parent_id is None:
        return None
    return Run.objects.visible_to(request.user).filter(pk=run.parent_id).only("pk", "name").first()


@require_GET
def run_results(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show what came of a run: measures, charts, facts, and how to cite it."""
    run = access.visible_run(request.user, run_id)
    base = baseline_of(run, request.user, request.GET.get("baseline", ""))
    context = frame(request, run, "overview") | _overview(run, base)
    context["candidates"] = candidates(run, request.user)
    context["no_baseline"] = NONE
    context["label_form"] = LabelForm(instance=run)
    return render(request, "simulations/results/overview.html", context)


def _overview(run: Run, base: Run | None) -> dict[str, Any]:
    values = stored.measures_of(run)
    against = stored.measures_of(base) if base is not None else None
    return {
        "base": base,
        "headline": headline(values, against, run.currency),
        "groups": groups(values, against, run.currency),
        "published": published(values, against, run.currency),
        "hours": hours(values, against),
        "throughput": THROUGHPUT,
        "stuck": values.get("stuck"),
        "interventions": list(run.interventions.select_related("made_by")),
        "citation": citation(run),
        "shown_banks": stored.most_active(run),
        "banks_index": {bank: index for index, bank in enumerate(stored.banks_of(run))},
        "facts": {**stored.page_facts(run), "marks": stored.marks_of(run)},
    }


@require_GET
def run_report(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show everything on one page, for paper and PDF."""
    run = access.visible_run(request.user, run_id)
    base = baseline_of(run, request.user, request.GET.get("baseline", ""))
    context = frame(request, run, "report") | _overview(run, base)
    rows = _bank_rows(run, "", "-gross_sent")
    context |= {"rows": rows[:MOST_BANKS_REPORTED], "total_banks": len(rows)}
    return render(request, "simulations/results/report.html", context)


@require_GET
def run_curves(request: HttpRequest, run_id: UUID) -> JsonResponse:
    """Return the system's curves between two ticks, as columns."""
    run = access.visible_run(request.user, run_id)
    columns = stored.system_curves(run, *_window(request, run))
    return JsonResponse({"columns": {name: values.tolist() for name, values in columns.items()}})


@require_GET
def run_balances(request: HttpRequest, run_id: UUID) -> JsonResponse:
    """Return the balances of some banks between two ticks, as columns."""
    run = access.visible_run(request.user, run_id)
    banks = request.GET.getlist("bank")[: stored.MOST_LINES]
    columns = stored.balance_curves(run, banks, *_window(request, run))
    return JsonResponse({"columns": {name: values.tolist() for name, values in columns.items()}})


def _window(request: HttpRequest, run: Run) -> tuple[int, int | None]:
    """Return the first and last tick asked for, within the run."""

    def tick(name: str) -> int | None:
        text = request.GET.get(name, "")
        return min(int(text), run.ticks_total - 1) if text.isdecimal() and len(text) < 10 else None

    first, last = tick("from") or 0, tick("to")
    return first, (max(first, last) if last is not None else None)


@require_GET
def result_banks(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show the table of banks."""
    run = access.visible_run(request.user, run_id)
    q = request.GET.get("q", "").strip()
    sortable = [head.key for head in BANK_COLUMNS]
    sort = chosen(request.GET.get("sort", ""), sortable, "-gross_sent")
    rows = _bank_rows(run, q, sort)
    pager = Pager(page_number(request), page_size(request), len(rows), without(request, "page"))
    context = frame(request, run, "banks") | {
        "rows": rows[pager.first - 1 : pager.last] if rows else [],
        "pager": pager,
        "q": q,
        "heads": heads(BANK_COLUMNS, sort, sortable=sortable),
        "sort_query": without(request, "page", "sort"),
    }
    return render(request, "simulations/results/banks.html", context)


def _bank_rows(run: Run, q: str, sort: str) -> list[dict[str, Any]]:
    names = stored.bank_names(run)
    unknown = dict.fromkeys(head.key for head in BANK_COLUMNS)
    rows = [
        {
            **unknown,
            **figures,
            "bank": bank,
            "index": index,
            "name": names.get(bank, ""),
            "cost": _total(figures),
        }
        for index, (bank, figures) in enumerate(stored.banks_of(run).items())
        if q.casefold() in bank.casefold() or q.casefold() in names.get(bank, "").casefold()
    ]
    key = sort.removeprefix("-")
    there = [row for row in rows if row.get(key) is not None]
    there.sort(key=lambda row: row[key], reverse=sort.startswith("-"))
    return there + [row for row in rows if row.get(key) is None]


def _total(figures: dict[str, Any]) -> int | None:
    return sum(figures["costs"].values()) if "costs" in figures else None


@require_GET
def run_bank(request: HttpRequest, run_id: UUID, agent_id: str) -> HttpResponse:
    """Show one bank's day: its measures, its balance, whom it paid and who paid it."""
    run = access.visible_run(request.user, run_id)
    banks = stored.banks_of(run)
    if agent_id not in banks:
        raise Http404("The run has no such bank.")
    names = run.part_names("payments")
    others = storage.counterparties(run.pk, names, agent_id, MOST_COUNTERPARTIES)
    figures = {**dict.fromkeys(("gross_sent", "gross_received")), **banks[agent_id]}
    context = frame(request, run, "banks") | {
        "bank": agent_id,
        "bank_name": stored.bank_names(run).get(agent_id, ""),
        "lines": lines(MEASURES, stored.as_system(figures), None, run.currency),
        "hours": hours(figures, None),
        "throughput": THROUGHPUT,
        "figures": figures,
        "opening": stored.openings(run).get(agent_id),
        "counterparties": others,
        "shown_banks": [agent_id],
        "banks_index": {bank: index for index, bank in enumerate(banks)},
        "facts": {**stored.page_facts(run), "marks": stored.marks_of(run)},
    }
    return render(request, "simulations/results/bank.html", context)


@require_POST
def run_label(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Name a run, tag it, write notes to it."""
    run = access.owned_run(request.user, run_id)
    form = LabelForm(request.POST, instance=run)
    if form.is_valid():
        form.save()
        AuditEntry.objects.record(cast(User, request.user), "run.labelled", run)
        messages.success(request, "Saved.")
        return redirect("run_results", run_id=run_id)
    run.refresh_from_db()
    context = frame(request, run, "overview") | _overview(run, None)
    context |= {"label_form": form, "candidates": [], "no_baseline": NONE}
    return render(request, "simulations/results/overview.html", context, status=400)
