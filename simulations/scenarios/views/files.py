"""Files in and out: scenarios as YAML, payment files, participants files."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from simulations.access import owned_scenario, visible_scenario
from simulations.config.importing import PaymentFileRefused, read_participants
from simulations.models import FileImport, PaymentFile, Scenario
from simulations.scenarios import attaching, keeping, taking
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


def scenario_import(request: HttpRequest) -> HttpResponseBase:
    """Make a scenario of a YAML or JSON file, or of a payment file with all its banks."""
    context: dict[str, Any] = {
        "page_name": "scenarios",
        "fraction": FRACTION_DEFAULT,
        "imports": taking.recent(person(request)),
    }
    if request.method == "POST":
        onward, problem = _imported(request)
        if onward:
            return _go(request, onward)
        context |= problem | {"fraction": round(_fraction(request) * 100)}
    return render(request, "simulations/scenarios/import.html", context)


def _imported(request: HttpRequest) -> tuple[str, dict[str, Any]]:
    """Return where to go on, or what is wrong."""
    user = person(request)
    document, payments = _upload(request, "document"), _upload(request, "payments")
    if document is not None:
        if (document.size or 0) > settings.MAX_DOCUMENT_BYTES:
            most = settings.MAX_DOCUMENT_BYTES // 2**20
            return "", {
                "problem": f"The scenario has more than {most} MB. Long lists belong in a payment file."
            }
        try:
            text = document.read().decode("utf-8-sig").replace("\0", "\ufffd")
        except UnicodeDecodeError as error:
            return "", {
                "problem": f"The file is not UTF-8 text: byte {error.start + 1:,} is not a character."
            }
        made = keeping.create(user, text, (document.name or "").rpartition(".")[0])
        return reverse("scenario_edit", args=[made.pk]), {}
    if payments is not None:
        return _taken(request, payments, None)
    return "", {"problem": "Choose a file first: a scenario (YAML or JSON) or a payment file (CSV)."}


def _taken(
    request: HttpRequest, upload: UploadedFile[bytes], scenario: Scenario | None
) -> tuple[str, dict[str, Any]]:
    """Take a payment file in, a large one in the background; return where to go on, or what is wrong."""
    user, percent = person(request), round(_fraction(request) * 100)
    try:
        if (upload.size or 0) > taking.AT_ONCE_BYTES:
            return reverse("import_progress", args=[taking.begin(user, upload, scenario, percent).pk]), {}
        with attaching.received(upload) as path:
            taken = taking.take(user, path, upload.name or "", scenario, percent)
    except (PaymentFileRefused, TooLarge) as error:
        return "", {"file_name": upload.name, **_problem(error)}
    return _after(taken.scenario, taken.file if scenario else None), {}


def _after(scenario: Scenario, attaching_file: PaymentFile | None) -> str:
    """Return where a person goes on once a file is in: to its scenario, or to choosing how to attach it."""
    if attaching_file is None:
        return reverse("scenario_edit", args=[scenario.pk])
    return f"{reverse('scenario_payments', args=[scenario.pk])}?file={attaching_file.sha256}"


def _go(request: HttpRequest, address: str) -> HttpResponseBase:
    """Send the browser on, also from an upload that the page's script follows."""
    return HttpResponseClientRedirect(address) if request.headers.get("HX-Request") else redirect(address)


def import_progress(request: HttpRequest, import_id: UUID) -> HttpResponseBase:
    """Show how far the reading of a large file is (to htmx, the part alone), and what came of it."""
    incoming = taking.look(_own_import(request, import_id))
    context: dict[str, Any] = {"page_name": "scenarios", "incoming": incoming, "scenario": incoming.scenario}
    if incoming.state == FileImport.State.TAKEN and incoming.scenario is not None:
        return _go(request, _after(incoming.scenario, incoming.file if incoming.attaches else None))
    if incoming.state == FileImport.State.REFUSED:
        context |= {"file_name": incoming.name, **_problem(taking.refused_of(incoming))}
    name = "_progress.html" if request.headers.get("HX-Request") else "progress.html"
    return render(request, f"simulations/scenarios/{name}", context)


@require_POST
def import_cancel(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """End the reading of a large file; nothing of it stays."""
    taking.cancel(_own_import(request, import_id))
    return redirect("import_progress", import_id)


def _own_import(request: HttpRequest, import_id: UUID) -> FileImport:
    return get_object_or_404(
        FileImport.objects.select_related("scenario"), pk=import_id, user=person(request)
    )


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


def scenario_payments(request: HttpRequest, scenario_id: UUID) -> HttpResponseBase:
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
    chosen = attached_file(request.GET.get("file", ""))
    if request.method == "POST" and request.POST.get("file"):
        problem = _attach(request, scenario, opened)
        if not problem:
            return redirect("scenario_edit", scenario.pk)
        context |= problem
    elif request.method == "POST" and upload is None:
        context["problem"] = "Choose a payment file first."
    elif upload is not None:
        onward, problem = _taken(request, upload, scenario)
        if onward:
            return _go(request, onward)
        context |= problem
    elif chosen is not None:
        context |= _facts_shown(chosen, opened.text)
    return render(request, "simulations/scenarios/payments.html", context)


def _facts_shown(file: PaymentFile, text: str) -> dict[str, Any]:
    """Return what is shown of a kept file before it is written into a text."""
    try:
        facts = attaching.facts_of(file, text)
    except PaymentFileRefused as refused:
        return {"file_name": file.original_name, **_problem(refused)}
    missing = attaching.missing_banks(facts, text)
    return {
        "facts": facts,
        "file": file,
        "missing": missing,
        "shown_banks": missing[:40],
        "upper": sum(facts.upper.values()),
        "lower": sum(facts.lower.values()),
    }


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
