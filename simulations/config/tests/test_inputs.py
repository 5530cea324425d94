"""From a stored document to the engine's input: seed, liquidity and payment file in their places."""

import pytest

from simulations.config.faults import ScenarioRefused
from simulations.config.inputs import prepare, with_liquidity
from simulations.config.tests.documents import EVERY_KEY, SMALLEST
from simulations.engine.rust_backend import RustBackend


def test_the_document_is_given_as_it_is():
    given = prepare(EVERY_KEY, seed=None)
    assert given.config["seed"] == 12345
    assert given.config["agents"][0]["balance"] == 1_000_000
    assert given.payments is None


def test_the_seed_is_replaced_or_refused():
    assert prepare(SMALLEST, seed=7).config["seed"] == 7
    with pytest.raises(ScenarioRefused) as refused:
        prepare(SMALLEST, seed=-1)
    assert [fault.path for fault in refused.value.faults] == ["seed"]


def test_liquidity_is_scaled_down_to_whole_cents_and_debts_are_not():
    config = {
        "agents": [
            {"id": "A", "balance": 101, "credit_limit": 33, "collateral": {"posted": 11, "haircut": 0.5}},
            {"id": "B", "balance": -7},
            {"id": "C", "balance": 0},
        ]
    }
    assert with_liquidity(config, 50)["agents"] == [
        {"id": "A", "balance": 50, "credit_limit": 16, "collateral": {"posted": 5, "haircut": 0.5}},
        {"id": "B", "balance": -7},
        {"id": "C", "balance": 0},
    ]
    assert with_liquidity(config, 200)["agents"][0]["balance"] == 202
    assert config["agents"][0]["balance"] == 101
    with pytest.raises(ValueError, match="0 or more"):
        with_liquidity(config, -1)


@pytest.mark.parametrize("text", [SMALLEST, SMALLEST + "transactions_file: kept\n"])
def test_a_payment_file_is_taken_whether_the_document_names_it_or_not(tmp_path, text):
    path = tmp_path / "p.csv"
    path.write_text("id,sender,receiver,amount,arrival_tick\nP1,A,B,5,0\n")
    given = prepare(text, seed=None, payment_path=path)
    backend = RustBackend(given.config, given.payments)
    assert backend.tick()["settled_value"] == 5
    path.write_text("id,sender,receiver,amount,arrival_tick\nP1,A,X,5,0\n")
    with pytest.raises(ScenarioRefused, match="line 2"):
        prepare(text, seed=None, payment_path=path)


def test_a_file_that_is_named_but_not_there_is_refused():
    with pytest.raises(ScenarioRefused, match="kept"):
        prepare(SMALLEST + "transactions_file: kept\n", seed=None)


def test_an_id_used_by_the_document_and_the_file_is_refused(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("id,sender,receiver,amount,arrival_tick\nP1,A,B,5,0\n")
    own = "initial_transactions:\n  - {id: P1, sender: A, receiver: B, amount: 1, arrival_tick: 0}\n"
    with pytest.raises(ScenarioRefused, match="P1"):
        prepare(SMALLEST + own, seed=None, payment_path=path)


def test_a_file_that_has_changed_is_read_again(tmp_path):
    path = tmp_path / "p.csv"
    for amount in (5, 77):
        path.write_text(f"id,sender,receiver,amount,arrival_tick\nP1,A,B,{amount},0\n")
        given = prepare(SMALLEST, seed=None, payment_path=path)
        assert given.payments is not None
        assert given.payments["amount"].tolist() == [amount]
        assert not given.payments["amount"].flags.writeable
