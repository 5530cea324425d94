"""Files in and out: scenarios as YAML, payment files, participants files."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from simulations.access import owned_scenario, visible_scenario
from simulations.config.importing import PaymentFileRefused, read_participants
from simulations.models import Scenario
from simulations.scenarios import attaching, keeping
from simulations.scenarios.attaching import OPENINGS, Opening, TooLarge
from simulations.scenarios.checking import attached_file
from simulations.scenarios.views.listing import person

FRACTION_DEFAULT = 50


def _upload(request: HttpRequest, name: str) -> UploadedFile[bytes] | None:
    file = request.FILES.get(name)
    return file if isinstance(file, UploadedFile) else None


def _problem(error: Exception) -> dict[str, Any]:
    """Return what is said of a refused file."""
    if isinstance(error, PaymentFileRefused):
        if error.whole:
            return {"refused_file": error.rows[0]}
        return {"bad_rows": error.rows, "bad_total": error.total}
    return {"problem": str(error)}


def _fraction(request: HttpRequest) -> float:
    """Return the share between LB and UB that was asked for, 0..1."""
    typed = request.POST.get("fraction", "")
    percent = int(typed) if re.fullmatch(r"\d{1,3}", typed) else FRACTION_DEFAULT
    return min(percent, 100) / 100


def scenario_import(request: HttpRequest) -> HttpResponse:
    """Make a scenario of a YAML or JSON file, or of a payment file with all its banks."""
    context: dict[str, Any] = {"page_name": "scenarios", "fraction": FRACTION_DEFAULT}
    if request.method == "POST":
        scenario, problem = _imported(request)
        if scenario is not None:
            return redirect("scenario_edit", scenario.pk)
        context |= problem | {"fraction": round(_fraction(request) * 100)}
    return render(request, "simulations/scenarios/import.html", context)


def _imported(request: HttpRequest) -> tuple[Scenario | None, dict[str, Any]]:
    user = person(request)
    document, payments = _upload(request, "document"), _upload(request, "payments")
    if document is not None:
        if (document.size or 0) > settings.MAX_DOCUMENT_BYTES:
            most = settings.MAX_DOCUMENT_BYTES // 2**20
            return None, {
                "problem": f"The scenario has more than {most} MB. Long lists belong in a payment file."
            }
        try:
            text = document.read().decode("utf-8-sig").replace("\0", "\ufffd")
        except UnicodeDecodeError as error:
            return None, {
                "problem": f"The file is not UTF-8 text: byte {error.start + 1:,} is not a character."
            }
        return keeping.create(user, text, (document.name or "").rpartition(".")[0]), {}
    if payments is not None:
        try:
            with attaching.received(payments) as path:
                facts = attaching.inspect_for(path, "")
                file = attaching.keep_file(user, path, payments.name or "", facts)
        except (PaymentFileRefused, TooLarge) as error:
            return None, {"file_name": payments.name, **_problem(error)}
        text = attaching.scenario_of_file(file.original_name, facts, _fraction(request))
        return keeping.create(user, attaching.attach(text, file, facts, Opening("keep"))), {}
    return None, {"problem": "Choose a file first: a scenario (YAML or JSON) or a payment file (CSV)."}


@require_safe
def scenario_export(request: HttpRequest, scenario_id: UUID) -> HttpResponse:
    """Send a version (`?number=`, by default the newest), or one's draft, as a YAML file."""
    scenario = visible_scenario(request.user, scenario_id)
    asked = request.GET.get("number", "")
    versions = scenario.versions.select_related("document")
    version = (
        versions.filter(number=int(asked)).first() if re.fullmatch(r"\d{1,9}", asked) else versions.first()
    )
    if version is not None:
        text, mark = version.document.text, f"v{version.number}"
    else:
        text, mark = keeping.open_text(person(request), scenario).text, "draft"
    if version is None and (asked or not text):
        raise Http404("No such version.")
    stem = re.sub(r"[^A-Za-z0-9]+", "-", scenario.name).strip("-").lower() or "scenario"
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{stem}-{mark}.yaml"'
    return answer


def scenario_payments(request: HttpRequest, scenario_id: UUID) -> HttpResponse:
    """Attach a payment file: first it is read whole and its facts shown, then it is written into the text."""
    user = person(request)
    scenario = owned_scenario(user, scenario_id)
    opened = keeping.open_text(user, scenario)
    context: dict[str, Any] = {
        "page_name": "scenarios",
        "scenario": scenario,
        "openings": OPENINGS,
        "fraction": FRACTION_DEFAULT,
    }
    upload = _upload(request, "payments")
    if request.method == "POST" and request.POST.get("file"):
        problem = _attach(request, scenario, opened)
        if not problem:
            return redirect("scenario_edit", scenario.pk)
        context |= problem
    elif request.method == "POST" and upload is None:
        context["problem"] = "Choose a payment file first."
    elif upload is not None:
        try:
            with attaching.received(upload) as path:
                facts = attaching.inspect_for(path, opened.text)
                file = attaching.keep_file(user, path, upload.name or "", facts)
            missing = attaching.missing_banks(facts, opened.text)
            context |= {"facts": facts, "file": file, "missing": missing, "shown_banks": missing[:40]}
            context |= {"upper": sum(facts.upper.values()), "lower": sum(facts.lower.values())}
        except (PaymentFileRefused, TooLarge) as error:
            context |= {"file_name": upload.name, **_problem(error)}
    return render(request, "simulations/scenarios/payments.html", context)


def _attach(request: HttpRequest, scenario: Scenario, opened: keeping.Opened) -> dict[str, Any]:
    """Write a kept file into the draft; return what is wrong, empty when it is done."""
    file = attached_file(request.POST.get("file", ""))
    if file is None:
        return {"problem": "This file is no longer there. Upload it again."}
    opening = request.POST.get("opening", "keep")
    try:
        facts = attaching.facts_of(file, opened.text)
        chosen = opening if opening in OPENINGS else "keep"
        text = attaching.attach(opened.text, file, facts, Opening(chosen, _fraction(request)))
    except (PaymentFileRefused, ValueError) as error:
        return {"file_name": file.original_name, **_problem(error)}
    keeping.keep_draft(person(request), scenario, opened.base.number if opened.base else 0, text)
    messages.success(
        request, f"{file.original_name} is attached: {facts.rows:,} payments. Save to make a version."
    )
    return {}


def scenario_participants(request: HttpRequest, scenario_id: UUID) -> HttpResponse:
    """Take banks, balances and credit limits from a participants file into the draft."""
    user = person(request)
    scenario = owned_scenario(user, scenario_id)
    context: dict[str, Any] = {"page_name": "scenarios", "scenario": scenario}
    upload = _upload(request, "participants")
    if request.method == "POST" and upload is None:
        context["problem"] = "Choose a participants file first."
    elif upload is not None:
        try:
            with attaching.received(upload) as path:
                banks = read_participants(path)
            opened = keeping.open_text(user, scenario)
            text = attaching.put_participants(opened.text, banks)
        except (PaymentFileRefused, ValueError) as error:
            context |= {"file_name": upload.name, **_problem(error)}
        else:
            keeping.keep_draft(user, scenario, opened.base.number if opened.base else 0, text)
            messages.success(request, f"{len(banks):,} banks taken over. Save to make a version.")
            return redirect("scenario_edit", scenario.pk)
    return render(request, "simulations/scenarios/participants.html", context)
