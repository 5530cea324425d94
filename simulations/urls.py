"""The workbench's addresses, one include a folder."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, include, path

from simulations.models import Run
from simulations.results.urls import urlpatterns as results
from simulations.runs import manager


def drained(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Have a live run store what it holds before its results are read, which know only what is stored."""

    @wraps(view)
    def read(request: HttpRequest, run_id: UUID, **named: Any) -> HttpResponse:
        run = Run.objects.visible_to(request.user).live().filter(pk=run_id).first()
        if run is not None:
            with suppress(manager.Gone):  # on a full disk, say: then they show what is stored
                manager.keep(run)
        return view(request, run_id=run_id, **named)

    return read


def reading_stored_runs(patterns: list[URLPattern]) -> list[URLPattern]:
    """Have every address of one run drain it first; here, as results and runs do not know one another."""
    for pattern in patterns:
        if "run_id" in pattern.pattern.converters:
            pattern.callback = drained(pattern.callback)
    return patterns


urlpatterns = [
    path("", include("simulations.home.urls")),
    path("scenarios/", include("simulations.scenarios.urls")),
    path("runs/", include("simulations.runs.urls")),
    path("runs/", include("simulations.review.urls")),
    path("", include(reading_stored_runs(results))),
    path("api/", include("simulations.api.urls")),
]
