"""The form has a box for every key there is, and a way to every row of a long list."""

import pytest
from pydantic import BaseModel

from simulations.config.document import parse_yaml
from simulations.config.events import EVENTS, Limits
from simulations.config.policies import SplitAbove
from simulations.config.schema import (
    AgentConfig,
    ArrivalConfig,
    Collateral,
    CostConfig,
    Currency,
    RailConfig,
    Reservations,
    SimulationConfig,
    TimeWindow,
    TransactionConfig,
)
from simulations.scenarios.changes import change
from simulations.scenarios.details import read_arrivals, read_bank
from simulations.scenarios.form import POLICIES, ROWS_MAX, read_form
from simulations.scenarios.tests.texts import TWO

# Keys that are sections, lists or drawers, or that the pages write: the own id, the attached file.
HOLDERS = {
    *("agents", "rails", "costs", "events", "initial_transactions", "currency", "transactions_file"),
    *("collateral", "policy", "limits", "reservations", "arrival_config", "time_windows"),
    *("agent_id", "type", "split_above"),
}


def keys_of(*models):
    return {key for model in models for key in model.model_fields} - HOLDERS


def keys_in(*rows):
    return {field.key for row in rows for field in row}


def in_drawer(details):
    return [fields for _, fields in details.groups] + [row.fields for row in details.windows]


def test_every_key_of_a_scenario_has_a_box() -> None:
    text = change(TWO, "add", "agents[0].arrival_config.time_windows")
    text = change(text, "add", "rails")
    form, document = read_form(text), parse_yaml(text)
    assert keys_in(form.time) >= keys_of(SimulationConfig, Currency)
    assert keys_in(form.costs) == keys_of(CostConfig)
    assert keys_in(*(row.fields for row in form.rails)) == keys_of(RailConfig)
    assert keys_in(*(row.fields for row in form.payments)) == keys_of(TransactionConfig)
    bank, arrivals = read_bank(document, 0), read_arrivals(document, 0)
    boxes = keys_in(*(row.fields for row in form.banks), *in_drawer(bank), bank.weights)
    assert boxes >= keys_of(AgentConfig, Collateral, Reservations, SplitAbove) | {"multilateral", "BANK_B"}
    boxes = keys_in(*in_drawer(arrivals), arrivals.weights)
    assert boxes >= keys_of(ArrivalConfig, TimeWindow) - {"counterparty_weights"} | {"BANK_B"}


@pytest.mark.parametrize("kind", EVENTS)
def test_every_key_of_an_event_has_a_box(kind) -> None:
    text = change(change(TWO, "add", "events"), "set", "events[0].type", kind)
    wanted = keys_of(EVENTS[kind])
    if kind == "set_limits":
        wanted |= keys_of(Limits)
    if kind == "set_policy":
        wanted |= keys_of(SplitAbove)
    assert keys_in(read_form(text).events[0].fields) >= wanted


@pytest.mark.parametrize("kind", POLICIES)
@pytest.mark.parametrize("holder", ["agents[0]", "events[0]"])
def test_every_key_of_a_policy_has_a_box_in_drawers_and_events(kind, holder) -> None:
    text = change(change(TWO, "add", "events"), "set", "events[0].type", "set_policy")
    text = change(text, "set", f"{holder}.policy.type", kind)
    boxes = (
        keys_in(*in_drawer(read_bank(parse_yaml(text), 0)))
        if holder == "agents[0]"
        else keys_in(read_form(text).events[0].fields)
    )
    assert boxes >= keys_of(POLICIES[kind], SplitAbove)


def test_a_new_policy_is_explained_where_it_is_planned() -> None:
    text = change(change(TWO, "add", "events"), "set", "events[0].type", "set_policy")
    text = change(text, "set", "events[0].policy.type", "receipt_reactive")
    assert "Sends what it has received today" in read_form(text).events[0].note


def test_every_box_of_a_policy_an_event_or_a_rail_is_explained() -> None:
    holders: list[type[BaseModel]] = [*POLICIES.values(), *EVENTS.values(), SplitAbove, Limits, RailConfig]
    holders += [Collateral, Reservations, TimeWindow]
    silent = [
        f"{each.__name__}.{key}"
        for each in holders
        for key, about in each.model_fields.items()
        if key != "type" and not about.description
    ]
    assert silent == ["RailConfig.id"]


def test_numbers_written_as_text_stand_in_their_boxes_without_quotes() -> None:
    rates = '{type: throughput, targets: [[5, "0.25"], [20, 0.9]], keep: 0}'
    text = change(TWO, "add", "agents[0].arrival_config").replace(
        "{id: BANK_B", f"{{policy: {rates}, id: BANK_B"
    )
    bank = next(i for i, each in enumerate(parse_yaml(text)["agents"]) if each["id"] == "BANK_B")
    boxes = [field for fields in in_drawer(read_bank(parse_yaml(text), bank)) for field in fields]
    assert next(field.value for field in boxes if field.key == "targets") == "5: 0.25, 20: 0.9"


def test_every_row_of_a_long_list_is_on_a_sheet() -> None:
    banks = "".join(f"  - {{id: X{number}, balance: 1}}\n" for number in range(450))
    text = TWO.replace("initial_transactions:", banks + "initial_transactions:")
    seen = [row.index for sheet in range(3) for row in read_form(text, {"agents": sheet}).banks]
    assert seen == list(range(453))
    assert read_form(text, {"agents": 99}).banks[-1].index == 452, "past the end is the last sheet"
    assert len(read_form(text).banks) == ROWS_MAX
    assert read_bank(parse_yaml(text), 400).generates is False
    limits = [field for _, fields in read_bank(parse_yaml(text), 0).groups for field in fields]
    assert "bilateral" in {field.key for field in limits}, (
        "one box where there are too many banks for one each"
    )
    assert [field.key for field in read_arrivals(parse_yaml(text), 0).weights] == ["counterparty_weights"]
