"""Opening balances from the liquidity that a scenario's scripted payments need."""

from __future__ import annotations

from simulations.config.importing import between
from simulations.config.schema import AgentConfig
from simulations.scenarios.checking import check
from simulations.scenarios.text.banks import put_banks


def open_between(text: str, percent: float) -> str:
    """Return the text with every bank's balance `percent` 0..100 of the way from its LB to its UB.

    Both are over scripted payments and those of an attached file; nothing but the balances changes. Raises
    ValueError where the bounds are not known.
    """
    if not 0 <= percent <= 100:
        raise ValueError("Choose from 0 % (LB) to 100 % (UB).")
    checked = check(text)
    if checked.summary is None:
        raise ValueError("The bounds are known when the scenario has no faults: mend them first.")
    if not checked.summary.upper:
        raise ValueError("LB and UB need payments that are known: script some or attach a payment file.")
    amounts = between(checked.summary.lower, checked.summary.upper, percent / 100)
    rows: list[dict[str, str | int]] = [{"id": bank, "balance": cents} for bank, cents in amounts.items()]
    return put_banks(text, rows, list(AgentConfig.model_fields))
