"""Runs to look at: a small finished one, a live one, and a large one written straight into the store."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.contrib.auth.models import User

from simulations import storage
from simulations.models import Artifact, Document, Run, Scenario, ScenarioVersion
from simulations.runs import manager
from simulations.runs.creation import create_run

TICKS = 20
TEXT = f"""\
name: Three banks
currency: {{code: EUR, decimals: 2}}
ticks_per_day: {TICKS}
day_start: "08:00"
day_end: "18:00"
seed: 3
agents:
- {{id: NORD, name: Northern Bank, balance: 50000}}
- {{id: SUND, balance: 0}}
- {{id: WEST, balance: 0}}
costs: {{delay_penalty_per_tick: 10}}
initial_transactions:
- {{id: P1, sender: NORD, receiver: SUND, amount: 30000, arrival_tick: 1}}
- {{id: P2, sender: SUND, receiver: WEST, amount: 10000, arrival_tick: 4}}
- {{id: P3, sender: WEST, receiver: NORD, amount: 99999, arrival_tick: 5, priority: 7}}
- {{id: P4, sender: NORD, receiver: WEST, amount: 5000, arrival_tick: 6}}
"""


def version_of(owner: User, text: str = TEXT, name: str = "Three banks") -> ScenarioVersion:
    """Save a scenario with one version."""
    scenario = Scenario.objects.create(owner=owner, name=name)
    document = Document.objects.of_text(text)
    return ScenarioVersion.objects.create(scenario=scenario, number=1, document=document, author=owner)


def new_run(owner: User, version: ScenarioVersion | None = None, **how: Any) -> Run:
    """Make a run that has not started."""
    version = version or version_of(owner)
    return create_run(owner, document=version.document, version=version, **how)


def finished_run(owner: User, version: ScenarioVersion | None = None, **how: Any) -> Run:
    """Make a run and run it to its end."""
    run = new_run(owner, version, **how)
    manager.tick(run, TICKS)
    run.refresh_from_db()
    assert run.status == "finished"
    return run


def live_run(owner: User, ticks: int = 7) -> Run:
    """Make a run that rests half-way, what it did stored."""
    run = new_run(owner)
    manager.tick(run, ticks)
    manager.keep(run)
    run.refresh_from_db()
    assert run.status == "paused"
    return run


def with_payments(run: Run, count: int) -> None:
    """Put `count` settled payments of two banks into a run's store, in place of its own."""
    run.artifacts.filter(kind="payments").delete()
    number = np.arange(count, dtype=np.int64)
    columns = {
        "id": np.array([f"Q{each}" for each in number], dtype=object),
        "payment": number.astype(np.uint32),
        "parent": np.full(count, -1),
        "sender": (number % 2).astype(np.uint16),
        "receiver": ((number + 1) % 2).astype(np.uint16),
        "amount": (number * 7919) % 1_000_003 + 1,
        "priority": np.full(count, 5, np.uint8),
        "rail": np.zeros(count, np.int16),
        "arrival_tick": number % TICKS,
        "deadline_tick": np.full(count, -1),
        "release_tick": number % TICKS,
        "end_tick": number % TICKS,
        "status": np.full(count, 2, np.int8),
        "method": np.zeros(count, np.int8),
        "reason": np.full(count, -1, np.int16),
    }
    labels = {
        "sender": ["NORD", "SUND"],
        "receiver": ["NORD", "SUND"],
        "rail": ["RTGS"],
        "status": ["pending", "queued", "settled", "dropped"],
        "method": ["gross"],
        "reason": ["liquidity"],
    }
    part = storage.write_part(run.pk, "payments", 900, columns, labels)
    Artifact.objects.create(
        run=run,
        kind="payments",
        part=900,
        name=part.name,
        rows=part.rows,
        bytes=part.bytes,
        from_tick=0,
        to_tick=TICKS,
    )
