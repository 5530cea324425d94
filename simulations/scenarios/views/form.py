"""The form's own requests: the form of a text, one change to it, and the drawers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from simulations.access import owned_scenario, visible_scenario
from simulations.config.document import Unreadable, shared_document
from simulations.scenarios.beginnings import ticks_of
from simulations.scenarios.changes import ChangeRefused, change
from simulations.scenarios.details import read_arrivals, read_bank
from simulations.scenarios.edits import edit_between
from simulations.scenarios.form import decimals_of, items, part
from simulations.scenarios.keeping import keep_draft
from simulations.scenarios.pictures import amounts_curve, profile_curve
from simulations.scenarios.views.editor import (
    checked_context,
    form_context,
    posted_base,
    posted_sheets,
    posted_text,
)
from simulations.scenarios.views.listing import person

# A change to one of these shows elsewhere in the form, so that the whole of it is drawn again.
_SEEN_ELSEWHERE = (
    ".id",
    ".type",
    ".settlement_type",
    ".distribution_type",
    "currency.code",
    "currency.decimals",
)


@require_POST
def scenario_form(request: HttpRequest, scenario_id: UUID) -> HttpResponse:
    """Answer with the form of the text as it is now."""
    scenario = visible_scenario(request.user, scenario_id)
    context = {
        "scenario": scenario,
        "may_edit": scenario.owner_id == request.user.pk,
        **form_context(posted_text(request), posted_sheets(request)),
    }
    return render(request, "simulations/scenarios/_form.html", context)


@require_POST
def scenario_change(request: HttpRequest, scenario_id: UUID) -> HttpResponse:
    """Do one change; answers with the edit, what is wrong now, and the form where it must follow."""
    user = person(request)
    scenario = owned_scenario(user, scenario_id)
    old = posted_text(request)
    verb, path = request.POST.get("verb", ""), request.POST.get("path", "")[:300]
    refused = ""
    try:
        new = change(old, verb, path, request.POST.get("value", ""))
    except ChangeRefused as error:
        new, refused = old, str(error)
    edit = edit_between(old, new)
    draft = keep_draft(user, scenario, posted_base(request), new)
    redraw = (
        verb != "set" or path.endswith(_SEEN_ELSEWHERE) or bool(refused) or "counterparty_weights" in path
    )
    context: dict[str, Any] = {
        "scenario": scenario,
        "may_edit": True,
        "edit": {"edit": asdict(edit) if edit else None, "refused": refused},
        "redraw": redraw,
        **checked_context(scenario, new, draft),
    }
    if redraw:
        context |= form_context(new, posted_sheets(request))
    drawer = request.POST.get("drawer", "")
    if drawer:
        context |= _drawer(new, drawer)
    return render(request, "simulations/scenarios/_changed.html", context)


@require_POST
def scenario_bank(request: HttpRequest, scenario_id: UUID, number: int) -> HttpResponse:
    """Answer with the drawer of a bank: collateral, policy, limits, reserve."""
    return _open_drawer(request, scenario_id, f"bank-{number}")


@require_POST
def scenario_arrivals(request: HttpRequest, scenario_id: UUID, number: int) -> HttpResponse:
    """Answer with the drawer of a bank's arrivals, with pictures of their amounts and of their day."""
    return _open_drawer(request, scenario_id, f"arrivals-{number}")


def _open_drawer(request: HttpRequest, scenario_id: UUID, name: str) -> HttpResponse:
    scenario = visible_scenario(request.user, scenario_id)
    context = {
        "scenario": scenario,
        "may_edit": scenario.owner_id == request.user.pk,
        **_drawer(posted_text(request), name),
    }
    if "details" not in context:
        raise Http404("There is no such bank in this text.")
    return render(request, "simulations/scenarios/_drawer.html", context)


def _drawer(text: str, name: str) -> dict[str, Any]:
    """Return what a drawer (`bank-3`, `arrivals-3`) shows; nothing where there is no such bank any more."""
    kind, _, number = name.partition("-")
    try:
        document = shared_document(text).value
        index = int(number)
        currency = {
            "code": str(part(document, "currency").get("code") or ""),
            "decimals": decimals_of(document),
        }
        if kind == "bank":
            return {"details": read_bank(document, index), "drawer": name, "currency": currency}
        details = read_arrivals(document, index)
    except (Unreadable, ValueError, LookupError, AttributeError):
        return {}
    arrivals = part(items(document, "agents")[index], "arrival_config")
    amounts = amounts_curve(arrivals)
    return {
        "details": details,
        "drawer": name,
        "is_arrivals": True,
        "amounts": amounts,
        "amounts_right": round(amounts.right) if amounts else 0,
        "profile": profile_curve(arrivals, ticks_of(document)),
        "ticks_per_day": ticks_of(document),
        "currency": currency,
    }
