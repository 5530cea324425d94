"""Interventions that wait, and branches: what if, from a tick on."""

from typing import Any
from uuid import UUID

from ninja import Router, Schema, Status
from pydantic import Field

from simulations import access
from simulations.api.bodies import require_quota
from simulations.api.records import Applied
from simulations.api.refusals import FaultyDocument
from simulations.api.simulations import NOT_YOURS, STEERED, Made
from simulations.api.who import Asked
from simulations.models import Intervention
from simulations.runs import manager

router = Router(tags=["simulations"])


class Scheduled(Schema):
    """Interventions by sequence number."""

    scheduled: list[Applied]


class Branch(Schema):
    """Where a branch begins, and what is done differently there."""

    tick: int = Field(description="it stands before this tick, which the run has reached")
    events: list[dict[str, Any]] = Field([], max_length=1000, description="applied in the branch only")
    name: str = Field("", max_length=160)


@router.get(
    "/{run_id}/events/scheduled", response={200: Scheduled, **NOT_YOURS}, summary="Interventions to come"
)
def scheduled_events(request: Asked, run_id: UUID) -> dict[str, Any]:
    """Return the interventions that were accepted and have not taken effect yet."""
    run = access.visible_run(request.user, run_id)
    made = run.interventions.select_related("made_by").order_by("seq")
    return {"scheduled": made.filter(status=Intervention.Status.SCHEDULED, tick__gte=run.tick)}


@router.delete(
    "/{run_id}/events/scheduled/{seq}",
    response={200: Applied, 400: FaultyDocument, **STEERED},
    summary="Take an intervention back",
)
def withdraw_event(request: Asked, run_id: UUID, seq: int) -> Intervention:
    """Withdraw an intervention that has not taken effect."""
    return manager.withdraw(access.steerable_run(request.user, run_id), seq, by=request.user)


@router.post(
    "/{run_id}/branch", response={201: Made, 400: FaultyDocument, **STEERED}, summary="Branch from a tick"
)
def branch(request: Asked, run_id: UUID, what: Branch) -> Status[dict[str, UUID]]:
    """Make a paused simulation of your own that stands where this one stood, with the same randomness.

    Its interventions up to that tick are kept, later ones are not; `events` are applied on top.
    """
    parent = access.visible_run(request.user, run_id)
    require_quota(request.user)
    run = manager.branch(parent, what.tick, request.user, events=what.events, name=what.name)
    return Status(201, {"simulation_id": run.pk})
