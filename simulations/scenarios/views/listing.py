"""The list of scenarios, and what is done to a scenario as a whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from simulations.access import owned_scenario, visible_scenario
from simulations.models import Scenario
from simulations.scenarios import keeping
from simulations.scenarios.listing import ORDERS, SHOWS, Asked, page_of, scenarios_for, tags_for

if TYPE_CHECKING:
    from django.contrib.auth.models import User

TAGS_MAX = 12
SMALLEST = """\
# The smallest scenario: two banks and one payment each way.
name: New scenario
ticks_per_day: 100
seed: 1
agents:
  - {id: BANK_A, balance: 1000000}   # cents
  - {id: BANK_B, balance: 1000000}
initial_transactions:
  - {sender: BANK_A, receiver: BANK_B, amount: 250000, arrival_tick: 10}
  - {sender: BANK_B, receiver: BANK_A, amount: 400000, arrival_tick: 30}
"""


def person(request: HttpRequest) -> User:
    """Return who is signed in; the middleware lets nobody else come this far."""
    user: User = request.user  # type: ignore[assignment]
    return user


@require_safe
def scenario_list(request: HttpRequest) -> HttpResponse:
    """Show what one may see; an htmx search gets the table alone."""
    user = person(request)
    asked = Asked.of(request.GET)
    page = page_of(user, scenarios_for(user, asked), request.GET.get("page", "1"))
    context = {
        "page_name": "scenarios",
        "asked": asked,
        "page": page,
        "shows": [(key, label, asked.address(show=key)) for key, label in SHOWS.items()],
        "orders": [(key, asked.address(order=key)) for key in ORDERS],
        "tags": [(tag, asked.address(tag="" if tag == asked.tag else tag)) for tag in tags_for(user)],
        "older": asked.address(page=str(page.number + 1)) if page.has_next() else "",
        "newer": asked.address(page=str(page.number - 1)) if page.has_previous() else "",
    }
    # Going back in the browser asks for the whole page again.
    part = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    name = "_list.html" if part else "list.html"
    return render(request, f"simulations/scenarios/{name}", context)


def scenario_new(request: HttpRequest) -> HttpResponse:
    """Begin a scenario: from the smallest file, or from one of the gallery."""
    user = person(request)
    if request.method == "POST":
        start = request.POST.get("start", "")
        example = Scenario.objects.gallery().filter(gallery=start).first() if start else None
        scenario = keeping.duplicate(user, example) if example else keeping.create(user, SMALLEST)
        if scenario is not None:
            return redirect("scenario_edit", scenario.pk)
    examples = Scenario.objects.gallery().current()
    return render(
        request,
        "simulations/scenarios/new.html",
        {"page_name": "scenarios", "examples": examples, "smallest": SMALLEST},
    )


@require_POST
def scenario_duplicate(request: HttpRequest, scenario_id: UUID) -> HttpResponse:
    """Copy a version, by default the newest, into one's own; or the text that was posted."""
    user = person(request)
    scenario = visible_scenario(user, scenario_id)
    text = request.POST.get("text")
    if text:
        copy: Scenario | None = keeping.copy_text(user, scenario, keeping.plain_lines(text))
        keeping.drop_draft(user, scenario)
    else:
        number = request.POST.get("number", "")
        copy = keeping.duplicate(user, scenario, int(number) if re.fullmatch(r"\d{1,9}", number) else None)
    if copy is None:
        messages.error(request, "There is no version to copy yet: save one first.")
        return redirect("scenario_edit", scenario.pk)
    messages.success(request, f"“{copy.name}” is yours to change.")
    return redirect("scenario_edit", copy.pk)


@require_POST
def scenario_archive(request: HttpRequest, scenario_id: UUID) -> HttpResponseBase:
    """Put a scenario away, or bring it back."""
    scenario = owned_scenario(request.user, scenario_id)
    archived = request.POST.get("archived") != "0"
    keeping.set_archived(person(request), scenario, archived)
    done = "archived; its versions and runs stay" if archived else "back in the list"
    messages.success(request, f"“{scenario.name}” is {done}.")
    return _back(request, "scenario_list")


@require_POST
def scenario_share(request: HttpRequest, scenario_id: UUID) -> HttpResponseBase:
    """Let everyone signed in read a scenario, or nobody else."""
    scenario = owned_scenario(request.user, scenario_id)
    shared = request.POST.get("shared") != "0"
    keeping.set_shared(person(request), scenario, shared)
    done = "can be read and copied by everyone signed in" if shared else "is yours alone again"
    messages.success(request, f"“{scenario.name}” {done}. Its runs are shared each by itself.")
    return _back(request, "scenario_edit", scenario.pk)


@require_POST
def scenario_details(request: HttpRequest, scenario_id: UUID) -> HttpResponseBase:
    """Set description and tags: they belong to the scenario, not to its text."""
    scenario = owned_scenario(request.user, scenario_id)
    tags = [tag.strip()[:40] for tag in re.split(r"[,\n]", request.POST.get("tags", ""))]
    scenario.tags = list(dict.fromkeys(tag for tag in tags if tag))[:TAGS_MAX]
    scenario.description = request.POST.get("description", "").strip()[:2000]
    scenario.save(update_fields=["tags", "description", "updated_at"])
    messages.success(request, "Description and tags are saved.")
    return _back(request, "scenario_edit", scenario.pk)


def _back(request: HttpRequest, name: str, *arguments: object) -> HttpResponseBase:
    """Return to the page that asked, if it is one of ours."""
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        return redirect(target)
    return redirect(reverse(name, args=arguments))
