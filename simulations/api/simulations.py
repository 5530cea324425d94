"""Simulations over HTTP: runs like any other, made and stepped by scripts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Query, Router, Schema, Status
from ninja.errors import HttpError
from pydantic import Field

from simulations import access
from simulations.api.bodies import SCENARIO_BODY, require_quota, scenario_text
from simulations.api.refusals import FaultyDocument, Refusal, WrongState
from simulations.api.who import Asked
from simulations.models import Document, Run
from simulations.runs import manager
from simulations.runs.creation import create_run

router = Router(tags=["simulations"])
MOST_TICKS_A_CALL = 100_000
NOT_YOURS: dict[int, type[Schema]] = {401: Refusal, 403: Refusal, 404: Refusal}
STEERED: dict[int, type[Schema]] = {**NOT_YOURS, 409: WrongState, 503: Refusal}


class Made(Schema):
    """The new simulation."""

    simulation_id: UUID


class Deleted(Schema):
    """It is gone."""

    status: str


class RunFacts(Schema):
    """A run: its inputs, where it stands, and what came of it. Money in cents, times in UTC."""

    simulation_id: UUID
    name: str
    owner: str
    shared: bool
    starred: bool
    tags: list[str]
    status: str
    tick: int
    ticks_total: int
    ticks_per_day: int
    ticks_per_second: float | None
    num_agents: int
    scenario: UUID | None
    scenario_name: str
    version: int | None
    document_sha256: str
    payment_file_sha256: str | None
    seed: int
    liquidity_percent: int
    engine_version: str
    currency: dict[str, Any]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    engine_seconds: float
    digest: str
    review: str
    review_note: str
    failure: str
    arrived_count: int | None
    arrived_value: int | None
    settled_count: int | None
    settled_value: int | None
    settlement_rate: float | None
    average_delay: float | None
    rho: float | None
    liquidity_used: int | None
    total_cost: int | None

    @staticmethod
    def resolve_simulation_id(run: Run) -> UUID:
        """Name the run as the rest of the API does."""
        return run.pk

    @staticmethod
    def resolve_owner(run: Run) -> str:
        """Return the owner's name."""
        return run.owner.get_username()

    @staticmethod
    def resolve_scenario(run: Run) -> UUID | None:
        """Return the scenario its version belongs to."""
        return run.version.scenario_id if run.version else None

    @staticmethod
    def resolve_version(run: Run) -> int | None:
        """Return the version's number."""
        return run.version.number if run.version else None

    @staticmethod
    def resolve_document_sha256(run: Run) -> str:
        """Return the hash of the scenario text."""
        return run.document_id

    @staticmethod
    def resolve_payment_file_sha256(run: Run) -> str | None:
        """Return the hash of the attached payment file."""
        return run.payment_file_id


class MomentWanted(Schema):
    """Which moment of a run."""

    tick: int | None = Field(None, ge=0, le=2**32, description="as this tick closed; without it, now")


class NewRun(Schema):
    """How to run a document."""

    scenario: UUID | None = Field(None, description="run a saved scenario; then there is no body")
    version: int | None = Field(None, description="its version; the newest by default")
    seed: int | None = Field(None, description="0 to 2^63-1, in place of the document's")
    liquidity_percent: int = Field(100, description="1 to 1000: of balances, credit lines and collateral")
    name: str = Field("", description="by default made of scenario, seed and liquidity")
    shared: bool = Field(False, description="for everyone signed in to see")


@router.post(
    "",
    response={201: Made, 400: FaultyDocument, 401: Refusal, 413: Refusal, 429: Refusal},
    openapi_extra=SCENARIO_BODY,
    summary="Make a simulation of a scenario",
)
def make_simulation(request: Asked, how: Query[NewRun]) -> Status[dict[str, UUID]]:
    """Make a simulation of the scenario in the body, or with `scenario` of a saved one; it has not started.

    `seed` and `liquidity_percent` (1..1000) change what the document says of them.
    """
    require_quota(request.user)
    if not 1 <= how.liquidity_percent <= 1000:
        raise ValueError("liquidity_percent must be from 1 to 1000")
    if how.seed is not None and not 0 <= how.seed < 2**63:
        raise ValueError("seed must be from 0 to 2^63-1")
    version = None
    if how.scenario is not None:
        versions = access.visible_scenario(request.user, how.scenario).versions.select_related("document")
        version = versions.filter(number=how.version).first() if how.version else versions.first()
        if version is None:
            raise HttpError(404, "The scenario has no such version.")
        document = version.document
    else:
        document = Document.objects.of_text(scenario_text(request))
    run = create_run(
        request.user,
        document=document,
        version=version,
        seed=how.seed,
        liquidity_percent=how.liquidity_percent,
        name=how.name[:160],
        shared=how.shared,
    )
    return Status(201, {"simulation_id": run.pk})


@router.get("/{run_id}", response={200: RunFacts, **NOT_YOURS}, summary="A simulation")
def get_simulation(request: Asked, run_id: UUID) -> Run:
    """Return its inputs, where it stands, and what came of it."""
    return access.visible_run(request.user, run_id)


@router.delete("/{run_id}", response={200: Deleted, **NOT_YOURS, 409: WrongState}, summary="Delete it")
def delete_simulation(request: Asked, run_id: UUID) -> dict[str, str]:
    """Stop it and take it away for good; the audit log keeps its hashes. Runs under review are kept."""
    manager.delete(access.owned_run(request.user, run_id), request.user)
    return {"status": "deleted"}


@router.post(
    "/{run_id}/tick",
    response={200: dict[str, Any], 400: FaultyDocument, **STEERED},
    summary="Run one tick, or several",
)
def tick(request: Asked, run_id: UUID, count: int = 1) -> dict[str, Any]:
    """Return the result of the last tick that ran.

    With `count` (1 to 100,000) also `sums` over the ticks of this call and how many `ran`: as many as fit in
    2 s. Only for simulations that rest.
    """
    run = access.steerable_run(request.user, run_id)
    if not 1 <= count <= MOST_TICKS_A_CALL:
        raise ValueError(f"count must be from 1 to {MOST_TICKS_A_CALL:,}")
    return manager.tick(run, count, by=request.user)


@router.get(
    "/{run_id}/state",
    response={200: dict[str, Any], 400: FaultyDocument, **STEERED},
    summary="Its state now, or at a tick that passed",
)
def state(
    request: Asked,
    run_id: UUID,
    wanted: Query[MomentWanted],
) -> dict[str, Any]:
    """Return tick, balances, queues (the first 1,000 payments each) and totals.

    With `tick` as that tick closed, read from what is stored: `sent`, `received`, `totals` and so on are
    those of then; the first 1,000 payments that waited are listed in all, `pending` ones among them.
    """
    run = access.visible_run(request.user, run_id)
    if wanted.tick is not None:
        return manager.state_at(run, wanted.tick)
    with manager.in_turn(request.user.pk):
        return manager.state(run)


@router.get(
    "/{run_id}/explain",
    response={200: dict[str, Any], 400: FaultyDocument, **STEERED},
    summary="Why a payment waits, or waited at a tick that passed",
)
def explain(request: Asked, run_id: UUID, payment: str, wanted: Query[MomentWanted]) -> dict[str, Any]:
    """Return the reason, what is missing in cents, the head it stands behind and what would settle it now.

    With `tick` as that tick closed: the run is computed again up to there from its nearest checkpoint.
    """
    with manager.in_turn(request.user.pk):
        return manager.explain(access.visible_run(request.user, run_id), payment, wanted.tick)


@router.get("/{run_id}/metrics", response={200: dict[str, Any], **STEERED}, summary="Its measures")
def metrics(request: Asked, run_id: UUID) -> dict[str, Any]:
    """Return the measures so far: of the system, by day, by agent."""
    with manager.in_turn(request.user.pk):
        return manager.metrics(access.visible_run(request.user, run_id))


@router.post("/{run_id}/start", response={200: RunFacts, **STEERED}, summary="Let it go on by itself")
def start(request: Asked, run_id: UUID) -> Run:
    """Start it; one that runs stays running."""
    return manager.start(access.steerable_run(request.user, run_id), by=request.user)


@router.post("/{run_id}/pause", response={200: RunFacts, **STEERED}, summary="Let it rest")
def pause(request: Asked, run_id: UUID) -> Run:
    """Pause it and store what it recorded; one that rests stays paused."""
    return manager.pause(access.steerable_run(request.user, run_id), by=request.user)


@router.post("/{run_id}/resume", response={200: RunFacts, **STEERED}, summary="Let it go on")
def resume(request: Asked, run_id: UUID) -> Run:
    """Resume it; one that runs stays running."""
    return manager.resume(access.steerable_run(request.user, run_id), by=request.user)


@router.post("/{run_id}/stop", response={200: RunFacts, **STEERED}, summary="End it before its time")
def stop(request: Asked, run_id: UUID) -> Run:
    """Stop it for good; what happened so far is kept."""
    return manager.stop(access.steerable_run(request.user, run_id), by=request.user)
