"""The pages of a run while it lives: start it, watch it, steer it, share it, take it away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from simulations import access
from simulations.config.faults import ScenarioRefused
from simulations.engine.protocol import EVENT_TYPES
from simulations.engine.rust_backend import ENGINE_VERSION
from simulations.models import AuditEntry, Intervention, Run, ScenarioVersion
from simulations.runs import interventions, lifecycle, manager, sweeping, verifying
from simulations.runs.creation import create_run, create_sweep
from simulations.runs.forms import RunForm
from simulations.runs.intervening import InterventionForm
from simulations.runs.moments import scripted_events
from simulations.runs.ownership import Gone
from simulations.runs.replay import Unrepeatable
from simulations.templatetags.runs import intervention

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django_htmx.middleware import HtmxDetails

    class Request(HttpRequest):
        """A request as the middleware leaves it."""

        htmx: HtmxDetails


MOST_BRANCHES = 20
MOST_MARKS = 200  # of the scenario's own events on a time axis
REFUSALS = (lifecycle.Conflict, ValueError, Unrepeatable, Gone)


@require_http_methods(["GET", "POST"])
def run_create(request: HttpRequest) -> HttpResponse:
    """Start a run of a scenario's newest version, or of a given version."""
    version = _version(request)
    form = RunForm(request.POST or None, initial={"liquidity_percent": 100, "seeds": 1})
    if request.method == "POST" and form.is_valid():
        try:
            return _begun(request, version, form.cleaned_data)
        except ScenarioRefused as refused:
            for fault in refused.faults[:5]:
                form.add_error(None, str(fault))
        except ValueError as problem:
            form.add_error("seed", str(problem))
    status = 400 if request.method == "POST" else 200
    context = {"form": form, "version": version, "page_name": "scenarios"}
    return render(request, "simulations/runs/new.html", context, status=status)


def _begun(request: HttpRequest, version: ScenarioVersion, given: dict[str, Any]) -> HttpResponse:
    """Make what was asked for, a run or a sweep, and go to its page."""
    user: Any = request.user
    inputs = {
        "document": version.document,
        "version": version,
        "liquidity_percent": given["liquidity_percent"],
        "name": given["name"],
    }
    if given["seeds"] > 1:
        sweep = create_sweep(user, count=given["seeds"], first_seed=given["seed"], **inputs)
        sweeping.begin(sweep)
        return redirect("sweep_results", sweep_id=sweep.pk)
    run = create_run(user, seed=given["seed"], watched=True, **inputs)
    if request.POST.get("start"):
        manager.start(run, by=run.owner)
    return redirect("run_live", run_id=run.pk)


def _version(request: HttpRequest) -> ScenarioVersion:
    """Return the version asked for; of a scenario the newest. 404 where there is none, or none for you."""
    given = request.POST if request.method == "POST" else request.GET
    versions = ScenarioVersion.objects.select_related("scenario", "document")
    if given.get("version"):
        found = versions.filter(pk=_number(given["version"])).first()
    else:
        found = versions.filter(scenario_id=_uuid(given.get("scenario", ""))).order_by("-number").first()
    if found is None:
        raise Http404("No such scenario.")
    access.visible_scenario(request.user, found.scenario_id)
    return found


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404("No such scenario.") from None


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise Http404("No such version.")
    return int(text)


@require_GET
def run_live(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show a run as it goes; a finished one stays viewable."""
    run = access.visible_run(request.user, run_id)
    may_steer = access.may_steer(request.user, run)
    context = {
        "run": run,
        "may_steer": may_steer,
        "is_owner": run.owner_id == request.user.pk,
        "page_name": "runs",
        "event_types": EVENT_TYPES,
        "facts": _page_facts(run, may_steer, request.user),
        "branches": Run.objects.visible_to(request.user)
        .filter(parent=run)
        .order_by("created_at")[:MOST_BRANCHES],
    }
    return render(request, "simulations/runs/live.html", context)


def _page_facts(run: Run, may_steer: bool, user: Any) -> dict[str, Any]:
    """Return what the page's script needs to know of a run."""
    return {
        "id": str(run.pk),
        "socket": f"/ws/simulations/{run.pk}",
        "ticks_total": run.ticks_total,
        "ticks_per_day": run.ticks_per_day,
        "num_days": run.ticks_total // run.ticks_per_day,
        "day_start": run.day_start,
        "day_end": run.day_end,
        "currency": run.currency,
        "may_steer": may_steer,
        "parent": _parent_facts(run, user),
    }


def _parent_facts(run: Run, user: Any) -> dict[str, Any] | None:
    """Return what a branch is drawn beside, if the reader may see it."""
    if run.parent is None or not Run.objects.visible_to(user).filter(pk=run.parent.pk).exists():
        return None
    lines = reverse("run_lines", kwargs={"run_id": run.parent_id})
    return {"name": run.parent.name, "lines": lines, "branch_tick": run.branch_tick}


@require_POST
def run_command(request: Request, run_id: UUID, verb: str) -> HttpResponse:
    """Steer a run without the socket: 204 for htmx, back to the page for forms, 409 where impossible."""
    run = access.steerable_run(request.user, run_id)
    try:
        _obey(run, verb, request)
    except REFUSALS as problem:
        if request.htmx:
            return HttpResponse(str(problem), status=409, content_type="text/plain; charset=utf-8")
        messages.error(request, str(problem))
    else:
        if request.htmx:
            return HttpResponse(status=204)
    return redirect("run_live", run_id=run_id)


def _obey(run: Run, verb: str, request: HttpRequest) -> None:
    user: Any = request.user
    match verb:
        case "start":
            manager.start(run, by=user)
        case "pause":
            manager.pause(run, by=user)
        case "resume":
            manager.resume(run, by=user)
        case "step":
            manager.step(run, until=request.POST.get("until") or None, by=user)
        case "run_to":
            manager.run_to(run, _tick(request.POST.get("tick", "")), by=user)
        case "speed":
            manager.speed(run, _speed(request.POST.get("ticks_per_second", "")), by=user)
        case "stop":
            manager.stop(run, by=user)


def _tick(text: str) -> int:
    if not text.isdecimal() or len(text) > 12:
        raise ValueError("tick must be a whole number")
    return int(text)


def _speed(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        raise ValueError("ticks_per_second must be a number, or empty for as fast as possible") from None


@require_POST
def run_branch(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Make a branch of one's own from a tick of a run one may see, and go there."""
    parent = access.visible_run(request.user, run_id)
    user: Any = request.user
    try:
        name = request.POST.get("name", "").strip()[:160]
        run = manager.branch(parent, _tick(request.POST.get("tick", "")), user, name=name)
    except REFUSALS as problem:
        messages.error(request, str(problem))
        return redirect("run_live", run_id=run_id)
    return redirect("run_live", run_id=run.pk)


@require_http_methods(["GET", "POST"])
def run_intervene(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The form of the intervene panel, and its use; a part."""
    run = access.steerable_run(request.user, run_id)
    posted = request.POST if request.method == "POST" else None
    try:
        state = manager.state(run)
    except REFUSALS as problem:
        return render(request, "simulations/runs/_intervene.html", {"run": run, "problem": str(problem)})
    known: dict[str, Any] = {"decimals": run.currency_decimals, "rails": list(state["queues"])}
    form = InterventionForm(posted, asked=(posted or request.GET).dict(), **known)
    done = None
    if posted is not None and form.is_valid():
        try:
            done = manager.apply(run, form.event(), by=request.user)  # type: ignore[arg-type]  # signed in
        except REFUSALS as problem:
            form.refuse(problem)
        else:
            form = InterventionForm(asked={"type": form.chosen}, **known)
    context = {"run": run, "form": form, "done": done, "next_tick": state["tick"]}
    return render(request, "simulations/runs/_intervene.html", context)


@require_GET
def run_interventions(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What was done in a run and waits to be done; a part, which carries the marks of the charts."""
    return _interventions(request, access.visible_run(request.user, run_id))


@require_POST
def run_withdraw(request: HttpRequest, run_id: UUID, seq: int) -> HttpResponse:
    """Take back an intervention that has not taken effect."""
    run = access.steerable_run(request.user, run_id)
    try:
        manager.withdraw(run, seq, by=request.user)  # type: ignore[arg-type]  # signed in
    except REFUSALS as problem:
        return HttpResponse(str(problem), status=409, content_type="text/plain; charset=utf-8")
    return _interventions(request, run)


def _interventions(request: HttpRequest, run: Run) -> HttpResponse:
    made = interventions.listed(run)
    context = {
        "run": run,
        "interventions": made,
        "may_steer": access.may_steer(request.user, run),
        "marks": _marks(run, made),
    }
    return render(request, "simulations/runs/_interventions.html", context)


def _marks(run: Run, made: Iterable[Intervention]) -> list[dict[str, Any]]:
    """Return what stands on the time axes, by tick: events of the scenario, then what people did."""
    scripted = scripted_events(run.document.text)[:MOST_MARKS]
    marks = [{"tick": event["tick"], "text": f"{_what(event, run)} (scenario)"} for event in scripted]
    marks += [
        {"tick": each.tick, "text": intervention(each.event, run)}
        for each in made
        if each.status not in (each.Status.WITHDRAWN, each.Status.REFUSED)
    ]
    return sorted(marks, key=lambda mark: mark["tick"])


def _what(event: dict[str, Any], run: Run) -> str:
    return intervention({key: value for key, value in event.items() if key != "tick"}, run)


@require_POST
def run_share(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Share a run, read-only, with everyone signed in, or withdraw that."""
    run = access.owned_run(request.user, run_id)
    run.shared = request.POST.get("shared") == "on"
    run.save(update_fields=["shared"])
    if not run.shared:
        manager.seats_changed(run_id=run.pk)
    AuditEntry.objects.record(request.user, "run.shared" if run.shared else "run.share_withdrawn", run)
    messages.success(
        request, "Everyone signed in can now watch this run." if run.shared else "This run is private."
    )
    return redirect(_back(request, run_id))


@require_POST
def run_star(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Mark a run as worth keeping, or not."""
    run = access.owned_run(request.user, run_id)
    run.starred = request.POST.get("starred") == "on"
    run.save(update_fields=["starred"])
    return redirect(_back(request, run_id))


@require_POST
def run_delete(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Take a run away for good."""
    run = access.owned_run(request.user, run_id)
    try:
        manager.delete(run, request.user)  # type: ignore[arg-type]  # signed in
    except REFUSALS as problem:
        messages.error(request, str(problem))
        return redirect("run_live", run_id=run_id)
    messages.success(request, f"{run.name} was deleted.")
    return redirect("start")


@require_http_methods(["GET", "POST"])
def run_verify(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Compute a run again in the background and show how far that is; a part of the result page."""
    run = access.visible_run(request.user, run_id)
    verification = verifying.known(run)
    user: Any = request.user
    if request.method == "POST" and not request.POST.get("cancel"):
        verification = verifying.begin(run, user.pk)
    may_cancel = verification is not None and (
        verification.begun_by == user.pk or access.may_steer(user, run)
    )
    if request.POST.get("cancel") and verification is not None:
        if not may_cancel:
            raise PermissionDenied("Somebody else began this verification.")
        verification.cancelled.set()
    context = {
        "run": run,
        "verification": verification,
        "may_cancel": may_cancel,
        "engine_version": ENGINE_VERSION,
    }
    return render(request, "simulations/runs/_verify.html", context)


def _back(request: HttpRequest, run_id: UUID) -> str:
    """Return where a small form came from: the run's result page or its live page."""
    if request.POST.get("from") == "results":
        return reverse("run_results", kwargs={"run_id": run_id})
    return reverse("run_live", kwargs={"run_id": run_id})
