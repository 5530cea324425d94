"""The schema says the same as the engine: keys, defaults, and what it hands over."""

import pytest
from pydantic import ValidationError

from simulations.config.document import parse_yaml
from simulations.config.faults import check_text
from simulations.config.loader import load_config
from simulations.config.schema import (
    AgentConfig,
    ArrivalConfig,
    CostConfig,
    RailConfig,
    SimulationConfig,
    TransactionConfig,
)
from simulations.config.tests.documents import EVERY_KEY, SMALLEST
from simulations.engine.core import schema_defaults, validate


@pytest.mark.parametrize(
    ("part", "model"),
    [
        ("scenario", SimulationConfig),
        ("agent", AgentConfig),
        ("arrival_config", ArrivalConfig),
        ("rail", RailConfig),
        ("costs", CostConfig),
        ("payment", TransactionConfig),
    ],
)
def test_defaults_are_those_of_the_engine(part, model):
    given = schema_defaults()[part]
    assert given
    for key, default in given.items():
        if (part, key) == ("scenario", "rails"):
            continue  # absent rails are one default rail; its own defaults are held above
        ours = model.model_fields[key].get_default(call_default_factory=True, validated_data={})
        plain = ours.model_dump(exclude_none=True) if hasattr(ours, "model_dump") else ours
        if part == "scenario" and key == "costs":
            plain = {}
        assert plain == default, key


def test_the_engine_gets_what_was_written_and_nothing_else():
    document = parse_yaml(EVERY_KEY)
    config = check_text(EVERY_KEY).accepted().to_engine()
    config["agents"][0]["arrival_config"]["deadline_ticks"] = [10, 50]  # a tuple on its way
    assert config == document
    assert validate(config) == []


@pytest.mark.parametrize("keys", [{}, {"mode": "json"}, {"exclude_none": True}], ids=str)
def test_a_dumped_config_with_all_its_defaults_is_the_same_scenario(keys):
    text = SMALLEST + "  - {id: N, settlement_type: deferred_net, settle_at_ticks: [3]}\n"
    config = check_text(text).accepted()
    assert validate(config.model_dump(**keys)) == []


def test_a_key_written_where_it_makes_no_sense_is_refused_however_a_config_is_built():
    rail = RailConfig(id="N", settlement_type="deferred_net", settle_at_ticks=[3], queue="priority_fifo")
    banks = [AgentConfig(id="A", balance=1), AgentConfig(id="B", balance=1)]
    with pytest.raises(ValidationError, match="queue makes no sense"):
        SimulationConfig(ticks_per_day=10, seed=1, agents=banks, rails=[rail])


def test_null_means_absent():
    text = SMALLEST.replace("balance: 100}", "balance: 100, credit_limit: null, policy: ~}")
    agent = check_text(text).accepted().agents[0]
    assert agent.credit_limit == 0
    assert "credit_limit" not in check_text(text).accepted().to_engine()["agents"][0]


@pytest.mark.parametrize("value", [1000.0, "1000", True, 10.5])
def test_money_takes_integers_only(value):
    document = parse_yaml(SMALLEST)
    document["agents"][0]["balance"] = value
    with pytest.raises(ValidationError, match="integer"):
        SimulationConfig.model_validate(document)


def test_the_json_schema_describes_every_key():
    schema = SimulationConfig.json_schema()
    assert schema["additionalProperties"] is False
    assert {"agents", "ticks_per_day", "seed"} <= set(schema["required"])
    balance = schema["$defs"]["AgentConfig"]["properties"]["balance"]
    assert balance["type"] == "integer"
    assert balance["description"] == "Opening balance, in cents."


def test_a_file_is_loaded_or_refused_by_type(tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(SMALLEST)
    bad.write_text(SMALLEST.replace("balance: 100", "balance: 100.5"))
    assert load_config(good).ticks_per_day == 10
    with pytest.raises(FileNotFoundError):
        load_config(tmp_path / "none.yaml")
    with pytest.raises(ValidationError, match="integer") as refused:
        load_config(bad)
    assert refused.value.errors()[0]["loc"] == ("agents", 0, "balance")
    assert "line 4" in str(refused.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: \xe9", b"x" * 3_000_000, b"", b"a: [", b"a: &x 1"])
def test_a_file_that_is_no_scenario_is_a_validation_error(tmp_path, content):
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(ValidationError):
        load_config(path)
