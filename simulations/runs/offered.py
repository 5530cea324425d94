"""What one can do to a live run: each action with its fields, by the names the engine has for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms

from simulations.runs.typed import MOST_AMOUNT, BankLimits, Money, Targets

Fields = dict[str, forms.Field]
Choices = Sequence[tuple[str, str]]

POLICIES: Choices = [
    ("release_all", "Release all at once"),
    ("deadline", "Release what is due"),
    ("liquidity_aware", "Keep some liquidity"),
    ("receipt_reactive", "Release as money comes in"),
    ("throughput", "Keep to a curve of the day"),
]
ABOUT_POLICIES = {
    "release_all": "Submits every payment as soon as it arrives.",
    "deadline": "Submits a payment when it is due: shortly before its deadline, or before the day ends.",
    "liquidity_aware": "Submits what is due, and else what leaves the bank at least what it keeps.",
    "receipt_reactive": "Sends what it has received today, and the seed on top.",
    "throughput": "Keeps to shares of the day’s value by certain ticks; beyond them it keeps some liquidity.",
}
ALGORITHMS: Choices = [
    ("", "None"),
    ("entry_offset", "Offset at entry"),
    ("bilateral", "Bilateral offsetting"),
    ("multilateral", "Gridlock resolution"),
]
PLACES = ("first", "second", "third")


class BankField(forms.CharField):
    """The id of a bank; ids are capital letters, so small ones are taken as these."""

    def clean(self, value: Any) -> str | None:
        """Return the id, None where nothing was typed."""
        return (super().clean(value) or "").upper() or None


def bank(label: str = "Bank", help_text: str = "", *, required: bool = True) -> forms.Field:
    """Return a field for a bank, which suggests those of the run."""
    widget = forms.TextInput({"list": "bank-ids", "autocomplete": "off", "spellcheck": "false"})
    return BankField(label=label, required=required, max_length=32, widget=widget, help_text=help_text)


def rail(rails: Sequence[str], help_text: str, *, any_rail: bool = False) -> forms.Field:
    """Return a choice among the run's rails."""
    first = [("", "The one it is routed to")] if any_rail else []
    choices = [*first, *((each, each) for each in rails)]
    return forms.ChoiceField(label="Rail", choices=choices, required=not any_rail, help_text=help_text)


def whole(label: str, help_text: str, *, least: int = 0, **options: Any) -> forms.Field:
    """Return a field for a whole number."""
    return forms.IntegerField(label=label, min_value=least, help_text=help_text, **options)


def payment(help_text: str) -> Fields:
    """Return the field that names a payment."""
    widget = forms.TextInput({"autocomplete": "off", "spellcheck": "false"})
    help_text = f"{help_text} Its id, as in the queue table; the id of a split payment means all its parts."
    return {"payment": forms.CharField(label="Payment", max_length=80, widget=widget, help_text=help_text)}


def priority(**options: Any) -> forms.Field:
    """Return the field of a priority."""
    text = "0 to 10; the higher leaves first, 8 and above may use what is reserved for urgent payments."
    return whole("Priority", text, max_value=10, **options)


def inject_payment(rails: Sequence[str], policy: str) -> Fields:
    """Fields of a payment that arrives."""
    return {
        "sender": bank("From"),
        "receiver": bank("To"),
        "amount": Money(label="Amount", least=1, most=MOST_AMOUNT),
        "priority": priority(initial=5),
        "deadline_tick": whole(
            "Deadline tick",
            "Counted from the start of the run. Past it, a payment that waits is overdue. Empty: none.",
            required=False,
        ),
        "rail": rail(rails, "Where it is to be settled.", any_rail=True),
        "divisible": forms.BooleanField(
            label="May be split",
            required=False,
            help_text="Whether the policy of its bank may send it in parts.",
        ),
        "id": forms.CharField(
            label="Id",
            required=False,
            max_length=64,
            help_text="A name of your own. Empty: X and its number.",
        ),
    }


def transfer_liquidity(rails: Sequence[str], policy: str) -> Fields:
    """Fields of money from outside."""
    help_text = "Positive: comes in. Negative: is withdrawn, if as much is available."
    return {
        "agent": bank(),
        "amount": Money(label="Amount", least=-MOST_AMOUNT, most=MOST_AMOUNT, help_text=help_text),
    }


def set_credit_limit(rails: Sequence[str], policy: str) -> Fields:
    """Fields of a credit line."""
    help_text = (
        "How far the balance may fall below zero. Cut below its use, the bank sends nothing meanwhile."
    )
    return {"agent": bank(), "credit_limit": Money(label="Credit limit", help_text=help_text)}


def set_arrival_rate(rails: Sequence[str], policy: str) -> Fields:
    """Fields of more, or fewer, arrivals."""
    help_text = "0 stops them, 2 doubles them. Replaces the last such change."
    return {
        "agent": bank(help_text="Empty: all banks.", required=False),
        "multiplier": forms.FloatField(
            label="Times the configured rate", min_value=0, max_value=1000, help_text=help_text
        ),
    }


def outage(rails: Sequence[str], policy: str) -> Fields:
    """Fields of a bank that goes out."""
    return {"agent": bank(help_text="It submits nothing until it recovers; it still receives.")}


def recover(rails: Sequence[str], policy: str) -> Fields:
    """Fields of a bank that is back."""
    return {"agent": bank(help_text="It submits again from that tick on.")}


def set_policy(rails: Sequence[str], policy: str) -> Fields:
    """Fields of a policy: those of its type, and splitting, which any may have."""
    keep = Money(label="Keep", help_text="What the bank wants to keep available.")
    due = (
        "A payment is due when its deadline, or the day’s last tick, is at most so many ticks away. Empty: 0."
    )
    due_ticks = whole("Due ticks", due, required=False, max_value=86_400)
    seed = Money(label="Seed", help_text="What may go out before anything has come in.")
    targets = Targets(
        label="Targets",
        help_text="One a line: a tick of the day and the share of the day’s value to be out by then, "
        "such as “40 50 %”. Ticks ascend, shares do not fall.",
    )
    own: dict[str, Fields] = {
        "deadline": {"due_ticks": due_ticks},
        "liquidity_aware": {"keep": keep, "due_ticks": due_ticks},
        "receipt_reactive": {"seed_amount": seed},
        "throughput": {"targets": targets, "keep": keep, "due_ticks": due_ticks},
    }
    return {
        "agent": bank(),
        "policy": forms.ChoiceField(
            label="Policy", choices=POLICIES, initial=policy, help_text=ABOUT_POLICIES[policy]
        ),
        **own.get(policy, {}),
        "split_amount": Money(
            label="Split above",
            least=1,
            most=MOST_AMOUNT,
            required=False,
            help_text="Divisible payments of more than this are sent in parts. Empty: none is split.",
        ),
        "split_parts": whole("Into parts", "How many, from 2.", least=2, max_value=1_000, required=False),
    }


def set_limits(rails: Sequence[str], policy: str) -> Fields:
    """Fields of net sending limits."""
    return {
        "agent": bank(help_text="These replace all its limits; what went out today still counts."),
        "multilateral": Money(
            label="Towards all together",
            required=False,
            help_text="The most that may go out today, net of what comes back. Empty: none; 0 is a limit.",
        ),
        "bilateral": BankLimits(
            label="Towards single banks",
            required=False,
            help_text="One a line: a bank and the most that may go there, net: “BANK_B 9,000.00”.",
        ),
    }


def set_liquidity_saving(rails: Sequence[str], policy: str) -> Fields:
    """Fields of a rail's algorithms, in the order in which they are tried."""
    about = {
        "first": "Offset at entry: a payment that cannot settle meets one that comes back. Bilateral: what "
        "two banks owe each other. Gridlock resolution: the most of all queues that settles at once.",
        "second": "Tried when the one before settles nothing.",
        "third": "",
    }
    return {
        "rail": rail(rails, "It settles payment by payment; a net one saves no liquidity."),
        **{
            place: forms.ChoiceField(
                label=f"Tried {place}", choices=ALGORITHMS, required=False, help_text=about[place]
            )
            for place in PLACES
        },
        "lsm_every_ticks": whole(
            "Every … ticks", "Empty: as often as now.", least=1, max_value=86_400, required=False
        ),
    }


# Action -> what it is called, and its fields, made of the run's rails and the policy chosen.
ACTIONS: dict[str, tuple[str, Callable[[Sequence[str], str], Fields]]] = {
    "transfer_liquidity": ("Move liquidity in or out", transfer_liquidity),
    "set_credit_limit": ("Set a credit limit", set_credit_limit),
    "inject_payment": ("A payment arrives", inject_payment),
    "set_arrival_rate": ("Change the arrivals", set_arrival_rate),
    "outage": ("A bank goes out", outage),
    "recover": ("A bank recovers", recover),
    "set_policy": ("Change a bank’s policy", set_policy),
    "set_limits": ("Set a bank’s net limits", set_limits),
    "set_liquidity_saving": ("Change liquidity saving", set_liquidity_saving),
    "hold_payment": (
        "Hold a payment",
        lambda rails, policy: payment("It goes back to its bank’s own queue until it is released."),
    ),
    "release_payment": (
        "Release a payment",
        lambda rails, policy: payment("It is submitted whatever the policy says; in an outage, at recovery."),
    ),
    "cancel_payment": ("Cancel a payment", lambda rails, policy: payment("It is dropped.")),
    "reprioritise_payment": (
        "Change a payment’s priority",
        lambda rails, policy: {**payment("It changes at once."), "priority": priority(initial=5)},
    ),
}
