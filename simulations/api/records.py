"""Events and payments of a simulation by page, and events applied to it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Body, Query, Router, Schema, Status
from pydantic import AfterValidator, Field

from simulations import access, storage
from simulations.api.refusals import FaultyDocument
from simulations.api.simulations import STEERED
from simulations.api.who import Asked
from simulations.engine.protocol import EVENT_TYPES
from simulations.models import Intervention, Run
from simulations.runs import manager
from simulations.storage import Where

router = Router(tags=["simulations"])
Text = Annotated[str, Field(max_length=64)]


def _known_type(value: str) -> str:
    if value not in EVENT_TYPES:
        raise ValueError(f"there is no such type of event; known are {', '.join(EVENT_TYPES)}")
    return value


EventType = Annotated[str, AfterValidator(_known_type), Field(json_schema_extra={"enum": list(EVENT_TYPES)})]


class PageWanted(Schema):
    """Where a page begins and how long it is."""

    cursor: int | None = Field(None, ge=0, le=2**62, description="`next` of the page before")
    limit: int = Field(100, ge=1, le=1000)


class EventsWanted(PageWanted):
    """Which events."""

    from_tick: int | None = Field(None, ge=0, le=2**32)
    to_tick: int | None = Field(None, ge=0, le=2**32, description="the last tick, included")
    agent: Text | None = Field(None, description="as agent or counterparty")
    type: EventType | None = None


class PaymentsWanted(PageWanted):
    """Which payments."""

    status: Literal["pending", "queued", "settled", "dropped"] | None = None
    agent: Text | None = Field(None, description="as sender or receiver")


class Events(Schema):
    """A page of events, in their order; `next` is null on the last one."""

    events: list[dict[str, Any]]
    next: int | None


class Applied(Schema):
    """An intervention: when it takes effect, by whom, and what became of it."""

    seq: int
    tick: int
    event: dict[str, Any]
    status: str
    reason: str
    made_by: str | None
    made_at: datetime

    @staticmethod
    def resolve_made_by(made: Intervention) -> str | None:
        """Return who made it."""
        return made.made_by.get_username() if made.made_by else None


class Payments(Schema):
    """A page of payments, in the order in which they came up; `next` is null on the last one."""

    payments: list[dict[str, Any]]
    next: int | None


@router.get("/{run_id}/events", response={200: Events, **STEERED}, summary="What happened")
def events(request: HttpRequest, run_id: UUID, wanted: Query[EventsWanted]) -> dict[str, Any]:
    """Return events so far; of one that runs, those that are stored already. Money in cents."""
    where = [
        *([Where("tick", ">=", wanted.from_tick)] if wanted.from_tick is not None else []),
        *([Where("tick", "<=", wanted.to_tick)] if wanted.to_tick is not None else []),
        *([Where(("agent", "counterparty"), "=", wanted.agent)] if wanted.agent is not None else []),
        *([Where("type", "=", wanted.type)] if wanted.type is not None else []),
    ]
    run = access.visible_run(request.user, run_id)
    return _page(run, "events", "seq", where, wanted)


@router.post(
    "/{run_id}/events",
    response={201: Applied, 400: FaultyDocument, **STEERED},
    summary="Step in",
)
def apply_event(request: Asked, run_id: UUID, event: Body[dict[str, Any]]) -> Status[Intervention]:
    """Have an event take effect in the next tick to be run, or in the `tick` it names.

    Types and keys as under `events` of a scenario. Answers 201 when it is accepted and stored.
    """
    run = access.steerable_run(request.user, run_id)
    return Status(201, manager.apply(run, event, by=request.user))


@router.get("/{run_id}/payments", response={200: Payments, **STEERED}, summary="Its payments")
def payments(request: HttpRequest, run_id: UUID, wanted: Query[PaymentsWanted]) -> dict[str, Any]:
    """Return payments with their state; of one that runs, as they were when last stored. Money in cents."""
    where = [
        *([Where("status", "=", wanted.status)] if wanted.status is not None else []),
        *([Where(("sender", "receiver"), "=", wanted.agent)] if wanted.agent is not None else []),
    ]
    run = access.visible_run(request.user, run_id)
    return _page(run, "payments", "payment", where, wanted)


def _page(run: Run, kind: storage.Kind, key: str, where: list[Where], wanted: PageWanted) -> dict[str, Any]:
    """Return a page by key: what comes after the cursor, never a row twice while the run goes on."""
    manager.keep(run)
    if wanted.cursor is not None:
        where = [*where, Where(key, ">", wanted.cursor)]
    names = run.part_names(kind)
    rows = storage.page(run.pk, kind, names, where=where, order=[key], limit=wanted.limit + 1).rows
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    return {kind: rows, "next": rows[-1][key] if more else None}
