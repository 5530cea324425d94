"""The published workload: lognormal amounts, banks weighted by Zipf 1.0, arrivals uniform over the day.

Fixed seeds. `python -m simulations.tests.bench.workload --banks 50 --payments 10000 --ticks 36000 FILE.csv`
writes the payments in our dialect and, with `--scenario`, the scenario that goes with them.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

MEAN_CENTS = 100_000


@dataclass(frozen=True)
class Workload:
    """Payments as columns in arrival order; banks are numbered from 0."""

    banks: int
    ticks: int
    sender: np.ndarray
    receiver: np.ndarray
    amount: np.ndarray
    arrival_tick: np.ndarray

    def upper_bounds(self) -> np.ndarray:
        """Return each bank's UB in cents: what it needs if every payment settles on arrival."""
        needs = np.zeros(self.banks, np.int64)
        position = np.zeros(self.banks, np.int64)
        for sender, receiver, amount in zip(self.sender, self.receiver, self.amount, strict=True):
            position[sender] += amount
            position[receiver] -= amount
            needs[sender] = max(needs[sender], position[sender])
        return needs


def generate(banks: int, payments: int, ticks: int, seed: int = 1) -> Workload:
    """Draw a day: sd of amounts = 2 × mean, Zipf 1.0 weights for senders and receivers."""
    draw = np.random.Generator(np.random.PCG64(seed))
    weights = 1 / np.arange(1, banks + 1)
    weights /= weights.sum()
    sender = draw.choice(banks, payments, p=weights)
    receiver = draw.choice(banks, payments, p=weights)
    while (same := sender == receiver).any():
        receiver[same] = draw.choice(banks, int(same.sum()), p=weights)
    variance = np.log(1 + 2.0**2)
    amount = np.exp(np.log(MEAN_CENTS) - variance / 2 + np.sqrt(variance) * draw.standard_normal(payments))
    return Workload(
        banks,
        ticks,
        sender,
        receiver,
        np.maximum(1, np.floor(amount + 0.5)).astype(np.int64),
        np.sort(draw.integers(0, ticks, payments)),
    )


def bank(index: int) -> str:
    """Return the id of bank `index`."""
    return f"B{index:05d}"


def write_csv(work: Workload, path: Path) -> None:
    """Write the payments in our own dialect."""
    columns = zip(work.sender, work.receiver, work.amount, work.arrival_tick, strict=True)
    with path.open("w", encoding="ascii") as file:
        file.write("id,sender,receiver,amount,arrival_tick\n")
        for number, (sender, receiver, amount, tick) in enumerate(columns, 1):
            file.write(f"P{number},{bank(sender)},{bank(receiver)},{amount},{tick}\n")


def scenario(
    work: Workload, percent_of_ub: int, saving: tuple[str, ...] = (), every: int = 1
) -> dict[str, object]:
    """Return the scenario with every bank opening at a share of its UB; delay and overdraft are charged."""
    rail: dict[str, object] = {"id": "RTGS", "settlement_type": "immediate", "queue": "priority_fifo"}
    if saving:
        rail |= {"liquidity_saving": list(saving), "lsm_every_ticks": every}
    return _document(work, (work.upper_bounds() * percent_of_ub) // 100, rail)


def half_blocked(work: Workload) -> dict[str, object]:
    """Return the scenario in which the senders of half of the payments never have money, others enough."""
    sent = np.bincount(work.sender, minlength=work.banks)
    largest_first = np.argsort(-sent, kind="stable")
    before = np.cumsum(sent[largest_first]) - sent[largest_first]
    blocked = np.isin(np.arange(work.banks), largest_first[before < len(work.sender) // 2])
    everything = work.amount.sum()
    rail: dict[str, object] = {"id": "RTGS", "settlement_type": "immediate", "queue": "priority_fifo"}
    return _document(work, np.where(blocked, -everything, everything), rail)


def _document(work: Workload, openings: np.ndarray, rail: dict[str, object]) -> dict[str, object]:
    return {
        "ticks_per_day": work.ticks,
        "seed": 1,
        "agents": [{"id": bank(k), "balance": int(cents)} for k, cents in enumerate(openings)],
        "rails": [rail],
        "costs": {"overdraft_rate": 0.0001, "delay_rate_per_tick": 0.000001},
    }


def main() -> None:
    """Write the files named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", type=Path)
    parser.add_argument("--banks", type=int, default=50)
    parser.add_argument("--payments", type=int, default=10_000)
    parser.add_argument("--ticks", type=int, default=36_000)
    parser.add_argument("--percent-of-ub", type=int, default=100)
    parser.add_argument("--scenario", type=Path)
    options = parser.parse_args()
    work = generate(options.banks, options.payments, options.ticks)
    write_csv(work, options.csv)
    if options.scenario:
        document = scenario(work, options.percent_of_ub)
        options.scenario.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")


if __name__ == "__main__":
    main()
