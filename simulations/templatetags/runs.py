"""What the engine says of a payment that waits, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from simulations.templatetags.figures import money, tick_clock

if TYPE_CHECKING:
    from simulations.models import Run

MONEY_KEYS = frozenset({"amount", "credit_limit"})
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


@register.simple_tag
def intervention(event: dict[str, Any], run: Run) -> str:
    """Say in a line what an intervention does: `set_credit_limit A, credit limit 1,000.00 EUR`."""
    parts = []
    for key, value in event.items():
        if key == "type":
            continue
        if key in MONEY_KEYS and isinstance(value, int):
            parts.append(f"{key.replace('_', ' ')} {money(value, run.currency)}")
        elif key in {"agent", "payment"}:
            parts.insert(0, str(value))
        else:
            parts.append(f"{key.replace('_', ' ')} {value}")
    return f"{str(event.get('type', '')).replace('_', ' ')} {', '.join(parts)}".strip()


@register.simple_tag
def why(explanation: dict[str, Any], run: Run) -> str:
    """Say why a payment waits and what would free it. `explanation` as the engine's `explain`."""
    reason, missing = explanation["reason"], explanation["missing"]
    if reason is None:
        return ""
    if reason == "behind_head":
        text = f"behind {explanation['head']}"
        if explanation["head_reason"] is not None:
            text += f": {_because(explanation['head_reason'], explanation['head_missing'], run)}"
    else:
        text = _because(reason, missing, run)
    if explanation["settlement_tick"] is not None:
        text += f" ({tick_clock(explanation['settlement_tick'], run)})"
    freed = [name for name in ("bilateral", "multilateral") if explanation[f"{name}_would_settle"]]
    return f"{text}; {' or '.join(freed)} would settle it" if freed else text


def _because(reason: str, missing: int | None, run: Run) -> str:
    words = REASONS.get(reason, reason.replace("_", " "))
    return words if missing is None else f"{words}: {money(missing, run.currency)} missing"
