"""The engine behind its interface: copies at the border, refusals with faults, crossings in the log."""

import copy
import logging
from typing import Any

import numpy as np
import pytest

from simulations.engine.core import ENGINE_VERSION, schema_defaults, validate
from simulations.engine.protocol import EVENT_TYPES, SimulationBackend
from simulations.engine.rust_backend import RustBackend

ARRIVALS = {"rate_per_tick": 2, "distribution_type": "exponential", "amount_mean": 3000}
CONFIG: dict[str, Any] = {
    "ticks_per_day": 30,
    "seed": 4,
    "agents": [
        {"id": "A", "balance": 20_000, "arrival_config": ARRIVALS},
        {"id": "B", "balance": 20_000, "arrival_config": ARRIVALS},
    ],
}


def test_it_offers_what_the_workbench_asks_for():
    assert isinstance(RustBackend(CONFIG), SimulationBackend)
    assert ENGINE_VERSION.count(".") == 2


def test_what_the_caller_does_later_does_not_reach_the_run():
    config = copy.deepcopy(CONFIG)
    payments = {
        "sender": np.array([0]),
        "receiver": np.array([1]),
        "amount": np.array([500]),
        "arrival_tick": np.array([0]),
    }
    backend, undisturbed = RustBackend(config, payments), RustBackend(CONFIG, copy.deepcopy(payments))
    config["agents"][0]["balance"] = 0
    payments["amount"][0] = 1
    backend.advance(30)
    undisturbed.advance(30)
    assert backend.digest() == undisturbed.digest()


def test_an_answer_belongs_to_the_caller():
    backend = RustBackend(CONFIG)
    state = backend.get_state()
    state["agents"][0]["balance"] = -1
    assert backend.get_state()["agents"][0]["balance"] == 20_000


def test_the_smallest_raw_config_is_enough():
    backend = RustBackend(
        {"ticks_per_day": 1, "seed": 0, "agents": [{"id": "A", "balance": 1}, {"id": "B", "balance": 0}]}
    )
    assert backend.tick()["arrivals"] == 0
    with pytest.raises(ValueError, match="finished"):
        backend.tick()


def test_a_refused_config_says_why():
    bad = {**CONFIG, "agents": [{"id": "A", "balance": 1.5}, {"id": "A", "balance": 1}]}
    with pytest.raises(ValueError, match="integer") as refused:
        RustBackend(bad)
    faults = getattr(refused.value, "faults", [])
    assert {fault["path"] for fault in faults} == {"agents[0].balance", "agents[1].id"}
    assert validate(bad) == faults


def test_a_snapshot_goes_on_as_if_nothing_had_happened():
    whole, half = RustBackend(CONFIG), RustBackend(CONFIG)
    whole.advance(30)
    half.advance(13)
    restored = RustBackend.restore(half.snapshot(), CONFIG)
    restored.advance(30)
    assert restored.digest() == whole.digest()
    assert restored.get_state() == whole.get_state()
    with pytest.raises(ValueError, match="snapshot"):
        RustBackend.restore(b"no snapshot", CONFIG)


def test_an_intervention_can_be_taken_back():
    backend = RustBackend(CONFIG)
    accepted = backend.apply({"tick": 5, "type": "transfer_liquidity", "agent": "A", "amount": 700})
    assert backend.scheduled() == [accepted]
    backend.withdraw(accepted["sequence"])
    assert backend.scheduled() == []
    with pytest.raises(ValueError, match="intervention"):
        backend.withdraw(accepted["sequence"])


def test_the_defaults_are_told_by_part():
    assert schema_defaults()["payment"]["priority"] == 5


def test_crossings_are_logged_only_when_asked_for(monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    RustBackend(CONFIG).tick()
    assert "engine.call" not in caplog.text
    monkeypatch.setenv("SIM_FFI_LOG", "debug")
    backend = RustBackend(CONFIG, run="seven")
    backend.advance(7)
    backend.tick()
    calls = [record.getMessage() for record in caplog.records if "engine.call" in record.getMessage()]
    assert len(calls) == 3
    assert all("seven" in call for call in calls)
    assert "advance" in calls[1]
    assert "'ticks': 7" in calls[1] or "ticks=7" in calls[1]


def test_the_types_of_events_are_the_cores():
    assert tuple(RustBackend(CONFIG).events()["labels"]["type"]) == EVENT_TYPES


@pytest.mark.parametrize("config", [None, [], "agents", 7])
def test_what_is_no_config_is_refused_as_a_bad_one(config):
    with pytest.raises(ValueError, match=r"mapping|dict|object") as refused:
        RustBackend(config)
    assert getattr(refused.value, "faults", [])
