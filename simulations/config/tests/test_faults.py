"""Every fault of a document at once, each with its path, its line, what was found and what is allowed."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from simulations.config.document import parse_yaml
from simulations.config.faults import ScenarioRefused, check_text, faults_of
from simulations.config.schema import SimulationConfig
from simulations.config.tests.documents import EVERY_KEY, SMALLEST
from simulations.engine.rust_backend import RustBackend


def test_a_faultless_document_gives_a_config_and_a_summary():
    checked = check_text(EVERY_KEY)
    assert checked.faults == []
    assert checked.config is not None
    assert checked.config.agents[0].id == "BANK_A"
    assert checked.summary is not None
    assert checked.summary.scripted_value == 2500
    assert checked.summary.expected_count_per_day == 600


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ("balance: 1000000", "balance: 1000.0", "agents[0].balance", "integer"),
        ("balance: 1000000", 'balance: "1000"', "agents[0].balance", "integer"),
        ("balance: 1000000", "balance: true", "agents[0].balance", "integer"),
        ("amount: 2500", "amount: 1e6", "initial_transactions[0].amount", "integer"),
        ("amount: 2500", "amount: -5", "initial_transactions[0].amount", "from 1"),
        ("credit_limit: 500000", "credit_limt: 5", "agents[0].credit_limt", "credit_limit"),
        ("release_all", "relase_all", "agents[0].policy.type", "release_all"),
        ("{BANK_B: 1.0}", "{BANK_X: 1.0}", "agents[0].arrival_config.counterparty_weights", "BANK_X"),
        ("receiver: BANK_B", "receiver: BANK_A", "initial_transactions[0].receiver", "itself"),
        ("deadline_tick: 99", "deadline_tick: x", "initial_transactions[0].deadline_tick", "integer"),
        ("haircut: 0.0", "haircut: 1.5", "agents[0].collateral.haircut", "from 0 to 1"),
        ("overdraft_rate: 0.0001", "overdraft_rate: 0.0000000001", "costs.overdraft_rate", "9"),
        ("timezone: Europe/Helsinki", "timezone: Mars/Base", "timezone", "time zone"),
        ('day_end: "18:00"', 'day_end: "07:00"', "day_end", "after"),
        ("tick: 40, type", "tick: 100, type", "events[0].tick", "99"),
        ("rails:\n", "rials:\n", "rials", "rails"),
    ],
)
def test_a_fault_says_where_it_is_and_what_would_be_right(old, new, path, words):
    line = EVERY_KEY[: EVERY_KEY.index(old)].count("\n") + 1
    faults = check_text(EVERY_KEY.replace(old, new, 1)).faults
    fault = next(fault for fault in faults if fault.path.startswith(path))
    assert fault.line == line
    assert words in f"{fault.message} {fault.allowed}"


def test_a_name_given_twice_is_a_fault_of_the_second():
    faults = check_text(SMALLEST.replace("id: B", "id: A")).faults
    assert [(fault.path, fault.line) for fault in faults] == [("agents[1].id", 5)]


def test_all_faults_are_told_together_in_the_order_of_the_text():
    text = SMALLEST.replace("ticks_per_day: 10", "ticks_per_day: 0").replace("seed: 1", "seed: -1")
    text = text.replace("balance: 100}", "balance: 1.5, colour: red}") + "timezone: Nowhere\n"
    faults = check_text(text).faults
    paths = [fault.path for fault in faults]
    assert paths[:2] == ["ticks_per_day", "seed"]
    assert {"agents[0].balance", "agents[0].colour", "agents[1].balance", "timezone"} <= set(paths)
    assert [fault.line for fault in faults] == sorted(fault.line for fault in faults)


@pytest.mark.parametrize("text", ["", "7", "[]", "just words", "null"])
def test_what_is_no_mapping_is_one_fault(text):
    checked = check_text(text)
    assert checked.config is None
    assert len(checked.faults) == 1


def test_unquoted_numbers_are_names_where_names_stand():
    text = SMALLEST.replace("id: A", "id: 12").replace("id: B", "id: NO")
    config = check_text(text).accepted()
    assert [agent.id for agent in config.agents] == ["12", "NO"]


def test_what_is_refused_says_so_when_it_is_asked_for():
    with pytest.raises(ScenarioRefused) as refused:
        check_text("seed: 1").accepted()
    assert {fault.path for fault in refused.value.faults} >= {"ticks_per_day", "agents"}
    assert "ticks_per_day" in str(refused.value)


def test_the_typed_config_asks_the_engine_for_what_hangs_together():
    document = parse_yaml(SMALLEST)
    document["agents"][1]["id"] = "A"
    with pytest.raises(ValidationError) as refused:
        SimulationConfig.model_validate(document)
    assert [fault.path for fault in faults_of(refused.value)] == ["agents[1].id"]


def test_a_payment_file_that_is_not_attached_is_a_fault():
    text = SMALLEST + "transactions_file: 0123\n"
    assert check_text(text).faults == []
    faults = check_text(text, payments=lambda name: None).faults
    assert [fault.path for fault in faults] == ["transactions_file"]
    assert "0123" in faults[0].message


def test_bad_rows_of_the_payment_file_are_faults_of_the_document(tmp_path):
    file = tmp_path / "p.csv"
    file.write_text("sender,receiver,amount,arrival_tick\nA,B,5,0\nA,X,5,0\nA,B,0,0\n")
    text = SMALLEST + "transactions_file: p.csv\n"
    faults = check_text(text, payments=lambda name: file).faults
    assert [(fault.path, fault.line) for fault in faults] == [("transactions_file", 8)] * 2
    assert "line 3" in faults[0].message
    assert "line 4" in faults[1].message


def test_a_good_payment_file_becomes_columns_and_counts_in_the_summary(tmp_path):
    file = tmp_path / "p.csv"
    file.write_text("sender,receiver,amount,arrival_tick\nA,B,5,0\nB,A,7,3\n")
    checked = check_text(SMALLEST + "transactions_file: p.csv\n", payments=lambda name: file)
    assert checked.faults == []
    assert checked.payments is not None
    assert checked.summary is not None
    assert checked.payments["amount"].tolist() == [5, 7]
    assert checked.summary.upper == {"A": 5, "B": 2}
    assert checked.summary.lower == {"A": 0, "B": 2}


def test_what_events_inject_counts_in_the_bounds_as_the_engine_counts_it():
    text = SMALLEST + (
        "initial_transactions: [{sender: A, receiver: B, amount: 50, arrival_tick: 1},"
        " {sender: B, receiver: A, amount: 30, arrival_tick: 1}]\n"
        "events: [{tick: 1, type: inject_payment, sender: B, receiver: A, amount: 1000}]\n"
    )
    checked = check_text(text)
    assert checked.summary is not None
    assert checked.config is not None
    backend = RustBackend(checked.config.to_engine())
    backend.advance(10_000)
    metrics = backend.metrics()
    assert checked.summary.upper == metrics["ub"] == {"A": 0, "B": 1000}
    assert checked.summary.lower == metrics["lb"] == {"A": 0, "B": 980}


KEYS = st.sampled_from(
    [
        *("agents", "balance", "id", "rails", "costs", "events", "seed", "ticks_per_day", "type", "policy"),
        *("arrival_config", "amount", "num_days"),
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["A", "B", "release_all", "outage", "immediate", "08:00"])
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(KEYS, TREES, max_size=8))
def test_any_document_is_a_config_or_faults(tree):
    document = {**parse_yaml(SMALLEST), **tree}
    checked = check_text(json.dumps(document))
    assert (checked.config is None) == bool(checked.faults)
    assert all(fault.message and fault.code for fault in checked.faults)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=80), st.integers(0, len(EVERY_KEY)))
def test_typing_anywhere_in_a_document_never_raises(typed, at):
    checked = check_text(EVERY_KEY[:at] + typed + EVERY_KEY[at:])
    assert (checked.config is None) == bool(checked.faults)
