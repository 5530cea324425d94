"""Asking for review, from the result page of a run."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from simulations import access
from simulations.review import states


@require_POST
def review_request(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask for the review of one's own finished run."""
    run = access.owned_run(request.user, run_id)
    try:
        states.request_review(run, cast(User, request.user))
    except states.ReviewRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Review is asked for. The run stays as it is until somebody decides.")
    return redirect("run_results", run_id=run.pk)
