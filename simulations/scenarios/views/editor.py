"""The editor: one document, two views of it, and what is wrong with it as one types."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from simulations.access import visible_scenario
from simulations.config.faults import Checked, Fault
from simulations.config.schema import SimulationConfig
from simulations.config.summary import Summary, opening_of
from simulations.models import Draft, Run, Scenario, Sweep
from simulations.scenarios.checking import attached_file, check
from simulations.scenarios.form import Form, read_form
from simulations.scenarios.keeping import keep_draft, open_text, plain_lines
from simulations.scenarios.pictures import payment_map
from simulations.scenarios.views.listing import person

FAULTS_SHOWN = 50
RECENT_RUNS = 5


def posted_text(request: HttpRequest) -> str:
    """Return the text an editor sent, with line feeds."""
    return plain_lines(request.POST.get("text", ""))


def posted_base(request: HttpRequest) -> int:
    """Return the number of the version the text is based on, 0 for none."""
    number = request.POST.get("base", "")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0


@require_safe
def scenario_edit(request: HttpRequest, scenario_id: UUID) -> HttpResponse:
    """Show a scenario: its owner edits, others read, run and duplicate."""
    user = person(request)
    scenario = visible_scenario(user, scenario_id)
    opened = open_text(user, scenario)
    view = request.GET.get("view", "form")
    context = {
        "page_name": "scenarios",
        "scenario": scenario,
        "opened": opened,
        "text": opened.text,
        "base": opened.base.number if opened.base else 0,
        "may_edit": scenario.owner_id == user.pk,
        "view": view if view in ("form", "yaml") else "form",
        "most_seeds": Sweep.MOST_SEEDS,
        "runs": Run.objects.visible_to(user).filter(version__scenario=scenario)[:RECENT_RUNS],
        **checked_context(scenario, opened.text, opened.draft),
        **form_context(opened.text),
    }
    return render(request, "simulations/scenarios/edit.html", context)


@require_POST
def scenario_validate(request: HttpRequest, scenario_id: UUID) -> HttpResponse:
    """Check what is typed and, for its owner, keep it as a draft; answers with faults and summary."""
    user = person(request)
    scenario = visible_scenario(user, scenario_id)
    text = posted_text(request)
    draft = keep_draft(user, scenario, posted_base(request), text) if scenario.owner_id == user.pk else None
    context = {"scenario": scenario, **checked_context(scenario, text, draft)}
    return render(request, "simulations/scenarios/_checked.html", context)


@require_safe
def scenario_schema(_request: HttpRequest) -> JsonResponse:
    """Return the JSON Schema of the file, for completion in the editor."""
    answer = JsonResponse(SimulationConfig.json_schema())
    answer["Cache-Control"] = "private, max-age=300"
    return answer


def checked_context(scenario: Scenario, text: str, draft: Draft | None) -> dict[str, Any]:
    """Return what the checked part shows: faults, warnings, summary, map, and whether a draft is kept."""
    checked = check(text)
    return {
        "checked": checked,
        "faults": [(fault, _more(fault)) for fault in checked.faults[:FAULTS_SHOWN]],
        "more_faults": max(0, len(checked.faults) - FAULTS_SHOWN),
        "marks": _marks(checked),
        "draft": draft,
        "latest": scenario.latest,
        **_summary(checked),
    }


def _more(fault: Fault) -> str:
    """Return what was found and what is allowed, as far as the message does not say it."""
    said = fault.message.lower()
    found = f"found {fault.found}" if fault.found and fault.found.lower() not in said else ""
    allowed = f"allowed: {fault.allowed}" if fault.allowed and fault.allowed.lower() not in said else ""
    return "; ".join(filter(None, [found, allowed]))


def _marks(checked: Checked) -> list[dict[str, Any]]:
    """Return the faults and warnings as the editor marks them."""
    found = [*checked.faults[:500], *checked.warnings[:100]]
    return [
        {
            "path": fault.path,
            "message": fault.message,
            "line": fault.line,
            "column": fault.column,
            "severity": fault.severity,
        }
        for fault in found
    ]


def _summary(checked: Checked) -> dict[str, Any]:
    """Return the figures of a faultless document."""
    config, summary = checked.config, checked.summary
    if config is None or summary is None:
        return {}
    upper, lower = sum(summary.upper.values()), sum(summary.lower.values())
    file = attached_file(config.transactions_file) if config.transactions_file else None
    return {
        "summary": summary,
        "expected_value": round(summary.expected_value_per_day),
        "currency": config.currency.model_dump(),
        "upper": upper,
        "lower": lower,
        "cover": summary.opening_liquidity / upper if upper else None,
        "ample": summary.opening_liquidity >= 10 * upper,
        "short": _short_of_lower(config, summary)[:8],
        "map": payment_map(config, summary),
        "payment_file": file,
    }


def _short_of_lower(config: SimulationConfig, summary: Summary) -> list[str]:
    """Return banks that open with less than their lower bound: not all they must send can settle."""
    opening = {agent.id: opening_of(agent) for agent in config.agents}
    return [bank for bank, need in summary.lower.items() if need > opening[bank]]


def posted_sheets(request: HttpRequest) -> dict[str, int]:
    """Return which sheet of its long lists the form shows: `agents=2` is the third one."""
    numbers = parse_qs(request.POST.get("sheets", "")[:200]).items()
    return {name: int(said[0]) for name, said in numbers if re.fullmatch(r"[0-9]{1,6}", said[0])}


def form_context(text: str, sheets: dict[str, int] | None = None) -> dict[str, Any]:
    """Return the form of a text and what its sections are called."""
    form: Form = read_form(text, sheets)
    sections = [
        ("time", "Time", None),
        ("banks", "Banks", form.counts.get("agents")),
        ("arrivals", "Arrivals", form.counts.get("arrivals")),
        ("rails", "Rails", form.counts.get("rails")),
        ("costs", "Costs", None),
        ("payments", "Payments", "file" if form.payment_file else form.counts.get("initial_transactions")),
        ("events", "Events", form.counts.get("events")),
    ]
    return {"form": form, "sections": sections}
