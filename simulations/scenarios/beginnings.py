"""What a new bank, rail, payment or event starts as: small, faultless, and like its neighbours."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from simulations.config.events import EVENTS
from simulations.scenarios.form import POLICIES, items, part

DEFAULT_RAIL = {"id": "RTGS", "settlement_type": "immediate"}
Document = dict[str, Any]


def ticks_of(document: Document) -> int:
    """Return the ticks of a day, 100 where the document does not say."""
    ticks = document.get("ticks_per_day")
    return ticks if isinstance(ticks, int) and not isinstance(ticks, bool) and ticks > 0 else 100


def ids_of(document: Document, key: str = "agents") -> list[str]:
    """Return the ids under a list."""
    return [str(item["id"]) for item in items(document, key) if isinstance(item, dict) and "id" in item]


def free_id(taken: list[str], wanted: str) -> str:
    """Return an id nobody has: the wanted one, or it with a number behind."""
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted[:28]}_{number}"
    return name


def new_bank(document: Document) -> Document:
    """Return a bank that opens like the one before it."""
    taken = ids_of(document)
    letters = [f"BANK_{chr(code)}" for code in range(ord("A"), ord("Z") + 1)]
    name = next((each for each in letters if each not in taken), free_id(taken, "BANK_1"))
    agents = [agent for agent in items(document, "agents") if isinstance(agent, dict)]
    return {"id": name, "balance": agents[-1].get("balance", 0) if agents else 1_000_000}


def new_arrivals(document: Document) -> Document:
    """Return arrivals like those of another bank, else modest ones."""
    for agent in items(document, "agents"):
        like = part(agent, "arrival_config")
        if like:
            kept = {
                key: value for key, value in like.items() if key not in ("agent_id", "counterparty_weights")
            }
            return copy.deepcopy(kept)
    return {
        "rate_per_tick": 0.5,
        "distribution_type": "lognormal",
        "amount_mean": 100_000,
        "amount_std_dev": 50_000,
    }


def new_window(document: Document) -> Document:
    """Return a busy first quarter of the day."""
    return {"start_tick": 0, "end_tick": max(1, ticks_of(document) // 4), "rate_multiplier": 2}


def new_payment(document: Document) -> Document:
    """Return a payment from the first bank to the second."""
    ids = [*ids_of(document), "BANK_A", "BANK_B"]
    return {"sender": ids[0], "receiver": ids[1], "amount": 100_000, "arrival_tick": 0}


def new_rail(document: Document) -> Document:
    """Return the default rail where there is none, else one that nets at the day's end."""
    taken = ids_of(document, "rails")
    if not taken:
        return dict(DEFAULT_RAIL)
    ends = [ticks_of(document) - 1]
    return {"id": free_id(taken, "ACH"), "settlement_type": "deferred_net", "settle_at_ticks": ends}


def new_event(document: Document, kind: str = "outage", tick: Any = None) -> Document:
    """Return an event of a kind with all that it must have, at noon unless told otherwise."""
    model = EVENTS.get(kind, EVENTS["outage"])
    event: Document = {"tick": ticks_of(document) // 2 if tick is None else tick, "type": kind}
    values = _starting_values(document)
    for key in _required(model):
        if key not in event:
            event[key] = copy.deepcopy(values[key])
    return event


def new_policy(document: Document, kind: str, old: Document) -> Document:
    """Return a policy of a kind; what it has in common with the old one stays."""
    model = POLICIES.get(kind)
    if model is None:
        return {**old, "type": kind}
    values = _starting_values(document)
    kept = {key: value for key, value in old.items() if key in model.model_fields}
    return {
        "type": kind,
        **{key: copy.deepcopy(values[key]) for key in _required(model) if key != "type" and key not in kept},
        **{key: value for key, value in kept.items() if key != "type"},
    }


def _required(model: type[BaseModel]) -> list[str]:
    return [key for key, info in model.model_fields.items() if info.is_required()]


def _starting_values(document: Document) -> Document:
    payment = new_payment(document)
    rails = ids_of(document, "rails") or ["RTGS"]
    return {
        "agent": payment["sender"],
        "sender": payment["sender"],
        "receiver": payment["receiver"],
        "amount": payment["amount"],
        "credit_limit": 0,
        "multiplier": 2,
        "policy": {"type": "release_all"},
        "limits": {"multilateral": 1_000_000},
        "rail": rails[0],
        "liquidity_saving": ["multilateral"],
        "payment": "T1",
        "priority": 9,
        "keep": 0,
        "seed_amount": 0,
        "targets": [[ticks_of(document) // 2, 0.5]],
    }


NEW: dict[str, Callable[[Document], Any]] = {
    "agents": new_bank,
    "arrival_config": new_arrivals,
    "time_windows": new_window,
    "initial_transactions": new_payment,
    "rails": new_rail,
    "events": new_event,
}
