"""What the tick results add up to is what the engine measures."""

import pytest

from simulations.engine.rust_backend import RustBackend
from simulations.results.aggregator import SimulationMetrics, aggregate_metrics


def config(**more):
    arrivals = {"rate_per_tick": 2, "distribution_type": "exponential", "amount_mean": 3000}
    banks = [{"id": bank, "balance": 20_000, "arrival_config": arrivals} for bank in ("A", "B", "C")]
    return {"ticks_per_day": 30, "num_days": 2, "seed": 4, "agents": banks, **more}


def test_no_ticks_are_zeros():
    assert aggregate_metrics([]) == SimulationMetrics(0, 0, 0, 0, 0.0, 0.0, 0, {})


@pytest.mark.parametrize("end_of_day", ["carry_over", "reject"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_sums_are_those_of_the_engine(seed, end_of_day):
    backend = RustBackend(config(seed=seed, end_of_day=end_of_day))
    found = aggregate_metrics(backend.tick() for _ in range(60))
    metrics = backend.metrics()
    assert found.total_ticks == 60
    assert found.total_arrivals == metrics["arrived_count"]
    assert found.total_settlements == metrics["settled_count"]
    assert found.total_dropped == metrics["dropped_count"]
    assert found.settlement_rate == metrics["settlement_rate_count"]
    assert found.average_delay == metrics["average_delay"]
    assert 0 < found.max_queue_depth <= metrics["queue_length_max"]
    for bank, of_bank in found.agent_metrics.items():
        assert of_bank["total_sent"] == metrics["agents"][bank]["gross_sent"]
        assert of_bank["total_received"] == metrics["agents"][bank]["gross_received"]
        assert 0 <= of_bank["min_balance"] <= of_bank["avg_balance"]


@pytest.mark.parametrize("end_of_day", ["carry_over", "reject"])
@pytest.mark.parametrize("ticks", [35, 60])
def test_what_is_cancelled_in_the_last_tick_did_not_wait_in_it(ticks, end_of_day):
    banks = [{"id": "A", "balance": 0}, {"id": "B", "balance": 0}]
    first = {"id": "P", "sender": "A", "receiver": "B", "amount": 7, "arrival_tick": 0}
    second = {**first, "id": "Q", "arrival_tick": 31}
    events = [{"type": "cancel_payment", "tick": ticks - 1, "payment": "Q"}]
    run = {"agents": banks, "initial_transactions": [first, second], "events": events}
    if end_of_day == "carry_over":  # what waits beyond a day tells that none rejects
        run["events"] = [{"type": "cancel_payment", "tick": ticks - 1, "payment": each} for each in "PQ"]
    elif ticks == 60:  # then nobody can tell the two drops apart
        run["events"] = []
    backend = RustBackend(config(**run, end_of_day=end_of_day))
    found = aggregate_metrics([backend.tick() for _ in range(ticks)])
    assert found.average_delay == backend.metrics()["average_delay"]


def test_a_quiet_run_has_a_rate_of_nothing():
    quiet = {"ticks_per_day": 3, "seed": 1, "agents": [{"id": "A", "balance": 5}, {"id": "B", "balance": -5}]}
    backend = RustBackend(quiet)
    found = aggregate_metrics([backend.tick(), backend.tick()])
    assert (found.total_ticks, found.settlement_rate, found.average_delay) == (2, 0.0, 0.0)
    assert found.agent_metrics["B"] == {
        "avg_balance": -5.0,
        "min_balance": -5,
        "total_sent": 0,
        "total_received": 0,
    }
