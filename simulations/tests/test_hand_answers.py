"""Small days worked out by hand from the model, through engine and auditor: each tells one sentence apart."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from .auditor.comparison import Run, account
from .auditor.engine import Engine
from .auditor.model import Auditor

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "hand_answers.yaml").read_text("utf-8"))
CALCULATORS: list[Callable[[dict[str, Any]], Run]] = [Engine, Auditor]


def document(case: dict[str, Any]) -> dict[str, Any]:
    """The scenario a case stands for."""
    banks = {
        name: bank if isinstance(bank, dict) else {"balance": bank} for name, bank in case["banks"].items()
    }
    payments = []
    for name, sender, receiver, amount, tick, *keys in case["payments"]:
        payment = {"sender": sender, "receiver": receiver, "amount": amount, "arrival_tick": tick}
        payments.append(({} if name is None else {"id": name}) | payment | (keys[0] if keys else {}))
    more: dict[str, Any] = case.get("more", {})
    smallest = {
        "ticks_per_day": case["ticks"],
        "seed": 1,
        "agents": [{"id": name, "balance": 0} | bank for name, bank in banks.items()],
        "initial_transactions": payments,
    }
    return smallest | more


def answers(run: Run, scenario: dict[str, Any]) -> dict[str, Any]:
    """What a run says to all questions the cases ask."""
    *ticks, whole = account(run, {"scenario": scenario, "interventions": []})
    ended: dict[str, list[dict[str, Any]]] = {
        status: [] for status in ("pending", "queued", "settled", "dropped")
    }
    for row in whole["payments"]:
        ended[row["status"]].append(row)
    costs = {
        name: {kind: cents for kind, cents in of_agent["costs"].items() if cents}
        for name, of_agent in whole["metrics"]["agents"].items()
    }
    return {
        "settled": {row["id"]: row["end_tick"] for row in ended["settled"]},
        "dropped": {row["id"]: row["end_tick"] for row in ended["dropped"]},
        "methods": {row["id"]: row["method"] for row in ended["settled"]},
        "balances": {agent["id"]: agent["balance"] for agent in ticks[-1]["state"]["agents"]},
        "costs": {name: kinds for name, kinds in costs.items() if kinds},
        "cost_by_tick": {
            kind: [tick["result"]["costs"][kind] for tick in ticks] for kind in ticks[0]["result"]["costs"]
        },
        "refused": whole["history"]["refused"],
        "why": {number: tick["waiting"] for number, tick in enumerate(ticks)},
    }


@pytest.mark.parametrize("calculator", CALCULATORS, ids=lambda calculator: calculator.__name__)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_answer_worked_out_by_hand_comes_out(
    case: dict[str, Any], calculator: Callable[[dict[str, Any]], Run]
) -> None:
    scenario = document(case)
    found = answers(calculator(scenario), scenario)
    for question in ("settled", "dropped", "costs", "refused"):
        assert found[question] == case.get(question, type(found[question])()), question
    for question in ("balances", "methods"):
        assert found[question] == case.get(question, found[question]), question
    for kind, cents in case.get("cost_by_tick", {}).items():
        assert found["cost_by_tick"][kind] == cents, kind
    for tick, waiting in case.get("why", {}).items():
        for payment, reason in waiting.items():
            told = found["why"][tick][payment]
            assert reason.items() <= told.items(), f"{payment} after tick {tick}: {told}"
