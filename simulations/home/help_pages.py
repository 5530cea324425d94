"""Help: the concepts in plain words, the file format, the API, and the parts pages are made of."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from simulations.config.schema import SimulationConfig
from simulations.home.format_tables import Part, parts_of
from simulations.models import Run

PAGES = {
    "start": "What this is",
    "settlement": "How payments settle",
    "steering": "Watching and steering",
    "scenario-file": "The scenario file",
    "payment-files": "Payment files",
    "api": "The API",
    "components": "Components",
}
STAFF_ONLY = {"components"}


def help_page(request: HttpRequest, page: str) -> HttpResponse:
    """One page of help."""
    is_staff = bool(getattr(request.user, "is_staff", False))
    pages = {name: title for name, title in PAGES.items() if is_staff or name not in STAFF_ONLY}
    if page not in pages:
        raise Http404("No such page of help.")
    more: Callable[[], dict[str, Any]] = CONTEXTS.get(page, dict)
    context = {"page_name": "help", "pages": pages, "page": page, "title": pages[page], **more()}
    return render(request, f"simulations/home/help/{page}.html", context)


@cache
def _format_parts() -> list[Part]:
    return parts_of(SimulationConfig.json_schema())


def _samples() -> dict[str, Any]:
    return {
        "statuses": [*Run.Status.values, *Run.Review.values[1:], "queued", "settled", "dropped"],
        "banks": [("NORD", 4_200_000, 0, "settled"), ("SUND", 1_250_050, 12, "queued")] * 12,
    }


CONTEXTS: dict[str, Callable[[], dict[str, Any]]] = {
    "scenario-file": lambda: {"parts": _format_parts()},
    "components": _samples,
}
