"""The intervene panel: every event of the model with every parameter, and faults beside what was typed."""

import re
from typing import get_args

import pytest
from django.urls import reverse

from simulations.config import events, policies
from simulations.models import Run
from simulations.runs import manager
from simulations.runs.intervening import InterventionForm
from simulations.runs.offered import ACTIONS, PLACES, POLICIES
from simulations.runs.tests.cast import new_run

pytestmark = pytest.mark.django_db(transaction=True)
# Where the form has other fields than the event has keys.
FIELDS = {
    "policy": {"policy"},
    "split_above": {"split_amount", "split_parts"},
    "limits": {"multilateral", "bilateral"},
    "liquidity_saving": set(PLACES),
}


@pytest.fixture
def run(owner) -> Run:
    run = new_run(owner)
    manager.tick(run, count=8)
    return run


def url(name: str, run: Run, **more: object) -> str:
    return reverse(name, kwargs={"run_id": run.pk, **more})


def types_of(union: object) -> dict[str, type]:
    """Return the classes of a discriminated union by their `type`."""
    classes = get_args(get_args(union)[0])
    return {get_args(each.model_fields["type"].annotation)[0]: each for each in classes}


def fields_of(action: str, policy: str = "release_all") -> set[str]:
    asked = {"type": action, "policy": policy}
    return set(InterventionForm(asked=asked, decimals=2, rails=["RTGS"]).fields)


@pytest.mark.parametrize(("name", "event"), types_of(events.Event).items())
def test_every_parameter_of_every_event_can_be_typed(name, event) -> None:
    wanted = {"type", "tick"}
    for key in event.model_fields:
        wanted |= FIELDS.get(key, {key})
    assert wanted <= fields_of(name)


@pytest.mark.parametrize(("name", "policy"), types_of(policies.Policy).items())
def test_every_parameter_of_every_policy_can_be_typed(name, policy) -> None:
    wanted = set()
    for key in set(policy.model_fields) - {"type"}:
        wanted |= FIELDS.get(key, {key})
    assert wanted <= fields_of("set_policy", name)


def test_nothing_is_offered_that_the_model_does_not_have() -> None:
    assert set(ACTIONS) == set(types_of(events.Event))
    assert {key for key, _ in POLICIES} == set(types_of(policies.Policy))


@pytest.mark.parametrize("action", ACTIONS)
def test_every_parameter_is_explained(action) -> None:
    plain = {"type", "sender", "receiver", "amount", "agent", "third"}
    for key, _ in POLICIES:
        form = InterventionForm(asked={"type": action, "policy": key}, decimals=2, rails=["RTGS"])
        assert {name for name, field in form.fields.items() if not field.help_text} <= plain


def test_another_action_keeps_what_was_typed(run, owner, as_person) -> None:
    asked = {"type": "set_credit_limit", "agent": "B", "tick": "12"}
    page = as_person(owner).get(url("run_intervene", run), asked).content.decode()
    assert 'value="B"' in page
    assert 'value="12"' in page


def test_a_person_steps_in_with_money_in_units(run, owner, as_person) -> None:
    client = as_person(owner)
    form = client.get(url("run_intervene", run), {"type": "transfer_liquidity"}).content.decode()
    assert "Bank" in form
    typed = {"type": "transfer_liquidity", "agent": "A", "amount": "1,012.34", "tick": "10"}
    done = client.post(url("run_intervene", run), typed).content.decode()
    assert "It takes effect in tick 10" in done
    made = run.interventions.get()
    assert made.event == {"type": "transfer_liquidity", "agent": "A", "amount": 101234}
    assert "scheduled" in client.get(url("run_interventions", run)).content.decode()
    gone = client.post(url("run_withdraw", run, seq=made.seq)).content.decode()
    assert "withdrawn" in gone


def test_what_the_engine_refuses_is_said_in_the_panel(run, owner, as_person) -> None:
    client = as_person(owner)
    page = client.post(url("run_intervene", run), {"type": "outage", "agent": "NOBODY"}).content.decode()
    assert "NOBODY" in page
    assert not run.interventions.exists()
    assert "required" in client.post(url("run_intervene", run), {"type": "outage"}).content.decode()
    assert client.post(url("run_withdraw", run, seq=5)).status_code == 409


@pytest.mark.parametrize(
    ("typed", "event"),
    [
        (
            {"type": "set_policy", "agent": "A", "policy": "liquidity_aware", "keep": "1.5"},
            {"type": "set_policy", "agent": "A", "policy": {"type": "liquidity_aware", "keep": 150}},
        ),
        (
            {
                "type": "set_policy",
                "agent": "a",
                "policy": "throughput",
                "targets": "4 25 %\n9 0.5\n",
                "keep": "0",
                "due_ticks": "2",
                "split_amount": "10",
                "split_parts": "4",
            },
            {
                "type": "set_policy",
                "agent": "A",
                "policy": {
                    "type": "throughput",
                    "targets": [[4, 0.25], [9, 0.5]],
                    "keep": 0,
                    "due_ticks": 2,
                    "split_above": {"amount": 1000, "parts": 4},
                },
            },
        ),
        (
            {"type": "set_limits", "agent": "A"},
            {"type": "set_limits", "agent": "A", "limits": {}},
        ),
        (
            {"type": "set_limits", "agent": "A", "bilateral": "b 2", "multilateral": "3"},
            {"type": "set_limits", "agent": "A", "limits": {"bilateral": {"B": 200}, "multilateral": 300}},
        ),
        (
            {"type": "set_liquidity_saving", "rail": "RTGS", "first": "multilateral", "third": "bilateral"},
            {
                "type": "set_liquidity_saving",
                "rail": "RTGS",
                "liquidity_saving": ["multilateral", "bilateral"],
            },
        ),
        (
            {"type": "inject_payment", "sender": "A", "receiver": "B", "amount": "1", "priority": "9"},
            {"type": "inject_payment", "sender": "A", "receiver": "B", "amount": 100, "priority": 9},
        ),
        ({"type": "set_arrival_rate", "multiplier": "0"}, {"type": "set_arrival_rate", "multiplier": 0.0}),
        ({"type": "recover", "agent": "A"}, {"type": "recover", "agent": "A"}),
        (
            {"type": "reprioritise_payment", "payment": "X1", "priority": "10"},
            {"type": "reprioritise_payment", "payment": "X1", "priority": 10},
        ),
    ],
)
def test_every_action_becomes_the_event_the_engine_takes(typed, event, run, owner, as_person) -> None:
    page = as_person(owner).post(url("run_intervene", run), typed).content.decode()
    assert "It takes effect" in page
    assert run.interventions.get().event == event


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"type": "outage", "agent": "NOBODY"}, "agent", "no agent"),
        ({"type": "outage", "agent": "A", "tick": "3"}, "tick", "has been run"),
        ({"type": "transfer_liquidity", "agent": "A", "amount": "1.001"}, "amount", "2 decimal places"),
        ({"type": "transfer_liquidity", "agent": "A", "amount": "lots"}, "amount", "not an amount"),
        ({"type": "transfer_liquidity", "agent": "A", "amount": "NaN"}, "amount", "not an amount"),
        ({"type": "transfer_liquidity", "agent": "A", "amount": "9" * 30}, "amount", "Must be from"),
        (
            {"type": "inject_payment", "sender": "A", "receiver": "A", "amount": "1", "priority": "5"},
            "receiver",
            "cannot pay itself",
        ),
        ({"type": "set_limits", "agent": "A", "bilateral": "B 1\nC 2"}, "bilateral", "no agent"),
        ({"type": "set_limits", "agent": "A", "bilateral": "B"}, "bilateral", "Line 1"),
        ({"type": "set_limits", "agent": "A", "bilateral": "B 1\nB 1"}, "bilateral", "listed twice"),
        (
            {
                "type": "set_policy",
                "agent": "A",
                "policy": "throughput",
                "keep": "1",
                "targets": "9 50 %\n4 60 %",
            },
            "targets",
            "ascend",
        ),
        (
            {"type": "set_policy", "agent": "A", "policy": "throughput", "keep": "1", "targets": "9 150 %"},
            "targets",
            "Line 1",
        ),
        (
            {"type": "set_policy", "agent": "A", "policy": "release_all", "split_amount": "5"},
            "split_parts",
            "needs the amount and the number",
        ),
        (
            {
                "type": "set_policy",
                "agent": "A",
                "policy": "release_all",
                "split_amount": "0.01",
                "split_parts": "9",
            },
            "split_parts",
            "too few cents",
        ),
        (
            {"type": "set_liquidity_saving", "rail": "RTGS", "first": "bilateral", "second": "bilateral"},
            "second",
            "listed twice",
        ),
    ],
)
def test_nonsense_is_refused_beside_the_field_it_is_about(
    typed, field, words, *, run, owner, as_person
) -> None:
    page = as_person(owner).post(url("run_intervene", run), typed).content.decode()
    faults = re.search(rf'id="intervene-{field}_error".*?</ul>', page, re.DOTALL)
    assert faults is not None, page
    assert words in faults.group()
    assert not run.interventions.exists()
