"""The contract of the Rust core, through the binding alone: runs, their results and events."""

import threading
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from payment_simulator_core_rs import Orchestrator

from simulations.tests.short_days import TICKS, finished, leaves, scenario, year


def test_ticked_in_chunks_and_restored_runs_are_one_run():
    whole = finished(Orchestrator.new(scenario()))
    ticked, chunked = Orchestrator.new(scenario()), Orchestrator.new(scenario())
    for _ in range(TICKS):
        ticked.tick()
    while not chunked.advance(7)["finished"]:
        pass
    assert ticked.digest() == chunked.digest() == whole.digest()
    assert ticked.get_state() == chunked.get_state() == whole.get_state()
    assert ticked.metrics() == chunked.metrics() == whole.metrics()
    for cut in range(0, TICKS, 7):
        head = Orchestrator.new(scenario())
        head.advance(cut)
        assert finished(Orchestrator.restore(head.snapshot(), scenario())).digest() == whole.digest()


def test_another_seed_is_another_run():
    assert (
        finished(Orchestrator.new(scenario())).digest()
        != finished(Orchestrator.new(scenario(seed=8))).digest()
    )


def test_a_tick_result_has_the_published_shape():
    result = Orchestrator.new(scenario()).tick()
    assert list(result) == [
        "tick", "day", "arrivals", "settlements", "dropped", "queue_depth", "queue_value", "pending",
        "settled_value", "arrived_value", "lsm", "costs", "agents",
    ]  # fmt: skip
    assert list(result["lsm"]) == ["bilateral", "multilateral", "net"]
    kinds = ["overdraft", "collateral", "liquidity", "delay", "deadline", "split", "eod", "drop"]
    assert list(result["costs"]) == kinds
    assert list(result["agents"][0]) == ["id", "balance", "sent", "received", "pending", "queued", "cost"]
    assert [agent["id"] for agent in result["agents"]] == ["A", "B", "C", "D"]


def test_the_state_has_the_published_shape():
    run = Orchestrator.new(scenario())
    run.advance(5)
    state = run.get_state()
    assert {"tick", "day", "finished", "agents", "queues", "totals"} <= set(state)
    assert list(state["agents"][0]) == [
        "id", "balance", "credit_limit", "available", "collateral", "pending", "queued", "sent", "received",
        "cost",
    ]  # fmt: skip
    queue = state["queues"]["RTGS"]
    huge = next(payment for payment in queue["payments"] if payment["id"] == "HUGE")
    assert huge == {
        "id": "HUGE", "sender": "D", "receiver": "A", "amount": 10_000_000, "priority": 5, "arrival_tick": 0,
        "deadline_tick": None,
    }  # fmt: skip
    assert queue["total"] == len(queue["payments"]) == sum(agent["queued"] for agent in state["agents"])


def test_the_sums_of_advance_are_those_of_its_ticks():
    ticked, advanced = Orchestrator.new(scenario()), Orchestrator.new(scenario())
    results = [ticked.tick() for _ in range(20)]
    sums = advanced.advance(20)
    assert "agents" not in sums
    assert (sums["ticks"], sums["tick"], sums["finished"]) == (20, 19, False)
    for flow in ("arrivals", "settlements", "dropped", "settled_value", "arrived_value"):
        assert sums[flow] == sum(result[flow] for result in results)
    for standing in ("queue_depth", "queue_value", "pending"):
        assert sums[standing] == results[-1][standing]
    for kind, cost in sums["costs"].items():
        assert cost == sum(result["costs"][kind] for result in results)


def test_no_float_ever_holds_money():
    run = Orchestrator.new(scenario())
    results = [run.tick() for _ in range(TICKS)]
    for path, value in leaves([*results, run.get_state()]):
        assert not isinstance(value, float), path
    for columns in (run.series(["A"]), run.events(), run.payments()):
        assert not [name for name, column in columns.items() if getattr(column, "dtype", None) == np.float64]
    ratios = (
        "rate",
        "delay",
        "rho",
        "mean",
        "turnover",
        "shares",
        "gini",
        "efficiency",
        "average",
        "relative",
    )
    for path, value in leaves(run.metrics()):
        assert not isinstance(value, float) or any(word in path for word in ratios), path


def test_a_finished_run_refuses_to_go_on():
    run = finished(Orchestrator.new(scenario()))
    with pytest.raises(ValueError, match="finished") as refused:
        run.tick()
    assert refused.value.faults[0]["code"] == "finished"  # type: ignore[attr-defined]
    assert run.advance(5)["ticks"] == 0
    with pytest.raises(ValueError, match="finished"):
        run.apply({"type": "outage", "agent": "A"})


def test_the_caller_keeps_what_it_gave():
    config = scenario()
    before = deepcopy(config)
    finished(Orchestrator.new(config))
    assert config == before


def test_an_event_takes_effect_in_its_tick():
    run = Orchestrator.new(scenario())
    event = {"type": "inject_payment", "sender": "A", "receiver": "B", "amount": 1, "priority": 10}
    assert run.apply({**event, "tick": 3, "id": "LATER"})["tick"] == 3
    assert run.apply({**event, "id": "NOW"})["tick"] == 0
    assert [waiting["tick"] for waiting in run.scheduled()] == [0, 3]
    run.advance(4)
    assert run.scheduled() == []
    payments = run.payments()
    arrived = dict(zip(payments["id"], payments["arrival_tick"].tolist(), strict=True))
    assert (arrived["NOW"], arrived["LATER"]) == (0, 3)


def test_a_withdrawn_event_never_happened():
    run, twin = Orchestrator.new(scenario()), Orchestrator.new(scenario())
    sequence = run.apply({"type": "outage", "agent": "A", "tick": 5})["sequence"]
    run.withdraw(sequence)
    with pytest.raises(ValueError, match=str(sequence)):
        run.withdraw(sequence)
    assert finished(run).digest() == finished(twin).digest()


def test_explain_names_what_is_missing():
    run = Orchestrator.new(scenario())
    run.tick()
    reason = run.explain("HUGE")
    assert (reason["status"], reason["reason"]) == ("queued", "liquidity")
    available = run.get_state()["agents"][3]["available"]
    assert reason["missing"] == 10_000_000 - available
    with pytest.raises(ValueError, match="NOBODY"):
        run.explain("NOBODY")


def test_the_interpreter_is_free_while_the_engine_runs_and_cancel_stops_it():
    run = Orchestrator.new(year())
    outcome: list[dict[str, Any]] = []
    worker = threading.Thread(target=lambda: outcome.append(run.advance(10**9)))
    worker.start()
    while worker.is_alive():
        run.cancel()
    assert outcome[0]["stop"] == "asked"
    assert outcome[0]["ticks"] < 86_400 * 366


def test_advance_keeps_to_its_budget():
    run = Orchestrator.new(year())
    first = run.advance(10**9, 1)
    assert (first["stop"], first["finished"]) == ("asked", False)
    assert 0 < first["ticks"] == run.get_state()["tick"]


@pytest.mark.parametrize("step", ["tick", "advance"])
def test_a_panic_of_the_engine_is_a_runtime_error_and_ends_that_run_only(monkeypatch, step):
    monkeypatch.setenv("SIM_TEST_PANIC", "5")
    broken = Orchestrator.new(scenario())
    monkeypatch.delenv("SIM_TEST_PANIC")
    healthy = Orchestrator.new(scenario())
    assert broken.advance(5)["ticks"] == 5
    with pytest.raises(RuntimeError, match=r"forced .*seed 7, tick 5"):
        broken.tick() if step == "tick" else broken.advance(10)
    for call in (broken.tick, broken.get_state, broken.digest, broken.snapshot, broken.drain):
        with pytest.raises(RuntimeError, match="nothing further"):
            call()
    assert finished(healthy).digest() == finished(Orchestrator.new(scenario())).digest()


def test_measures_have_every_key_before_anything_happened():
    metrics = Orchestrator.new(scenario()).metrics()
    assert metrics["shares"] == dict.fromkeys(("gross", "bilateral", "multilateral", "net"))
    assert metrics["settlement_rate_count"] is metrics["rho"] is metrics["turnover"] is None
    assert set(metrics["agents"]) == set(metrics["liquidity_used"]) == {"A", "B", "C", "D"}
    assert (metrics["arrived_count"], metrics["arrived_value"]) == (0, 0)
