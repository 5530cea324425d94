"""What the Rust core refuses, and how: scenarios, arguments, events, snapshots."""

import math
import random
from typing import Any

import numpy as np
import payment_simulator_core_rs as core
import pytest
from payment_simulator_core_rs import Orchestrator

from simulations.tests.short_days import finished, scenario


def test_a_scenario_with_faults_is_refused_with_all_of_them():
    bad = scenario(ticks_per_day=0, tick_rate=1)
    bad["agents"][1]["balance"] = 1000.0
    with pytest.raises(ValueError, match="integer") as refused:
        Orchestrator.new(bad)
    faults = refused.value.faults  # type: ignore[attr-defined]
    assert {"tick_rate", "ticks_per_day", "agents[1].balance"} <= {fault["path"] for fault in faults}
    assert all(set(fault) == {"code", "path", "message", "found", "allowed", "severity"} for fault in faults)
    assert core.validate(bad) == faults


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ("balance", math.nan, "NaN"),
        ("balance", 10**30, str(10**30)),
        ("balance", 10**5000, "an integer of thousands of digits"),
        ("name", "\ud800", "half of a character"),
        ("name", object(), "object"),
        ("policy", {1.5: 2}, "1.5"),
    ],
    ids=["no number", "long", "endless", "half a character", "an object", "a key"],
)
def test_what_cannot_be_read_is_told_with_what_was_found_and_what_is_allowed(path, value, found):
    bad = scenario()
    bad["agents"][0][path] = value
    fault = next(each for each in core.validate(bad) if each["path"].startswith(f"agents[0].{path}"))
    assert (fault["found"], bool(fault["allowed"])) == (found, True)
    if path == "balance":
        assert fault["allowed"].startswith("an integer of cents from")


def test_faults_of_payment_columns_say_what_was_found_and_what_is_allowed():
    good: dict[str, Any] = {
        name: np.zeros(1, np.int64) for name in ("sender", "receiver", "amount", "arrival_tick")
    }
    good |= {"receiver": np.ones(1, np.int64), "amount": np.ones(1, np.int64)}
    for wrong in (
        {"amout": good["amount"]},
        {"amount": np.zeros(1, np.int64)},
        {"amount": np.zeros(1)},
        {"receiver": good["sender"]},
        {"arrival_tick": good["amount"], "deadline_tick": good["sender"]},
        {"id": ["a b"]},
        {"id": [5]},
        {"id_bytes": np.zeros(1, np.uint8)},
    ):
        with pytest.raises(ValueError, match=r"\w") as refused:
            Orchestrator.new(scenario(), good | wrong)
        faults = refused.value.faults  # type: ignore[attr-defined]
        assert [bool(fault["found"] and fault["allowed"]) for fault in faults] == [True] * len(faults)
        if "amout" in wrong:
            assert "did you mean amount?" in faults[0]["message"]


def test_a_good_scenario_has_no_faults():
    assert core.validate(scenario()) == []


@pytest.mark.parametrize(
    "value", [1000.0, "1000", True, 10**30, -(10**30), math.nan, [1], {"a": 1}, object()]
)
def test_money_of_any_other_type_is_a_fault(value):
    bad = scenario()
    bad["agents"][0]["balance"] = value
    faults = core.validate(bad)
    assert [fault["path"] for fault in faults] == ["agents[0].balance"]
    with pytest.raises(ValueError, match=r"agents\[0\]\.balance"):
        Orchestrator.new(bad)


@pytest.mark.parametrize("config", [None, 5, "text", [], (), object(), {1.5: 2}, {None: 1}, {("a",): 1}])
def test_what_is_no_scenario_at_all_is_refused(config):
    with pytest.raises(ValueError, match=r"\w") as refused:
        Orchestrator.new(config)
    assert refused.value.faults  # type: ignore[attr-defined]


def test_circular_deep_and_broken_values_are_faults():
    circular = scenario()
    circular["agents"][0]["policy"] = circular["agents"]
    assert "circular" in {fault["code"] for fault in core.validate(circular)}
    deep: Any = []
    for _ in range(10_000):
        deep = [deep]
    assert "too_deep" in {fault["code"] for fault in core.validate(scenario(name=deep))}
    assert core.validate(scenario(name="\ud800"))[0]["path"] == "name"


def test_arguments_of_the_wrong_type_are_refused():
    run: Any = Orchestrator.new(scenario())
    for wrong in (1.5, "5", True, None):
        with pytest.raises(TypeError):
            run.advance(wrong)
    with pytest.raises(ValueError, match="at least 0"):
        run.advance(-1)
    with pytest.raises(TypeError):
        run.advance(5, "soon")
    assert run.advance(10**40, 10**40)["finished"]


def test_a_refused_event_changes_nothing():
    run, twin = Orchestrator.new(scenario()), Orchestrator.new(scenario())
    events: tuple[Any, ...] = (
        {"type": "outage", "agent": "Z"},
        {"type": "explode"},
        {},
        5,
        {"type": "outage", "agent": math.nan},
    )
    for event in events:
        with pytest.raises(ValueError, match=r"\w") as refused:
            run.apply(event)
        assert refused.value.faults  # type: ignore[attr-defined]
    assert finished(run).digest() == finished(twin).digest()


def test_damaged_and_foreign_snapshots_are_refused():
    run = Orchestrator.new(scenario())
    run.advance(9)
    data = run.snapshot()
    for bad in (b"", b"x", data[:-1], data + b"x", bytes(len(data)), data[:40] + b"\x00\xff" + data[42:]):
        with pytest.raises(ValueError, match="snapshot"):
            Orchestrator.restore(bad, scenario())
    with pytest.raises(ValueError, match="scenario"):
        Orchestrator.restore(data, scenario(seed=8))


def banks(count: int, **keys: Any) -> list[dict[str, Any]]:
    """Return that many banks with nothing but an id and a balance."""
    return [{"id": f"B{index}", "balance": 0, **keys} for index in range(count)]


def test_the_largest_scenario_runs():
    agents = banks(10_000, balance=900 * 10**12)
    payment = {"sender": "B0", "receiver": "B9999", "amount": 900 * 10**12, "arrival_tick": 365}
    run = Orchestrator.new(
        {
            "ticks_per_day": 1,
            "num_days": 366,
            "seed": 2**63 - 1,
            "agents": agents,
            "initial_transactions": [payment],
        }
    )
    assert run.advance(366)["settled_value"] == 900 * 10**12
    assert run.get_state()["agents"][9_999]["balance"] == 1_800 * 10**12


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"agents": banks(10_001)}, "agents"),
        ({"agents": banks(10_000, balance=901 * 10**12)}, "agents"),
        ({"num_days": 367}, "num_days"),
        ({"seed": 2**63}, "seed"),
        ({"rails": [{"id": f"R{index}"} for index in range(65)]}, "rails"),
    ],
)
def test_beyond_the_bounds_is_refused_by_name(change, path):
    config = {"ticks_per_day": 1, "seed": 1, "agents": banks(2), **change}
    assert [fault["path"] for fault in core.validate(config)] == [path]


@pytest.mark.parametrize(
    ("payments", "amount", "code"),
    [(20_000_001, 1, "too_many"), (9_001, 10**15, "total_too_large"), (1, 10**15 + 1, "out_of_range")],
)
def test_more_payments_or_money_than_a_run_may_have_is_refused(payments, amount, code):
    config = {"ticks_per_day": 1, "seed": 1, "agents": banks(2)}
    nothing = np.zeros(payments, dtype=np.uint8)
    columns = {"sender": nothing, "receiver": nothing + 1, "arrival_tick": nothing}
    faults = core.validate(config, {**columns, "amount": np.full(payments, amount)})
    assert [fault["code"] for fault in faults] == [code]


def randomised(value: Any, rng: random.Random) -> Any:
    """Return a document with some of its parts replaced, removed or added."""
    if rng.random() < 0.01:
        return rng.choice(
            [None, True, -1, 0, 1, 7, 10**19, 0.5, 1e300, math.nan, "", "A", "fifo", [], {}, [[0, 1]]]
        )
    if isinstance(value, dict):
        kept = {key: randomised(item, rng) for key, item in value.items() if rng.random() > 0.004}
        if rng.random() < 0.01:
            kept[rng.choice(["id", "policy", "rails", "limits", "x"])] = rng.choice([1, "B", {}, [{}]])
        return kept
    if isinstance(value, list):
        return [randomised(item, rng) for item in value if rng.random() > 0.004]
    return value


def test_a_thousand_random_documents_give_a_run_or_faults():
    rng = random.Random(20_260_105)
    runs = 0
    for _ in range(1_000):
        document = randomised(scenario(), rng)
        errors = [fault for fault in core.validate(document) if fault["severity"] == "error"]
        try:
            run = Orchestrator.new(document)
        except ValueError as refused:
            assert refused.faults  # type: ignore[attr-defined]
            assert errors
        else:
            assert not errors
            run.advance(20)
            runs += 1
    assert 50 < runs < 950


@pytest.mark.parametrize(
    ("amount", "code"),
    [(0, "out_of_range"), (1.5, "not_an_integer"), ("1", "not_an_integer"), (None, "missing")],
)
def test_an_amount_has_one_fault_and_not_what_follows_from_it_too(amount, code):
    event = {"type": "transfer_liquidity", "agent": "A"} | ({} if amount is None else {"amount": amount})
    simulation = Orchestrator.new(scenario())
    with pytest.raises(ValueError, match="amount") as refused:
        simulation.apply(event)
    faults = refused.value.faults  # type: ignore[attr-defined]
    assert [(fault["code"], fault["path"]) for fault in faults] == [(code, "amount")]
