"""Why payments waited at a tick that has passed: the run is computed again up to there and its engine asked.

Reasons are not stored: every tick has others. The nearest checkpoint before keeps the way short.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulations import storage
from simulations.engine.rust_backend import ENGINE_VERSION
from simulations.models import Artifact, Run
from simulations.runs.registry import registry
from simulations.runs.replay import Replay, Unrepeatable, inputs_of

LEFT = frozenset({"settled", "dropped"})
# What the engine says of a payment; nothing of it applies to one that has left.
EXPLAINED = (
    *("payment", "status", "reason", "missing", "head", "head_reason", "head_missing", "settlement_tick"),
    *("bilateral_would_settle", "multilateral_would_settle"),
)


def explained_at(run: Run, tick: int, payments: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the engine's explanation of each payment as `tick` closed, by payment id.

    Payments that the run had not seen by then, such as the parts of one split later, are left out. The run
    itself is neither needed in memory nor disturbed. Raises ValueError for a tick that has not been run and
    `Unrepeatable` where another engine version made the run or its inputs are gone.
    """
    live = registry.held(run.pk)
    ran = run.tick if live is None else live.tick
    if isinstance(tick, bool) or not isinstance(tick, int) or not 0 <= tick < ran:
        reached = f"from 0 to {ran - 1:,}" if ran else "of a run that has started"
        raise ValueError(f"tick must be an integer {reached}")
    if run.engine_version != ENGINE_VERSION:
        raise Unrepeatable(f"It ran on engine {run.engine_version}; this is {ENGINE_VERSION}.")
    replay = Replay(run, inputs_of(run), from_tick=tick + 1)
    replay.go_to(tick + 1, lambda _: replay.backend.drain())
    found = {}
    for payment in payments:
        try:
            found[payment] = replay.backend.explain(payment)
        except ValueError:  # not there yet
            continue
    return found


def left_by(run: Run, tick: int, payment: str) -> dict[str, Any] | None:
    """Return the explanation of a payment that had left when `tick` closed; None of one that had not.

    An engine taken up at a checkpoint no longer has it; what is stored has.
    """
    names = run.part_names(Artifact.Kind.PAYMENTS)
    where = [storage.Where("id", "=", payment), storage.Where("end_tick", "<=", tick)]
    rows = storage.page(run.pk, "payments", names, where=where, limit=1).rows
    if not rows or rows[0]["status"] not in LEFT:
        return None
    return dict.fromkeys(EXPLAINED) | {"payment": payment, "status": rows[0]["status"]}
