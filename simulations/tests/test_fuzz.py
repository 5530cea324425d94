"""Whatever is handed to the core, it answers: a result or an error that says why, never a panic, a hang or a
blow-up of memory.

`make test` takes a fixed number of seeds; FUZZ_SECONDS gives each attack a budget of time instead.
"""

import copy
import os
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from payment_simulator_core_rs import Orchestrator

from simulations.config.events import EVENTS
from simulations.tests.short_days import scenario

SEEDS = 150
BUDGET_SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
EVENT_TYPES = list(EVENTS)
WORDS = [
    "A",
    "B",
    "RTGS",
    "ACH",
    "T1",
    "P1",
    "immediate",
    "deferred_net",
    "bypass",
    "fifo",
    "multilateral",
    "NO",
]
KEYS = [
    *(
        "ticks_per_day",
        "num_days",
        "seed",
        "agents",
        "rails",
        "costs",
        "events",
        "initial_transactions",
        "id",
    ),
    *("balance", "credit_limit", "policy", "limits", "type", "tick", "agent", "sender", "receiver", "amount"),
    *("payment", "rail", "priority", "multiplier", "keep", "targets", "split_above", "parts", "arrival_tick"),
    *(
        "arrival_config",
        "rate_per_tick",
        "distribution_type",
        "amount_mean",
        "time_windows",
        "liquidity_saving",
    ),
]
NUMBERS = [0, 1, -1, 2, 9, 100, 2**31, 2**32, 2**63 - 1, 2**63, -(2**63), 10**15, 10**18, 10**40]
REALS = [0.5, -0.0, 1e-9, 1e300, float("inf"), float("nan")]


MOST_GROWTH_BYTES = 512 << 20


def most_memory_bytes() -> int:
    """The most that this process has held so far."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * 1024


@pytest.fixture(autouse=True)
def bounded_memory() -> Iterator[None]:
    """No attack makes the process much larger than it was."""
    before = most_memory_bytes()
    yield
    assert most_memory_bytes() - before < MOST_GROWTH_BYTES


def seeds(attack: int) -> Iterator[random.Random]:
    """Dice for one attack: a fixed number, or as many as the budget has time for."""
    if not BUDGET_SECONDS:
        yield from (random.Random(attack * 1_000_000 + seed) for seed in range(SEEDS))
        return
    end = time.monotonic() + BUDGET_SECONDS
    while time.monotonic() < end:
        yield random.Random(random.getrandbits(62))


def anything(dice: random.Random, depth: int = 0) -> Any:
    """Return any value a document or an event may hold."""
    choice = dice.randrange(9 if depth < 4 else 6)
    if choice == 6:
        return [anything(dice, depth + 1) for _ in range(dice.randrange(5))]
    if choice > 6:
        return {dice.choice(KEYS + WORDS): anything(dice, depth + 1) for _ in range(dice.randrange(6))}
    return [
        dice.choice(NUMBERS),
        dice.choice(REALS),
        dice.choice(WORDS),
        dice.choice([True, False, None]),
        dice.randrange(20),
        "".join(chr(dice.randrange(1, 0xD7FF)) for _ in range(dice.randrange(8))),
    ][choice]


def mutated(dice: random.Random, value: Any) -> Any:
    """Return a value with a few places of it replaced, removed, doubled or added."""
    changed = copy.deepcopy(value)
    for _ in range(dice.randrange(1, 4)):
        node = changed
        while isinstance(node, dict | list) and node and dice.random() < 0.7:
            below = node[dice.choice(list(node))] if isinstance(node, dict) else dice.choice(node)
            if not isinstance(below, dict | list):
                break
            node = below
        if isinstance(node, dict):
            node[dice.choice([*node, *KEYS])] = anything(dice)
        elif node:
            node[dice.randrange(len(node))] = anything(dice)
            node.append(copy.deepcopy(dice.choice(node)))
    return changed


def day() -> dict[str, Any]:
    """A short day with one of everything, to be spoiled."""
    return scenario(
        rails=[
            {
                "id": "RTGS",
                "queue": "bypass",
                "liquidity_saving": ["entry_offset", "bilateral", "multilateral"],
            },
            {"id": "ACH", "settlement_type": "deferred_net", "settle_at_ticks": [3, 9]},
        ],
        events=[{"tick": 2, "type": "outage", "agent": "A"}],
        costs={"overdraft_rate": 0.001, "delay_penalty_per_tick": 3, "eod_penalty": 5},
    )


def answer(do: Callable[..., Any], *given: Any) -> Any:
    """Return what comes, None where it is refused in words; anything else is a bug and goes through."""
    try:
        return do(*given)
    except (ValueError, TypeError) as refused:
        assert str(refused)
        return None


def advanced(simulation: Orchestrator) -> Orchestrator:
    """Let a run go on for a while, within bounds of work and time."""
    simulation.advance(50, budget_ms=200)
    simulation.get_state()
    return simulation


def test_the_day_that_is_spoiled_is_a_good_one() -> None:
    assert advanced(Orchestrator.new(day())).get_state()["tick"] > 0


@pytest.mark.parametrize("make", [anything, lambda dice: mutated(dice, day())], ids=["arbitrary", "mutated"])
def test_any_document_is_a_run_or_refused(make) -> None:
    for dice in seeds(1):
        document = make(dice)
        simulation = answer(Orchestrator.new, document)
        if simulation is not None:
            answer(advanced, simulation)


@pytest.mark.parametrize("whole", [True, False], ids=["arbitrary", "of a type"])
def test_any_event_takes_place_or_is_refused(whole) -> None:
    for dice in seeds(2):
        simulation = Orchestrator.new(day())
        for _ in range(8):
            event = (
                anything(dice) if whole else {"type": dice.choice(EVENT_TYPES), "agent": "A", "rail": "RTGS"}
            )
            if not whole:
                event |= {dice.choice(KEYS): anything(dice) for _ in range(dice.randrange(6))}
            answer(simulation.apply, event)
            answer(simulation.advance, 1)
        simulation.get_state()


def test_any_bytes_are_a_snapshot_or_refused() -> None:
    simulation = Orchestrator.new(day())
    simulation.advance(4)
    whole = simulation.snapshot()
    for dice in seeds(3):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 5)):
            place = dice.randrange(len(data))
            kind = dice.randrange(4)
            if kind == 0:
                data[place] ^= 1 << dice.randrange(8)
            elif kind == 1:
                del data[place : place + dice.randrange(1, 40)]
            elif kind == 2:
                data[place:place] = dice.randbytes(dice.randrange(1, 40))
            else:
                data = bytearray(dice.randbytes(dice.randrange(1, 400)))
            data = data or bytearray(b"\0")
        restored = answer(Orchestrator.restore, bytes(data), day(), None)
        if restored is not None:
            assert bytes(data) == whole, "a snapshot that is not its own is noticed"
