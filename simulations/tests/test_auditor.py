"""The engine against the auditor, and the auditor's scenarios against wrong rules.

`AUDIT_SCENARIOS` sets how many random scenarios the engine must agree on: 200, or 2,000 with `SOAK`.
"""

import itertools
import json
import os
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

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
