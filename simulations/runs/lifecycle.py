"""The life of a run: which state may follow which, who may cause it, and the one way to move.

created ──► running ◄──► paused
   │          │  │          │
   │          │  └► interrupted (its server died) ──► running | paused
   └──────────┴──────► finished | stopped | failed   (final)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from simulations.engine.rust_backend import ENGINE_VERSION
from simulations.models import AuditEntry, Run
from simulations.runs.ownership import Gone, LostClaim

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

Status = Run.Status


class Cause(Enum):
    """Who may cause a transition."""

    PERSON = "person"  # someone who may steer the run
    PROCESS = "process"  # the process that owns it


@dataclass(frozen=True)
class Transition:
    """One arrow of the state machine. `action` is what the audit log calls it."""

    source: str
    target: str
    action: str
    causes: frozenset[Cause]


def _arrow(source: str, target: str, action: str, *causes: Cause) -> Transition:
    return Transition(source, target, action, frozenset(causes))


_PERSON, _PROCESS = Cause.PERSON, Cause.PROCESS
TRANSITIONS = (
    _arrow(Status.CREATED, Status.RUNNING, "run.started", _PERSON),
    _arrow(Status.CREATED, Status.PAUSED, "run.stepped", _PERSON),
    _arrow(Status.CREATED, Status.STOPPED, "run.stopped", _PERSON, _PROCESS),
    _arrow(Status.CREATED, Status.FAILED, "run.failed", _PROCESS),
    _arrow(Status.RUNNING, Status.PAUSED, "run.paused", _PERSON, _PROCESS),
    _arrow(Status.RUNNING, Status.STOPPED, "run.stopped", _PERSON, _PROCESS),
    _arrow(Status.RUNNING, Status.FINISHED, "run.finished", _PROCESS),
    _arrow(Status.RUNNING, Status.FAILED, "run.failed", _PROCESS),
    _arrow(Status.RUNNING, Status.INTERRUPTED, "run.interrupted", _PROCESS),
    _arrow(Status.PAUSED, Status.RUNNING, "run.resumed", _PERSON),
    _arrow(Status.PAUSED, Status.STOPPED, "run.stopped", _PERSON, _PROCESS),
    _arrow(Status.PAUSED, Status.FINISHED, "run.finished", _PROCESS),
    _arrow(Status.PAUSED, Status.FAILED, "run.failed", _PROCESS),
    _arrow(Status.INTERRUPTED, Status.RUNNING, "run.brought_back", _PROCESS, _PERSON),
    _arrow(Status.INTERRUPTED, Status.PAUSED, "run.brought_back", _PROCESS, _PERSON),
    _arrow(Status.INTERRUPTED, Status.STOPPED, "run.stopped", _PERSON, _PROCESS),
    _arrow(Status.INTERRUPTED, Status.FAILED, "run.failed", _PROCESS),
)
_BY_ENDS = {(arrow.source, arrow.target): arrow for arrow in TRANSITIONS}

# What a person can do in each state: the toolbar, and the text of a conflict.
VERBS: dict[str, tuple[str, ...]] = {
    Status.CREATED: ("start", "tick", "step", "run_to", "speed", "apply", "stop", "branch", "delete"),
    Status.RUNNING: ("pause", "speed", "run_to", "apply", "stop", "branch", "delete"),
    Status.PAUSED: ("resume", "tick", "step", "run_to", "speed", "apply", "stop", "branch", "delete"),
    Status.INTERRUPTED: ("resume", "stop", "branch", "delete"),
    Status.FINISHED: ("branch", "delete"),
    Status.STOPPED: ("branch", "delete"),
    Status.FAILED: ("branch", "delete"),
}


# Of these, what asks nothing of the engine: all that is left where a run cannot be computed again.
WITHOUT_ENGINE = frozenset({"stop", "delete"})
# What a run cannot do, in a sentence; the others are called what they are.
PHRASES = {
    "apply": "be intervened in",
    "run_to": "run to a tick",
    "speed": "change its speed",
    "tick": "run a tick",
}


class Conflict(Exception):
    """The run is in a state in which this is not possible. Names the state and what is possible."""

    def __init__(self, status: str, wanted: str, possible: tuple[str, ...] | None = None) -> None:
        self.status = status
        self.wanted = wanted
        self.possible = VERBS[status] if possible is None else possible
        super().__init__(
            f"The run is {status}: it cannot {wanted}. Possible now: {', '.join(self.possible) or 'nothing'}."
        )


def possible(run: Run) -> tuple[str, ...]:
    """Return what a person can do with a run as it stands: by its state, its engine and its review."""
    is_ours = run.status == Status.CREATED or run.engine_version == ENGINE_VERSION
    verbs = of_engine(run.status, is_ours=is_ours)
    return tuple(verb for verb in verbs if verb != "delete" or not run.is_under_review)


def of_engine(status: str, *, is_ours: bool) -> tuple[str, ...]:
    """Return what is possible in a state, for a run that this engine can compute again or not."""
    return tuple(verb for verb in VERBS[status] if is_ours or verb in WITHOUT_ENGINE)


def require(run: Run, verb: str) -> None:
    """Raise `Conflict` unless `verb` is possible in the run's state, `Gone` where it soon will be."""
    if run.status == Status.INTERRUPTED and verb in VERBS[Status.RUNNING]:
        if verb not in VERBS[Status.INTERRUPTED]:
            raise Gone("Its server ended; the run is being taken up again. Try again in a moment.")
    elif verb not in VERBS[run.status]:
        raise Conflict(run.status, PHRASES.get(verb, verb), possible(run))


def sources(target: str, cause: Cause) -> list[str]:
    """States from which `cause` may move a run to `target`."""
    return [arrow.source for arrow in TRANSITIONS if arrow.target == target and cause in arrow.causes]


def move(
    run: Run,
    to: str,
    actor: AbstractBaseUser | AnonymousUser | None,
    *,
    wanted: str = "",
    **facts: Any,
) -> Run:
    """Move a run to the state `to` and write the audit entry, both or neither.

    The update is conditional on the state and, for a process (`actor` None), on the epoch it holds, so that
    two who act at once cannot both win. `facts` are columns set with the state. Returns `run`, refreshed.
    Raises `Conflict` when the state forbids it and `LostClaim` when the epoch moved on.
    """
    cause = Cause.PROCESS if actor is None else Cause.PERSON
    now = timezone.now()
    if to == Status.RUNNING and run.started_at is None:
        facts["started_at"] = now
    if to in Run.OVER:
        facts["finished_at"] = now
    with transaction.atomic():
        before = Run.objects.select_for_update().filter(pk=run.pk).values_list("status", "epoch").first()
        if before is None:
            raise LostClaim(f"run {run.pk} is gone")
        status, epoch = before
        if actor is None and epoch != run.epoch:
            raise LostClaim(f"run {run.pk} has epoch {epoch}, not {run.epoch}")
        if status not in sources(to, cause):
            run.status = status
            raise Conflict(status, wanted or _verb_for(to), possible(run))
        changed = Run.objects.filter(pk=run.pk, status=status, epoch=epoch).update(status=to, **facts)
        if not changed:
            raise LostClaim(f"run {run.pk} changed hands")
        AuditEntry.objects.record(
            actor, _BY_ENDS[status, to].action, run, tick=facts.get("tick", run.tick), before=status
        )
    run.status = to
    for name, value in facts.items():
        setattr(run, name, value)
    return run


def _verb_for(target: str) -> str:
    """Name what was asked for by where it leads."""
    return {
        Status.CREATED: "begin anew",
        Status.RUNNING: "start",
        Status.PAUSED: "pause",
        Status.STOPPED: "stop",
        Status.FINISHED: "finish",
        Status.FAILED: "fail",
        Status.INTERRUPTED: "be interrupted",
    }[Status(target)]
