"""What a box of the form says, as a value of the document.

What cannot be read as the kind it should be is kept as text: the document then has a fault that says so, and
nothing a person typed is lost.
"""

from __future__ import annotations

import re
from typing import Any

from simulations.scenarios.amounts import read_amount
from simulations.scenarios.fields import kind_of
from simulations.scenarios.text.tree import Path

_INTEGER = re.compile(r"[-+]?\d{1,30}")
_DECIMAL = re.compile(r"[-+]?\d{1,20}(?:\.\d{1,20})?")
_BETWEEN = re.compile(r"[,;\s]+")
_KIND_UNDER = {"counterparty_weights": "decimal", "bilateral": "money"}


def value_of(path: Path, typed: str, decimals: int) -> Any:
    """Return the value typed for a path; `decimals` are the currency's."""
    key = str(path[-1]) if path else ""
    kind = _KIND_UNDER.get(str(path[-2]) if len(path) > 1 else "") or kind_of(key)
    typed = typed.strip()
    if kind in ("money", "limits"):
        return _money(typed, decimals) if kind == "money" else _limits(typed, decimals)
    if kind in ("integer", "decimal"):
        return _integer(typed) if kind == "integer" else _decimal(typed)
    if kind == "boolean":
        return {"true": True, "false": False}.get(typed, typed)
    if kind in ("priority", "map"):
        return _weights(typed) if ":" in typed or kind == "map" else _integer(typed)
    return _entries(key, typed) if kind == "list" else typed


def _integer(typed: str) -> int | str:
    plain = re.sub(r"[\s\u00a0\u202f,]", "", typed)
    return int(plain) if _INTEGER.fullmatch(plain) else typed


def _decimal(typed: str) -> int | float | str:
    plain = re.sub(r"[\s\u00a0\u202f]", "", typed)
    plain = plain.replace(",", ".") if plain.count(",") == 1 and "." not in plain else plain
    if not _DECIMAL.fullmatch(plain):
        return typed
    return float(plain) if "." in plain else int(plain)


def _weights(typed: str) -> dict[str, Any] | str:
    """Read `5: 0.8, 9: 0.2`."""
    entries = [entry.partition(":") for entry in typed.split(",") if entry.strip()]
    if not entries or not all(sign for _, sign, _ in entries):
        return typed
    return {key.strip(): _decimal(value.strip()) for key, _, value in entries}


def _limits(typed: str, decimals: int) -> dict[str, Any] | str:
    """Read `BANK_B: 9,000.00; BANK_C: 50.00`."""
    entries = [entry.partition(":") for entry in re.split(r"[;\n]", typed) if entry.strip()]
    if not entries or not all(sign for _, sign, _ in entries):
        return typed
    return {bank.strip(): _money(amount.strip(), decimals) for bank, _, amount in entries}


def _money(typed: str, decimals: int) -> int | str:
    cents = read_amount(typed, decimals)
    return typed if cents is None else cents


def _entries(key: str, typed: str) -> list[Any] | str:
    """Read `10, 50`, `bilateral multilateral` or, for targets, `40: 0.3, 80: 0.9`."""
    if key == "targets":
        pairs = _weights(typed)
        return (
            [[_integer(tick), share] for tick, share in pairs.items()] if isinstance(pairs, dict) else typed
        )
    return [_integer(entry) for entry in _BETWEEN.split(typed) if entry]
