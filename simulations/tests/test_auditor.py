"""The engine against the auditor, and the auditor's scenarios against wrong rules.

`AUDIT_SCENARIOS` sets how many random scenarios the engine must agree on: 200, or 2,000 with `SOAK`.
"""

import copy
import itertools
import json
import os
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import yaml
from payment_simulator_core_rs import Orchestrator

from .auditor.comparison import account, first_difference
from .auditor.engine import Engine
from .auditor.model import Auditor
from .auditor.model.queues import line
from .auditor.model.saving import settled_by_resolution
from .auditor.model.settlement import may_settle
from .auditor.model.streams import blake3_of_one_block, chacha_block
from .auditor.mutations import TOLD_BY, Mutation, is_told_apart, load_mutations, mutant
from .auditor.scenarios import Case, random_case
from .auditor.shrinking import shrink

SCENARIOS = int(os.environ.get("AUDIT_SCENARIOS", "2000" if os.environ.get("SOAK") else "200"))
KEPT = Path(__file__).parent / "auditor" / "kept"
MUTATIONS = load_mutations()


@cache
def right_account(seed: int) -> list[dict[str, Any]]:
    """What the auditor says of a random case."""
    case = random_case(seed)
    return list(account(Auditor(case["scenario"]), case))


def disagreement(case: Case) -> str | None:
    """Where engine and auditor first differ on a case."""
    document = case["scenario"]
    return first_difference(account(Auditor(document), case), Engine(document), case)


def is_valid_and_differs(case: Case) -> bool:
    """Whether a smaller case is still a scenario, and still shows a difference."""
    try:
        return disagreement(case) is not None
    except ValueError:
        return False


@pytest.mark.parametrize("seeds", [range(i, SCENARIOS, 10) for i in range(10)], ids=lambda seeds: seeds.start)
def test_engine_and_auditor_agree_tick_by_tick(seeds: range) -> None:
    for seed in seeds:
        case = random_case(seed)
        told = first_difference(right_account(seed), Engine(case["scenario"]), case)
        if told is not None:
            small = shrink(case, is_valid_and_differs)
            kept = KEPT / f"seed_{seed}.json"
            kept.write_text(json.dumps(small, indent=1) + "\n", "utf-8")
            pytest.fail(f"seed {seed}: {told}\nshrunk to {kept.name}: {disagreement(small)}")


# One rail, one priority, everything released at once: what section 5 calls FIFO without overtaking.
PLAIN = frozenset({"deadlines", "days", "multilateral"})


def settlement_ticks(document: dict[str, Any]) -> dict[str, int]:
    """When each settled payment of a document settled, in the engine."""
    engine = Engine(document)
    for _ in account(engine, {"scenario": document, "interventions": []}):
        pass
    return {row["id"]: row["end_tick"] for row in engine.payments() if row["status"] == "settled"}


def is_no_later(one: dict[str, int], other: dict[str, int]) -> bool:
    """Whether all that settles in the other settles in this one, and no later."""
    return all(name in one and one[name] <= tick for name, tick in other.items())


@pytest.mark.parametrize("seed", range(60))
def test_plain_queues_settle_no_later_with_more_money_or_with_resolution(seed: int) -> None:
    document = random_case(seed, PLAIN)["scenario"]
    usual = settlement_ticks(document)
    for i in range(len(document["agents"])):
        richer = copy.deepcopy(document)
        richer["agents"][i]["balance"] += 1 + seed % 3
        assert is_no_later(settlement_ticks(richer), usual)
    with_resolution, without = copy.deepcopy(document), copy.deepcopy(document)
    with_resolution["rails"][0]["liquidity_saving"] = ["multilateral"]
    without["rails"][0]["liquidity_saving"] = []
    assert is_no_later(settlement_ticks(with_resolution), settlement_ticks(without))


@pytest.mark.parametrize("seed", range(60))
def test_plain_queues_settle_the_same_in_any_order_of_banks(seed: int) -> None:
    document = random_case(seed, PLAIN)["scenario"]
    turned = document | {"agents": document["agents"][::-1]}
    assert settlement_ticks(turned) == settlement_ticks(document)


def stepped(case: Case, ticks_at_once: int, restoring: bool) -> Orchestrator:
    """Run a case in strides, between interventions; at each stop go on from a snapshot if asked to."""
    document = case["scenario"]
    run = Orchestrator.new(document)
    end = document["ticks_per_day"] * document.get("num_days", 1)
    stops = sorted({*range(0, end, ticks_at_once), *(before for before, _ in case["interventions"]), end})
    for stop, following in itertools.pairwise(stops):
        for before, event in case["interventions"]:
            if before == stop:
                run.apply(event)
        if restoring:
            run = Orchestrator.restore(run.snapshot(), document)
        run.advance(following - stop)
    return run


@pytest.mark.parametrize("seeds", [range(i, SCENARIOS, 4) for i in range(4)], ids=lambda seeds: seeds.start)
def test_a_random_run_is_one_however_it_is_stepped(seeds: range) -> None:
    for seed in seeds:
        case = random_case(seed)
        whole = stepped(case, 10**6, restoring=False)
        for ticks_at_once, restoring in ((1, False), (5, False), (1, True), (3, True)):
            run = stepped(case, ticks_at_once, restoring)
            assert run.digest() == whole.digest(), f"seed {seed}, {ticks_at_once} at once"
            assert run.get_state() == whole.get_state()
            assert run.metrics() == whole.metrics()


def as_columns(document: dict[str, Any], first: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The document with its payments from `first` on as columns beside it."""
    agents = [agent["id"] for agent in document["agents"]]
    rails = [rail["id"] for rail in document["rails"]]
    moved = document["initial_transactions"][first:]
    columns = {
        "id": [entry.get("id") for entry in moved],
        "sender": np.array([agents.index(entry["sender"]) for entry in moved]),
        "receiver": np.array([agents.index(entry["receiver"]) for entry in moved]),
        "amount": np.array([entry["amount"] for entry in moved]),
        "arrival_tick": np.array([entry["arrival_tick"] for entry in moved]),
        "deadline_tick": np.array([entry.get("deadline_tick", -1) for entry in moved]),
        "priority": np.array([entry.get("priority", 5) for entry in moved], dtype=np.uint8),
        "rail": np.array([rails.index(entry["rail"]) if "rail" in entry else -1 for entry in moved]),
        "divisible": np.array([entry.get("divisible", False) for entry in moved]),
    }
    return document | {"initial_transactions": document["initial_transactions"][:first]}, columns


@pytest.mark.parametrize("seed", range(40))
def test_payments_as_columns_are_those_of_the_document(seed: int) -> None:
    document = random_case(seed)["scenario"]
    run = Orchestrator.new(document)
    run.advance(10**6)
    for first in (0, len(document["initial_transactions"]) // 2):
        beside = Orchestrator.new(*as_columns(document, first))
        beside.advance(10**6)
        assert beside.digest() == run.digest()
        assert beside.payments()["id"].tolist() == run.payments()["id"].tolist()


@pytest.mark.parametrize("path", sorted(KEPT.glob("*.json")), ids=lambda path: path.stem)
def test_a_difference_once_found_stays_mended(path: Path) -> None:
    assert disagreement(json.loads(path.read_text("utf-8"))) is None


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.rule)
def test_a_wrong_rule_is_told_apart(mutation: Mutation, tmp_path: Path) -> None:
    wrong = mutant(mutation, tmp_path)
    likely = yaml.safe_load(TOLD_BY.read_text("utf-8")).get(mutation.rule, 0)
    seeds = itertools.chain([likely], range(SCENARIOS))
    assert any(is_told_apart(wrong, random_case(seed), right_account(seed)) for seed in seeds)


def test_shrinking_keeps_the_fault_and_little_else() -> None:
    case = next(random_case(seed) for seed in itertools.count() if overdraws(random_case(seed)))
    small = shrink(case, overdraws)
    assert overdraws(small)
    assert len(small["scenario"]["initial_transactions"]) <= 2
    assert len(small["scenario"]["agents"]) <= 3


def overdraws(case: Case) -> bool:
    """Whether a bank ends a case below zero."""
    auditor = Auditor(case["scenario"])
    for _ in account(auditor, case):
        pass
    return any(agent.balance < 0 for agent in auditor.state.agents)


@pytest.mark.parametrize("seed", range(60))
def test_the_resolution_by_drops_is_the_greatest_of_all_prefix_vectors(seed: int) -> None:
    random = Random(seed)
    ids = ["A", "B", "C"]
    agents: list[dict[str, Any]] = [
        {
            "id": name,
            "balance": random.randint(0, 3),
            "reservations": {"urgent": random.randint(0, 2)},
            "limits": {"bilateral": {other: random.randint(0, 4) for other in ids if other != name}},
        }
        for name in ids
    ]
    payments = [
        dict(zip(("sender", "receiver"), random.sample(ids, 2), strict=True))
        | {"amount": random.randint(1, 6), "arrival_tick": 0, "priority": random.choice((5, 9))}
        for _ in range(8)
    ]
    document = {"ticks_per_day": 1, "seed": 1, "agents": agents, "initial_transactions": payments}
    auditor = Auditor(document)
    auditor.tick()
    state, rail = auditor.state, auditor.state.rails[0]
    state.tick = 0  # the day is not over for its limits and reservations
    lines = [line(state, rail, agent) for agent in state.agents]
    feasible = [
        vector
        for vector in itertools.product(*(range(len(queue) + 1) for queue in lines))
        if may_settle(state, rail, [p for queue, n in zip(lines, vector, strict=True) for p in queue[:n]])
    ]
    greatest = tuple(max(vector[i] for vector in feasible) for i in range(len(ids)))
    assert greatest in feasible
    expected = [p for queue, n in zip(lines, greatest, strict=True) for p in queue[:n]]
    assert settled_by_resolution(state, rail) == expected


def test_streams_give_the_published_vectors() -> None:
    empty = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    assert blake3_of_one_block(b"").hex() == empty
    zeros = (
        "3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e"
        "984ce172b9216f419f445367456d5619314a42a3da86b001387bfdb80e0cfe42"
    )
    assert chacha_block(bytes(32), 0, 0).hex() == zeros
