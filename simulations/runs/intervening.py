"""The form of the intervene panel: an action, what it is about, when. Money is typed in currency units."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms

ALGORITHMS = [
    ("entry_offset", "Offset at entry"),
    ("bilateral", "Bilateral offsetting"),
    ("multilateral", "Gridlock resolution"),
]
POLICIES = [
    ("release_all", "Release all at once"),
    ("deadline", "Release what is due"),
    ("liquidity_aware", "Keep some liquidity"),
    ("receipt_reactive", "Release as money comes in"),
]
MOST_UNITS = Decimal(10) ** 15


def _bank(label: str, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=32, widget=forms.TextInput({"list": "bank-ids"})
    )


def _money(label: str, least: int | None = 0) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=least, max_value=MOST_UNITS)


def _priority() -> forms.IntegerField:
    return forms.IntegerField(label="Priority", min_value=0, max_value=10, initial=5)


def _payment() -> forms.CharField:
    return forms.CharField(label="Payment", max_length=80, help_text="Its id, as in the queue table.")


def _ticks(label: str, required: bool = False) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, required=required)


Fields = Callable[[], dict[str, forms.Field]]
# Action -> what it is called, and its fields by the names the engine has for them.
ACTIONS: dict[str, tuple[str, Fields]] = {
    "inject_payment": (
        "A payment arrives",
        lambda: {
            "sender": _bank("From"),
            "receiver": _bank("To"),
            "amount": _money("Amount"),
            "priority": _priority(),
            "deadline_tick": _ticks("Deadline tick"),
        },
    ),
    "transfer_liquidity": (
        "Move liquidity in or out",
        lambda: {"agent": _bank("Bank"), "amount": _money("Amount (negative: out)", None)},
    ),
    "set_credit_limit": (
        "Set a credit limit",
        lambda: {"agent": _bank("Bank"), "credit_limit": _money("Credit limit")},
    ),
    "outage": ("A bank goes out", lambda: {"agent": _bank("Bank")}),
    "recover": ("A bank recovers", lambda: {"agent": _bank("Bank")}),
    "set_arrival_rate": (
        "Change the arrivals",
        lambda: {
            "agent": _bank("Bank (empty: all)", required=False),
            "multiplier": forms.FloatField(label="Times the configured rate", min_value=0, max_value=100),
        },
    ),
    "set_policy": (
        "Change a bank's policy",
        lambda: {
            "agent": _bank("Bank"),
            "policy": forms.ChoiceField(label="Policy", choices=POLICIES),
            "keep": forms.DecimalField(label="Keep (keep some liquidity)", min_value=0, required=False),
            "seed_amount": forms.DecimalField(label="Seed (as money comes in)", min_value=0, required=False),
            "due_ticks": _ticks("Due this many ticks ahead"),
        },
    ),
    "set_liquidity_saving": (
        "Change liquidity saving",
        lambda: {
            "rail": forms.CharField(label="Rail", max_length=32, initial="RTGS"),
            "liquidity_saving": forms.MultipleChoiceField(
                label="Algorithms",
                choices=ALGORITHMS,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            ),
            "lsm_every_ticks": forms.IntegerField(label="Every … ticks", min_value=1, required=False),
        },
    ),
    "set_limits": (
        "Set a bank's net limits",
        lambda: {
            "agent": _bank("Bank"),
            "multilateral": forms.DecimalField(label="Towards all", min_value=0, required=False),
            "counterparty": _bank("Towards one bank", required=False),
            "bilateral": forms.DecimalField(label="Limit towards it", min_value=0, required=False),
        },
    ),
    "hold_payment": ("Hold a payment", lambda: {"payment": _payment()}),
    "release_payment": ("Release a payment", lambda: {"payment": _payment()}),
    "cancel_payment": ("Cancel a payment", lambda: {"payment": _payment()}),
    "reprioritise_payment": (
        "Change a payment's priority",
        lambda: {"payment": _payment(), "priority": _priority()},
    ),
}
MONEY = frozenset({"amount", "credit_limit", "keep", "seed_amount", "multilateral", "bilateral"})


class InterventionForm(forms.Form):
    """One action with its fields; `event()` is what the engine takes."""

    type = forms.ChoiceField(
        label="What happens", choices=[(key, label) for key, (label, _) in ACTIONS.items()]
    )

    def __init__(self, data: Any = None, *, chosen: str, decimals: int) -> None:
        super().__init__(data, initial={"type": chosen})
        self.chosen = chosen if chosen in ACTIONS else "transfer_liquidity"
        self.decimals = decimals
        self.fields.update(ACTIONS[self.chosen][1]())
        self.fields["tick"] = forms.IntegerField(
            label="At tick", min_value=0, required=False, help_text="Empty: now, in the next tick."
        )

    def event(self) -> dict[str, Any]:
        """Return the event of a valid form; money in minor units, what was left empty left out."""
        given: dict[str, Any] = {
            name: self._cents(value) if name in MONEY else value
            for name, value in self.cleaned_data.items()
            if value not in (None, "")
        }
        if self.chosen == "set_policy":
            return _policy(given)
        if self.chosen == "set_limits":
            return _limits(given)
        return given

    def _cents(self, units: Decimal) -> int:
        return int((units * 10**self.decimals).to_integral_value(ROUND_HALF_UP))


def _policy(given: dict[str, Any]) -> dict[str, Any]:
    """Put a policy's parameters under it; the engine says which of them it does not take."""
    policy: dict[str, Any] = {"type": given.pop("policy")}
    policy |= {name: given.pop(name) for name in ("keep", "seed_amount", "due_ticks") if name in given}
    return given | {"policy": policy}


def _limits(given: dict[str, Any]) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if "multilateral" in given:
        limits["multilateral"] = given.pop("multilateral")
    counterparty, line = given.pop("counterparty", None), given.pop("bilateral", None)
    if counterparty is not None and line is not None:
        limits["bilateral"] = {counterparty: line}
    return given | {"limits": limits}
