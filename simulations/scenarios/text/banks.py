"""Banks as a list: renamed wherever they are named, and put in or set anew many at a time."""

from __future__ import annotations

from collections.abc import Sequence

from simulations.scenarios.text.spans import BOM, NoSuchPlace, add_items, replace_scalars, set_value
from simulations.scenarios.text.tree import Node, read_tree

NAMING_KEYS = frozenset(("agent_id", "agent", "sender", "receiver"))
KEYED_BY_BANK = frozenset(("counterparty_weights", "bilateral"))


def rename_bank(text: str, index: int, name: str) -> str:
    """Give the bank at an index another id, there and wherever it is named.

    While two banks bear the same id, what names it means neither, and stays.
    """
    root = read_tree(text.removeprefix(BOM))
    own = root.at(("agents", index, "id")) if root else None
    agents = root.child("agents") if root else None
    if root is None or own is None or agents is None:
        raise NoSuchPlace(f"Bank {index + 1} has no id to change.")
    changes: dict[tuple[int, int], str | int] = {(own.start, own.end): name}
    bearers = [agent.child("id") for agent in agents.children]
    if own.value and sum(bearer is not None and bearer.value == own.value for bearer in bearers) == 1:
        changes.update(dict.fromkeys(_namings(root, own.value), name))
    return replace_scalars(text, changes)


def _namings(root: Node, name: str) -> list[tuple[int, int]]:
    """Return the spans of all scalars that name a bank."""
    spans = []
    for path, node in root.walk():
        key = path[-1] if path else ""
        if node.kind == "scalar" and key in NAMING_KEYS and node.value == name:
            spans.append((node.start, node.end))
        elif node.kind == "mapping" and key in KEYED_BY_BANK:
            spans.extend((each.start, each.end) for each, _ in node.pairs if each.value == name)
    return spans


def put_banks(text: str, rows: Sequence[dict[str, str | int]], order: Sequence[str] = ()) -> str:
    """Add the banks of some rows (`id` and other keys); of those that are there, set the keys given."""
    root = read_tree(text.removeprefix(BOM))
    agents = root.child("agents") if root else None
    there: dict[str, int] = {}
    for index, agent in enumerate(agents.children if agents and agents.kind == "sequence" else []):
        own = agent.child("id")
        if own is not None:
            there.setdefault(own.value, index)
    known = [(there[str(row["id"])], row) for row in rows if str(row["id"]) in there]
    changes: dict[tuple[int, int], str | int] = {}
    missing: list[tuple[int, str, str | int]] = []
    for index, row in known:
        for key, value in row.items():
            node = agents.children[index].child(key) if agents else None
            if node is None or node.kind != "scalar" or node.is_empty:
                missing.append((index, key, value))
            elif key != "id":
                changes[node.start, node.end] = value
    text = replace_scalars(text, changes)
    for index, key, value in missing:
        text = set_value(text, ("agents", index, key), value, order)
    return add_items(text, ("agents",), [dict(row) for row in rows if str(row["id"]) not in there])
