"""Saving, and what was saved: versions, their differences, and what to do when two people saved at once."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from simulations.access import owned_scenario, visible_scenario
from simulations.models import Scenario, ScenarioVersion
from simulations.scenarios import keeping
from simulations.scenarios.differences import differences
from simulations.scenarios.keeping import Kept, Written
from simulations.scenarios.views.editor import posted_base, posted_text
from simulations.scenarios.views.listing import person

DIFFERENCES_SHOWN = 300


class RepeatPost(HttpResponseRedirect):
    """Send the browser elsewhere with the same form, unlike a plain redirect."""

    status_code = 307


@require_POST
def scenario_save(request: HttpRequest, scenario_id: UUID) -> HttpResponseBase:
    """Save a version; `then=run` goes on to run it with the seed and liquidity of the same form."""
    user = person(request)
    scenario = owned_scenario(user, scenario_id)
    written = Written(
        text=posted_text(request),
        base_number=posted_base(request),
        note=request.POST.get("note", "").strip(),
        on_top=request.POST.get("on_top") == "1",
    )
    attempt = keeping.save(user, scenario, written)
    if attempt.kept is Kept.STALE and attempt.version is not None:
        return _conflict(request, scenario, written, attempt.version)
    if attempt.kept is Kept.FAULTY:
        first = attempt.checked.faults[0]
        messages.error(
            request,
            f"Not saved as a version: {len(attempt.checked.faults)} fault(s), the first: {first}. "
            "What you typed is kept as a draft.",
        )
        return _editor(request, scenario)
    if request.POST.get("then") == "run":
        return RepeatPost(reverse("run_create"))
    number = attempt.version.number if attempt.version else 0
    if attempt.kept is Kept.SAME:
        messages.info(request, f"Nothing differs from version {number}, so no new version was made.")
    else:
        messages.success(request, f"Saved as version {number}.")
    return _editor(request, scenario)


def _editor(request: HttpRequest, scenario: Scenario) -> HttpResponse:
    view = "?view=yaml" if request.POST.get("view") == "yaml" else ""
    return redirect(reverse("scenario_edit", args=[scenario.pk]) + view)


def _conflict(
    request: HttpRequest, scenario: Scenario, written: Written, latest: ScenarioVersion
) -> HttpResponse:
    """Show what the other person changed and what would change back, and ask what to do."""
    base = scenario.versions.filter(number=written.base_number).select_related("document").first()
    context = {
        "page_name": "scenarios",
        "scenario": scenario,
        "written": written,
        "latest": latest,
        "base": base,
        "theirs": differences(base.document.text, latest.document.text) if base else None,
        "mine": differences(base.document.text, written.text) if base else None,
        "result": differences(latest.document.text, written.text),
    }
    return render(request, "simulations/scenarios/conflict.html", context)


@require_POST
def scenario_drop_draft(request: HttpRequest, scenario_id: UUID) -> HttpResponse:
    """Forget one's draft and go back to the newest version."""
    scenario = owned_scenario(request.user, scenario_id)
    keeping.drop_draft(person(request), scenario)
    messages.success(request, "Your draft is gone; this is the newest version.")
    return _editor(request, scenario)


@require_safe
def scenario_versions(request: HttpRequest, scenario_id: UUID) -> HttpResponse:
    """List the versions, newest first."""
    scenario = visible_scenario(request.user, scenario_id)
    versions = list(scenario.versions.select_related("author").defer("document__text"))
    context = {
        "page_name": "scenarios",
        "scenario": scenario,
        "versions": versions,
        "may_edit": scenario.owner_id == request.user.pk,
    }
    return render(request, "simulations/scenarios/versions.html", context)


@require_safe
def scenario_version_diff(request: HttpRequest, scenario_id: UUID, number: int) -> HttpResponse:
    """Show a version, and what differs from another one (`?against=`, by default the one before it)."""
    scenario = visible_scenario(request.user, scenario_id)
    versions = scenario.versions.select_related("document", "author")
    version = versions.filter(number=number).first()
    if version is None:
        raise Http404("No such version.")
    asked = request.GET.get("against", "")
    against = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else number - 1
    other = versions.filter(number=against).first()
    found = differences(other.document.text, version.document.text) if other else []
    context = {
        "page_name": "scenarios",
        "scenario": scenario,
        "version": version,
        "other": other,
        "numbers": scenario.versions.values_list("number", flat=True),
        "differences": (found or [])[:DIFFERENCES_SHOWN],
        "more": max(0, len(found or []) - DIFFERENCES_SHOWN),
        "may_edit": scenario.owner_id == request.user.pk,
    }
    return render(request, "simulations/scenarios/version.html", context)


@require_POST
def scenario_restore(request: HttpRequest, scenario_id: UUID, number: int) -> HttpResponse:
    """Make an old version the newest, as one of its own."""
    scenario = owned_scenario(request.user, scenario_id)
    version = keeping.restore(person(request), scenario, number)
    if version is None:
        raise Http404("No such version.")
    messages.success(request, f"Version {number} is restored as version {version.number}.")
    return redirect("scenario_edit", scenario.pk)
