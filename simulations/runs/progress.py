"""How far a live run is, as its row says it: whoever takes the run up begins there, with the same goal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Case, F, Value, When
from django.db.models.functions import Greatest

from simulations.models import Run

if TYPE_CHECKING:
    from simulations.runs.driver import LiveRun

NO_GOAL: dict[str, Any] = {"goal_tick": None, "goal_event": ""}


def progress(live: LiveRun) -> dict[str, Any]:
    """Return the columns that say how far a run is, for a row that moves to another state."""
    return {"tick": live.tick, "engine_seconds": live.engine_seconds, **_goal(live)}


def note_progress(live: LiveRun, tick: int | None = None) -> bool:
    """Write how far a run is that is not over, or at least `tick`; False when the claim is lost.

    A row never goes back: somebody else may have written more meanwhile. Only one that goes on has a goal,
    which is taken from it by who steers it, not by who only stores up to a `tick`.
    """
    goal = {name: value for name, value in _goal(live).items() if tick is None or value}
    ours = Run.objects.filter(pk=live.run_id, epoch=live.epoch)
    found = ours.filter(status__in=Run.LIVE).update(
        tick=Greatest("tick", live.tick if tick is None else tick),
        engine_seconds=Greatest("engine_seconds", live.engine_seconds),
        **{name: _if_it_goes_on(name, value) for name, value in goal.items()},
    )
    return bool(found) or ours.exists()


def _if_it_goes_on(name: str, value: Any) -> Case:
    field: Any = Run._meta.get_field(name)
    new = Value(value, output_field=field)
    return Case(When(status=Run.Status.RUNNING, then=new), default=F(name), output_field=field)


def _goal(live: LiveRun) -> dict[str, Any]:
    return {"goal_tick": live.goal_tick, "goal_event": live.until or ""}
