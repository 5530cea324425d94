"""The history over HTTP: every run one may see."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from simulations.api.refusals import FaultyDocument, Refusal
from simulations.api.simulations import RunFacts
from simulations.models import Run

router = Router(tags=["simulations"])


class Wanted(Schema):
    """Which runs, and which page of them."""

    status: Literal["created", "running", "paused", "interrupted", "finished", "stopped", "failed"] | None = (
        None
    )
    scenario: UUID | None = None
    owner: Annotated[str, Field(max_length=150)] | None = Field(None, description="a user name")
    limit: int = Field(100, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=10_000_000)


class Runs(Schema):
    """A page of runs, the newest first, and how many there are in all."""

    runs: list[RunFacts]
    total: int


@router.get("", response={200: Runs, 400: FaultyDocument, 401: Refusal}, summary="All runs")
def list_runs(request: HttpRequest, wanted: Query[Wanted]) -> dict[str, Any]:
    """Return your own runs and those shared with you."""
    runs = Run.objects.visible_to(request.user).select_related("owner", "version").defer("metrics")
    if wanted.status is not None:
        runs = runs.filter(status=wanted.status)
    if wanted.scenario is not None:
        runs = runs.filter(version__scenario=wanted.scenario)
    if wanted.owner is not None:
        runs = runs.filter(owner__username=wanted.owner)
    return {"runs": runs[wanted.offset : wanted.offset + wanted.limit], "total": runs.count()}
