"""Help: the concepts in plain words, the file format, the API, and the parts pages are made of."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from simulations.models import Run

PAGES = {"components": "Components"}
STAFF_ONLY = {"components"}


def help_page(request: HttpRequest, page: str) -> HttpResponse:
    """One page of help."""
    if page not in PAGES or (page in STAFF_ONLY and not getattr(request.user, "is_staff", False)):
        raise Http404("No such page of help.")
    context: dict[str, Any] = {"page_name": "help", "pages": PAGES, "page": page, "title": PAGES[page]}
    if page == "components":
        context |= {
            "statuses": [*Run.Status.values, *Run.Review.values[1:], "queued", "settled", "dropped"],
            "banks": [("NORD", 4_200_000, 0, "settled"), ("SUND", 1_250_050, 12, "queued")] * 12,
        }
    return render(request, f"simulations/home/help/{page}.html", context)
