"""Cases with answers known from elsewhere, through engine and auditor."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from .auditor.comparison import Run, account, same
from .auditor.engine import Engine
from .auditor.model import Auditor

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "known_answers.yaml").read_text("utf-8")
)
CALCULATORS: list[Callable[[dict[str, Any]], Run]] = [Engine, Auditor]
# How an answer of the file is to be read, where it is not plain.
READ: dict[str, Callable[[Any], Any]] = {"settled": sorted, "rho": Fraction}


def answers(run: Run, document: dict[str, Any]) -> dict[str, Any]:
    """What a run says to all questions the cases ask."""
    *ticks, whole = account(run, {"scenario": document, "interventions": []})
    settled = [row for row in whole["payments"] if row["status"] == "settled"]
    metrics = whole["metrics"]
    return {
        "settled": sorted(row["id"] for row in settled),
        "settled_count": len(settled),
        "settled_value": sum(row["amount"] for row in settled),
        "settlement_ticks": {row["id"]: row["end_tick"] for row in settled},
        "balances": {agent["id"]: agent["balance"] for agent in ticks[-1]["state"]["agents"]},
        "costs": {
            name: {kind: cents for kind, cents in of_agent["costs"].items() if cents}
            for name, of_agent in metrics["agents"].items()
        },
        "rho": metrics["rho"],
        "measures": {name: metrics[name] for name in ("ub", "lb")},
    }


@pytest.mark.parametrize("calculator", CALCULATORS, ids=lambda calculator: calculator.__name__)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_known_answer_comes_out(
    case: dict[str, Any], calculator: Callable[[dict[str, Any]], Run]
) -> None:
    document = case["scenario"]
    found = answers(calculator(document), document)
    for question, answer in case["expect"].items():
        assert same(READ.get(question, lambda plain: plain)(answer), found[question]), question


def test_every_question_is_asked() -> None:
    asked = {question for case in CASES for question in case["expect"]}
    assert asked == set(answers(Auditor(CASES[0]["scenario"]), CASES[0]["scenario"]))
