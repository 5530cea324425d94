"""The verbs of the form: each takes the text and gives it back with one thing changed."""

from __future__ import annotations

import copy
import csv
import re
from collections.abc import Callable
from typing import Any

from simulations.config.document import Unreadable
from simulations.config.schema import (
    AgentConfig,
    ArrivalConfig,
    CostConfig,
    RailConfig,
    SimulationConfig,
    TransactionConfig,
)
from simulations.scenarios.amounts import read_amount
from simulations.scenarios.beginnings import NEW, free_id, ids_of, new_event, new_policy, ticks_of
from simulations.scenarios.form import decimals_of, items, part
from simulations.scenarios.opening import open_between
from simulations.scenarios.paths import parse_path
from simulations.scenarios.text.banks import KEYED_BY_BANK, put_banks, rename_bank
from simulations.scenarios.text.spans import (
    NoSuchPlace,
    add_item,
    document_of,
    remove_item,
    remove_items,
    set_value,
)
from simulations.scenarios.text.tree import Path, read_tree
from simulations.scenarios.typing_in import value_of

PASTED_MAX = 10_000
_ORDERS: dict[str, list[str]] = {
    "": list(SimulationConfig.model_fields),
    "agents": list(AgentConfig.model_fields),
    "arrival_config": list(ArrivalConfig.model_fields),
    "costs": list(CostConfig.model_fields),
    "rails": list(RailConfig.model_fields),
    "initial_transactions": list(TransactionConfig.model_fields),
}
_SENSE = {
    "deferred_net": frozenset(("queue", "crediting", "liquidity_saving", "lsm_every_ticks")),
    "immediate": frozenset(("settle_at_ticks",)),
}


Verb = Callable[[str, dict[str, Any], Path, str], str]


class ChangeRefused(ValueError):
    """The change makes no sense in this text; the message says why."""


def change(text: str, verb: str, path_text: str, value: str = "") -> str:
    """Do one of the form's verbs (set, add, remove, duplicate, paste, open) and return the new text."""
    try:
        path = parse_path(path_text)
        document = document_of(text)
        if not isinstance(document, dict) or verb not in VERBS or not path:
            raise ChangeRefused("This change is not one of the form's.")
        return VERBS[verb](text, document, path, value)
    except (NoSuchPlace, IndexError, KeyError) as error:
        raise ChangeRefused("What was to be changed is no longer there. Open the form again.") from error
    except Unreadable as error:
        raise ChangeRefused(error.message) from error
    except ValueError as error:
        raise ChangeRefused(str(error)) from error


def order_of(path: Path) -> list[str]:
    """Return the order of keys in the mapping that holds a path's last step."""
    holders = [step for step in path[:-1] if isinstance(step, str)]
    return _ORDERS.get(holders[-1] if holders else "", [])


def _write(text: str, path: Path, value: Any) -> str:
    return set_value(text, path, value, order_of(path))


def _at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def _holds(document: Any, path: Path) -> bool:
    try:
        _at(document, path)
    except (LookupError, TypeError):
        return False
    return True


def _set(text: str, document: dict[str, Any], path: Path, typed: str) -> str:
    """Write what was typed into a box; an empty box means the key is absent."""
    special = _special(path)
    if special is not None and typed.strip():
        return special(text, document, path, typed.strip())
    if not typed.strip():
        return remove_item(text, path) if _holds(document, path) else text
    return _write(text, path, value_of(path, typed, decimals_of(document)))


def _special(path: Path) -> Verb | None:
    """Return the verb of a box whose change means more than its own value."""
    shape = tuple("#" if isinstance(step, int) else step for step in path)
    return _SPECIAL.get(shape) or (_SPECIAL.get((*shape[:-1], "*")) if shape else None)


def _rename(text: str, document: dict[str, Any], path: Path, typed: str) -> str:
    if not _holds(document, path):
        return _write(text, path, typed)
    return rename_bank(text, int(path[1]), typed)


def _policy(text: str, document: dict[str, Any], path: Path, typed: str) -> str:
    holder = _at(document, path[:2])
    policy = new_policy(document, typed, part(holder, "policy"))
    if len(policy) > 1 or not part(holder, "policy"):
        return _write(text, path[:-1], policy)
    return _write(text, path, typed)


def _settlement(text: str, document: dict[str, Any], path: Path, typed: str) -> str:
    rail = _at(document, path[:-1])
    for key in _SENSE.get(typed, frozenset()) & set(rail):
        text = remove_item(text, (*path[:-1], key))
    text = _write(text, path, typed)
    if typed == "deferred_net" and "settle_at_ticks" not in rail:
        text = _write(text, (*path[:-1], "settle_at_ticks"), [ticks_of(document) - 1])
    return text


def _event(text: str, document: dict[str, Any], path: Path, typed: str) -> str:
    event = _at(document, path[:-1])
    return _write(text, path[:-1], new_event(document, typed, event.get("tick")))


def _distribution(text: str, document: dict[str, Any], path: Path, typed: str) -> str:
    arrivals = _at(document, path[:-1])
    spread = (*path[:-1], "amount_std_dev")
    text = _write(text, path, typed)
    if typed == "exponential" and "amount_std_dev" in arrivals:
        return remove_item(text, spread)
    mean = arrivals.get("amount_mean")
    if typed in ("normal", "lognormal") and "amount_std_dev" not in arrivals and isinstance(mean, int):
        return _write(text, spread, max(1, mean // 2))
    return text


def _weight(text: str, document: dict[str, Any], path: Path, typed: str) -> str:
    """Set one weight; where none were given all others were alike, and are written so."""
    weight = value_of(path, typed, 2)
    if part(_at(document, path[:-2]), "counterparty_weights"):
        return _write(text, path, weight)
    own = str(_at(document, path[:2]).get("id"))
    weights = {name: 1 for name in ids_of(document) if name != own}
    return _write(text, path[:-1], {**weights, str(path[-1]): weight})


def _add(text: str, document: dict[str, Any], path: Path, _value: str) -> str:
    """Add a bank, a rail, a payment, an event, a window; or arrivals to a bank."""
    beginning = NEW.get(str(path[-1]))
    if beginning is None:
        raise ChangeRefused("Nothing can be added there.")
    if path[-1] == "arrival_config":
        return _write(text, path, beginning(document))
    if path == ("rails",) and not items(document, "rails"):
        # The rail that was there unsaid must now be said.
        first = beginning(document)
        return _write(text, path, [first, beginning({**document, "rails": [first]})])
    if not _holds(document, path):
        return _write(text, path, [beginning(document)])
    return add_item(text, path, beginning(document))


def _remove(text: str, document: dict[str, Any], path: Path, _value: str) -> str:
    """Remove an item; a bank goes from the weights and limits of the others, too."""
    name = (
        str(part({"it": _at(document, path)}, "it").get("id", ""))
        if path[0] == "agents" and len(path) == 2
        else ""
    )
    root = read_tree(text)
    naming = [
        (*place, name)
        for place, node in (root.walk() if root and name else ())
        if place and place[-1] in KEYED_BY_BANK and place[:2] != path and node.child(name) is not None
    ]
    text = remove_items(text, [path, *naming])
    was_last = len(path) == 2 and len(items(document, str(path[0]))) == 1
    if was_last and path[0] in ("rails", "events", "initial_transactions"):
        return remove_item(text, path[:1])  # an empty list of rails is a fault; of the others, a leftover
    return text


def _duplicate(text: str, document: dict[str, Any], path: Path, _value: str) -> str:
    """Put a copy of an item behind it, under an id of its own."""
    item = copy.deepcopy(_at(document, path))
    if isinstance(item, dict) and "id" in item:
        if path[0] == "initial_transactions":
            del item["id"]
        else:
            item["id"] = free_id(ids_of(document, str(path[0])), str(item["id"]))
        if "agent_id" in part(item, "arrival_config"):
            item["arrival_config"]["agent_id"] = item["id"]
    return add_item(text, path[:-1], item, at=int(path[-1]) + 1)


def _paste(text: str, document: dict[str, Any], path: Path, value: str) -> str:
    """Take rows copied from a spreadsheet as banks: id, balance, credit limit; known ids are updated."""
    if path != ("agents",):
        raise ChangeRefused("Rows can be pasted into the list of banks.")
    return put_banks(text, pasted_banks(value, decimals_of(document)), _ORDERS["agents"])


def _open(text: str, _document: dict[str, Any], _path: Path, value: str) -> str:
    """Open all banks some per cent of the way from LB to UB."""
    try:
        percent = float(value.replace(",", ".").removesuffix("%"))
    except ValueError:
        raise ChangeRefused("Type a share in per cent, from 0 (LB) to 100 (UB).") from None
    return open_between(text, percent)


def pasted_banks(value: str, decimals: int) -> list[dict[str, str | int]]:
    """Read rows of id, balance and credit limit, apart by tabs, `;` or `,`; a head line is passed over."""
    lines = [line for line in value.replace("\r", "\n").split("\n") if line.strip()]
    if not lines:
        raise ChangeRefused("There is nothing to paste: copy rows of id, balance and credit limit.")
    if len(lines) > PASTED_MAX:
        raise ChangeRefused(f"At most {PASTED_MAX:,} rows can be pasted.")
    sign = next((sign for sign in "\t;" if sign in lines[0]), ",")
    rows: list[dict[str, str | int]] = []
    for number, row in enumerate(csv.reader(lines, delimiter=sign), 1):
        cells = [cell.strip() for cell in row if cell.strip()]
        read = [read_amount(cell, decimals) for cell in cells[1:3]]
        amounts = [cents for cents in read if cents is not None]
        if number == 1 and len(amounts) < len(read):
            continue
        if len(cells) < 2 or len(amounts) < len(read):
            raise ChangeRefused(
                f"Row {number} is not an id, a balance and perhaps a credit limit: {lines[number - 1][:80]}"
            )
        name = re.sub(r"[^A-Z0-9_]", "_", cells[0].upper())[:32]
        rows.append({"id": name, **dict(zip(("balance", "credit_limit"), amounts, strict=False))})
    return rows


VERBS: dict[str, Verb] = {
    "set": _set,
    "add": _add,
    "remove": _remove,
    "duplicate": _duplicate,
    "paste": _paste,
    "open": _open,
}
_SPECIAL: dict[tuple[str, ...], Verb] = {
    ("agents", "#", "id"): _rename,
    ("agents", "#", "policy", "type"): _policy,
    ("rails", "#", "settlement_type"): _settlement,
    ("events", "#", "type"): _event,
    ("events", "#", "policy", "type"): _policy,
    ("agents", "#", "arrival_config", "distribution_type"): _distribution,
    ("agents", "#", "arrival_config", "counterparty_weights", "*"): _weight,
}
