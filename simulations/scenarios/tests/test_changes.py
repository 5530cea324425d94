"""The verbs of the form: what was meant is in the document, what was not touched is as it was."""

import pytest

from simulations.config.document import parse_yaml
from simulations.scenarios.changes import ChangeRefused, change, pasted_banks
from simulations.scenarios.checking import check
from simulations.scenarios.edits import Edit, edit_between
from simulations.scenarios.form import read_form
from simulations.scenarios.paths import parse_path, show_path
from simulations.scenarios.tests.texts import TWO
from simulations.scenarios.typing_in import value_of


def document(text):
    return parse_yaml(text)


def lines_lost(text):
    return [line for line in TWO.splitlines() if line not in text.splitlines()]


@pytest.mark.parametrize(
    ("path", "typed", "value"),
    [
        ("agents[0].balance", "12,345.67", 1_234_567),
        ("agents[0].balance", "12 345,67", 1_234_567),
        ("agents[0].balance", "1,234", 123_400),
        ("agents[0].balance", "-5", -500),
        ("agents[0].balance", "lots", "lots"),
        ("agents[0].balance", "1.234", "1.234"),
        ("seed", "12 345", 12345),
        ("costs.overdraft_rate", "0,0001", 0.0001),
        ("agents[0].arrival_config.priority", "7", 7),
        ("agents[0].arrival_config.priority", "5: 0.8, 9: 0.2", {"5": 0.8, "9": 0.2}),
        ("agents[0].arrival_config.deadline_ticks", "10, 50", [10, 50]),
        ("agents[0].policy.targets", "40: 0.3, 80: 0.9", [[40, 0.3], [80, 0.9]]),
        ("rails[0].liquidity_saving", "bilateral multilateral", ["bilateral", "multilateral"]),
        ("agents[2].limits.bilateral.BANK_A", "9", 900),
        ("initial_transactions[0].divisible", "true", True),
        ("initial_transactions[0].rail", "12", "12"),
    ],
)
def test_what_is_typed_becomes_the_value_of_its_kind(path, typed, value) -> None:
    result = value_of(parse_path(path), typed, 2)
    assert result == value
    assert type(result) is type(value)


def test_limits_to_several_banks_stand_in_one_box() -> None:
    text = change(TWO, "add", "events")
    text = change(text, "set", "events[0].type", "set_limits")
    text = change(text, "set", "events[0].limits.bilateral", "BANK_B: 9,000.50; BANK_C: 7")
    assert parse_yaml(text)["events"][0]["limits"]["bilateral"] == {"BANK_B": 900050, "BANK_C": 700}
    box = next(each for each in read_form(text).events[0].fields if each.key == "bilateral")
    assert box.value == "BANK_B: 9,000.50; BANK_C: 7.00"
    faulty = change(text, "set", "events[0].limits.bilateral", "BANK_B: much")
    assert [fault.path for fault in check(faulty).faults] == ["events[0].limits.bilateral.BANK_B"]


def test_a_box_changes_its_own_line_alone() -> None:
    text = change(TWO, "set", "agents[0].balance", "2,000.00")
    assert lines_lost(text) == ["    balance: 100000  # cents"]
    assert "    balance: 200000  # cents" in text


def test_an_empty_box_takes_the_key_away_and_an_absent_one_changes_nothing() -> None:
    assert lines_lost(change(TWO, "set", "name", "")) == ["name: Two banks"]
    assert change(TWO, "set", "num_days", "  ") == TWO


def test_text_that_is_no_amount_is_kept_and_is_a_fault_there() -> None:
    text = change(TWO, "set", "agents[0].balance", "lots")
    assert document(text)["agents"][0]["balance"] == "lots"
    fault = check(text).faults[0]
    assert fault.path == "agents[0].balance"
    assert "integer" in fault.message


def test_a_renamed_bank_is_renamed_wherever_it_is_named() -> None:
    text = change(TWO, "set", "agents[1].id", "BIG")
    assert "BANK_B" not in text
    assert check(text).config is not None
    assert document(text)["agents"][0]["arrival_config"]["counterparty_weights"] == {"BIG": 2, "BANK_C": 1}
    assert "# the end" in text


def test_of_two_banks_with_one_id_only_the_one_meant_is_renamed() -> None:
    twice = TWO.replace("id: BANK_C", "id: BANK_B")
    text = change(twice, "set", "agents[2].id", "BANK_C")
    assert text == TWO


def test_a_removed_bank_leaves_the_weights_and_limits_of_others() -> None:
    text = change(TWO, "remove", "agents[1]")
    agents = document(text)["agents"]
    assert [agent["id"] for agent in agents] == ["BANK_A", "BANK_C"]
    assert agents[0]["arrival_config"]["counterparty_weights"] == {"BANK_C": 1}
    assert agents[1]["limits"]["bilateral"] == {"BANK_A": 5}


@pytest.mark.parametrize(
    "path", ["agents", "agents[1].arrival_config", "rails", "initial_transactions", "events"]
)
def test_whatever_is_added_is_faultless(path) -> None:
    text = change(TWO, "add", path)
    assert check(text).faults == []
    assert lines_lost(text) in ([], ["  - {id: BANK_B, balance: 2000} # flow"])


def test_a_second_rail_says_the_first_one() -> None:
    rails = document(change(TWO, "add", "rails"))["rails"]
    assert [rail["id"] for rail in rails] == ["RTGS", "ACH"]
    assert rails[1]["settle_at_ticks"] == [99]


def test_a_window_is_added_to_the_profile() -> None:
    text = change(TWO, "add", "agents[0].arrival_config.time_windows")
    assert check(text).faults == []
    again = change(text, "add", "agents[0].arrival_config.time_windows")
    assert len(document(again)["agents"][0]["arrival_config"]["time_windows"]) == 2


def test_a_copy_has_an_id_of_its_own() -> None:
    text = change(TWO, "duplicate", "agents[0]")
    assert [agent["id"] for agent in document(text)["agents"]] == ["BANK_A", "BANK_A_2", "BANK_B", "BANK_C"]
    assert check(text).faults == []


@pytest.mark.parametrize(
    "kind", ["deadline", "liquidity_aware", "receipt_reactive", "throughput", "release_all"]
)
def test_a_policy_comes_with_all_it_must_have(kind) -> None:
    text = change(TWO, "set", "agents[1].policy.type", kind)
    assert document(text)["agents"][1]["policy"]["type"] == kind
    assert check(text).faults == []


def test_another_policy_keeps_what_both_have() -> None:
    text = change(TWO, "set", "agents[0].policy.type", "liquidity_aware")
    text = change(text, "set", "agents[0].policy.keep", "5")
    text = change(text, "set", "agents[0].policy.type", "throughput")
    assert document(text)["agents"][0]["policy"]["keep"] == 500


def test_a_rail_that_changes_its_kind_drops_what_makes_no_sense() -> None:
    text = change(change(TWO, "add", "rails"), "set", "rails[0].queue", "fifo")
    text = change(text, "set", "rails[0].settlement_type", "deferred_net")
    assert document(text)["rails"][0] == {
        "id": "RTGS",
        "settlement_type": "deferred_net",
        "settle_at_ticks": [99],
    }
    text = change(text, "set", "rails[0].settlement_type", "immediate")
    assert document(text)["rails"][0] == {"id": "RTGS", "settlement_type": "immediate"}


@pytest.mark.parametrize("kind", ["exponential", "uniform", "normal", "lognormal"])
def test_another_distribution_has_the_spread_it_needs(kind) -> None:
    text = change(TWO, "set", "agents[0].arrival_config.distribution_type", "exponential")
    text = change(text, "set", "agents[0].arrival_config.distribution_type", kind)
    assert check(text).faults == []


EVENT_KINDS = [
    "inject_payment",
    "transfer_liquidity",
    "set_credit_limit",
    "set_arrival_rate",
    "outage",
    "recover",
    "set_policy",
    "set_limits",
    "set_liquidity_saving",
    "hold_payment",
    "release_payment",
    "cancel_payment",
    "reprioritise_payment",
]


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_an_event_of_any_kind_comes_with_all_it_must_have(kind) -> None:
    text = change(change(TWO, "add", "events"), "set", "events[0].type", kind)
    assert document(text)["events"][0]["type"] == kind
    assert check(text).faults == []


def test_the_first_weight_of_a_bank_says_that_the_others_are_alike() -> None:
    text = change(TWO, "add", "agents[1].arrival_config")
    text = change(text, "set", "agents[1].arrival_config.counterparty_weights.BANK_A", "3")
    assert document(text)["agents"][1]["arrival_config"]["counterparty_weights"] == {"BANK_A": 3, "BANK_C": 1}


def test_rows_of_a_spreadsheet_are_banks_old_and_new() -> None:
    text = change(TWO, "paste", "agents", "Bank\tBalance\tCredit\nBANK_B\t1,000.00\t50\nBANK_D\t7.5\n")
    agents = document(text)["agents"]
    assert agents[1] == {"id": "BANK_B", "balance": 100_000, "credit_limit": 5000}
    assert agents[3] == {"id": "BANK_D", "balance": 750}
    assert "# flow" in text


def test_many_rows_are_pasted_at_once() -> None:
    rows = "\n".join(f"B{number};{number}" for number in range(1000))
    assert len(document(change(TWO, "paste", "agents", rows))["agents"]) == 1003


@pytest.mark.parametrize("rows", ["", "A", "A\tmuch\nB\tmuch", "x\n" * 10_001])
def test_rows_that_are_no_banks_are_refused(rows) -> None:
    with pytest.raises(ChangeRefused):
        pasted_banks(rows, 2)


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("set", "agents[99].balance"),
        ("remove", "agents[99]"),
        ("duplicate", "agents[99]"),
        ("duplicate", "name"),
        ("add", "name"),
        ("paste", "rails"),
        ("explode", "agents"),
        ("set", ""),
        ("set", "agents[["),
        ("set", "agents[99999999999999]"),
        ("set", "agents.x.y"),
    ],
)
def test_a_change_of_what_is_not_there_is_refused(verb, path) -> None:
    with pytest.raises(ChangeRefused):
        change(TWO, verb, path, "1")


def test_a_text_that_cannot_be_read_is_not_changed() -> None:
    with pytest.raises(ChangeRefused, match="YAML"):
        change("a: [", "set", "seed", "1")


def test_an_empty_text_takes_its_first_key() -> None:
    assert change("", "set", "seed", "1") == "seed: 1\n"


@pytest.mark.parametrize("text", ["agents[2].arrival_config.amount_mean", "seed", "a[0][1].b"])
def test_a_path_is_shown_as_it_is_read(text) -> None:
    assert show_path(parse_path(text)) == text


@pytest.mark.parametrize(
    ("old", "new", "edit"),
    [
        ("seed: 1\n", "seed: 12\n", Edit(7, 7, "2")),
        ("a: 🏦\nb: 1", "a: 🏦\nb: 2", Edit(9, 10, "2")),
        ("aaa", "aa", Edit(2, 3, "")),
        ("same", "same", None),
    ],
)
def test_an_edit_is_the_least_that_differs_as_a_browser_counts(old, new, edit) -> None:
    assert edit_between(old, new) == edit


@pytest.mark.parametrize(
    ("percent", "balances"), [("0", [0, 0, 100]), ("50", [0, 50, 100]), ("100", [0, 100, 100])]
)
def test_banks_open_between_what_their_scripted_payments_need(percent, balances) -> None:
    """A gets 100 before it pays it on; B pays 100 and gets them back; C only pays."""
    payments = (("BANK_B", "BANK_A", 0), ("BANK_A", "BANK_B", 1), ("BANK_C", "BANK_A", 2))
    scripted = "".join(
        f"  - {{sender: {sender}, receiver: {receiver}, amount: 100, arrival_tick: {tick}}}\n"
        for sender, receiver, tick in payments
    )
    before = TWO[: TWO.index("  - {sender")] + scripted + "# the end\n"
    text = change(before, "open", "agents", percent)
    assert [agent["balance"] for agent in document(text)["agents"]] == balances
    assert [line for line in text.splitlines() if "balance" not in line] == [
        line for line in before.splitlines() if "balance" not in line
    ]
    assert f"    balance: {balances[0]}  # cents" in text
    assert f"  - {{id: BANK_B, balance: {balances[1]}}} # flow" in text


@pytest.mark.parametrize(
    ("text", "typed", "why"),
    [
        (TWO, "much", "per cent"),
        (TWO, "101", "0 % .LB. to 100 %"),
        (TWO.replace("seed: 1", "seed: x"), "50", "mend"),
        (TWO[: TWO.index("initial_transactions")], "50", "attach a payment file"),
    ],
)
def test_banks_are_not_opened_by_bounds_that_are_not_known(text, typed, why) -> None:
    with pytest.raises(ChangeRefused, match=why):
        change(text, "open", "agents", typed)
