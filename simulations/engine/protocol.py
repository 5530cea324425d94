"""What a settlement engine offers the workbench."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self, runtime_checkable

from numpy.typing import NDArray

Columns = dict[str, Any]
PaymentColumns = Mapping[str, NDArray[Any]]

# What can happen, as `type` of the events column names it.
EVENT_TYPES = (
    *("arrived", "split", "released", "held", "queued", "settled", "overdue", "dropped"),
    *("reprioritised", "intervened", "refused", "credited", "day_closed"),
)


@runtime_checkable
class SimulationBackend(Protocol):
    """One run of one scenario. Money is int cents; every answer is fresh and belongs to the caller.

    ValueError: refused, nothing has changed. RuntimeError: a bug; the run accepts nothing further.
    """

    def tick(self) -> dict[str, Any]:
        """Run one tick and return its result with a row per agent; ValueError when finished."""

    def advance(self, max_ticks: int, budget_ms: int | None = None) -> dict[str, Any]:
        """Run up to `max_ticks`, less when `budget_ms` is used up, on `cancel()` or at the end.

        Returns sums and last values, `ticks` that ran and `finished`. Other threads go on meanwhile.
        """

    def cancel(self) -> None:
        """Make an `advance` under way in another thread return between two ticks."""

    def get_state(self) -> dict[str, Any]:
        """Return balances, queues and totals between two ticks."""

    def apply(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Accept an intervention, now or at a later `tick`; returns tick and sequence, or ValueError."""

    def scheduled(self) -> list[dict[str, Any]]:
        """Return `tick` and `sequence` of the interventions that have not taken effect yet."""

    def withdraw(self, sequence: int) -> None:
        """Take back an intervention that has not taken effect yet; ValueError if there is none."""

    def explain(self, payment_id: str) -> dict[str, Any]:
        """Say why a payment waits; ValueError if there is no such payment."""

    def frame(self, series: Sequence[str], from_tick: int, max_points: int) -> bytes:
        """Return points of a chart: tick and series as little-endian float64 columns after one another."""

    def drain(self) -> dict[str, Columns]:
        """Move out `series`, `events` and `payments` recorded since the last drain: the next stored part.

        A column that says the same in every row may repeat one value, read-only.
        """

    def series(self, agents: Sequence[str] | None = None) -> Columns:
        """Return the tick figures still held, with the balances of `agents`."""

    def events(self) -> Columns:
        """Return the events still held."""

    def payments(self) -> Columns:
        """Return the payments still held."""

    def metrics(self) -> dict[str, Any]:
        """Return the measures so far: of the system, by day, by agent."""

    def snapshot(self) -> bytes:
        """Return the live state, to be restored with the same config; no columns, no settled history."""

    def digest(self) -> str:
        """Return the hash over all events so far, 64 hexadecimal characters."""

    @classmethod
    def restore(cls, data: bytes, config: Mapping[str, Any], payments: PaymentColumns | None = None) -> Self:
        """Return the run a snapshot was taken of; ValueError if it is damaged or of something else."""
