"""The start page: the gallery, what runs now, what ran last."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from simulations.models import Run
from simulations.scenarios.gallery import cards

RECENT = 8


def start(request: HttpRequest) -> HttpResponse:
    """One click from here to a running day."""
    visible = Run.objects.visible_to(request.user).select_related("owner")
    context = {
        "page_name": "start",
        "cards": cards(),
        "running": _running(request),
        "recent": visible.filter(status__in=Run.OVER)[:RECENT],
    }
    return render(request, "simulations/home/start.html", context)


def running_now(request: HttpRequest) -> HttpResponse:
    """The part of the start page that fetches itself anew."""
    return render(request, "simulations/home/_running.html", {"running": _running(request)})


def _running(request: HttpRequest) -> list[Run]:
    return list(Run.objects.visible_to(request.user).live().select_related("owner")[:RECENT])
