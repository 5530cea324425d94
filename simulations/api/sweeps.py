"""Sweeps over HTTP: one scenario with many seeds, its measures by seed and its bands over time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Query, Router, Schema, Status
from ninja.errors import HttpError
from pydantic import Field

from simulations import access
from simulations.api.bodies import SCENARIO_BODY, require_quota, scenario_text
from simulations.api.refusals import FaultyDocument, Refusal, WrongState
from simulations.api.simulations import NOT_YOURS, Deleted
from simulations.api.who import Asked
from simulations.models import Document, Sweep
from simulations.runs import sweeping
from simulations.runs.creation import create_sweep
from simulations.storage import sweeps as stored

router = Router(tags=["sweeps"])
READ: dict[int, type[Schema]] = {**NOT_YOURS, 409: WrongState}


class SweepMade(Schema):
    """The new sweep; it is worked on at once, or when its turn comes."""

    sweep_id: UUID


class SweepFacts(Schema):
    """A sweep: its inputs, where it stands and, once finished, the spread of each measure. Money in cents."""

    sweep_id: UUID
    name: str
    owner: str
    shared: bool
    status: str
    done: int
    count: int
    first_seed: int
    liquidity_percent: int
    ticks_total: int
    num_agents: int
    document_sha256: str
    payment_file_sha256: str | None
    engine_version: str
    currency: dict[str, Any]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float | None
    failure: str
    summary: dict[str, dict[str, float | None]] | None

    @staticmethod
    def resolve_sweep_id(sweep: Sweep) -> UUID:
        """Name the sweep as the rest of the API does."""
        return sweep.pk

    @staticmethod
    def resolve_owner(sweep: Sweep) -> str:
        """Return the owner's name."""
        return sweep.owner.get_username()

    @staticmethod
    def resolve_document_sha256(sweep: Sweep) -> str:
        """Return the hash of the scenario text."""
        return sweep.document_id

    @staticmethod
    def resolve_payment_file_sha256(sweep: Sweep) -> str | None:
        """Return the hash of the attached payment file."""
        return sweep.payment_file_id

    @staticmethod
    def resolve_done(sweep: Sweep) -> int:
        """Return how many seeds are done, to the moment."""
        return sweeping.done(sweep)


class Sweeps(Schema):
    """A page of sweeps, the newest first, and how many there are in all."""

    sweeps: list[SweepFacts]
    total: int


class NewSweep(Schema):
    """How to run a document with many seeds."""

    seeds: int = Field(100, description="how many, 1 to 10,000")
    first_seed: int | None = Field(None, description="0 to 2^63-1; the document's by default")
    scenario: UUID | None = Field(None, description="run a saved scenario; then there is no body")
    version: int | None = Field(None, description="its version; the newest by default")
    liquidity_percent: int = Field(100, description="1 to 1000: of balances, credit lines and collateral")
    name: str = Field("", description="by default made of scenario, seeds and liquidity")
    shared: bool = Field(False, description="for everyone signed in to see")


class SweepsWanted(Schema):
    """Which page of the sweeps."""

    limit: int = Field(100, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=10_000_000)


@router.post(
    "",
    response={201: SweepMade, 400: FaultyDocument, 401: Refusal, 413: Refusal, 429: Refusal},
    openapi_extra=SCENARIO_BODY,
    summary="Run a scenario with many seeds",
)
def make_sweep(request: Asked, how: Query[NewSweep]) -> Status[dict[str, UUID]]:
    """Run the scenario in the body, or with `scenario` a saved one, once a seed from `first_seed` on."""
    require_quota(request.user, Sweep)
    if not 1 <= how.liquidity_percent <= 1000:
        raise ValueError("liquidity_percent must be from 1 to 1000")
    version = None
    if how.scenario is not None:
        versions = access.visible_scenario(request.user, how.scenario).versions.select_related("document")
        version = versions.filter(number=how.version).first() if how.version else versions.first()
        if version is None:
            raise HttpError(404, "The scenario has no such version.")
    sweep = create_sweep(
        request.user,
        document=version.document if version else Document.objects.of_text(scenario_text(request)),
        version=version,
        count=how.seeds,
        first_seed=how.first_seed,
        liquidity_percent=how.liquidity_percent,
        name=how.name[:160],
        shared=how.shared,
    )
    sweeping.begin(sweep)
    return Status(201, {"sweep_id": sweep.pk})


@router.get("", response={200: Sweeps, 400: FaultyDocument, 401: Refusal}, summary="All sweeps")
def list_sweeps(request: Asked, wanted: Query[SweepsWanted]) -> dict[str, Any]:
    """Return your own sweeps and those shared with you."""
    found = Sweep.objects.visible_to(request.user).select_related("owner")
    return {"sweeps": found[wanted.offset : wanted.offset + wanted.limit], "total": found.count()}


@router.get("/{sweep_id}", response={200: SweepFacts, **NOT_YOURS}, summary="A sweep")
def get_sweep(request: Asked, sweep_id: UUID) -> Sweep:
    """Return its inputs, how many seeds are done and, once finished, mean, quantiles and errors."""
    return sweeping.look_after(access.visible_sweep(request.user, sweep_id))


@router.get(
    "/{sweep_id}/measures", response={200: dict[str, list[Any]], **READ}, summary="Its measures by seed"
)
def sweep_measures(request: Asked, sweep_id: UUID) -> dict[str, list[Any]]:
    """Return `seed`, each measure and `digest` as columns with a value a seed; null where there is none."""
    return stored.read(_finished(request, sweep_id), "seeds")


@router.get("/{sweep_id}/bands", response={200: dict[str, list[Any]], **READ}, summary="Its bands over time")
def sweep_bands(request: Asked, sweep_id: UUID) -> dict[str, list[Any]]:
    """Return `tick` and, as columns, quantiles over the seeds as these ticks closed: `<series>_q05` … `_q95`
    of the system's series, of `throughput` (over the seeds that settle something; null without any) and of
    `balance:<ID>` of up to ten banks.
    """
    return stored.read(_finished(request, sweep_id), "bands")


def _finished(request: Asked, sweep_id: UUID) -> UUID:
    sweep = access.visible_sweep(request.user, sweep_id)
    sweeping.require_finished(sweep)
    return sweep_id


@router.post("/{sweep_id}/cancel", response={200: SweepFacts, **READ}, summary="End it before its time")
def cancel_sweep(request: Asked, sweep_id: UUID) -> Sweep:
    """Cancel it; nothing of it is kept."""
    return sweeping.cancel(access.steerable_sweep(request.user, sweep_id), request.user)


@router.delete("/{sweep_id}", response={200: Deleted, **NOT_YOURS}, summary="Delete it")
def delete_sweep(request: Asked, sweep_id: UUID) -> dict[str, str]:
    """Cancel it if it goes on, and take it away for good."""
    sweeping.delete(access.owned_sweep(request.user, sweep_id), request.user)
    return {"status": "deleted"}
