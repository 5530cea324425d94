"""The engine, spoken to as the auditor is: its columns turned into rows, its codes into words."""

from typing import Any

from payment_simulator_core_rs import Orchestrator

TEXT_COLUMNS = ("sender", "receiver", "rail", "status", "method")
WHOLE_COLUMNS = ("parent", "amount", "priority", "arrival_tick", "deadline_tick", "release_tick", "end_tick")


class Engine:
    """One run of the Rust core, with the answers of `auditor.comparison.Run`."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._run = Orchestrator.new(document)

    def tick(self) -> dict[str, Any]:
        """Run one tick."""
        return self._run.tick()

    def apply(self, event: dict[str, Any]) -> dict[str, Any]:
        """Intervene."""
        return self._run.apply(event)

    def explain(self, payment_id: str) -> dict[str, Any]:
        """Ask why a payment waits."""
        return self._run.explain(payment_id)

    def get_state(self) -> dict[str, Any]:
        """Where the run stands, the queues as sorted ids."""
        state = self._run.get_state()
        queues = state["queues"]
        state["queues"] = {rail: sorted(p["id"] for p in queues[rail]["payments"]) for rail in queues}
        return state

    def payments(self) -> list[dict[str, Any]]:
        """Every payment, or its parts, sorted by id; none is None."""
        columns = self._run.payments()
        labels = columns["labels"]
        rows = [{"id": name} for name in columns["id"]]
        for column in TEXT_COLUMNS:
            for row, code in zip(rows, columns[column].tolist(), strict=True):
                row[column] = labels[column][code] if code >= 0 else None
        for column in WHOLE_COLUMNS:
            for row, number in zip(rows, columns[column].tolist(), strict=True):
                row[column] = None if number < 0 else number
        for row in rows:
            # The column is the parent's number; a split payment has no row, its name is in those of its parts.
            row["parent"] = None if row["parent"] is None else row["id"].rpartition("/")[0]
        return sorted(rows, key=lambda row: row["id"])

    def metrics(self) -> dict[str, Any]:
        """Measures of the run so far."""
        return self._run.metrics()
