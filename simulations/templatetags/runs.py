"""What the engine says of a payment that waits, in words: why, and what would free it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from simulations.config.events import EVENTS
from simulations.templatetags.figures import money, tick_clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulations.models import Run

MONEY_KEYS = frozenset({"amount", "credit_limit", "keep", "seed_amount", "multilateral", "bilateral"})
FIRST_INTERVENTION = 16  # codes of interventions in the record of an event (docs/determinism.md)
INTERVENTIONS = tuple(EVENTS)
register = template.Library()

REASONS = {
    "held": "its bank holds it",
    "outage": "its bank is out",
    "not_yet_released": "its bank has not submitted it yet",
    "liquidity": "its bank lacks liquidity",
    "reservation": "the rest is reserved for urgent payments",
    "bilateral_limit": "the limit towards the receiver is reached",
    "multilateral_limit": "the limit towards all is reached",
    "awaiting_settlement": "its rail settles later",
}
# What lifts an obstacle; `{missing}` is the amount the engine names, `{sender}` and `{receiver}` the banks.
CURES = {
    "held": "releasing it",
    "outage": "the recovery of {sender}",
    "not_yet_released": "{sender}’s policy, or releasing it",
    "liquidity": "{missing} more for {sender}",
    "reservation": "{missing} more for {sender}, or priority 8 and above",
    "bilateral_limit": "{missing} from {receiver}, or a limit as much higher",
    "multilateral_limit": "{missing} from any bank, or a limit as much higher",
}
OFFSETS = {"bilateral": "bilateral offsetting", "multilateral": "gridlock resolution"}


@register.simple_tag
def intervention(event: dict[str, Any], run: Run) -> str:
    """Say in a line what an intervention does: `set credit limit A, credit limit 1,000.00 EUR`."""
    parts: list[str] = []
    for key, value in event.items():
        if key == "type":
            continue
        if key in {"agent", "payment"}:
            parts.insert(0, str(value))
        else:
            parts.append(f"{key.replace('_', ' ')} {_said(key, value, run)}".strip())
    return f"{str(event.get('type', '')).replace('_', ' ')} {', '.join(parts)}".strip()


def _said(key: str, value: object, run: Run) -> str:
    """Say a value of an event: money with its currency, nested keys in brackets."""
    if isinstance(value, dict):
        inner = (
            str(each) if name == "type" else f"{name.replace('_', ' ')} {_said(_kind(key, name), each, run)}"
            for name, each in value.items()
        )
        return f"({', '.join(inner)})" if value else "(none)"
    if isinstance(value, list):
        return ", ".join(_item(each) for each in value) or "none"
    if key in MONEY_KEYS and isinstance(value, int):
        return money(value, run.currency)
    return str(value)


def _kind(outer: str, name: str) -> str:
    """Return what a nested value is: the amounts of bilateral limits stand under the banks' names."""
    return outer if outer == "bilateral" else name


def _item(each: object) -> str:
    """Say one of a list: an algorithm, or a throughput target as `tick 40: 50 %`."""
    if isinstance(each, list) and len(each) == 2:
        return f"tick {each[0]}: {100 * float(each[1]):g} %"
    return str(each)


@register.filter
def shows_amount(event: Mapping[str, Any]) -> bool:
    """Whether the amount of an event is money worth showing: of a refused one it is a code."""
    if event["type"] == "refused":
        return False
    return bool(event["amount"] != 0 or event["reason"] == "set_credit_limit")


@register.filter
def event_reason(event: Mapping[str, Any]) -> str:
    """Say the reason of an event; of a refused one, what was refused and why."""
    reason = str(event["reason"] or "").replace("_", " ")
    if event["type"] != "refused":
        return reason
    return f"{INTERVENTIONS[event['amount'] - FIRST_INTERVENTION].replace('_', ' ')}: {reason}"


@register.simple_tag
def why(explanation: dict[str, Any], run: Run) -> str:
    """Say why a payment waits. `explanation` as the engine's `explain`."""
    reason = explanation["reason"]
    if reason is None:
        return ""
    if reason != "behind_head":
        return _because(reason, explanation["missing"], run)
    text = f"behind {explanation['head']}"
    if explanation["head_reason"] is not None:
        text += f": {_because(explanation['head_reason'], explanation['head_missing'], run)}"
    return text


@register.simple_tag
def freed_by(row: Mapping[str, Any], run: Run) -> str:
    """Say what would free a waiting payment. `row` has `sender`, `receiver` and the explanation in `why`."""
    explanation = row["why"]
    if explanation["reason"] == "awaiting_settlement":
        return _settled_later(explanation, run)
    now = [words for name, words in OFFSETS.items() if explanation[f"{name}_would_settle"]]
    cure = _cure(explanation, row, run)
    if not now:
        return cure
    return f"{' or '.join(now)}, now" + (f"; else {cure}" if cure else "")


def _settled_later(explanation: Mapping[str, Any], run: Run) -> str:
    """Say when its rail settles next, and whether what waits there now could settle."""
    if explanation["settlement_tick"] is None:
        return "nothing: its rail does not settle again in this run"
    when = f"the settlement at {tick_clock(explanation['settlement_tick'], run)}"
    return when if explanation["multilateral_would_settle"] else f"{when}, if liquidity allows by then"


def _cure(explanation: Mapping[str, Any], row: Mapping[str, Any], run: Run) -> str:
    reason = explanation["reason"]
    if reason != "behind_head":
        return _lifted(reason, explanation["missing"], row, run)
    head_reason = explanation["head_reason"]
    # The head may be for another receiver, so only what its sender lacks can be named here.
    if head_reason not in {"liquidity", "reservation"}:
        return f"{explanation['head']} leaving first"
    return f"{explanation['head']} first: {_lifted(head_reason, explanation['head_missing'], row, run)}"


def _lifted(reason: str | None, missing: int | None, row: Mapping[str, Any], run: Run) -> str:
    amount = "" if missing is None else money(missing, run.currency)
    return CURES.get(reason or "", "").format(missing=amount, sender=row["sender"], receiver=row["receiver"])


def _because(reason: str, missing: int | None, run: Run) -> str:
    words = REASONS.get(reason, reason.replace("_", " "))
    return words if missing is None else f"{words}: {money(missing, run.currency)} missing"
