"""Sweeps as a person steers them: how far one is, cancel, begin again, share, take away, run one seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from simulations import access
from simulations.config.faults import ScenarioRefused
from simulations.models import AuditEntry, Sweep
from simulations.runs import manager, sweeping
from simulations.runs.creation import create_run

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    class Request(HttpRequest):
        """A request as the middleware leaves it."""

        htmx: HtmxDetails


@require_GET
def sweep_status(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    """Return the part that says how far the sweep is; once it is over, the whole page is wanted anew."""
    sweep = sweeping.look_after(access.visible_sweep(request.user, sweep_id))
    may_steer = access.may_steer(request.user, sweep)
    context = {"sweep": sweep, "done": sweeping.done(sweep), "may_steer": may_steer}
    answer = render(request, "simulations/runs/_sweep_status.html", context)
    if "HX-Request" in request.headers and not sweep.is_unfinished:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
def sweep_cancel(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    """End it before its time."""
    return _steered(request, access.steerable_sweep(request.user, sweep_id), sweeping.cancel)


@require_POST
def sweep_again(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    """Begin it anew after it ended without a result."""
    return _steered(request, access.steerable_sweep(request.user, sweep_id), sweeping.start_again)


def _steered(request: HttpRequest, sweep: Sweep, verb: Any) -> HttpResponse:
    try:
        verb(sweep, request.user)
    except sweeping.SweepConflict as problem:
        messages.error(request, str(problem))
    return redirect("sweep_results", sweep_id=sweep.pk)


@require_POST
def sweep_share(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    """Show it to everyone signed in, or to nobody any more."""
    sweep = access.owned_sweep(request.user, sweep_id)
    shared = bool(request.POST.get("shared"))
    Sweep.objects.filter(pk=sweep.pk).update(shared=shared)
    AuditEntry.objects.record(sweep.owner, "sweep.shared" if shared else "sweep.unshared", sweep)
    return redirect("sweep_results", sweep_id=sweep.pk)


@require_http_methods(["GET", "POST"])
def sweep_delete(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    """Ask, naming what goes; then take it away."""
    sweep = access.owned_sweep(request.user, sweep_id)
    if request.method == "POST":
        sweeping.delete(sweep, sweep.owner)
        messages.success(request, f"{sweep.name} was deleted.")
        return redirect("sweeps")
    return render(request, "simulations/runs/sweep_delete.html", {"sweep": sweep, "page_name": "runs"})


@require_POST
def sweep_seed(request: Request, sweep_id: UUID, seed: int) -> HttpResponse:
    """Run one of the seeds as an ordinary run of one's own, and go there."""
    sweep = access.visible_sweep(request.user, sweep_id)
    if seed not in sweep.seeds:
        raise Http404("The sweep has no such seed.")
    try:
        run = create_run(
            request.user,  # type: ignore[arg-type]  # signed in: the middleware sees to it
            document=sweep.document,
            version=sweep.version,
            payment_file=sweep.payment_file,
            seed=seed,
            liquidity_percent=sweep.liquidity_percent,
            watched=True,
        )
    except ScenarioRefused as refused:
        messages.error(request, str(refused.faults[0]))
        return redirect("sweep_results", sweep_id=sweep.pk)
    manager.start(run, by=run.owner)
    return redirect("run_live", run_id=run.pk)
