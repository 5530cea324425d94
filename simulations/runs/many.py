"""Taking several runs away at once: first the page that names what goes, then the deed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from simulations.models import Run
from simulations.runs import lifecycle, manager
from simulations.runs.ownership import Gone

MOST = 500


@require_POST
def runs_delete(request: HttpRequest) -> HttpResponse:
    """Name the runs that would go and those that stay; with `confirmed`, delete them."""
    user: Any = request.user
    visible = Run.objects.visible_to(user).filter(pk__in=_ids(request.POST.getlist("run")))
    chosen = list(visible.select_related("owner").defer("metrics"))
    going = [run for run in chosen if run.owner_id == user.pk and not run.is_under_review]
    if request.POST.get("confirmed") and going:
        gone = sum(_delete(request, run) for run in going)
        messages.success(request, f"{gone} run{'s' if gone != 1 else ''} deleted.")
        return redirect("history")
    context = {
        "going": going,
        "staying": [run for run in chosen if run not in going],
        "page_name": "runs",
    }
    return render(request, "simulations/runs/delete_many.html", context)


def _delete(request: HttpRequest, run: Run) -> bool:
    user: Any = request.user
    try:
        manager.delete(run, user)
    except (lifecycle.Conflict, Gone) as problem:
        messages.error(request, f"{run.name}: {problem}")
        return False
    return True


def _ids(texts: list[str]) -> list[UUID]:
    ids = []
    for text in texts[:MOST]:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return ids
