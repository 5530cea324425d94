"""Heads of tables that sort: what is sorted by, and what a click on a head asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Head:
    """The head of a column. `order` is what a click sorts by, empty where the column does not sort."""

    key: str
    label: str
    tip: str = ""
    numeric: bool = False
    order: str = ""
    aria: str = ""


def heads(columns: Sequence[Head], current: str, *, sortable: Sequence[str]) -> list[Head]:
    """Return the heads with what each click asks for: numbers descend first, text ascends."""
    found = []
    for head in columns:
        if head.key not in sortable:
            found.append(head)
            continue
        first = f"-{head.key}" if head.numeric else head.key
        other = head.key if head.numeric else f"-{head.key}"
        aria = {head.key: "ascending", f"-{head.key}": "descending"}.get(current, "")
        order = other if current == first else first
        found.append(Head(head.key, head.label, head.tip, head.numeric, order, aria))
    return found


def chosen(wanted: str, sortable: Sequence[str], default: str) -> str:
    """Return the order asked for if it is one of ours."""
    return wanted if wanted.removeprefix("-") in sortable else default
