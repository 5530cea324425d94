"""From a stored document to what the engine takes: the one way, for runs, replays, command line and API."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulations.config.faults import ScenarioRefused, check_text, file_faults, read_columns, refusals
from simulations.config.importing import Columns
from simulations.config.payment_file import PaymentFileRefused


@dataclass(frozen=True)
class RunInput:
    """A config as the engine takes it, and the columns of its payment file if it has one."""

    config: dict[str, Any]
    payments: Columns | None


def prepare(
    document_text: str,
    *,
    seed: int | None,
    liquidity_percent: int = 100,
    payment_path: Path | None = None,
) -> RunInput:
    """Return the engine's input for a document, or raise `ScenarioRefused` with all its faults.

    `seed` replaces the document's. `payment_path` is the file that `transactions_file` stands for; a document
    without that key takes it, too. `liquidity_percent` scales what the banks open with (`with_liquidity`).
    """
    checked = check_text(document_text, payments=lambda _name: payment_path)
    typed = checked.accepted()
    config, columns = typed.to_engine(), checked.payments
    if columns is None and payment_path is not None:
        columns = _attached(config, payment_path)
    if seed is not None:
        config["seed"] = seed
    given = RunInput(with_liquidity(config, liquidity_percent), columns)
    faults = refusals(given.config, given.payments)
    if faults:
        raise ScenarioRefused(faults)
    return given


def with_liquidity(config: dict[str, Any], percent: int) -> dict[str, Any]:
    """Return a config whose banks open with `percent` % of their liquidity; rounded down to whole cents.

    Balances above zero, credit limits and posted collateral are scaled; debts stay what they are.
    """
    if percent < 0:
        raise ValueError(f"liquidity_percent must be 0 or more, found {percent}")
    if percent == 100:
        return config
    return config | {"agents": [_scaled(agent, percent) for agent in config["agents"]]}


def _scaled(agent: dict[str, Any], percent: int) -> dict[str, Any]:
    scaled = dict(agent)
    if agent["balance"] > 0:
        scaled["balance"] = agent["balance"] * percent // 100
    if "credit_limit" in agent:
        scaled["credit_limit"] = agent["credit_limit"] * percent // 100
    if "posted" in agent.get("collateral", {}):
        posted = agent["collateral"]["posted"] * percent // 100
        scaled["collateral"] = agent["collateral"] | {"posted": posted}
    return scaled


def _attached(config: dict[str, Any], path: Path) -> Columns:
    try:
        return read_columns(config, path)
    except PaymentFileRefused as refused:
        raise ScenarioRefused(file_faults(refused)) from None
