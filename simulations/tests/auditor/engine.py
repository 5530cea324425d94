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

    def explanations(self) -> dict[str, dict[str, Any]]:
        """Why each waiting payment waits, by id."""
        waiting = [row["id"] for row in self.payments() if row["status"] in ("pending", "queued")]
        return {name: self._run.explain(name) for name in waiting}

    def history(self) -> dict[str, Any]:
        """The ids of settled payments in the order of their events, and the ticks of refused events."""
        columns, events = self._run.payments(), self._run.events()
        names = dict(zip(columns["payment"].tolist(), columns["id"], strict=True))
        types = [events["labels"]["type"][code] for code in events["type"].tolist()]
        settled = [
            names[number]
            for kind, number in zip(types, events["payment"].tolist(), strict=True)
            if kind == "settled"
        ]
        refused = [
            tick for kind, tick in zip(types, events["tick"].tolist(), strict=True) if kind == "refused"
        ]
        return {"settled": settled, "refused": refused}

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
            # The column is the parent's number, but a split payment has no row of its own.
            row["parent"] = None if row["parent"] is None else row["id"].rpartition("/")[0]
        return sorted(rows, key=lambda row: row["id"])

    def metrics(self) -> dict[str, Any]:
        """Measures of the run so far."""
        return self._run.metrics()
