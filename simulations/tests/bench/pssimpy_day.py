"""The same day in PSSimPy 0.1.5, run by an interpreter of its own; prints what it took and what settled.

From the CSV to the settled count, interpreter start and imports excluded. Its queue keeps what the sender's
balance does not cover, and no credit is lent, which is what our scenario does; it has no ticks finer than its
processing window, so windows of 15 minutes from 08:00 to 17:00 are used.
"""

import csv
import json
import sys
import tempfile
import time
from pathlib import Path

from PSSimPy.credit_facilities import SimplePriced
from PSSimPy.queues import PriorityQueue
from PSSimPy.simulator import BasicSim

WINDOWS, WINDOW_MINUTES = 36, 15


class NoCredit(SimplePriced):  # type: ignore[misc]
    """A facility that lends nothing."""

    def lend_credit(self, account, amount):
        """Lend nothing."""


def load(path, openings, ticks):
    """Read the CSV into the columns PSSimPy takes."""
    columns: dict[str, list[object]] = {
        "sender_account": [],
        "recipient_account": [],
        "amount": [],
        "time": [],
        "day": [],
    }
    with Path(path).open(newline="", encoding="ascii") as file:
        for row in csv.DictReader(file):
            minute = int(row["arrival_tick"]) * WINDOWS * WINDOW_MINUTES // ticks
            columns["sender_account"].append(row["sender"])
            columns["recipient_account"].append(row["receiver"])
            columns["amount"].append(int(row["amount"]))
            columns["time"].append(f"{8 + minute // 60:02d}:{minute % 60:02d}")
            columns["day"].append(1)
    names = list(openings)
    accounts = {"id": names, "owner": names, "balance": list(openings.values())}
    return {"name": names}, accounts, columns


def main():
    """Run the day named on the command line: CSV, openings as JSON, ticks."""
    path, openings, ticks = sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        started, processor = time.perf_counter(), time.process_time()
        banks, accounts, payments = load(path, openings, ticks)
        simulation = BasicSim(
            str(Path(folder) / "day"),
            banks,
            accounts,
            payments,
            queue=PriorityQueue(),
            credit_facility=NoCredit(),
        )
        simulation.run()
        settled = sum(1 for payment, _, _ in simulation.transactions if payment.settle_time is not None)
        result = {
            "seconds": time.perf_counter() - started,
            "processor_seconds": time.process_time() - processor,
            "settled": settled,
            "payments": len(payments["amount"]),
        }
    print(json.dumps(result))  # noqa: T201


if __name__ == "__main__":
    main()
